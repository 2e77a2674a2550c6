# SPDX-License-Identifier: GPL-2.0-or-later
"""How values, grids and stacks are read, where files do not say it or say it wrong."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Optional

from qgis.core import QgsMapLayerProxyModel, QgsProject, QgsRasterLayer
from qgis.PyQt.QtWidgets import QGroupBox, QLineEdit, QWidget

from ...plugin.core.cube_spec import RESAMPLINGS
from ...plugin.core.errors import InputError
from ...plugin.core.jobs import CubeJob
from ...plugin.host.layers import raster_dataset
from ...plugin.host.text import tr
from ...plugin.run.survey import typed_date
from ..loading import load_ui
from ..workspace import Workspace
from .findings import Findings
from .hint import show_hint

_OFFSETS: dict[str, Optional[bool]] = {"ask": None, "subtract": True, "none": False}
_WORDS = {offset: word for word, offset in _OFFSETS.items()}
_NUMBERS = ("scale", "offset", "nodata")


class ReadingPanel(QGroupBox):
    """Scale, offset, nodata, grid, resampling, order and dates of stacks."""

    def __init__(self, workspace: Workspace, findings: Findings) -> None:
        super().__init__()
        load_ui(self, __file__)
        self._workspace, self._findings = workspace, findings
        self._complaint = ""
        self.sentinel2.addItem(tr("Leave the values and tell"), "ask")
        self.sentinel2.addItem(tr("Subtract 1000"), "subtract")
        self.sentinel2.addItem(tr("None: it is gone already"), "none")
        for name in RESAMPLINGS:
            self.resampling.addItem(name, name)
        self.order.addItem(tr("By the names of the bands"), "auto")
        self.order.addItem(tr("All bands of the first date, then the next date"), "date_major")
        self.order.addItem(tr("All dates of the first band, then the next band"), "band_major")
        self.grid.setFilters(QgsMapLayerProxyModel.Filter.RasterLayer)
        self.grid.setAllowEmptyLayer(True, tr("that of the first raster"))
        self._connect()

    def _connect(self) -> None:
        for name in _NUMBERS:
            getattr(self, name).editingFinished.connect(self._read_numbers)
        self.sentinel2.activated.connect(self._read_choices)
        self.resampling.activated.connect(self._read_choices)
        self.order.activated.connect(self._read_choices)
        self.grid.activated.connect(self._read_grid)
        self.dates.textChanged.connect(self._read_dates)

    def show_recipe(self) -> None:
        """Show the settings of the recipe."""
        job = self._job
        for name in _NUMBERS:
            field: QLineEdit = getattr(self, name)
            value = getattr(job, name)
            if not field.hasFocus():
                field.setText("" if value is None else f"{value:.10g}")
        self.sentinel2.setCurrentIndex(self.sentinel2.findData(_WORDS[job.sentinel2_offset]))
        self.resampling.setCurrentIndex(self.resampling.findData(job.resampling))
        self.order.setCurrentIndex(self.order.findData(job.order))
        self.grid.setLayer(_layer_of(job.grid))
        is_stack = self._is_stack(job)
        self.dates.setEnabled(is_stack or bool(job.dates))
        if not self.dates.hasFocus():
            self._show_dates(job)
        show_hint(self.hint, self._complaint)

    def gaps(self) -> dict[QWidget, str]:
        """Return what was typed and cannot be used."""
        return {self.dates: self._complaint} if self._complaint else {}

    @property
    def _job(self) -> CubeJob:
        return self._workspace.recipe.cube

    def _is_stack(self, job: CubeJob) -> bool:
        return len(self._findings.survey.rasters or job.rasters) == 1

    def _show_dates(self, job: CubeJob) -> None:
        text = "\n".join(job.dates) if self._is_stack(job) else ""
        if self.dates.toPlainText() != text:
            self.dates.blockSignals(True)
            self.dates.setPlainText(text)
            self.dates.blockSignals(False)

    def _update(self, **fields: Any) -> None:
        self._workspace.update(cube=replace(self._job, **fields))

    def _complain(self, sentence: str) -> None:
        self._complaint = sentence
        show_hint(self.hint, sentence)

    def _read_numbers(self) -> None:
        values: dict[str, Optional[float]] = {}
        for name in _NUMBERS:
            text = getattr(self, name).text().strip().replace(",", ".")
            try:
                values[name] = float(text) if text else None
            except ValueError:
                self._complain(tr("'{text}' is no number: correct it, or leave the field empty.").format(text=text))
                return
        if values["scale"] == 0:
            self._complain(tr("A scale of 0 makes all values alike: give another one, or leave the field empty."))
            return
        self._complain("")
        self._update(**values)

    def _read_choices(self, *_: object) -> None:
        self._update(
            sentinel2_offset=_OFFSETS[self.sentinel2.currentData()],
            resampling=self.resampling.currentData(),
            order=self.order.currentData(),
        )

    def _read_grid(self, *_: object) -> None:
        layer = self.grid.currentLayer()
        try:
            name = raster_dataset(layer) if isinstance(layer, QgsRasterLayer) else ""
        except InputError as error:
            self._complain(str(error))
            return
        self._complain("")
        self._update(grid=name)

    def _read_dates(self) -> None:
        words = [word for word in re.split(r"[,;\s]+", self.dates.toPlainText()) if word]
        try:
            dates = tuple(typed_date(word) for word in words)
        except InputError as error:
            self._complain(str(error))
            return
        self._complain("")
        self._update(dates=dates)


def _layer_of(dataset: str) -> Optional[QgsRasterLayer]:
    """Return the project's layer of a GDAL dataset, None where there is none."""
    layers = QgsProject.instance().mapLayers().values() if dataset else ()
    rasters = (layer for layer in layers if isinstance(layer, QgsRasterLayer) and layer.providerType() == "gdal")
    return next((layer for layer in rasters if raster_dataset(layer) == dataset), None)
