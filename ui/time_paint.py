# SPDX-License-Identifier: GPL-2.0-or-later
"""Drawing over real dates: lines with doubtful dates hollow, stems, axes; in the colours of a palette."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from qgis.PyQt.QtCore import QPointF, QRectF, Qt
from qgis.PyQt.QtGui import QColor, QFontMetrics, QPainter, QPainterPath, QPalette, QPen

DOT = 3.0  # radius, px
TICK_GAP = 4
_LEGEND_DASH, _LEGEND_GAP = 14, 12


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


@dataclass(frozen=True)
class TimeFrame:
    """Where a chart lies, from which to which day it goes, and the round values its height spans."""

    area: QRectF
    first: int
    last: int
    ticks: tuple[float, ...]

    def x(self, day: float) -> float:
        """Return where a day lies."""
        return self.area.left() + self.area.width() * (day - self.first) / (self.last - self.first)

    def y(self, value: float) -> float:
        """Return where a value lies."""
        low, high = self.ticks[0], self.ticks[-1]
        return self.area.bottom() - self.area.height() * (value - low) / (high - low)

    def day_near(self, days: Sequence[int], x: float, reach_px: float) -> int:
        """Return the day of `days` at most `reach_px` from `x`, 0 where none is."""
        nearest = min(days, key=lambda day: abs(self.x(day) - x), default=0)
        return nearest if nearest and abs(self.x(nearest) - x) <= reach_px else 0


def span(days: Sequence[int]) -> tuple[int, int]:
    """Return first and last of some days, with room around a lone one."""
    first, last = min(days), max(days)
    return (first, last) if last > first else (first - 15, last + 15)


def ink(palette: QPalette, alpha: int) -> QColor:
    """Return the colour of text, `alpha` of 255 strong."""
    color = QColor(palette.text().color())
    color.setAlpha(alpha)
    return color


def draw_values(painter: QPainter, frame: TimeFrame, palette: QPalette) -> None:
    """Draw lines across at the round values, and the values left of them."""
    for tick in frame.ticks:
        y = frame.y(tick)
        painter.setPen(ink(palette, 40))
        painter.drawLine(QPointF(frame.area.left(), y), QPointF(frame.area.right(), y))
        painter.setPen(ink(palette, 200))
        box = QRectF(0, y - 10, frame.area.left() - TICK_GAP, 20)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), figure(tick))


def draw_dates(painter: QPainter, frame: TimeFrame, palette: QPalette, right: float) -> None:
    """Draw months below; names that would reach over `right` or over each other are left out."""
    area, metrics = frame.area, painter.fontMetrics()
    width = metrics.horizontalAdvance("2000-00") + 16
    free = area.left() - width
    for moment in month_starts(frame.first, frame.last, max(2, int(area.width() // width))):
        x = frame.x(moment.toordinal())
        painter.setPen(ink(palette, 90))
        painter.drawLine(QPointF(x, area.bottom()), QPointF(x, area.bottom() + TICK_GAP))
        if x - width / 2 < free or x + width / 2 > right + 8:
            continue
        free = x + width / 2
        painter.setPen(ink(palette, 200))
        box = QRectF(x - width / 2, area.bottom() + TICK_GAP, width, metrics.height())
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), moment.strftime("%Y-%m"))


def draw_marker(painter: QPainter, frame: TimeFrame, day: int, palette: QPalette) -> None:
    """Draw the line of the day under the mouse."""
    painter.setPen(ink(palette, 110))
    painter.drawLine(QPointF(frame.x(day), frame.area.top()), QPointF(frame.x(day), frame.area.bottom()))


def draw_line(painter: QPainter, frame: TimeFrame, line: Line, palette: QPalette, radius: float = DOT) -> None:
    """Draw a line through its valid dates, and a dot per date."""
    places = [(QPointF(frame.x(p.day), frame.y(p.value)), p.is_valid) for p in line.points]
    path = QPainterPath()
    for number, place in enumerate(place for place, is_valid in places if is_valid):
        path.lineTo(place) if number else path.moveTo(place)
    color = QColor(line.color)
    painter.setPen(QPen(color, 1.6))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(path)
    for place, is_valid in places:
        painter.setPen(QPen(color, 1.2))
        painter.setBrush(color if is_valid else palette.base())
        painter.drawEllipse(place, radius, radius)


def draw_stems(painter: QPainter, frame: TimeFrame, line: Line, palette: QPalette) -> None:
    """Draw a stem with a head per valid date; others are small and hollow on the ground line."""
    color, ground = QColor(line.color), frame.y(0.0)
    for point in line.points:
        foot = QPointF(frame.x(point.day), ground)
        if not point.is_valid:
            painter.setPen(QPen(ink(palette, 130), 1.0))
            painter.setBrush(palette.base())
            painter.drawEllipse(foot, DOT - 1, DOT - 1)
            continue
        head = QPointF(foot.x(), frame.y(point.value))
        painter.setPen(QPen(color, 2.0))
        painter.drawLine(foot, head)
        painter.setBrush(color)
        painter.drawEllipse(head, DOT - 0.5, DOT - 0.5)


def draw_legend(painter: QPainter, lines: Sequence[Line], palette: QPalette, place: QPointF, right: float) -> None:
    """Draw dash and name of each line in a row from `place` (left, middle); what does not fit before `right` is not."""
    metrics, x = painter.fontMetrics(), place.x()
    for line in legend_rows(lines, metrics, place.x(), place.x(), right)[0]:
        painter.setPen(QPen(QColor(line.color), 2.5))
        painter.drawLine(QPointF(x, place.y()), QPointF(x + _LEGEND_DASH, place.y()))
        painter.setPen(palette.text().color())
        painter.drawText(QPointF(x + _LEGEND_DASH + 4, place.y() + metrics.ascent() / 2 - 1), line.name)
        x += _entry_width(line, metrics)


def legend_rows(
    lines: Sequence[Line], metrics: QFontMetrics, first_left: float, left: float, right: float
) -> list[list[Line]]:
    """Return the lines as a legend shows them in rows: the first one starts at `first_left`, the others at `left`."""
    rows: list[list[Line]] = [[]]
    x = first_left
    for line in lines:
        width = _entry_width(line, metrics)
        if x + width - _LEGEND_GAP > right and x > left:
            rows.append([])
            x = left
        rows[-1].append(line)
        x += width
    return rows


def _entry_width(line: Line, metrics: QFontMetrics) -> float:
    return float(_LEGEND_DASH + 4 + metrics.horizontalAdvance(line.name) + _LEGEND_GAP)


def figure(value: float) -> str:
    """Return a value as an axis shows it."""
    return f"{value:.0f}" if 1000 <= abs(value) < 1e7 else f"{value:.4g}"


def nice_ticks(values: Sequence[float], count: int = 4) -> list[float]:
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
