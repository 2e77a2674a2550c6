# SPDX-License-Identifier: GPL-2.0-or-later
"""Drawing of small charts in the colours and the font of the window."""

from __future__ import annotations

import math
from dataclasses import dataclass

from qgis.PyQt.QtCore import QPointF, QRectF, Qt
from qgis.PyQt.QtGui import QColor, QPainter, QPalette, QPen

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_TICKS = 5


@dataclass(frozen=True)
class Axes:
    """The frame of a chart: where it lies and which values its edges stand for."""

    frame: QRectF
    left: float
    right: float
    low: float
    high: float

    def place(self, x: float, y: float) -> QPointF:
        """Return where a point of the data lies."""
        across = (x - self.left) / (self.right - self.left or 1.0)
        up = (y - self.low) / (self.high - self.low or 1.0)
        return QPointF(self.frame.left() + across * self.frame.width(), self.frame.bottom() - up * self.frame.height())

    def value_at(self, x_px: float) -> float:
        """Return which value of the horizontal axis lies at `x_px`."""
        return self.left + (x_px - self.frame.left()) / max(self.frame.width(), 1.0) * (self.right - self.left)


def ticks(low: float, high: float, count: int = _TICKS) -> list[float]:
    """Return round values between `low` and `high`, about `count`."""
    if not high > low:
        return [low]
    raw = (high - low) / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in _STEPS if factor * power >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [number * step for number in range(first, math.floor(high / step + 1e-9) + 1)]


def tick_text(value: float) -> str:
    """Return a tick's label."""
    return f"{value:g}" if abs(value) < 1e-12 or abs(value) >= 1e-4 else f"{value:.0e}"


def faint(palette: QPalette, strength: float) -> QColor:
    """Return the colour of text at `strength` (0 to 1), over whatever ground there is."""
    color = QColor(palette.color(QPalette.ColorRole.Text))
    color.setAlphaF(strength)
    return color


def blend(first: QColor, second: QColor, share: float) -> QColor:
    """Return `first` with `share` (0 to 1) of `second` in it."""
    return QColor(
        round(first.red() + (second.red() - first.red()) * share),
        round(first.green() + (second.green() - first.green()) * share),
        round(first.blue() + (second.blue() - first.blue()) * share),
    )


def draw_axes(painter: QPainter, axes: Axes, palette: QPalette, x_label: str) -> None:
    """Draw grid, ticks and the label of the horizontal axis."""
    metrics = painter.fontMetrics()
    frame = axes.frame
    for value in ticks(axes.low, axes.high):
        y = axes.place(axes.left, value).y()
        painter.setPen(QPen(faint(palette, 0.14), 1))
        painter.drawLine(QPointF(frame.left(), y), QPointF(frame.right(), y))
        painter.setPen(faint(palette, 0.75))
        area = QRectF(0.0, y - metrics.height() / 2, frame.left() - 5, metrics.height())
        painter.drawText(area, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), tick_text(value))
    for value in ticks(axes.left, axes.right):
        if value == round(value):
            x = axes.place(value, axes.low).x()
            area = QRectF(x - 30, frame.bottom() + 3, 60, metrics.height())
            painter.drawText(area, int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop), tick_text(value))
    painter.setPen(QPen(faint(palette, 0.45), 1))
    painter.drawLine(frame.bottomLeft(), frame.bottomRight())
    painter.setPen(faint(palette, 0.75))
    area = QRectF(frame.left(), frame.bottom() + 3 + metrics.height(), frame.width(), metrics.height() + 2)
    painter.drawText(area, int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop), x_label)
