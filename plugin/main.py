# SPDX-License-Identifier: GPL-2.0-or-later
"""The plugin as QGIS starts it: Processing provider, menu, toolbar button and window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

from qgis.core import Qgis, QgsApplication
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QAction, QDockWidget, QLineEdit

from ..ui.environment.options import EnvironmentOptionsFactory
from ..ui.side_by_side import SideBySideAction
from .host.environment import worker_environment
from .host.settings import INTERPRETER
from .host.text import tr
from .processing.about import PROVIDER_ID
from .processing.base import ICON
from .processing.provider import ChronomapProvider

if TYPE_CHECKING:
    from ..ui.inspector.dock import InspectorDock
    from ..ui.model_designer import OpenInDesigner
    from ..ui.window import ChronomapWindow
    from ..ui.workspace import Workspace

_MENU = "Chronomap"
_INSPECT_ICON = ICON.with_name("inspect.svg")
_TOOLBOX = "ProcessingToolbox"  # object names in QGIS's Processing plugin
_SEARCH = "searchBox"


class ChronomapPlugin:
    """Registers the provider, and in the desktop the actions that open the window and show the algorithms."""

    def __init__(self, iface: Any) -> None:
        self._iface = iface  # None in qgis_process
        self._provider: Optional[ChronomapProvider] = None
        self._open_action: Optional[QAction] = None
        self._inspect_action: Optional[QAction] = None
        self._algorithms_action: Optional[QAction] = None
        self._inspector: Optional[InspectorDock] = None
        self._workspace: Optional[Workspace] = None
        self._window: Optional[ChronomapWindow] = None
        self._options: Optional[EnvironmentOptionsFactory] = None
        self._side_by_side: Optional[SideBySideAction] = None
        self._designer: Optional[OpenInDesigner] = None

    def initProcessing(self) -> None:  # noqa: N802 (QGIS calls it, also where there is no desktop)
        """Register the algorithms."""
        self._provider = ChronomapProvider()
        QgsApplication.processingRegistry().addProvider(self._provider)

    def initGui(self) -> None:  # noqa: N802 (QGIS calls it)
        """Register the algorithms, the interpreter's setting, and the actions under Raster and in the toolbar."""
        self.initProcessing()
        _add_setting()
        main_window = self._iface.mainWindow()
        self._open_action = QAction(QIcon(str(ICON)), tr("Chronomap: map a time series…"), main_window)
        self._open_action.setObjectName("chronomapOpen")
        self._open_action.setToolTip(tr("Chronomap: learn classes from satellite image time series and map them"))
        self._open_action.triggered.connect(self.open_window)
        self._inspect_action = QAction(QIcon(str(_INSPECT_ICON)), tr("Inspect pixels"), main_window)
        self._inspect_action.setObjectName("chronomapInspect")
        self._inspect_action.setToolTip(tr("Chronomap: click a pixel, see what models say of it and why"))
        self._inspect_action.triggered.connect(self.open_inspector)
        self._algorithms_action = QAction(QIcon(str(ICON)), tr("Show the algorithms in the toolbox"), main_window)
        self._algorithms_action.setObjectName("chronomapAlgorithms")
        self._algorithms_action.triggered.connect(self.show_algorithms)
        for action in (self._open_action, self._inspect_action, self._algorithms_action):
            self._iface.addPluginToRasterMenu(_MENU, action)
        self._iface.addToolBarIcon(self._open_action)
        self._iface.addToolBarIcon(self._inspect_action)
        self._options = EnvironmentOptionsFactory()
        self._iface.registerOptionsWidgetFactory(self._options)
        self._offer_entries()

    def _offer_entries(self) -> None:
        """Add our entries to the context menus of layers and of the toolbox."""
        from ..ui.model_designer import offer_designer  # noqa: PLC0415 (needs QGIS's Processing plugin)

        self._side_by_side = SideBySideAction(self._iface)
        self._designer = offer_designer()

    def _withdraw_entries(self) -> None:
        from ..ui.model_designer import withdraw_designer  # noqa: PLC0415

        if self._side_by_side is not None:
            self._side_by_side.remove()
        if self._designer is not None:
            withdraw_designer(self._designer)
        self._side_by_side = self._designer = None

    def unload(self) -> None:
        """Stop what runs and take back what initGui and initProcessing registered."""
        if self._window is not None:
            self._window.close()
            self._window.deleteLater()
            self._window = None
        if self._inspector is not None:
            self._inspector.close()
            self._iface.removeDockWidget(self._inspector)
            self._inspector.deleteLater()
            self._inspector = None
        if self._workspace is not None:
            self._workspace.close()
            self._workspace = None
        if self._open_action is not None:
            self._iface.removeToolBarIcon(self._open_action)
            self._iface.removeToolBarIcon(self._inspect_action)
            _remove_setting()
        self._withdraw_entries()
        if self._options is not None:
            self._iface.unregisterOptionsWidgetFactory(self._options)
            worker_environment().close()
            self._options = None
        for action in (self._open_action, self._inspect_action, self._algorithms_action):
            if action is not None:
                self._iface.removePluginRasterMenu(_MENU, action)
                action.deleteLater()
        self._open_action = self._inspect_action = self._algorithms_action = None
        if self._provider is not None:
            QgsApplication.processingRegistry().removeProvider(self._provider)
            self._provider = None

    def open_window(self) -> None:
        """Open the window, or bring it to the front."""
        if self._window is None:
            from ..ui.window import ChronomapWindow  # noqa: PLC0415 (QGIS starts faster without)

            self._window = ChronomapWindow(self._shared_workspace(), self._iface.mainWindow())
        self._window.show()
        self._window.raise_()
        self._window.activateWindow()

    def open_inspector(self) -> None:
        """Open the dock of the inspector with its map tool at hand."""
        if self._inspector is None:
            from ..ui.inspector.dock import InspectorDock  # noqa: PLC0415

            self._inspector = InspectorDock(self._shared_workspace(), self._iface.mainWindow())
            self._iface.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self._inspector)
        self._inspector.start()

    def _shared_workspace(self) -> Workspace:
        """Return the one workspace of window and inspector."""
        if self._workspace is None:
            from ..ui.workspace import Workspace  # noqa: PLC0415

            self._workspace = Workspace(self._iface, _open_algorithm)
        return self._workspace

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


def _open_algorithm(name: str, parameters: dict[str, Any]) -> None:
    """Show the dialog of one of our algorithms, filled in with `parameters`."""
    from processing import createAlgorithmDialog  # noqa: PLC0415 (a plugin of the desktop)

    createAlgorithmDialog(f"{PROVIDER_ID}:{name}", parameters).show()


def _add_setting() -> None:
    """Offer the worker's interpreter in Settings > Options > Processing > Providers > Chronomap."""
    from processing.core.ProcessingConfig import ProcessingConfig, Setting  # noqa: PLC0415 (a plugin of the desktop)

    ProcessingConfig.settingIcons[_MENU] = QIcon(str(ICON))
    ProcessingConfig.addSetting(
        Setting(_MENU, INTERPRETER, tr("Python with torch that runs the worker (empty: look for one)"), "")
    )
    ProcessingConfig.readSettings()


def _remove_setting() -> None:
    from processing.core.ProcessingConfig import ProcessingConfig  # noqa: PLC0415

    ProcessingConfig.removeSetting(INTERPRETER)
