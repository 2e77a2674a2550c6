# SPDX-License-Identifier: GPL-2.0-or-later
"""Masks: where they lie, and which of their values make a pixel invalid."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Optional

from qgis.core import QgsMapLayer, QgsProject, QgsProviderRegistry, QgsRasterLayer
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QDialog, QFileDialog, QListWidgetItem, QWidget

from ...plugin.core.cube_spec import MASK_PRESETS, MaskRule
from ...plugin.core.errors import InputError
from ...plugin.core.jobs import CubeJob
from ...plugin.host.layers import layer_dates, raster_dataset
from ...plugin.host.text import tr
from ..loading import load_ui
from ..workspace import Workspace
from .dropping import Dropped, DropSection
from .findings import Findings
from .hint import show_hint
from .layer_picker import LayerPicker
from .reading import ReadingPanel

_AUTOMATIC, _VALUES, _BITS = "automatic", "values", "bits"


def _meanings() -> dict[str, dict[int, str]]:
    """Return what the values (or bits) of each known kind of mask mean."""
    return {
        "plain": {0: tr("clear"), 1: tr("cloud")},
        "scl": dict(
            enumerate(
                (
                    tr("no data"), tr("saturated or defective"), tr("dark area"), tr("cloud shadow"), tr("vegetation"),
                    tr("bare soil"), tr("water"), tr("unclassified"), tr("cloud, medium probability"),
                    tr("cloud, high probability"), tr("thin cirrus"), tr("snow or ice"),
                )
            )
        ),
        "fmask": {
            0: tr("clear land"), 1: tr("clear water"), 2: tr("cloud shadow"), 3: tr("snow"), 4: tr("cloud"),
            255: tr("no observation"),
        },
        "landsat_qa": dict(
            enumerate(
                (
                    tr("fill"), tr("dilated cloud"), tr("cirrus"), tr("cloud"), tr("cloud shadow"), tr("snow"),
                    tr("clear"), tr("water"),
                )
            )
        ),
    }  # fmt: skip


class MasksSection(DropSection):
    """The second tab: masks, and beside them how values are read."""

    def __init__(self, workspace: Workspace, findings: Findings) -> None:
        super().__init__(workspace, findings)
        load_ui(self, __file__)
        self.title = tr("Masks and values")
        self._complaint = ""
        self.reading = ReadingPanel(workspace, findings)
        self.reading_place.addWidget(self.reading)
        for text, name in (
            (tr("By the names of the masks"), _AUTOMATIC),
            (tr("Plain mask: 1 is cloud"), "plain"),
            (tr("Sentinel-2 scene classification (SCL)"), "scl"),
            (tr("Landsat Collection 2 QA_PIXEL"), "landsat_qa"),
            (tr("Fmask"), "fmask"),
            (tr("Own values"), _VALUES),
            (tr("Own bits"), _BITS),
        ):
            self.preset.addItem(text, name)
        self._connect()

    def _connect(self) -> None:
        self.add_layers.clicked.connect(self._pick_layers)
        self.add_files.clicked.connect(self._pick_files)
        self.remove.clicked.connect(self._remove)
        self.pattern.editingFinished.connect(self._read_pattern)
        self.preset.activated.connect(self._read_preset)
        self.meanings.itemChanged.connect(self._read_meanings)
        self.values.editingFinished.connect(self._read_values)
        self.masks.itemSelectionChanged.connect(self._enable)
        self.findings.surveyed.connect(self.show_recipe)

    # ---- recipe to widgets ----

    def show_recipe(self) -> None:
        """Show masks and their rule."""
        job = self._job
        self._show_masks(job)
        if not self.pattern.hasFocus():
            self.pattern.setText(job.mask_pattern)
        self.pattern.setEnabled(bool(job.folder))
        kind, rule = kind_of(job), self._rule(job)
        self.preset.setCurrentIndex(self.preset.findData(kind))
        self._show_meanings(kind, rule)
        if not self.values.hasFocus():
            self.values.setText(" ".join(map(str, rule.invalid)))
        is_own = kind in (_VALUES, _BITS)
        for widget in (self.values, self.values_label):
            widget.setVisible(is_own)
        for widget in (self.meanings, self.meanings_label):
            widget.setVisible(not is_own)
        self.meanings.setEnabled(kind != _AUTOMATIC)
        show_hint(self.hint, self._complaint)
        self.reading.show_recipe()
        self._enable()

    def gaps(self) -> dict[QWidget, str]:
        """Return what is missing about masks and values."""
        rule = self._job.mask_rule
        if rule is not None and not rule.invalid:
            return {self.preset: tr("No value of the mask is invalid: give one, or choose another kind of mask.")}
        return self.reading.gaps()

    @property
    def _job(self) -> CubeJob:
        return self.workspace.recipe.cube

    def _rule(self, job: CubeJob) -> MaskRule:
        """Return the rule that will be used, as far as it is known."""
        spec = self.findings.survey.spec
        if kind_of(job) == _AUTOMATIC and spec is not None:
            return spec.mask_rule
        return job.mask_rule or MASK_PRESETS[job.mask_preset]

    def _show_masks(self, job: CubeJob) -> None:
        names = [self.masks.item(index).data(Qt.ItemDataRole.UserRole) for index in range(self.masks.count())]
        if names != list(job.masks):
            self.masks.clear()
            for name in job.masks:
                item = QListWidgetItem(name.replace("\\", "/").rsplit("/", 1)[-1], self.masks)
                item.setData(Qt.ItemDataRole.UserRole, name)
                item.setToolTip(name)
        rows = self.findings.survey.rows
        masked = sum(1 for row in rows if row.mask)
        if not rows:
            text = tr("Masks are found among the rasters by their names (SCL, QA_PIXEL, Fmask, CLM), or chosen here.")
        else:
            text = tr("{masked} of {count} dates have a mask.").format(masked=masked, count=len(rows))
        self.found.setText(text)

    def _show_meanings(self, kind: str, rule: MaskRule) -> None:
        name = next((name for name, preset in MASK_PRESETS.items() if preset == rule), "plain")
        known = _meanings().get(name if kind == _AUTOMATIC else kind, {})
        labels = [f"{value}  {text}" for value, text in known.items()]
        self.meanings.blockSignals(True)
        if [self.meanings.item(index).text() for index in range(self.meanings.count())] != labels:
            self.meanings.clear()
            self.meanings.addItems(labels)
        for index, value in enumerate(known):
            item = self.meanings.item(index)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setData(Qt.ItemDataRole.UserRole, value)
            item.setCheckState(Qt.CheckState.Checked if value in rule.invalid else Qt.CheckState.Unchecked)
        self.meanings.blockSignals(False)

    def _enable(self) -> None:
        self.remove.setEnabled(bool(self.masks.selectedItems()))

    # ---- widgets to recipe ----

    def add_masks(self, names: Sequence[str], known_dates: dict[str, str]) -> None:
        """Add mask rasters by their GDAL dataset names."""
        job = self._job
        masks = tuple(dict.fromkeys((*job.masks, *names)))
        self._update(replace(job, masks=masks, layer_dates={**job.layer_dates, **known_dates}))

    def add_mask_layers(self, layers: Sequence[QgsMapLayer]) -> None:
        """Add mask layers of the project."""
        rasters = [layer for layer in layers if isinstance(layer, QgsRasterLayer)]
        try:
            names, known = [raster_dataset(layer) for layer in rasters], layer_dates(rasters)
        except InputError as error:
            self._complain(str(error))
            return
        self._complain("")
        self.add_masks(names, known)

    def take_dropped(self, found: Dropped) -> None:
        """Add what was dropped."""
        self.add_mask_layers(found.layers)
        self.add_masks(found.paths, {})

    def _update(self, job: CubeJob) -> None:
        self.workspace.update(cube=job)

    def _complain(self, sentence: str) -> None:
        self._complaint = sentence
        show_hint(self.hint, sentence)

    def _pick_layers(self) -> None:
        picker = LayerPicker(QgsProject.instance(), self)
        picker.setWindowTitle(tr("Add mask layers"))
        if picker.exec() == QDialog.DialogCode.Accepted:
            self.add_mask_layers(picker.chosen)

    def _pick_files(self) -> None:
        filters = QgsProviderRegistry.instance().fileRasterFilters()
        paths, _ = QFileDialog.getOpenFileNames(self, tr("Add mask files"), "", filters)
        self.add_masks(paths, {})

    def _remove(self) -> None:
        gone = {item.data(Qt.ItemDataRole.UserRole) for item in self.masks.selectedItems()}
        self._update(replace(self._job, masks=tuple(name for name in self._job.masks if name not in gone)))

    def _read_pattern(self) -> None:
        self._update(replace(self._job, mask_pattern=self.pattern.text().strip()))

    def _read_preset(self, *_: object) -> None:
        self._complain("")
        own = self._job.mask_rule if kind_of(self._job) in (_VALUES, _BITS) else None
        self._update(with_kind(self._job, self.preset.currentData(), own.invalid if own else ()))

    def _read_meanings(self, *_: object) -> None:
        items = [self.meanings.item(index) for index in range(self.meanings.count())]
        ticked = [item for item in items if item.checkState() == Qt.CheckState.Checked]
        invalid = tuple(int(item.data(Qt.ItemDataRole.UserRole)) for item in ticked)
        self._update(with_kind(self._job, self.preset.currentData(), invalid, is_own=True))

    def _read_values(self) -> None:
        words = re.split(r"[,;\s]+", self.values.text().strip())
        if not all(re.fullmatch(r"-?\d+", word) for word in words if word):
            self._complain(tr("'{text}' are no whole numbers: write them as 3 8 9 10.").format(text=self.values.text()))
            return
        self._complain("")
        invalid = tuple(int(word) for word in words if word)
        self._update(with_kind(self._job, self.preset.currentData(), invalid))


def kind_of(job: CubeJob) -> str:
    """Return the entry of the list of kinds that a job means."""
    if job.mask_rule is None:
        return _AUTOMATIC if job.mask_preset == "plain" else job.mask_preset
    preset = MASK_PRESETS[job.mask_preset]
    same = next((name for name, rule in MASK_PRESETS.items() if rule == job.mask_rule), None)
    if same is not None:
        return same
    known = _meanings()[job.mask_preset]
    is_variant = job.mask_rule.kind == preset.kind and set(job.mask_rule.invalid) <= set(known)
    if is_variant and job.mask_preset != "plain":
        return job.mask_preset
    return job.mask_rule.kind


def with_kind(job: CubeJob, kind: str, invalid: Sequence[int], is_own: bool = False) -> CubeJob:
    """Return `job` with masks of another kind; `is_own`: `invalid` counts where it differs from the kind's values."""
    if kind == _AUTOMATIC:
        return replace(job, mask_preset="plain", mask_rule=None)
    if kind in (_VALUES, _BITS):
        return replace(job, mask_preset="plain", mask_rule=MaskRule(kind, tuple(invalid)))
    rule: Optional[MaskRule] = None
    if is_own and set(invalid) != set(MASK_PRESETS[kind].invalid):
        rule = MaskRule(MASK_PRESETS[kind].kind, tuple(invalid))
    if kind == "plain" and rule is None:
        rule = MASK_PRESETS["plain"]  # said by the user: names do not count
    return replace(job, mask_preset=kind, mask_rule=rule)
