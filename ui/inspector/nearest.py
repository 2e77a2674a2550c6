# SPDX-License-Identifier: GPL-2.0-or-later
"""The table of the samples nearest to a place."""

from __future__ import annotations

import math
from typing import Optional

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor, QIcon, QPixmap
from qgis.PyQt.QtWidgets import QTableWidget, QTableWidgetItem

from ...plugin.host.text import tr
from ...plugin.run.inspect import ModelAnswer
from ...plugin.run.inspect_neighbours import Neighbour

_SWATCH_PX = 12


def fill_nearest(table: QTableWidget, answer: Optional[ModelAnswer]) -> None:
    """List the nearest samples that `answer` names."""
    table.setHorizontalHeaderLabels([tr("Class"), tr("Distance"), tr("Polygon")])
    nearest = answer.neighbours if answer is not None else ()
    table.setRowCount(len(nearest))
    for row, near in enumerate(nearest):
        name = QTableWidgetItem(_swatch(near.color), near.name)
        name.setData(Qt.ItemDataRole.UserRole, near)
        table.setItem(row, 0, name)
        for column, text in enumerate((f"{near.distance:.3f}", str(near.group)), start=1):
            item = QTableWidgetItem(text)
            item.setTextAlignment(int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter))
            table.setItem(row, column, item)
    for column in (0, 1):  # the last one takes what is left
        table.resizeColumnToContents(column)
    table.resizeRowsToContents()


def sample_in_row(table: QTableWidget, row: int) -> Optional[Neighbour]:
    """Return the sample of a row if it is known where it lies."""
    near: Neighbour = table.item(row, 0).data(Qt.ItemDataRole.UserRole)
    return None if math.isnan(near.x) else near


def _swatch(color: str) -> QIcon:
    pixmap = QPixmap(_SWATCH_PX, _SWATCH_PX)
    pixmap.fill(QColor(color))
    return QIcon(pixmap)
