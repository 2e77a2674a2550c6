# SPDX-License-Identifier: GPL-2.0-or-later
"""Which part of a cube is mapped: all of it, a view, the extent of a layer, or polygons."""

from __future__ import annotations

from typing import Any, Optional

from qgis.core import (
    QgsMapLayerProxyModel,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
    QgsVectorLayerSelectedFeatureSource,
)
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ...plugin.core.errors import ChronomapError, InputError
from ...plugin.core.jobs import MapJob
from ...plugin.host.layers import VectorDataset, export, vector_dataset
from ...plugin.host.map_plan import CubeGrid
from ...plugin.host.text import tr
from .transforming import to_crs

WHOLE, VIEW, LAYER, POLYGONS = range(4)


class PartChoice(QObject):
    """Turns the widgets of the row 'Part' into extent and area of interest of the map, and back.

    `trouble` says why the last choice could not be taken.
    """

    chosen = pyqtSignal(dict)  # fields of MapJob

    def __init__(self, page: Any, canvas: QgsMapCanvas) -> None:
        super().__init__(page)
        self._page = page
        self._canvas = canvas
        self.trouble = ""
        self.grid: Optional[CubeGrid] = None
        page.part_box.addItems(
            [tr("All of the cube"), tr("The view of the map canvas"), tr("The extent of a layer"), tr("Polygons")]
        )
        page.part_box.activated.connect(lambda _: self._choose())
        page.layer_box.layerChanged.connect(lambda _: self._choose_layer())
        page.view_button.clicked.connect(self._choose)
        page.selected_check.toggled.connect(lambda _: self._choose_layer())
        self._show_widgets()

    @property
    def mode(self) -> int:
        """WHOLE, VIEW, LAYER or POLYGONS."""
        return int(self._page.part_box.currentIndex())

    def show(self, job: MapJob, grid: Optional[CubeGrid]) -> None:
        """Show the part of `job`; an extent does not tell where it came from, so it stays as the user chose it."""
        self.grid = grid
        mode = self.mode
        if job.aoi:
            mode = POLYGONS
        elif job.extent:
            mode = mode if mode in (VIEW, LAYER) else VIEW
        elif not self.trouble:
            mode = WHOLE
        if mode != self.mode:
            self._page.part_box.setCurrentIndex(mode)
        self._show_widgets()
        self._page.part_words.setText(self.trouble or self._words(job))

    def view(self) -> QgsRectangle:
        """Return what the canvas shows, in the CRS of the cube.

        Raises:
            InputError: it cannot be transformed.
        """
        canvas = self._canvas
        return to_crs(canvas.extent(), canvas.mapSettings().destinationCrs(), self.grid.crs if self.grid else None)

    def _choose_layer(self) -> None:
        if self.mode in (LAYER, POLYGONS):
            self._choose()

    def _choose(self) -> None:
        self._show_widgets()
        self.trouble = ""
        nothing = {"extent": (), "aoi": "", "aoi_layer": ""}
        try:
            fields = {**nothing, **self._fields()}
        except ChronomapError as error:
            self.trouble, fields = str(error), nothing
        self.chosen.emit(fields)

    def _fields(self) -> dict[str, Any]:
        layer = self._page.layer_box.currentLayer()
        if self.mode == WHOLE or (self.mode != VIEW and layer is None):
            return {}
        if self.mode == POLYGONS:
            dataset = self._polygons(layer)
            return {"aoi": dataset.path, "aoi_layer": dataset.layer}
        if self.mode == VIEW:
            box = self.view()
        else:
            box = to_crs(layer.extent(), layer.crs(), self.grid.crs if self.grid else None)
        return {"extent": (box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum())}

    def _polygons(self, layer: QgsVectorLayer) -> VectorDataset:
        context = QgsProject.instance().transformContext()
        if self._page.selected_check.isChecked():
            if not layer.selectedFeatureCount():
                raise InputError(f"No polygon of '{layer.name()}' is selected: select some on the map.")
            return export(QgsVectorLayerSelectedFeatureSource(layer), layer.name(), context)
        return vector_dataset(layer, context)

    def _show_widgets(self) -> None:
        page, mode = self._page, self.mode
        wanted = QgsMapLayerProxyModel.Filter.PolygonLayer if mode == POLYGONS else QgsMapLayerProxyModel.Filter.All
        if page.layer_box.filters() != wanted:
            page.layer_box.blockSignals(True)
            page.layer_box.setFilters(wanted)
            page.layer_box.blockSignals(False)
        page.layer_box.setVisible(mode in (LAYER, POLYGONS))
        page.selected_check.setVisible(mode == POLYGONS)
        page.view_button.setVisible(mode == VIEW)

    def _words(self, job: MapJob) -> str:
        if self.grid is None:
            return tr("The size is known once there are rasters.")
        box = QgsRectangle(*job.extent) if job.extent else self.grid.extent
        columns, rows = self.grid.size(box)
        if not columns or not rows:
            return tr("The part lies outside the rasters.")
        size = tr("{columns} × {rows} pixels").format(columns=columns, rows=rows)
        return tr("Polygons of {path}; the rest stays empty.").format(path=job.aoi) if job.aoi else size


def gap_of_part(job: MapJob, choice: PartChoice) -> str:
    """Return why the part cannot be mapped, or ''."""
    if choice.trouble:
        return choice.trouble
    if choice.mode in (LAYER, POLYGONS) and not (job.extent or job.aoi):
        return tr("Choose a layer.")
    if choice.grid is not None and job.extent and 0 in choice.grid.size(QgsRectangle(*job.extent)):
        return tr("The part lies outside the rasters.")
    return ""
