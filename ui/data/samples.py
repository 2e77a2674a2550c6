# SPDX-License-Identifier: GPL-2.0-or-later
"""Training data: layer and class field (or a table of ready series), classes with names, colours and counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Optional, Union

from qgis.core import QgsMapLayer, QgsMapLayerProxyModel, QgsVectorLayer
from qgis.PyQt.QtCore import QModelIndex
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtWidgets import QColorDialog, QHeaderView, QWidget

from ...plugin.core.jobs import ExtractJob, TableJob
from ...plugin.host.layers import VectorDataset, class_legend
from ...plugin.host.text import tr
from ...plugin.host.vector_copies import VectorCopies
from ..loading import load_ui
from ..workspace import Workspace
from .classes import COLOR, NAME, VALUE, ClassRow, ClassTable, class_rows, with_color, with_name
from .dropping import Dropped, DropSection
from .findings import Findings
from .hint import show_hint
from .table_form import TableForm

_LEAST_CLASSES = 2


class SamplesSection(DropSection):
    """The third tab: what the network learns from."""

    def __init__(self, workspace: Workspace, findings: Findings) -> None:
        super().__init__(workspace, findings)
        load_ui(self, __file__)
        self.title = tr("Training data")
        self._copies = VectorCopies(self)
        self._watched: Optional[QgsVectorLayer] = None
        self.table_form = TableForm(workspace, self._copies)
        self.forms.addWidget(self.table_form)
        self._classes = ClassTable()
        self.classes.setModel(self._classes)
        self.classes.verticalHeader().hide()
        self.classes.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 9)
        header = self.classes.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(VALUE, QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)
        self.layer.setFilters(QgsMapLayerProxyModel.Filter.PointLayer | QgsMapLayerProxyModel.Filter.PolygonLayer)
        self.layer.setAllowEmptyLayer(True)
        for field in (self.class_field, self.fold_field):
            field.setAllowEmptyFieldName(True)
        self._connect()

    def _connect(self) -> None:
        self.from_layer.clicked.connect(self._read_source)
        self.from_table.clicked.connect(self._read_source)
        self.layer.activated.connect(self._read_layer)
        self.class_field.activated.connect(self._read_class_field)
        self.fold_field.activated.connect(self._read_settings)
        for box in (self.max_per_class, self.max_per_polygon, self.seed):
            box.editingFinished.connect(self._read_settings)
        self.all_touched.clicked.connect(self._read_settings)
        self._copies.ready.connect(self._take_dataset)
        self._copies.failed.connect(lambda sentence: show_hint(self.hint, sentence))
        self._classes.renamed.connect(self._rename)
        self._classes.use_changed.connect(self._use)
        self.classes.doubleClicked.connect(self._edit_color)
        self.classes.selectionModel().selectionChanged.connect(self._enable)
        self.merge.clicked.connect(self._merge)
        self.color.clicked.connect(self._choose_color)
        self.restyle.clicked.connect(self._take_style)
        self.findings.counted.connect(self._show_classes)

    # ---- recipe to widgets ----

    def show_recipe(self) -> None:
        """Show training data and classes."""
        recipe = self.workspace.recipe
        is_table = recipe.table is not None
        (self.from_table if is_table else self.from_layer).setChecked(True)
        self.forms.setCurrentIndex(int(is_table))
        if is_table:
            self.table_form.show_recipe()
        else:
            self._show_layer(recipe.extract)
        show_hint(self.hint, "")
        self._show_classes()

    def gaps(self) -> dict[QWidget, str]:
        """Return what is missing about training data."""
        job = self.workspace.recipe.samples
        if isinstance(job, TableJob):
            found = self.table_form.gaps()
        elif not job.vectors:
            found = {self.layer: tr("No training layer is chosen: choose a layer of points or polygons.")}
        elif not job.class_field:
            found = {self.class_field: tr("No class field is chosen: choose the field that holds the classes.")}
        else:
            found = {}
        return found or self._class_gaps()

    def notes(self) -> list[str]:
        """Return what was noticed about the features."""
        census = self.findings.census
        return list(census.notes) if census else []

    def _class_gaps(self) -> dict[QWidget, str]:
        if self.findings.census_problem:
            return {self.classes: self.findings.census_problem}
        rows = self._classes.rows
        used = {row.name for row in rows if row.name and row.pixels != 0}
        if self.findings.census is not None and len(used) < _LEAST_CLASSES:
            return {self.classes: tr("At least two classes with pixels are needed: tick or add more.")}
        return {}

    def _show_layer(self, job: ExtractJob) -> None:
        layer = self._copies.layer_of(VectorDataset(job.vectors, job.layer)) if job.vectors else None
        if layer is not None or not job.vectors:
            self.layer.setLayer(layer)
        self.class_field.setLayer(layer)
        self.fold_field.setLayer(layer)
        self.class_field.setField(job.class_field)
        self.fold_field.setField(job.fold_field)
        self.max_per_class.setValue(job.max_per_class)
        self.max_per_polygon.setValue(job.max_per_polygon)
        self.seed.setValue(job.seed)
        self.all_touched.setChecked(job.all_touched)
        self._watch(layer)

    def _show_classes(self) -> None:
        job, census = self._job, self.findings.census
        rows = class_rows(census, job.rename, job.colors) if census else []
        self._classes.show(rows, census.unit if census else "polygons")
        self.summary.setText(self._summary(rows))
        self._enable()

    def _summary(self, rows: list[ClassRow]) -> str:
        census = self.findings.census
        if census is None:
            return ""
        used = [row for row in rows if row.name]
        words = [tr("{count} classes.").format(count=len({row.name for row in used}))]
        if census.unit != "rows" and census.pixels:
            pixels = sum(row.pixels or 0 for row in used)
            words.append(tr("{count} pixels; those without any valid date are left out.").format(count=f"{pixels:,}"))
        elif not census.pixels:
            words.append(tr("Pixels are counted once there are rasters."))
        if census.blank:
            words.append(tr("{count} features without a class are left out.").format(count=census.blank))
        self.summary.setToolTip("\n".join(census.notes))
        return " ".join(words)

    def _enable(self, *_: object) -> None:
        chosen = self._chosen()
        self.merge.setEnabled(len(chosen) > 1)
        self.color.setEnabled(any(row.name for row in chosen))
        self.restyle.setEnabled(self._style_layer() is not None and bool(self._job.class_field))

    @property
    def _job(self) -> Union[ExtractJob, TableJob]:
        return self.workspace.recipe.samples

    def _chosen(self) -> list[ClassRow]:
        return [self._classes.rows[index.row()] for index in self.classes.selectionModel().selectedRows()]

    def _style_layer(self) -> Optional[QgsVectorLayer]:
        layer = self.table_form.layer.currentLayer() if self.workspace.recipe.table else self.layer.currentLayer()
        return layer if isinstance(layer, QgsVectorLayer) else None

    # ---- widgets to recipe ----

    def choose_layer(self, layer: QgsMapLayer) -> None:
        """Take another training layer."""
        self.layer.setLayer(layer)
        self._read_layer()

    def take_dropped(self, found: Dropped) -> None:
        """Choose the vector layer that was dropped."""
        layers = [layer for layer in found.layers if isinstance(layer, QgsVectorLayer)]
        if layers and self.workspace.recipe.table is None:
            self.choose_layer(layers[0])
        else:
            show_hint(self.hint, tr("This is no vector layer of the project: add it to the project and choose it."))

    def _update(self, **fields: Any) -> None:
        """Change fields of the job that makes the samples."""
        self._put(replace(self._job, **fields))

    def _put(self, job: Union[ExtractJob, TableJob]) -> None:
        self.workspace.update(**{"table" if isinstance(job, TableJob) else "extract": job})

    def _read_source(self, *_: object) -> None:
        if self.from_table.isChecked() and self.workspace.recipe.table is None:
            self.workspace.update(table=TableJob(table="", class_field="", output=""))
        elif self.from_layer.isChecked():
            self.workspace.update(table=None)

    def _read_layer(self, *_: object) -> None:
        layer = self.layer.currentLayer()
        if isinstance(layer, QgsVectorLayer):
            self._copies.take(layer)
        else:
            self._update(vectors="", layer="", class_field="", fold_field="", rename={}, colors={})

    def _take_dataset(self, layer_id: str, dataset: VectorDataset) -> None:
        """Take the dataset of the chosen layer; its class field is guessed from its style."""
        layer, job = self.layer.currentLayer(), self.workspace.recipe.extract
        if self.workspace.recipe.table is not None or layer is None or layer.id() != layer_id:
            return
        if self._watched is not None and self._watched.id() == layer_id and job.vectors:
            self.workspace.update(extract=replace(job, vectors=dataset.path, layer=dataset.layer))
            return
        field = _styled_field(layer)
        legend = class_legend(layer, field)
        self.workspace.update(
            extract=replace(
                job,
                vectors=dataset.path,
                layer=dataset.layer,
                class_field=field,
                fold_field="",
                rename=legend.names,
                colors=legend.colors,
            )
        )

    def _read_class_field(self, *_: object) -> None:
        layer, field = self.layer.currentLayer(), self.class_field.currentField()
        legend = class_legend(layer, field)
        self._update(class_field=field, rename=legend.names, colors=legend.colors)

    def _read_settings(self, *_: object) -> None:
        if not isinstance(self._job, ExtractJob):
            return
        self._update(
            fold_field=self.fold_field.currentField(),
            max_per_class=self.max_per_class.value(),
            max_per_polygon=self.max_per_polygon.value(),
            seed=self.seed.value(),
            all_touched=self.all_touched.isChecked(),
        )

    # ---- classes ----

    def _rename(self, values: list[str], name: str) -> None:
        self._put(with_name(self._job, values, name))

    def _use(self, value: str, is_used: bool) -> None:
        layer = self._style_layer()
        legend = class_legend(layer, self._job.class_field) if layer is not None else None
        label = legend.names.get(value, value) if legend else value
        self._rename([value], label if is_used else "")

    def _merge(self) -> None:
        chosen = self._chosen()
        name = next((row.name for row in chosen if row.name), chosen[0].value)
        self._rename([row.value for row in chosen], name)

    def _edit_color(self, index: QModelIndex) -> None:
        if index.column() == COLOR:
            self._choose_color()

    def _choose_color(self) -> None:
        chosen = [row for row in self._chosen() if row.name]
        if chosen:
            color = QColorDialog.getColor(QColor(chosen[0].color), self, tr("Colour of the class"))
            if color.isValid():
                self.set_color([row.name for row in chosen], color.name())

    def set_color(self, names: Sequence[str], color: str) -> None:
        """Draw the classes `names` in `color` (#rrggbb)."""
        self._put(with_color(self._job, names, color))

    def _take_style(self) -> None:
        layer = self._style_layer()
        if layer is not None:
            legend = class_legend(layer, self._job.class_field)
            self._update(rename=legend.names, colors=legend.colors)

    # ---- edits of the layer ----

    def _watch(self, layer: Optional[QgsVectorLayer]) -> None:
        """Follow the layer's edits: a copy is made anew, a file is counted anew."""
        if layer is self._watched:
            return
        self._watched = layer
        if layer is not None:
            layer.afterCommitChanges.connect(self._edited)
            layer.subsetStringChanged.connect(self._edited)
            layer.willBeDeleted.connect(self._forget)

    def _edited(self) -> None:
        if self.sender() is self._watched and self._watched is not None:
            self._copies.take(self._watched)
            self.findings.count_anew()

    def _forget(self) -> None:
        if self.sender() is self._watched:
            self._watched = None


def _styled_field(layer: QgsVectorLayer) -> str:
    """Return the field by whose categories a layer is drawn, '' where there is none."""
    renderer = layer.renderer()
    name = renderer.classAttribute().strip('"') if hasattr(renderer, "classAttribute") else ""
    return name if layer.fields().lookupField(name) >= 0 else ""
