# SPDX-License-Identifier: GPL-2.0-or-later
"""The table of acquisitions: date, layer, bands, mask and how much is valid; dates are typed, rows ticked."""

from __future__ import annotations

from typing import Any, Optional

from qgis.PyQt.QtCore import QAbstractTableModel, QModelIndex, QRectF, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QPainter
from qgis.PyQt.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from ...plugin.core.jobs import CubeJob
from ...plugin.host.text import tr
from ...plugin.run.outlook import DateOutlook
from ...plugin.run.survey import SurveyRow
from .editing import is_used
from .findings import Findings

DATE, LABEL, BANDS, MASK, VALID = range(5)
SORT = Qt.ItemDataRole.UserRole


class AcquisitionTable(QAbstractTableModel):
    """Rows of the survey; what the user types or ticks is told by signals and comes back with the next recipe."""

    date_typed = pyqtSignal(object, str)  # row, text
    use_changed = pyqtSignal(list, bool)  # rows

    def __init__(self, findings: Findings) -> None:
        super().__init__()
        self._findings = findings
        self._job = CubeJob(output="")
        self.rows: tuple[SurveyRow, ...] = ()

    def show(self, rows: tuple[SurveyRow, ...], job: CubeJob) -> None:
        """Show other rows, or the same ones anew; a selection stays where the rows are as many."""
        self._job = job
        if len(rows) == len(self.rows):
            self.rows = rows
            self.tell_changed()
            return
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def tell_changed(self) -> None:
        """Draw all rows anew."""
        if self.rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.rows) - 1, VALID))

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: N802, B008 (Qt)
        """Return the number of rows."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: N802, B008 (Qt)
        """Return the number of columns."""
        return 0 if parent.isValid() else VALID + 1

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:  # noqa: N802 (Qt)
        """Return the titles of the columns."""
        if orientation != Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None
        return (tr("Date"), tr("Layer or file"), tr("Bands"), tr("Mask"), tr("Valid pixels"))[section]

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        """Dates can be ticked and typed."""
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if index.column() == DATE:
            flags |= Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsEditable
        return flags

    def data(self, index: QModelIndex, role: int = 0) -> Any:
        """Return what a cell shows."""
        row, column = self.rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(row, column)
        if role == SORT:
            return self._sort_key(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(row, column)
        if role == Qt.ItemDataRole.ForegroundRole:
            return None if is_used(self._job, row) else QApplication.palette().placeholderText()
        return self._date_cell(row, role) if column == DATE else None

    def _date_cell(self, row: SurveyRow, role: int) -> Any:
        if role == Qt.ItemDataRole.EditRole:
            return row.date
        if role == Qt.ItemDataRole.CheckStateRole:
            return Qt.CheckState.Checked if is_used(self._job, row) else Qt.CheckState.Unchecked
        if role == Qt.ItemDataRole.DecorationRole and row.trouble:
            return QApplication.style().standardIcon(QStyle.StandardPixmap.SP_MessageBoxWarning)
        return None

    def setData(self, index: QModelIndex, value: Any, role: int = 0) -> bool:  # noqa: N802 (Qt)
        """Tell what was typed or ticked."""
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.CheckStateRole:
            self.use_changed.emit([row], Qt.CheckState(value) == Qt.CheckState.Checked)
            return True
        if role == Qt.ItemDataRole.EditRole and str(value).strip() != row.date:
            self.date_typed.emit(row, str(value))
            return True
        return False

    def share(self, index: int) -> Optional[float]:
        """Return the share of valid pixels of a row, None while unknown."""
        outlook = self._outlook(self.rows[index])
        return outlook.share if outlook else None

    def _outlook(self, row: SurveyRow) -> Optional[DateOutlook]:
        return self._findings.outlook_of(row)

    def _text(self, row: SurveyRow, column: int) -> str:
        if column == DATE:
            return row.date.replace("T", "  ") or tr("type the date")
        if column == LABEL:
            return row.label
        if column == BANDS:
            return ", ".join(row.bands)
        if column == MASK:
            return row.mask or ("" if row.trouble else "—")
        outlook = self._outlook(row)
        if outlook is None:
            return "…" if is_used(self._job, row) and not row.trouble else ""
        return tr("unreadable") if outlook.share is None else f"{outlook.share:.0%}"

    def _sort_key(self, row: SurveyRow, column: int) -> Any:
        if column == VALID:
            outlook = self._outlook(row)
            return -1.0 if outlook is None or outlook.share is None else outlook.share
        return row.date if column == DATE else self._text(row, column)

    def _tip(self, row: SurveyRow, column: int) -> str:
        outlook = self._outlook(row)
        if row.trouble or (outlook and outlook.trouble):
            return row.trouble or (outlook.trouble if outlook else "")
        if column == DATE:
            return tr("Double-click to correct the date; untick to leave it out.")
        if column == VALID:
            return tr("Share of valid pixels in a sample of the image: not nodata, not masked.")
        return "\n".join(row.datasets)


class ShareBar(QStyledItemDelegate):
    """Draws the share of valid pixels as a bar behind its figure."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex) -> None:  # noqa: N802 (Qt)
        """Leave the figure where it is."""
        super().initStyleOption(option, index)
        option.displayAlignment = Qt.AlignmentFlag.AlignCenter

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Draw the bar, then the cell."""
        share = index.data(SORT)
        super().paint(painter, option, index)
        if share is None or share < 0:
            return
        track = QRectF(option.rect).adjusted(6.0, option.rect.height() - 5.0, -6.0, -2.0)
        color = QColor(option.palette.highlight().color())
        faint = QColor(option.palette.text().color())
        faint.setAlpha(40)
        painter.save()
        painter.fillRect(track, faint)
        track.setWidth(track.width() * share)
        painter.fillRect(track, color)
        painter.restore()
