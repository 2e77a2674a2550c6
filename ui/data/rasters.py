# SPDX-License-Identifier: GPL-2.0-or-later
"""Rasters and their acquisitions: chosen from the project, files or a folder; dates found, shown and corrected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from qgis.core import QgsMapLayer, QgsProject, QgsProviderRegistry, QgsRasterLayer
from qgis.gui import QgsFileWidget
from qgis.PyQt.QtCore import QEvent, QObject, QSortFilterProxyModel, Qt
from qgis.PyQt.QtGui import QColor, QIcon, QPixmap
from qgis.PyQt.QtWidgets import (
    QDialog,
    QFileDialog,
    QHeaderView,
    QLabel,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ...plugin.core.cube_spec import KEEP, MOSAIC
from ...plugin.core.errors import InputError
from ...plugin.core.jobs import CubeJob
from ...plugin.host.layers import layer_dates, raster_dataset
from ...plugin.host.project import results_folder
from ...plugin.host.text import tr
from ...plugin.run.survey import Survey, SurveyRow, typed_date
from ..band_lines import band_color
from ..loading import load_ui
from ..workspace import Workspace
from . import editing
from .acquisitions import BANDS, DATE, LABEL, MASK, SORT, VALID, AcquisitionTable, ShareBar
from .dropping import Dropped, DropSection
from .findings import Findings
from .hint import show_hint
from .layer_picker import LayerPicker
from .series import SeriesPanel

_COLUMN_LETTERS = {DATE: 29, BANDS: 20, VALID: 16}
_SWATCH_PX = 12


class RastersSection(DropSection):
    """The first tab: where the series comes from."""

    def __init__(self, workspace: Workspace, findings: Findings) -> None:
        super().__init__(workspace, findings)
        load_ui(self, __file__)
        self.title = tr("Rasters")
        self._complaint = ""  # what was wrong with the last thing the user did
        self._table = AcquisitionTable(findings)
        self._sorted = QSortFilterProxyModel(self)
        self.series = SeriesPanel(workspace, findings)
        self._set_up_table()
        self.lower.layout().addWidget(self.series, 1)
        self.splitter.setSizes([330, 190])
        self.folder.setStorageMode(QgsFileWidget.StorageMode.GetDirectory)
        self.folder_label.setBuddy(self.folder)
        self.same_day.addItem(tr("Mosaic, first valid pixel"), MOSAIC)
        self.same_day.addItem(tr("Keep apart as dates"), KEEP)
        self._connect()

    def _set_up_table(self) -> None:
        self._sorted.setSourceModel(self._table)
        self._sorted.setSortRole(SORT)
        self.table.setModel(self._sorted)
        self.table.sortByColumn(DATE, Qt.SortOrder.AscendingOrder)
        self.table.setItemDelegateForColumn(VALID, ShareBar(self.table))
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 9)
        header = self.table.horizontalHeader()
        letter = self.fontMetrics().averageCharWidth()
        for column, letters in _COLUMN_LETTERS.items():
            self.table.setColumnWidth(column, letter * letters)
        for column in (LABEL, MASK):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)
        self._invitation = QLabel(
            tr("Drag raster layers, a layer group or files here,\nor use Add layers, Add files or a folder above.")
        )
        self._invitation.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._invitation.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._demo = QPushButton(tr("No data at hand? &Make a demo scene…"))
        self._demo.setAutoDefault(False)
        self._demo.setToolTip(tr("A generated season of Sentinel-2 images with masks and training polygons"))
        self._demo.clicked.connect(self._make_demo)
        self._invited = QWidget()
        invited = QVBoxLayout(self._invited)
        invited.addStretch()
        invited.addWidget(self._invitation)
        invited.addWidget(self._demo, 0, Qt.AlignmentFlag.AlignHCenter)
        invited.addStretch()
        QVBoxLayout(self.table.viewport()).addWidget(self._invited)
        self.table.installEventFilter(self)

    def _connect(self) -> None:
        self.add_layers.clicked.connect(self._pick_layers)
        self.add_files.clicked.connect(self._pick_files)
        self.remove.clicked.connect(self.remove_chosen)
        self.clear.clicked.connect(self._clear)
        self.folder.lineEdit().editingFinished.connect(self._read_folder)
        self.folder.fileChanged.connect(self._folder_browsed)
        self.pattern.editingFinished.connect(self._read_folder)
        self.same_day.activated.connect(self._read_same_day)
        self.bands.itemChanged.connect(self._read_bands)
        self._table.date_typed.connect(self._read_date)
        self._table.use_changed.connect(self._use)
        self.table.selectionModel().selectionChanged.connect(self._enable)
        self.findings.surveyed.connect(self.show_recipe)
        self.findings.looked.connect(self._table.tell_changed)

    # ---- recipe to widgets ----

    def show_recipe(self) -> None:
        """Show rasters, dates and bands."""
        job, survey = self._job, self.findings.survey
        has_rasters = bool(job.rasters or job.folder)
        if not self.folder.lineEdit().hasFocus():
            self.folder.blockSignals(True)  # it would be taken for a folder that the user chose, with the old pattern
            self.folder.lineEdit().setText(job.folder)
            self.folder.blockSignals(False)
        if not self.pattern.hasFocus():
            self.pattern.setText("" if job.pattern == "*" else job.pattern)
        self.pattern.setEnabled(bool(job.folder))
        self.same_day.setCurrentIndex(max(0, self.same_day.findData(job.same_day)))
        self._table.show(survey.rows if has_rasters else (), job)
        self._invited.setVisible(not has_rasters)
        self._demo.setVisible(self.workspace.open_algorithm is not None)
        self._show_bands(job, survey)
        self.summary.setText(self._summary(job, survey) if has_rasters else "")
        show_hint(self.notes, " ".join(survey.notes) if has_rasters else "", is_warning=False)
        show_hint(self.hint, self._complaint)
        self._enable()

    def gaps(self) -> dict[QWidget, str]:
        """Return what is missing about rasters and dates."""
        job, survey = self._job, self.findings.survey
        if not job.rasters and not job.folder:
            return {self.table: tr("No raster is chosen: drag raster layers here, or add layers, files or a folder.")}
        if self.findings.is_surveying and not survey.rows:
            return {}
        asked = sum(1 for row in survey.rows if not row.date)
        if asked > 1:
            text = tr("{count} rasters have no date: double-click the marked cells and type it, or remove these rows.")
            return {self.table: text.format(count=asked)}
        return {self.table: survey.problem} if survey.problem else {}

    @property
    def _job(self) -> CubeJob:
        return self.workspace.recipe.cube

    def _show_bands(self, job: CubeJob, survey: Survey) -> None:
        """Show the bands; items stay while the names do, for one of them may just have been ticked."""
        wanted = {name.upper() for name in job.bands}
        used = survey.spec.band_names if survey.spec else ()
        self.bands.blockSignals(True)
        if [item.text() for item in self._band_items()] != list(survey.bands):
            self.bands.clear()
            self.bands.addItems(list(survey.bands))
        for item in self._band_items():
            name = item.text()
            is_on = not wanted or name.upper() in wanted
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked if is_on else Qt.CheckState.Unchecked)
            item.setIcon(swatch(band_color(used.index(name)) if name in used else ""))
        self.bands.blockSignals(False)

    def _band_items(self) -> list[QListWidgetItem]:
        return [self.bands.item(index) for index in range(self.bands.count())]

    def _summary(self, job: CubeJob, survey: Survey) -> str:
        if self.findings.is_surveying and not survey.rows:
            return tr("Reading dates…")
        used = [row.date for row in survey.rows if row.date and editing.is_used(job, row)]
        if not used:
            return ""
        first, last = used[0][:10], used[-1][:10]
        words = tr("{count} images, {first} to {last}").format(count=len(used), first=first, last=last)
        size = tr("; {width} × {height} pixels") if survey.grid else ""
        return words + (size.format(width=survey.grid.width, height=survey.grid.height) if survey.grid else "") + "."

    def _enable(self, *_: object) -> None:
        chosen = self._chosen()
        self.remove.setEnabled(bool(chosen))
        self.clear.setEnabled(bool(self._job.rasters or self._job.folder))

    # ---- widgets to recipe ----

    def add_datasets(self, names: Sequence[str], known_dates: dict[str, str]) -> None:
        """Add rasters by their GDAL dataset names."""
        self._update(editing.with_rasters(self._job, self.findings.survey, names, known_dates))

    def add_raster_layers(self, layers: Sequence[QgsMapLayer]) -> None:
        """Add layers of the project; those that are no raster files are told."""
        rasters = [layer for layer in layers if isinstance(layer, QgsRasterLayer)]
        known: dict[str, str] = {}
        names = []
        complaint = "" if rasters else tr("There is no raster layer among these: choose raster layers.")
        for layer in rasters:
            try:
                names.append(raster_dataset(layer))
                known.update(layer_dates([layer]))
            except InputError as error:
                complaint = str(error)
        self._complain(complaint)
        if names:
            self.add_datasets(names, known)

    def add_paths(self, paths: Sequence[str]) -> None:
        """Add files; a single folder becomes the folder whose files are taken."""
        if len(paths) == 1 and Path(paths[0]).is_dir() and not paths[0].upper().endswith(".SAFE"):
            self._update(editing.with_folder(self._job, paths[0], self.pattern.text()))
        elif paths:
            self.add_datasets(paths, {})

    def remove_chosen(self) -> None:
        """Remove the rasters of the chosen rows; those of a folder or a stack are left out instead."""
        rows, job = self._chosen(), self._job
        alone = [row for row in rows if set(row.datasets) & set(job.rasters) and not self.findings.survey.is_stack]
        names = [name for row in alone for name in row.datasets]
        job = editing.without_rasters(job, self.findings.survey, names)
        others = [row for row in rows if row not in alone]
        self._update(editing.with_use(job, others, False))

    def take_dropped(self, found: Dropped) -> None:
        """Add what was dropped."""
        if found.layers:
            self.add_raster_layers(found.layers)
        else:
            self.add_paths(found.paths)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 (Qt)
        """Delete removes the chosen rows, the space bar leaves them out or takes them back."""
        if watched is self.table and event.type() == QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Delete:
                self.remove_chosen()
                return True
            chosen = self._chosen()
            if event.key() == Qt.Key.Key_Space and chosen:
                self._use(chosen, not editing.is_used(self._job, chosen[0]))
                return True
        return super().eventFilter(watched, event)

    def _update(self, job: CubeJob) -> None:
        self.workspace.update(cube=job)

    def _complain(self, sentence: str) -> None:
        self._complaint = sentence
        show_hint(self.hint, sentence)

    def _chosen(self) -> list[SurveyRow]:
        indices = self.table.selectionModel().selectedRows()
        return [self._table.rows[self._sorted.mapToSource(index).row()] for index in indices]

    def _make_demo(self) -> None:
        if self.workspace.open_algorithm is not None:
            self.workspace.open_algorithm("createdemoscene", {"folder": str(results_folder() / "demo_scene")})

    def _pick_layers(self) -> None:
        picker = LayerPicker(QgsProject.instance(), self)
        if picker.exec() == QDialog.DialogCode.Accepted:
            self.add_raster_layers(picker.chosen)

    def _pick_files(self) -> None:
        filters = QgsProviderRegistry.instance().fileRasterFilters()
        paths, _ = QFileDialog.getOpenFileNames(self, tr("Add raster files"), "", filters)
        self.add_paths(paths)

    def _clear(self) -> None:
        self._complain("")
        job = self._job
        kept = replace(job, rasters=(), folder="", pattern="*", dates=(), layer_dates={}, left_out=(), bands=())
        self._update(replace(kept, masks=(), mask_pattern=""))

    def _folder_browsed(self, path: str) -> None:
        if not self.folder.lineEdit().hasFocus():
            self._read_folder()

    def _read_folder(self) -> None:
        folder, pattern = self.folder.filePath().strip(), self.pattern.text().strip()
        if (folder, pattern or "*") != (self._job.folder, self._job.pattern):
            self._update(editing.with_folder(self._job, folder, pattern))

    def _read_same_day(self, *_: object) -> None:
        self._update(replace(self._job, same_day=self.same_day.currentData()))

    def _read_bands(self, *_: object) -> None:
        items = self._band_items()
        ticked = tuple(item.text() for item in items if item.checkState() == Qt.CheckState.Checked)
        if not ticked:
            self._complain(tr("At least one band is needed: tick one."))
            self._show_bands(self._job, self.findings.survey)
            return
        self._complain("")
        self._update(replace(self._job, bands=() if len(ticked) == len(items) else ticked))

    def _read_date(self, row: SurveyRow, text: str) -> None:
        try:
            date = typed_date(text)
        except InputError as error:
            self._complain(str(error))
            return
        self._complain("")
        self._update(editing.with_date(self._job, self.findings.survey, row, date))

    def _use(self, rows: list[Any], is_used: bool) -> None:
        self._update(editing.with_use(self._job, rows, is_used))


def swatch(color: str) -> QIcon:
    """Return a square of `color` ('' for none: an empty one, so that names stay in line)."""
    pixmap = QPixmap(_SWATCH_PX, _SWATCH_PX)
    pixmap.fill(QColor(color) if color else Qt.GlobalColor.transparent)
    return QIcon(pixmap)
