# SPDX-License-Identifier: GPL-2.0-or-later
"""The worker's Python in Settings > Options."""

from __future__ import annotations

from typing import Optional

from qgis.gui import QgsOptionsPageWidget, QgsOptionsWidgetFactory
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QVBoxLayout, QWidget

from ...plugin.core.process import PLUGIN_ROOT
from ...plugin.host.environment import worker_environment
from .panel import EnvironmentPanel

OPTIONS_PAGE = "chronomapEnvironment"  # what iface.showOptionsDialog calls it
_ICON = PLUGIN_ROOT / "resources" / "icons" / "provider.svg"


class EnvironmentOptions(QgsOptionsPageWidget):
    """The panel as a page of the options; what is done there is done at once."""

    def __init__(self, parent: Optional[QWidget]) -> None:
        super().__init__(parent)
        self.setObjectName(OPTIONS_PAGE)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(EnvironmentPanel(worker_environment()))

    def apply(self) -> None:
        """Do nothing: there is nothing left to apply."""


class EnvironmentOptionsFactory(QgsOptionsWidgetFactory):
    """Makes the page; main.py registers it and keeps it."""

    def __init__(self) -> None:
        super().__init__()
        self.setTitle("Chronomap")  # QGIS 3.22 takes neither title nor icon above

    def icon(self) -> QIcon:
        """Return the plugin's icon."""
        return QIcon(str(_ICON))

    def createWidget(self, parent: Optional[QWidget] = None) -> QgsOptionsPageWidget:  # noqa: N802 (QGIS calls it)
        """Return the page."""
        return EnvironmentOptions(parent)
