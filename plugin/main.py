# SPDX-License-Identifier: GPL-2.0-or-later
"""The plugin as QGIS starts it: Processing provider, menu and toolbar entry."""

from __future__ import annotations

from typing import Any, Optional

from qgis.core import Qgis, QgsApplication
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QAction, QDockWidget, QLineEdit

from ..ui.environment.options import EnvironmentOptionsFactory
from .host.environment import worker_environment
from .host.settings import INTERPRETER
from .host.text import tr
from .processing.about import PROVIDER_ID
from .processing.base import ICON
from .processing.provider import ChronomapProvider

_MENU = "Chronomap"
_TOOLBOX = "ProcessingToolbox"  # object names in QGIS's Processing plugin
_SEARCH = "searchBox"


class ChronomapPlugin:
    """Registers the provider, and in the desktop an action that leads to its algorithms."""

    def __init__(self, iface: Any) -> None:
        self._iface = iface  # None in qgis_process
        self._provider: Optional[ChronomapProvider] = None
        self._action: Optional[QAction] = None
        self._options: Optional[EnvironmentOptionsFactory] = None

    def initProcessing(self) -> None:  # noqa: N802 (QGIS calls it, also where there is no desktop)
        """Register the algorithms."""
        self._provider = ChronomapProvider()
        QgsApplication.processingRegistry().addProvider(self._provider)

    def initGui(self) -> None:  # noqa: N802 (QGIS calls it)
        """Register the algorithms, the interpreter's setting, and the action under Raster and in the toolbar."""
        self.initProcessing()
        _add_setting()
        self._options = EnvironmentOptionsFactory()
        self._iface.registerOptionsWidgetFactory(self._options)
        self._action = QAction(QIcon(str(ICON)), tr("Chronomap: map a time series…"), self._iface.mainWindow())
        self._action.setObjectName("chronomapOpen")
        self._action.setToolTip(tr("Show the Chronomap algorithms in the Processing toolbox"))
        self._action.triggered.connect(self.show_algorithms)
        self._iface.addPluginToRasterMenu(_MENU, self._action)
        self._iface.addToolBarIcon(self._action)

    def unload(self) -> None:
        """Take back what initGui and initProcessing registered."""
        if self._action is not None:
            self._iface.removePluginRasterMenu(_MENU, self._action)
            self._iface.removeToolBarIcon(self._action)
            self._action.deleteLater()
            self._action = None
            _remove_setting()
        if self._options is not None:
            worker_environment().close()
            self._iface.unregisterOptionsWidgetFactory(self._options)
            self._options = None
        if self._provider is not None:
            QgsApplication.processingRegistry().removeProvider(self._provider)
            self._provider = None

    def show_algorithms(self) -> None:
        """Open the Processing toolbox with the Chronomap algorithms in view."""
        toolbox = self._iface.mainWindow().findChild(QDockWidget, _TOOLBOX)
        search = toolbox.findChild(QLineEdit, _SEARCH) if toolbox else None
        if search is None:
            self._iface.messageBar().pushMessage(
                "Chronomap",
                tr("The Processing toolbox is missing: enable the Processing plugin in Plugins > Manage."),
                Qgis.MessageLevel.Warning,
            )
            return
        toolbox.setUserVisible(True)
        search.setText(PROVIDER_ID)
        search.setFocus()


def _add_setting() -> None:
    """Offer the worker's interpreter in Settings > Options > Processing > Providers > Chronomap."""
    from processing.core.ProcessingConfig import ProcessingConfig, Setting  # noqa: PLC0415 (a plugin of the desktop)

    ProcessingConfig.settingIcons[_MENU] = QIcon(str(ICON))
    ProcessingConfig.addSetting(
        Setting(_MENU, INTERPRETER, tr("Python with torch that runs the worker (empty: look for one)"), "")
    )
    ProcessingConfig.readSettings()
    worker_environment().setting_changed.connect(ProcessingConfig.readSettings)


def _remove_setting() -> None:
    from processing.core.ProcessingConfig import ProcessingConfig  # noqa: PLC0415

    worker_environment().setting_changed.disconnect(ProcessingConfig.readSettings)
    ProcessingConfig.removeSetting(INTERPRETER)
