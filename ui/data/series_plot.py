# SPDX-License-Identifier: GPL-2.0-or-later
"""A small plot of time series: lines over real dates, doubtful dates hollow; follows palette and font."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Optional

from qgis.PyQt.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from qgis.PyQt.QtGui import QColor, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from qgis.PyQt.QtWidgets import QLabel, QSizePolicy, QToolTip, QWidget

_DOT = 3.0  # radius, px
_TICK_GAP = 4
_LEAST_HEIGHT = 110
_REACH_PX = 14.0  # how near the mouse must be to a date
_LEGEND_DASH = 14


@dataclass(frozen=True)
class Point:
    """One date of a line: day number (proleptic), value, and whether it is valid (else drawn hollow, off the line)."""

    day: int
    value: float
    is_valid: bool


@dataclass(frozen=True)
class Line:
    """One band as a line."""

    name: str
    color: str
    points: tuple[Point, ...]


class SeriesPlot(QLabel):
    """Draws lines; the mouse shows date and values.

    A label, because QGIS's dark themes are style sheets: they give a label its colours, but not a plain widget.
    """

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._lines: tuple[Line, ...] = ()
        self._empty_text = ""
        self._hover: Optional[int] = None
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def lines(self) -> tuple[Line, ...]:
        """What is drawn."""
        return self._lines

    def show_lines(self, lines: tuple[Line, ...], empty_text: str = "") -> None:
        """Draw `lines`, or say `empty_text` where there is no point at all."""
        self._lines, self._empty_text, self._hover = lines, empty_text, None
        self.update()

    def minimumSizeHint(self) -> QSize:  # noqa: N802 (Qt)
        """Return the least size at which the plot can be read."""
        return QSize(240, _LEAST_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 (Qt)
        """Draw everything."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self.palette().base())
        points = [point for line in self._lines for point in line.points]
        if not points:
            painter.setPen(self.palette().placeholderText().color())
            painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), self._empty_text)
            return
        ticks = nice_ticks([point.value for point in points])
        area = self._area(ticks)
        self._draw_values(painter, area, ticks)
        self._draw_dates(painter, area)
        self._draw_hover(painter, area)
        for line in self._lines:
            self._draw_line(painter, area, line, ticks)
        self._draw_legend(painter, area)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 (Qt)
        """Show date and values of the date under the mouse."""
        days = sorted({point.day for line in self._lines for point in line.points})
        if not days:
            return
        area = self._area(nice_ticks([point.value for line in self._lines for point in line.points]))
        x = float(event.pos().x())
        nearest = min(days, key=lambda day: abs(self._x(area, day) - x))
        hover = nearest if abs(self._x(area, nearest) - x) <= _REACH_PX else None
        if hover != self._hover:
            self._hover = hover
            self.update()
        if hover is None:
            QToolTip.hideText()
        else:
            QToolTip.showText(self.mapToGlobal(event.pos()), self._told(hover), self)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802 (Qt)
        """Forget the date under the mouse."""
        self._hover = None
        self.update()

    def _told(self, day: int) -> str:
        rows = [date.fromordinal(day).isoformat()]
        for line in self._lines:
            for point in line.points:
                if point.day == day:
                    rows.append(f"{line.name}: {figure(point.value)}" + ("" if point.is_valid else "  ○"))
        return "\n".join(rows)

    # ---- geometry ----

    def _area(self, ticks: list[float]) -> QRectF:
        metrics = self.fontMetrics()
        left = max(metrics.horizontalAdvance(figure(tick)) for tick in ticks) + 2 * _TICK_GAP
        top, bottom = metrics.height() + 6, metrics.height() + 2 * _TICK_GAP
        return QRectF(left, top, max(10, self.width() - left - 10), max(10, self.height() - top - bottom))

    def _span(self) -> tuple[int, int]:
        days = [point.day for line in self._lines for point in line.points]
        first, last = min(days), max(days)
        return (first, last) if last > first else (first - 15, last + 15)

    def _x(self, area: QRectF, day: int) -> float:
        first, last = self._span()
        return area.left() + area.width() * (day - first) / (last - first)

    # ---- drawing ----

    def _faint(self, alpha: int) -> QColor:
        color = QColor(self.palette().text().color())
        color.setAlpha(alpha)
        return color

    def _draw_values(self, painter: QPainter, area: QRectF, ticks: list[float]) -> None:
        for tick in ticks:
            y = _y(area, tick, ticks)
            painter.setPen(self._faint(40))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(self._faint(200))
            box = QRectF(0, y - 10, area.left() - _TICK_GAP, 20)
            painter.drawText(box, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), figure(tick))

    def _draw_dates(self, painter: QPainter, area: QRectF) -> None:
        first, last = self._span()
        width = self.fontMetrics().horizontalAdvance("2000-00") + 16
        free = area.left() - width
        for moment in month_starts(first, last, max(2, int(area.width() // width))):
            x = self._x(area, moment.toordinal())
            painter.setPen(self._faint(90))
            painter.drawLine(QPointF(x, area.bottom()), QPointF(x, area.bottom() + _TICK_GAP))
            if x - width / 2 < free or x + width / 2 > self.width() + 8:
                continue
            free = x + width / 2
            painter.setPen(self._faint(200))
            box = QRectF(x - width / 2, area.bottom() + _TICK_GAP, width, self.fontMetrics().height())
            painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), moment.strftime("%Y-%m"))

    def _draw_hover(self, painter: QPainter, area: QRectF) -> None:
        if self._hover is not None:
            x = self._x(area, self._hover)
            painter.setPen(self._faint(110))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))

    def _draw_line(self, painter: QPainter, area: QRectF, line: Line, ticks: list[float]) -> None:
        places = [(QPointF(self._x(area, p.day), _y(area, p.value, ticks)), p.is_valid) for p in line.points]
        path = QPainterPath()
        for number, place in enumerate(place for place, is_valid in places if is_valid):
            path.lineTo(place) if number else path.moveTo(place)
        color = QColor(line.color)
        painter.setPen(QPen(color, 1.6))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path)
        for place, is_valid in places:
            painter.setPen(QPen(color, 1.2))
            painter.setBrush(color if is_valid else self.palette().base())
            painter.drawEllipse(place, _DOT, _DOT)

    def _draw_legend(self, painter: QPainter, area: QRectF) -> None:
        metrics, x = self.fontMetrics(), area.left()
        middle = metrics.height() / 2 + 2
        for line in self._lines:
            painter.setPen(QPen(QColor(line.color), 2.5))
            painter.drawLine(QPointF(x, middle), QPointF(x + _LEGEND_DASH, middle))
            painter.setPen(self.palette().text().color())
            painter.drawText(QPointF(x + _LEGEND_DASH + 4, middle + metrics.ascent() / 2 - 1), line.name)
            x += _LEGEND_DASH + 16 + metrics.horizontalAdvance(line.name)


