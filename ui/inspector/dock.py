# SPDX-License-Identifier: GPL-2.0-or-later
"""The inspector as a dock of QGIS."""

from __future__ import annotations

from typing import Optional

from qgis.gui import QgsDockWidget
from qgis.PyQt.QtGui import QCloseEvent
from qgis.PyQt.QtWidgets import QWidget

from ...plugin.host.text import tr
from ..workspace import Workspace
from .panel import InspectorPanel


class InspectorDock(QgsDockWidget):
    """Holds the panel; closed, it lets worker, rasters and map tool go."""

    def __init__(self, workspace: Workspace, parent: Optional[QWidget] = None) -> None:
        super().__init__(tr("Chronomap: inspect pixels"), parent)
        self.setObjectName("chronomapInspector")
        self.panel = InspectorPanel(workspace)
        self.setWidget(self.panel)

    def start(self) -> None:
        """Show the dock with its tool at hand."""
        self.setUserVisible(True)
        self.panel.pixel_button.setChecked(True)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 (Qt)
        """Let everything go; the last figure stays for when it is opened again."""
        self.panel.leave()
        super().closeEvent(event)
