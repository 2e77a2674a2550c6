# SPDX-License-Identifier: GPL-2.0-or-later
"""The table of classes: names and colours are edited, equal names merge, unticked ones are left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Optional, TypeVar

from qgis.PyQt.QtCore import QAbstractTableModel, QModelIndex, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtWidgets import QApplication

from ...plugin.core.jobs import ExtractJob, TableJob
from ...plugin.host.text import tr
from ...plugin.run.census import Census, shown_classes

VALUE, NAME, COLOR, FEATURES, PIXELS = range(5)
SamplesJob = TypeVar("SamplesJob", ExtractJob, TableJob)


@dataclass(frozen=True)
class ClassRow:
    """One value of the class field: its new name ('' left out), colour, and counts (None: not known yet)."""

    value: str
    name: str
    color: str
    features: int
    pixels: Optional[int]


def class_rows(census: Census, rename: Mapping[str, str], colors: Mapping[str, str]) -> list[ClassRow]:
    """Return the rows in the order of the classes' values; what is left out stands last."""
    values = list(census.features)
    infos = shown_classes(values, rename, colors)
    order = {info.name: index for index, info in enumerate(infos)}
    rows = []
    for value in sorted(values):
        name = rename.get(value, value).strip()
        color = infos[order[name]].color if name in order else ""
        pixels = census.pixels.get(value, 0) if census.pixels else None
        rows.append(ClassRow(value, name, color, census.features[value], pixels))
    return sorted(rows, key=lambda row: order.get(row.name, len(order)))


def with_name(job: SamplesJob, values: Sequence[str], name: str) -> SamplesJob:
    """Return `job` with the classes of `values` called `name` ('' leaves them out); a colour follows its class."""
    rename, colors = dict(job.rename), dict(job.colors)
    for value in values:
        old = rename.get(value, value)
        if name and old in colors:
            colors.setdefault(name, colors[old])
        if name == value:
            rename.pop(value, None)
        else:
            rename[value] = name
    return replace(job, rename=rename, colors=colors)


def with_color(job: SamplesJob, names: Sequence[str], color: str) -> SamplesJob:
    """Return `job` with the classes `names` drawn in `color` (#rrggbb)."""
    return replace(job, colors={**job.colors, **{name: color for name in names if name}})


class ClassTable(QAbstractTableModel):
    """Shows class rows; edits are told by signals and come back with the next recipe."""

    renamed = pyqtSignal(list, str)  # values, name
    use_changed = pyqtSignal(str, bool)  # value, whether it is used

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[ClassRow] = []
        self._unit = tr("Polygons")
        self._samples = tr("Pixels")

    def show(self, rows: list[ClassRow], unit: str) -> None:
        """Show other rows; `unit` is what is counted: polygons, points or rows."""
        names = {"polygons": tr("Polygons"), "points": tr("Points"), "rows": tr("Rows")}
        self._unit = names.get(unit, unit)
        self._samples = tr("Samples") if unit == "rows" else tr("Pixels")
        if len(rows) == len(self.rows):
            self.rows = rows
            if rows:
                self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, PIXELS))
            return
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: N802, B008 (Qt)
        """Return the number of rows."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: N802, B008 (Qt)
        """Return the number of columns."""
        return 0 if parent.isValid() else PIXELS + 1

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:  # noqa: N802 (Qt)
        """Return the titles of the columns."""
        if orientation != Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None
        return (tr("In the field"), tr("Class"), tr("Colour"), self._unit, self._samples)[section]

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        """Values can be ticked, names typed."""
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if index.column() == VALUE:
            flags |= Qt.ItemFlag.ItemIsUserCheckable
        if index.column() == NAME:
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def data(self, index: QModelIndex, role: int = 0) -> Any:
        """Return what a cell shows."""
        row, column = self.rows[index.row()], index.column()
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return self._text(row, column, role == Qt.ItemDataRole.EditRole)
        if role == Qt.ItemDataRole.CheckStateRole and column == VALUE:
            return Qt.CheckState.Checked if row.name else Qt.CheckState.Unchecked
        if role == Qt.ItemDataRole.DecorationRole and column == COLOR and row.color:
            return QColor(row.color)
        if role == Qt.ItemDataRole.ForegroundRole and not row.name:
            return QApplication.palette().placeholderText()
        if role == Qt.ItemDataRole.TextAlignmentRole and column in (FEATURES, PIXELS):
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None

    def setData(self, index: QModelIndex, value: Any, role: int = 0) -> bool:  # noqa: N802 (Qt)
        """Tell what was typed or ticked."""
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.CheckStateRole:
            self.use_changed.emit(row.value, Qt.CheckState(value) == Qt.CheckState.Checked)
            return True
        if role == Qt.ItemDataRole.EditRole and str(value).strip() != row.name:
            self.renamed.emit([row.value], str(value).strip())
            return True
        return False

    def _text(self, row: ClassRow, column: int, is_edited: bool) -> str:
        if column == VALUE:
            return row.value
        if column == NAME:
            return row.name if row.name or is_edited else tr("left out")
        if column == COLOR:
            return row.color
        if column == FEATURES:
            return f"{row.features}"
        return "…" if row.pixels is None else f"{row.pixels}"