def figure(value: float) -> str:
    """Return a value as an axis shows it."""
    return f"{value:.0f}" if 1000 <= abs(value) < 1e7 else f"{value:.4g}"


def nice_ticks(values: list[float], count: int = 4) -> list[float]:
    """Return about `count` round numbers that span `values`."""
    low, high = min(values), max(values)
    if high - low < 1e-12 * max(1.0, abs(high)):
        low, high = low - max(0.5, abs(low) * 0.1), high + max(0.5, abs(high) * 0.1)
    raw = (high - low) / count
    scale = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * scale for factor in (1, 2, 2.5, 5, 10) if factor * scale >= raw)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [round(index * step, 12) for index in range(first, last + 1)]


def month_starts(first: int, last: int, most: int) -> list[date]:
    """Return first days of months, evenly spaced, at most `most`, between two day numbers."""
    start, end = date.fromordinal(first), date.fromordinal(last)
    months = (end.year - start.year) * 12 + end.month - start.month + 1
    step = next((step for step in (1, 2, 3, 6, 12, 24, 60) if months / step <= most), 120)
    found = []
    index = -(-(start.year * 12 + start.month - 1) // step) * step
    while index <= end.year * 12 + end.month - 1:
        moment = date(index // 12, index % 12 + 1, 1)
        if start - timedelta(days=1) <= moment <= end:
            found.append(moment)
        index += step
    return found or [start]


def _y(area: QRectF, value: float, ticks: list[float]) -> float:
    return area.bottom() - area.height() * (value - ticks[0]) / (ticks[-1] - ticks[0])
