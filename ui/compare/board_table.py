# SPDX-License-Identifier: GPL-2.0-or-later
"""The entries of a board as a table that can be sorted and ticked."""

from __future__ import annotations

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QTableWidget, QTableWidgetItem

from ...plugin.core.board import Board, Entry, pareto
from ...plugin.host.text import tr
from ...plugin.run.compare_figures import SCORE_TITLES

_RANK = Qt.ItemDataRole.UserRole


class _Figure(QTableWidgetItem):
    """A cell that is sorted by its number, not by its text."""

    def __init__(self, text: str, rank: float) -> None:
        super().__init__(text)
        self.setData(_RANK, rank)
        self.setTextAlignment(int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter))

    def __lt__(self, other: QTableWidgetItem) -> bool:
        return float(self.data(_RANK)) < float(other.data(_RANK))


def fill_table(table: QTableWidget, board: Board) -> None:
    """Show the entries of `board`, all ticked, in its order."""
    head = [tr("Model"), *map(tr, SCORE_TITLES.values()), tr("Calibration error"), tr("Training (s)")]
    head += [tr("Parameters"), tr("Pixels per second"), tr("Hours per billion pixels"), tr("Not beaten")]
    table.setSortingEnabled(False)
    table.clear()
    table.setColumnCount(len(head))
    table.setHorizontalHeaderLabels(head)
    table.setRowCount(len(board.entries))
    for row, (entry, is_front) in enumerate(zip(board.entries, pareto(board.entries))):
        for column, item in enumerate(_cells(entry, is_front)):
            table.setItem(row, column, item)
    table.horizontalHeader().setSortIndicator(1, Qt.SortOrder.DescendingOrder)
    table.setSortingEnabled(True)
    table.resizeColumnsToContents()


def ticked(table: QTableWidget) -> tuple[str, ...]:
    """Return the names of the ticked entries, as the table is sorted."""
    names = [table.item(row, 0) for row in range(table.rowCount())]
    return tuple(item.text() for item in names if item.checkState() == Qt.CheckState.Checked)


def _cells(entry: Entry, is_front: bool) -> list[QTableWidgetItem]:
    name = QTableWidgetItem(entry.name)
    name.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable)
    name.setCheckState(Qt.CheckState.Checked)
    name.setToolTip("\n".join(entry.models))
    scores = [_Figure(entry.scores[key].text(), entry.scores[key].value) for key in SCORE_TITLES]
    hours = entry.hours_per_billion
    return [
        name,
        *scores,
        _Figure(f"{entry.reliability.error:.3f}", entry.reliability.error),
        _Figure(f"{entry.seconds:,.1f}", entry.seconds),
        _Figure(f"{entry.parameters:,.0f}", entry.parameters),
        _Figure(f"{entry.pixels_per_second:,.0f}" if hours else "", entry.pixels_per_second),
        _Figure(f"{hours:,.3g}" if hours else "", hours),
        _Figure(tr("yes") if is_front else tr("no"), float(is_front)),
    ]
