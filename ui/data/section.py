# SPDX-License-Identifier: GPL-2.0-or-later
"""A part of the data page: shows some fields of the recipe, writes them back, tells what is missing."""

from __future__ import annotations

from qgis.PyQt.QtWidgets import QComboBox, QWidget

from ..workspace import Workspace
from .findings import Findings

_LEAST_LETTERS = 14


class Section(QWidget):
    """One tab of the page; subclasses have a .ui file of their own."""

    title = ""

    def __init__(self, workspace: Workspace, findings: Findings) -> None:
        super().__init__()
        self.workspace = workspace
        self.findings = findings

    def show_recipe(self) -> None:
        """Show the recipe as it is now."""
        raise NotImplementedError

    def gaps(self) -> dict[QWidget, str]:
        """Return what is missing or wrong, a sentence by the field it belongs to."""
        return {}


def narrow_boxes(widget: QWidget) -> None:
    """Let the combo boxes in `widget` be narrower than their longest entry, so that the page fits small screens."""
    for box in widget.findChildren(QComboBox):
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(_LEAST_LETTERS)
