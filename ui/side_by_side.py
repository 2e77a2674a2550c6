# SPDX-License-Identifier: GPL-2.0-or-later
"""Maps side by side by QGIS's own means: a theme per map, and a linked map view for every map but the first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

from qgis.core import Qgis, QgsMapLayer, QgsMapLayerType, QgsProject, QgsRasterLayer
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QCoreApplication, QEventLoop, QObject, Qt
from qgis.PyQt.QtWidgets import QAction, QCheckBox, QDockWidget, QRadioButton, QToolButton

from ..plugin.host.text import tr
from ..plugin.host.themes import make_themes


def open_side_by_side(iface: Any, layers: Sequence[QgsMapLayer]) -> list[QDockWidget]:
    """Show the first of `layers` in the main map and each other one in a view beside it that moves along.

    Themes and views are QGIS's own, so the user can go on with them (View > New Map View). Returns the views.
    """
    project = QgsProject.instance()
    names = make_themes(project, layers)
    model = iface.layerTreeView().layerTreeModel()
    project.mapThemeCollection().applyTheme(names[0], project.layerTreeRoot(), model)
    canvases = [_open_view(iface, name) for name in names[1:]]
    docks = [dock for dock in map(_dock_of, canvases) if dock is not None]
    width = iface.mainWindow().width() // 3
    iface.mainWindow().resizeDocks(docks, [width] * len(docks), Qt.Orientation.Horizontal)
    # A linked view that is resized takes another scale than the main map: let the layout settle first.
    QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)
    for canvas in canvases:
        canvas.zoomScale(iface.mapCanvas().scale())
    for dock in docks:
        _link(dock)
    return docks


def _open_view(iface: Any, theme: str) -> QgsMapCanvas:
    """Open a map view with `theme`, anew where there is one already."""
    if theme in {canvas.objectName() for canvas in iface.mapCanvases()}:
        iface.closeMapCanvas(theme)
    canvas: QgsMapCanvas = iface.createNewMapCanvas(theme)
    canvas.setTheme(theme)
    return canvas


def _dock_of(canvas: QgsMapCanvas) -> Optional[QDockWidget]:
    widget = canvas.parentWidget()
    while widget is not None and not isinstance(widget, QDockWidget):
        widget = widget.parentWidget()
    return widget


def _link(dock: QDockWidget) -> None:
    """Tick "synchronize view centre with main map" and "synchronize scale" in the view's own settings menu.

    They have no name and no API: they are the first radio button and the check box of the only menu with radio buttons.
    """
    menus = [button.menu() for button in dock.findChildren(QToolButton) if button.menu() is not None]
    for menu in menus:
        centre = menu.findChildren(QRadioButton)
        if centre:
            centre[0].setChecked(True)
            for scale in menu.findChildren(QCheckBox)[:1]:
                scale.setChecked(True)


class SideBySideAction(QObject):
    """The entry "Show side by side" in the context menu of raster layers."""

    def __init__(self, iface: Any) -> None:
        super().__init__(iface.mainWindow())
        self._iface = iface
        self._action = QAction(tr("Show side by side"), self)
        self._action.triggered.connect(self._open)
        iface.addCustomActionForLayerType(self._action, "Chronomap", QgsMapLayerType.RasterLayer, True)

    def remove(self) -> None:
        """Take the entry back."""
        self._iface.removeCustomActionForLayerType(self._action)
        self.deleteLater()

    def _open(self) -> None:
        layers = [layer for layer in self._iface.layerTreeView().selectedLayers() if isinstance(layer, QgsRasterLayer)]
        if len(layers) < 2:
            words = tr("Select two or more maps in the layer tree (Ctrl and click) to see them side by side.")
            self._iface.messageBar().pushMessage("Chronomap", words, Qgis.MessageLevel.Info)
            return
        open_side_by_side(self._iface, layers)
