# SPDX-License-Identifier: GPL-2.0-or-later
"""What every page of the window is: a view of one part of the recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QWidget

if TYPE_CHECKING:
    from .workspace import Workspace


class Page(QWidget):
    """Shows one part of the workspace's recipe and writes the user's changes back; holds no state of its own.

    Subclasses set `title`, `icon` (file name in resources/icons) and `topic` (help page, and the name by which
    ``workspace.page_wanted`` calls it: data, network, train, map, models, compare, environment), connect their
    widgets so that a change calls ``self.workspace.update(...)``, and implement the methods below.
    """

    gaps_changed = pyqtSignal()  # gaps or doubts are others, though the recipe is the same

    title = ""
    icon = ""
    topic = ""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace

    def show_recipe(self) -> None:
        """Show the workspace's recipe as it is now (a project was opened, settings were loaded, another page wrote)."""
        raise NotImplementedError

    def gaps(self) -> dict[QWidget, str]:
        """Return what is missing or wrong, a sentence by the field it belongs to; {} when this page is complete."""
        return {}

    def doubts(self) -> list[str]:
        """Return what is doubtful but stops nothing, a sentence each; the list before a training shows it."""
        return []

    def notes(self) -> list[str]:
        """Return what is good to know and no fault, a sentence each; the same list shows it last."""
        return []
