# SPDX-License-Identifier: GPL-2.0-or-later
"""The table of what a search varies: a setting of the learning strategy per row, with a tick and its range."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Optional

from qgis.PyQt.QtCore import QLocale, QModelIndex, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from ...plugin.core.search_space import Axis, strategy_axes
from ...plugin.host.text import tr
from ..network.fields import NumberBox

_NAME, _LOW, _HIGH = range(3)
_DECIMALS = 10
_FIXED = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable


class RangeTable(QTableWidget):
    """Shows which settings vary, and from where to where; tells when the user changed something."""

    edited = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._axes = strategy_axes()
        self.setAccessibleName(tr("Settings of the learning strategy that vary"))
        self.setItemDelegate(_RangeDelegate(self._axes, self))
        self.setTabKeyNavigation(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setColumnCount(3)
        self.setHorizontalHeaderLabels([tr("Setting"), tr("From"), tr("To")])
        self.setRowCount(len(self._axes))
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        for row, axis in enumerate(self._axes):
            self._fill_row(row, axis)
        header = self.horizontalHeader()
        header.setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Stretch)
        width = self.fontMetrics().horizontalAdvance("0.0001") + 14
        for column in (_LOW, _HIGH):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            header.resizeSection(column, width)
        self.itemChanged.connect(lambda _: self.edited.emit())

    def show_choice(self, settings: Collection[str], ranges: Mapping[str, Any]) -> None:
        """Tick `settings` and show `ranges`, where there are none those that are declared; tells nothing."""
        self.blockSignals(True)
        for row, axis in enumerate(self._axes):
            is_ticked = axis.setting.name in settings
            self.item(row, _NAME).setCheckState(Qt.CheckState.Checked if is_ticked else Qt.CheckState.Unchecked)
            if not axis.choices:
                low, high = ranges.get(axis.setting.name, (axis.low, axis.high))
                self.item(row, _LOW).setData(Qt.ItemDataRole.EditRole, float(low))
                self.item(row, _HIGH).setData(Qt.ItemDataRole.EditRole, float(high))
        self.blockSignals(False)
        self.viewport().update()

    def settings(self) -> tuple[str, ...]:
        """Return the settings that are ticked."""
        return tuple(
            axis.setting.name
            for row, axis in enumerate(self._axes)
            if self.item(row, _NAME).checkState() == Qt.CheckState.Checked
        )

    def ranges(self, former: Mapping[str, Any]) -> dict[str, Any]:
        """Return the ranges that are not as they are declared, and of `former` those that have no numbers here."""
        numbers = {axis.setting.name for axis in self._axes if not axis.choices}
        found = {name: limits for name, limits in former.items() if name not in numbers}
        for row, axis in enumerate(self._axes):
            if axis.choices:
                continue
            low, high = (self.item(row, column).data(Qt.ItemDataRole.EditRole) for column in (_LOW, _HIGH))
            if (low, high) != (axis.low, axis.high):
                is_whole = axis.setting.kind == "int"
                found[axis.setting.name] = [int(low), int(high)] if is_whole else [low, high]
        return found

    def _fill_row(self, row: int, axis: Axis) -> None:
        name = QTableWidgetItem(tr(axis.setting.label))
        name.setFlags(_FIXED | Qt.ItemFlag.ItemIsUserCheckable)
        name.setCheckState(Qt.CheckState.Unchecked)
        name.setToolTip(f"{tr(axis.setting.label)}: {tr(axis.setting.help)}")
        self.setItem(row, _NAME, name)
        if axis.choices:
            words = QTableWidgetItem(_words(axis))
            words.setFlags(_FIXED)
            words.setToolTip(words.text())
            self.setItem(row, _LOW, words)
            self.setSpan(row, _LOW, 1, 2)
            return
        for column in (_LOW, _HIGH):
            number = QTableWidgetItem()
            number.setTextAlignment(int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter))
            self.setItem(row, column, number)


class _RangeDelegate(QStyledItemDelegate):
    """Writes numbers short and lets them be edited within what the setting allows."""

    def __init__(self, axes: tuple[Axis, ...], parent: QWidget) -> None:
        super().__init__(parent)
        self._axes = axes

    def displayText(self, value: Any, locale: QLocale) -> str:  # noqa: N802 (Qt's name)
        """Return a number with up to four digits, other values as they are."""
        return locale.toString(value, "g", 4) if isinstance(value, float) else str(value)

    def createEditor(  # noqa: N802 (Qt's name)
        self, parent: QWidget, option: QStyleOptionViewItem, index: QModelIndex
    ) -> QWidget:
        """Return a box for a number."""
        setting = self._axes[index.row()].setting
        box = NumberBox(parent)
        box.setDecimals(0 if setting.kind == "int" else _DECIMALS)
        box.setRange(setting.minimum, setting.maximum)
        box.setFrame(False)
        box.setButtonSymbols(NumberBox.ButtonSymbols.NoButtons)
        return box


def _words(axis: Axis) -> str:
    if axis.setting.kind == "bool":
        return tr("yes or no")
    return ", ".join(tr(str(choice).replace("_", " ")) for choice in axis.choices)
