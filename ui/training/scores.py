# SPDX-License-Identifier: GPL-2.0-or-later
"""How good a model is on its test part: figures, classes, confusion; read from its card."""

from __future__ import annotations

from typing import Any, Optional

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QBrush, QColor, QIcon, QPalette, QPixmap
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from ...plugin.core.accuracy import collapse_warning
from ...plugin.core.card import ModelCard
from ...plugin.core.theme import BAD, GOOD
from ...plugin.host.text import tr
from ..chart_paint import blend

_FIGURES = (
    ("macro_f1", "Macro F1"),
    ("balanced_accuracy", "Balanced accuracy"),
    ("overall_accuracy", "Overall accuracy"),
    ("kappa", "Kappa"),
)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_STRONGEST = 0.85  # share of the colour in a full cell of the confusion matrix


class Scores(QWidget):
    """Shows the test metrics of a model card."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._figures, self._caution = QLabel(), QLabel()
        self._figures.setTextFormat(Qt.TextFormat.RichText)
        for label in (self._figures, self._caution):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._classes, self._confusion = _table(), _table()
        tabs = QTabWidget()
        tabs.addTab(self._classes, tr("Classes"))
        tabs.addTab(self._confusion, tr("Confusion"))
        self._tabs = tabs
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self._figures, self._caution, tabs):
            layout.addWidget(widget)

    def show_card(self, card: ModelCard) -> None:
        """Show the metrics of `card`."""
        metrics = card.metrics
        has_figures = bool(metrics.get("n"))
        self._tabs.setVisible(has_figures)
        if not has_figures:
            self._figures.setText(tr("There are no test samples: nothing is known about the accuracy of this model."))
            self._caution.hide()
            return
        self._figures.setText(_figures_text(metrics))
        caution = collapse_warning(metrics)
        self._caution.setText(caution)
        self._caution.setVisible(bool(caution))
        self._fill_classes(metrics, {info.name: info.color for info in card.classes})
        self._fill_confusion(metrics)

    def hasHeightForWidth(self) -> bool:  # noqa: N802 (Qt's name)
        """Ask for no height of its own, though labels wrap: what stands beside it in the window would be pushed out."""
        return False

    def _fill_classes(self, metrics: dict[str, Any], colors: dict[str, str]) -> None:
        heads = (tr("Class"), tr("Test samples"), tr("Precision (user's)"), tr("Recall (producer's)"), tr("F1"))
        table, rows = self._classes, metrics["classes"]
        table.setColumnCount(len(heads))
        table.setHorizontalHeaderLabels(heads)
        table.setRowCount(len(rows))
        table.verticalHeader().hide()
        for row, figures in enumerate(rows):
            name = QTableWidgetItem(_swatch(colors.get(figures["name"], "")), figures["name"])
            table.setItem(row, 0, name)
            table.setItem(row, 1, _cell(f"{figures['n']:,}"))
            for column, key in enumerate(("precision", "recall", "f1"), start=2):
                table.setItem(row, column, _cell(f"{figures[key]:.3f}" if figures["n"] else "–"))
        table.resizeColumnsToContents()

    def _fill_confusion(self, metrics: dict[str, Any]) -> None:
        table, matrix = self._confusion, metrics["confusion"]
        names = [figures["name"] for figures in metrics["classes"]]
        table.setRowCount(len(matrix))
        table.setColumnCount(len(matrix))
        table.setVerticalHeaderLabels(names)
        table.setHorizontalHeaderLabels(names)
        palette = table.palette()
        for row, counts in enumerate(matrix):
            whole = sum(counts) or 1
            for column, count in enumerate(counts):
                item = _cell(f"{count:,}" if count else "·")
                _paint(item, GOOD if row == column else BAD, count / whole, palette)
                told = tr("{count} samples of {reference} were mapped as {predicted} ({share:.0%})")
                item.setToolTip(
                    told.format(count=count, reference=names[row], predicted=names[column], share=count / whole)
                )
                table.setItem(row, column, item)
        table.setToolTip(tr("Rows: reference. Columns: predicted."))
        table.resizeColumnsToContents()


def _figures_text(metrics: dict[str, Any]) -> str:
    cells = [f"<b>{metrics[key]:.3f}</b>&nbsp;{tr(label)}" for key, label in _FIGURES if metrics.get(key) is not None]
    count = tr("{count} test samples").format(count=f"{metrics['n']:,}").replace(" ", "&nbsp;")
    return " &nbsp; ".join([*cells, count])


def _table() -> QTableWidget:
    table = QTableWidget()
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setAlternatingRowColors(False)
    table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + 8)
    return table


def _cell(text: str) -> QTableWidgetItem:
    item = QTableWidgetItem(text)
    item.setTextAlignment(_RIGHT)
    return item


def _paint(item: QTableWidgetItem, color: str, share: float, palette: QPalette) -> None:
    """Colour a cell by `share` (0 to 1) and keep its text readable."""
    if not share:
        return
    ground = blend(palette.color(QPalette.ColorRole.Base), QColor(color), 0.12 + share * (_STRONGEST - 0.12))
    item.setBackground(QBrush(ground))
    item.setForeground(QBrush(QColor("#000000" if ground.lightnessF() > 0.55 else "#ffffff")))


def _swatch(color: str) -> QIcon:
    pixmap = QPixmap(12, 12)
    pixmap.fill(QColor(color) if color else QColor(Qt.GlobalColor.transparent))
    return QIcon(pixmap)
