# SPDX-License-Identifier: GPL-2.0-or-later
"""How samples are split into training, validation and test, with a picture of it on the map."""

from __future__ import annotations

from dataclasses import replace
from typing import Optional

from qgis.core import QgsCoordinateReferenceSystem, QgsUnitTypes
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QHideEvent, QShowEvent
from qgis.PyQt.QtWidgets import QHeaderView, QTableWidgetItem, QWidget

from ...plugin.core.jobs import SplitSpec
from ...plugin.host.text import tr
from ..loading import load_ui
from ..workspace import Workspace
from .findings import Findings
from .hint import show_hint
from .section import Section
from .split_overlay import SplitOverlay, part_icon, part_looks

_PARTS = 3
_MOST_SHAPES = 5000  # more would make the map slow


class SplitSection(Section):
    """The fourth tab: shares, what stays together, and how the classes fare."""

    def __init__(self, workspace: Workspace, findings: Findings) -> None:
        super().__init__(workspace, findings)
        load_ui(self, __file__)
        self.title = tr("Split")
        self._overlay: Optional[SplitOverlay] = None
        self.method.addItem(tr("Polygons (recommended)"), "polygon")
        self.method.addItem(tr("Square blocks"), "block")
        self.method.addItem(tr("Values of the fold field"), "field")
        self.method.addItem(tr("Nothing: single pixels (optimistic)"), "pixel")
        looks = part_looks()
        self.counts.setColumnCount(_PARTS + 1)
        self.counts.setHorizontalHeaderItem(0, QTableWidgetItem(tr("Class")))
        for part in range(_PARTS):
            self.counts.setHorizontalHeaderItem(part + 1, QTableWidgetItem(part_icon(looks[part]), looks[part].name))
        self.counts.verticalHeader().hide()
        self.counts.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 9)
        self.counts.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.counts.horizontalHeader().setHighlightSections(False)
        self.method.activated.connect(self._read)
        for box in (self.train, self.validation, self.seed, self.block_size):
            box.valueChanged.connect(self._read_if_typed)
        self.show_on_map.toggled.connect(self._show_overlay)
        findings.dealt.connect(self._show_split)
        findings.surveyed.connect(self._show_unit)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 (Qt)
        """Draw on the map again."""
        super().showEvent(event)
        self._show_overlay()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 (Qt)
        """Leave the map as it was."""
        if not event.spontaneous():
            self._clear_overlay()
        super().hideEvent(event)

    # ---- recipe to widgets ----

    def show_recipe(self) -> None:
        """Show the split of the recipe."""
        spec = self._spec
        boxes = (self.train, self.validation, self.seed, self.block_size)
        for box in boxes:
            box.blockSignals(True)
        self.method.setCurrentIndex(self.method.findData(spec.method))
        self.train.setValue(round(spec.train * 100))
        self.validation.setValue(round(spec.validation * 100))
        self.test.setText(f"{spec.test * 100:.0f} %")
        self.block_size.setValue(spec.block_size)
        self.seed.setValue(spec.seed)
        for box in boxes:
            box.blockSignals(False)
        for widget in (self.block_size, self.block_size_label):
            widget.setEnabled(spec.method == "block")
        self._show_unit()
        self._show_split()

    def gaps(self) -> dict[QWidget, str]:
        """Return why the samples cannot be split so."""
        recipe, spec = self.workspace.recipe, self._spec
        if spec.test <= 0:
            return {self.validation: tr("Nothing is left for the test: lower the shares of training and validation.")}
        if spec.method == "field" and not recipe.samples.fold_field:
            return {self.method: tr("No fold field is chosen: choose one under Training data, or split by polygon.")}
        return {self.method: self.findings.split_problem} if self.findings.split_problem else {}

    def doubts(self) -> list[str]:
        """Return what is doubtful about the split."""
        return list(self.findings.split.warnings) if self.findings.split else []

    @property
    def _spec(self) -> SplitSpec:
        return self.workspace.recipe.train.split

    def _show_unit(self) -> None:
        grid = self.findings.survey.grid
        unit = ""
        if grid is not None:
            units = QgsCoordinateReferenceSystem.fromWkt(grid.crs_wkt).mapUnits()
            unit = " " + QgsUnitTypes.toAbbreviatedString(units)
        self.block_size.setSuffix(unit)

    def _show_split(self) -> None:
        found = self.findings.split
        self.counts.setRowCount(len(found.pixels) if found else 0)
        for row, (name, counts) in enumerate(found.pixels.items() if found else ()):
            self.counts.setItem(row, 0, QTableWidgetItem(name))
            total = max(1, sum(counts))
            for part, count in enumerate(counts):
                item = QTableWidgetItem(f"{count}  ({count / total:.0%})")
                item.setTextAlignment(int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter))
                self.counts.setItem(row, part + 1, item)
        self._show_note()
        self._show_overlay()

    def _show_note(self) -> None:
        found = self.findings.split
        if found is None:
            is_table = self.workspace.recipe.table is not None
            text = (
                tr("The split of a table is made when training starts.")
                if is_table
                else tr("The split is shown here once there are rasters and a training layer.")
            )
            show_hint(self.note, "" if self.gaps() else text, is_warning=False)
        else:
            told = tr("Training splits like this, without pixels that have no valid date.")
            show_hint(self.note, " ".join((*found.warnings, told)), is_warning=bool(found.warnings))

    # ---- widgets to recipe ----

    def _read_if_typed(self, *_: object) -> None:
        self._read()

    def _read(self, *_: object) -> None:
        train = self.train.value()
        validation = self.validation.value()
        spec = SplitSpec(
            method=self.method.currentData(),
            train=train / 100,
            validation=validation / 100,
            test=max(0, 100 - train - validation) / 100,
            block_size=self.block_size.value(),
            seed=self.seed.value(),
        )
        self.workspace.update(train=replace(self.workspace.recipe.train, split=spec))

    # ---- the map ----

    def _show_overlay(self, *_: object) -> None:
        found = self.findings.split
        if found is None or not self.show_on_map.isChecked() or not self.isVisible():
            self._clear_overlay()
            return
        if self._overlay is None:
            self._overlay = SplitOverlay(self.workspace.iface.mapCanvas())
        self._overlay.show(found.shapes[:_MOST_SHAPES], found.crs_wkt)

    def _clear_overlay(self) -> None:
        if self._overlay is not None:
            self._overlay.clear()
