# SPDX-License-Identifier: GPL-2.0-or-later
"""Probabilities of every class by every model, side by side: bars in the colours of the classes, with names."""

from __future__ import annotations

from collections.abc import Sequence

from qgis.PyQt.QtCore import QRectF, Qt
from qgis.PyQt.QtGui import QColor, QFontMetrics, QPainter, QPalette, QPen

from ...plugin.host.text import tr
from ...plugin.run.inspect import ModelAnswer
from ..time_paint import ink

_LEFT, _RIGHT, _BETWEEN = 4.0, 14.0, 10.0
_MOST_CLASSES = 8
_LEAST = 0.005  # what every model gives less goes into the row of the others
_NAME_SHARE = 0.3  # of the width at most goes to the names


class Bars:
    """A row per class, a column per model."""

    def __init__(self, answers: Sequence[ModelAnswer], palette: QPalette, metrics: QFontMetrics) -> None:
        self._answers, self._palette, self._metrics = answers, palette, metrics
        self._shares = [_by_class(answer) for answer in answers]
        self._colors = {info.name: info.color for answer in answers if answer.card for info in answer.card.classes}
        highest = {name: max(shares.get(name, 0.0) for shares in self._shares) for name in self._colors}
        ranked = sorted(highest, key=lambda name: -highest[name])
        self._names = [name for name in ranked if highest[name] >= _LEAST][:_MOST_CLASSES]
        self._row = metrics.height() + 3.0

    @property
    def height(self) -> float:
        """Two rows of headings, a row per class, one for the others."""
        return self._row * (2 + len(self._names) + self._has_others)

    @property
    def _has_others(self) -> bool:
        return len(self._names) < len(self._colors)

    def draw(self, painter: QPainter, area: QRectF) -> None:
        """Draw into `area`."""
        names = [*self._names, tr("others")]
        widest = max(self._metrics.horizontalAdvance(name) for name in names)
        left = _LEFT + min(widest + 8.0, area.width() * _NAME_SHARE)
        width = (area.width() - left - _RIGHT) / len(self._answers)
        for number, answer in enumerate(self._answers):
            column = QRectF(left + number * width, area.top(), width - _BETWEEN, self._row)
            self._draw_model(painter, column, answer, self._shares[number])
        rows = [*self._names, *([""] if self._has_others else [])]
        for index, name in enumerate(rows, start=2):
            top = area.top() + index * self._row
            painter.setPen(self._palette.text().color())
            box = QRectF(_LEFT, top, left - _LEFT - 8.0, self._row)
            self._write(painter, box, name or tr("others"))
            for number, shares in enumerate(self._shares):
                share = shares.get(name, 0.0) if name else 1.0 - sum(shares.get(known, 0.0) for known in self._names)
                cell = QRectF(left + number * width, top, width - _BETWEEN, self._row)
                self._draw_bar(painter, cell, max(0.0, share), self._colors.get(name, ""))

    def _draw_model(self, painter: QPainter, column: QRectF, answer: ModelAnswer, shares: dict[str, float]) -> None:
        best = max(shares, key=lambda name: shares[name])
        painter.save()
        painter.setPen(ink(self._palette, 190))
        self._write(painter, column, answer.path.stem)
        font = painter.font()
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(self._palette.text().color())
        self._write(painter, column.translated(0.0, self._row), best)
        painter.restore()

    def _draw_bar(self, painter: QPainter, cell: QRectF, share: float, color: str) -> None:
        text = f"{share:.2f}" if share < 1.0 else "1.0"
        room = self._metrics.horizontalAdvance("0.00") + 6.0
        length = max(1.0, (cell.width() - room) * share)
        bar = QRectF(cell.left(), cell.top() + 3.0, length, cell.height() - 6.0)
        painter.setPen(QPen(ink(self._palette, 120), 0.8))
        painter.setBrush(QColor(color) if color else ink(self._palette, 60))
        painter.drawRect(bar)
        painter.setPen(ink(self._palette, 210 if share >= _LEAST else 120))
        box = QRectF(bar.right() + 4.0, cell.top(), room, cell.height())
        painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter), text)

    def _write(self, painter: QPainter, box: QRectF, text: str) -> None:
        elided = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(box.width()))
        painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter), elided)


def _by_class(answer: ModelAnswer) -> dict[str, float]:
    classes = answer.card.classes if answer.card is not None else ()
    return {info.name: float(share) for info, share in zip(classes, answer.probability)}
