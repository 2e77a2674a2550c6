# SPDX-License-Identifier: GPL-2.0-or-later
"""Ready series from a table: where it is, and what its columns hold."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Optional

from qgis.core import QgsMapLayerProxyModel, QgsVectorLayer
from qgis.PyQt.QtWidgets import QComboBox, QWidget

from ...plugin.core.errors import InputError
from ...plugin.core.jobs import TableJob
from ...plugin.host.layers import VectorDataset, class_legend
from ...plugin.host.text import tr
from ...plugin.host.vector_copies import VectorCopies
from ...plugin.run.census import table_columns
from ...plugin.run.survey import typed_date
from ..loading import load_ui
from ..workspace import Workspace
from .hint import show_hint

_FIELDS = ("class_field", "group_field", "fold_field")


class TableForm(QWidget):
    """The fields of a table job."""

    def __init__(self, workspace: Workspace, copies: VectorCopies) -> None:
        super().__init__()
        load_ui(self, __file__)
        self._workspace, self._copies = workspace, copies
        self._complaint = ""
        self._columns_of: Optional[tuple[str, str]] = None
        self.layer.setFilters(QgsMapLayerProxyModel.Filter.VectorLayer)
        self.layer.setAllowEmptyLayer(True)
        self.file_label.setBuddy(self.file)
        self.layer.activated.connect(self._read_layer)
        self.file.lineEdit().editingFinished.connect(self._read_file)
        self.file.fileChanged.connect(self._browsed)
        for name in _FIELDS:
            getattr(self, name).activated.connect(self._read_fields)
        self.columns.checkedItemsChanged.connect(self._read_fields)
        for name in ("bands", "dates", "start"):
            getattr(self, name).editingFinished.connect(self._read_texts)
        self.step_days.editingFinished.connect(self._read_texts)
        self.band_major.clicked.connect(self._read_texts)
        copies.ready.connect(self._take_dataset)

    def show_recipe(self) -> None:
        """Show the table's job."""
        job = self._job
        if job is None:
            return
        layer = self._copies.layer_of(VectorDataset(job.table, job.layer)) if job.table else None
        self.layer.setLayer(layer)
        if not self.file.lineEdit().hasFocus():
            self.file.lineEdit().setText(job.table if layer is None else "")
        self._fill_columns(job)
        for name in _FIELDS:
            box: QComboBox = getattr(self, name)
            box.setCurrentIndex(max(0, box.findText(getattr(job, name))))
        for name, text in (("bands", ", ".join(job.bands)), ("dates", " ".join(job.dates)), ("start", job.start)):
            if not getattr(self, name).hasFocus():
                getattr(self, name).setText(text)
        self.step_days.setValue(job.step_days)
        self.band_major.setChecked(job.band_major)
        show_hint(self.hint, self._complaint)

    def gaps(self) -> dict[QWidget, str]:
        """Return what is missing about the table."""
        job = self._job
        if job is None:
            return {}
        if self._complaint:
            return {self.dates: self._complaint}
        if not job.table:
            return {self.file: tr("No table is chosen: choose a layer or a file.")}
        if not job.class_field:
            return {self.class_field: tr("No class field is chosen: choose the column that holds the classes.")}
        return {}

    @property
    def _job(self) -> Optional[TableJob]:
        return self._workspace.recipe.table

    def _fill_columns(self, job: TableJob) -> None:
        """Offer the columns of the table."""
        if self._columns_of == (job.table, job.layer):
            return
        self._columns_of = (job.table, job.layer)
        try:
            names = table_columns(job.table, job.layer) if job.table else ()
        except InputError as error:
            names = ()
            self._complain(str(error))
        for name in _FIELDS:
            box = getattr(self, name)
            box.clear()
            box.addItems(["", *names])
        self.columns.blockSignals(True)
        self.columns.clear()
        self.columns.addItems(list(names))
        self.columns.setCheckedItems(list(job.columns))
        self.columns.blockSignals(False)

    def _complain(self, sentence: str) -> None:
        self._complaint = sentence
        show_hint(self.hint, sentence)

    def _update(self, **fields: Any) -> None:
        if self._job is not None:
            self._workspace.update(table=replace(self._job, **fields))

    def _read_layer(self, *_: object) -> None:
        layer = self.layer.currentLayer()
        if isinstance(layer, QgsVectorLayer):
            self._copies.take(layer)

    def _take_dataset(self, layer_id: str, dataset: VectorDataset) -> None:
        layer = self.layer.currentLayer()
        if self._job is not None and layer is not None and layer.id() == layer_id:
            self._take(dataset)

    def _browsed(self, path: str) -> None:
        if not self.file.lineEdit().hasFocus():
            self._read_file()

    def _read_file(self) -> None:
        path = self.file.filePath().strip()
        if self._job is not None and path and path != self._job.table:
            self._take(VectorDataset(path))

    def _take(self, dataset: VectorDataset) -> None:
        """Take another table; what was said of the columns of the old one is dropped."""
        self._complain("")
        self._workspace.update(table=TableJob(table=dataset.path, layer=dataset.layer, class_field="", output=""))

    def _read_fields(self, *_: object) -> None:
        job = self._job
        if job is None:
            return
        names = {name: getattr(self, name).currentText() for name in _FIELDS}
        changed = replace(job, columns=tuple(self.columns.checkedItems()), **names)
        layer = self.layer.currentLayer()
        if changed.class_field != job.class_field and isinstance(layer, QgsVectorLayer):
            legend = class_legend(layer, changed.class_field)
            changed = replace(changed, rename=legend.names, colors=legend.colors)
        self._workspace.update(table=changed)

    def _read_texts(self, *_: object) -> None:
        words = [word for word in re.split(r"[,;\s]+", self.dates.text()) if word]
        try:
            dates, start = tuple(map(typed_date, words)), typed_date(self.start.text())
        except InputError as error:
            self._complain(str(error))
            return
        self._complain("")
        self._update(
            bands=tuple(part.strip() for part in re.split(r"[,;\n]+", self.bands.text()) if part.strip()),
            dates=dates,
            start=start,
            step_days=self.step_days.value(),
            band_major=self.band_major.isChecked(),
        )
