# SPDX-License-Identifier: GPL-2.0-or-later
"""The page of the window on which the worker's Python is set up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qgis.PyQt.QtWidgets import QVBoxLayout, QWidget

from ...plugin.host.environment import worker_environment
from ...plugin.host.text import tr
from ..page import Page
from .panel import EnvironmentPanel

if TYPE_CHECKING:
    from ..workspace import Workspace


class EnvironmentPage(Page):
    """Shows whether networks can be trained, and sets up what they need."""

    title = "Environment"
    icon = "environment.svg"
    topic = "environment"

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.panel = EnvironmentPanel(worker_environment())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.panel)
        self.panel.environment.changed.connect(self.gaps_changed)

    def show_recipe(self) -> None:
        """Do nothing: the environment is the computer's, not the recipe's."""

    def gaps(self) -> dict[QWidget, str]:
        """Return that no worker can run, while that is so."""
        environment = self.panel.environment
        if environment.answer is None or environment.is_ready:
            return {}
        return {self.panel.setup_button: tr("No Python with torch was found: set one up here, or choose your own.")}
