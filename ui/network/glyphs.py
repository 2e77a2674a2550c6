# SPDX-License-Identifier: GPL-2.0-or-later
"""Small drawings of what networks are made of; each fills a rectangle with a painter's current size of stroke."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from qgis.PyQt.QtCore import QPointF, QRectF, Qt
from qgis.PyQt.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen

from ...plugin.core.classes import PALETTE

_WEIGHTS = (0.15, 0.35, 1.0, 0.55, 0.2, 0.75, 0.3)  # of dates, made up: what attention looks like
_DATES = (0.04, 0.13, 0.31, 0.42, 0.55, 0.78, 0.95)  # irregular, as clear skies are
_CLOUDED = (2, 5)
_MOST = 4  # layers that are drawn; captions tell the number


@dataclass(frozen=True)
class Colors:
    """Ink for lines, a quiet one for what lies behind, and two accents that stay apart for colour-blind readers."""

    ink: QColor
    quiet: QColor
    cool: QColor
    warm: QColor


@dataclass(frozen=True)
class Glyph:
    """What is drawn and where: `count` times over, with an arc where it has one."""

    painter: QPainter
    box: QRectF
    colors: Colors
    count: int = 1
    has_arc: bool = False

    def line(self, color: QColor, width: float = 1.4) -> None:
        """Draw lines in `color` from here on, and fill nothing."""
        self.painter.setPen(QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        self.painter.setBrush(Qt.BrushStyle.NoBrush)

    def fill(self, color: QColor) -> None:
        """Fill in `color` from here on, without lines."""
        self.painter.setPen(Qt.PenStyle.NoPen)
        self.painter.setBrush(QBrush(color))

    def at(self, x: float, y: float) -> QPointF:
        """Return the point at shares `x`, `y` of the box."""
        return QPointF(self.box.left() + x * self.box.width(), self.box.top() + y * self.box.height())

    def dot(self, x: float, y: float, radius: float) -> None:
        """Draw a disc around a point given in shares of the box."""
        self.painter.drawEllipse(self.at(x, y), radius, radius)


def series(glyph: Glyph) -> None:
    """Draw a season as a curve with dates where the sky was clear, hollow where it was not."""
    _curve(glyph)
    for index, x in enumerate(_DATES):
        if index in _CLOUDED:
            glyph.line(glyph.colors.quiet, 1.2)
        else:
            glyph.fill(glyph.colors.cool)
        glyph.dot(x, _height(x), 3.0)


def grid(glyph: Glyph) -> None:
    """Draw a season as a curve on a regular grid of days."""
    glyph.line(glyph.colors.quiet, 1.0)
    places = [0.04 + 0.115 * number for number in range(9)]
    for x in places:
        glyph.painter.drawLine(glyph.at(x, 0.08), glyph.at(x, 0.92))
    _curve(glyph)
    glyph.fill(glyph.colors.cool)
    for x in places:
        glyph.dot(x, _height(x), 2.4)


def dense(glyph: Glyph) -> None:
    """Draw columns of nodes, each joined with all of the next."""
    columns = min(glyph.count, _MOST) + 1
    xs = [0.5 + (number - (columns - 1) / 2) * min(0.34, 0.8 / max(1, columns - 1)) for number in range(columns)]
    ys = [0.14, 0.38, 0.62, 0.86]
    glyph.line(glyph.colors.quiet, 0.8)
    for left, right in zip(xs, xs[1:]):
        for start in ys:
            for end in ys:
                glyph.painter.drawLine(glyph.at(left, start), glyph.at(right, end))
    for number, x in enumerate(xs):
        glyph.fill(glyph.colors.cool if number else glyph.colors.ink)
        for y in ys:
            glyph.dot(x, y, 3.0)


def convolution(glyph: Glyph) -> None:
    """Draw layers of cells, above each other; a filter sees three of one layer and makes one of the next."""
    rows, cells = min(glyph.count, _MOST) + 1, 9
    side = min(glyph.box.width() / cells, glyph.box.height() / rows) * 0.66
    lines = [1 - (row + 0.5) / rows for row in range(rows)]
    focus = 5
    for row, y in enumerate(lines):
        for cell in range(cells):
            x = (cell + 0.5) / cells
            is_seen = row < rows - 1 and abs(cell - focus) <= 1
            glyph.fill(glyph.colors.warm if is_seen else glyph.colors.cool if row else glyph.colors.ink)
            place = glyph.at(x, y)
            glyph.painter.drawRoundedRect(QRectF(place.x() - side / 2, place.y() - side / 2, side, side), 1.5, 1.5)
    glyph.line(glyph.colors.warm, 1.0)
    for below, above in zip(lines, lines[1:]):
        for cell in (focus - 1, focus + 1):
            start, end = glyph.at((cell + 0.5) / cells, below), glyph.at((focus + 0.5) / cells, above)
            glyph.painter.drawLine(QPointF(start.x(), start.y() - side / 2), QPointF(end.x(), end.y() + side / 2))
    if glyph.has_arc:
        _shortcut(glyph, lines)


def recurrent(glyph: Glyph) -> None:
    """Draw rows of states, each handed on to the next date; backwards too where it reads both ways."""
    rows, cells = min(glyph.count, _MOST - 1), 5
    height = min(0.5, 0.8 / rows) * glyph.box.height() * 0.6
    width = glyph.box.width() / cells * 0.56
    for row in range(rows):
        y = 1 - (row + 0.5) / rows
        places = [glyph.at((cell + 0.5) / cells, y) for cell in range(cells)]
        glyph.fill(glyph.colors.cool)
        for place in places:
            box = QRectF(place.x() - width / 2, place.y() - height / 2, width, height)
            glyph.painter.drawRoundedRect(box, 3, 3)
        shift = height * 0.22 if glyph.has_arc else 0.0
        for left, right in zip(places, places[1:]):
            start, end = left.x() + width / 2 + 1, right.x() - width / 2 - 1
            _arrow(glyph, QPointF(start, left.y() - shift), QPointF(end, left.y() - shift), glyph.colors.ink)
            if glyph.has_arc:
                _arrow(glyph, QPointF(end, left.y() + shift), QPointF(start, left.y() + shift), glyph.colors.warm)


def attention(glyph: Glyph) -> None:
    """Draw heads that weigh the dates: the more, the stronger the line."""
    heads = min(glyph.count, _MOST)
    xs = [(number + 0.5) / heads * 0.7 + 0.15 for number in range(heads)]
    for number, x in enumerate(xs):
        for index, date in enumerate(_DATES):
            weight = _WEIGHTS[(index + 2 * number) % len(_WEIGHTS)]
            color = QColor(glyph.colors.warm)
            color.setAlphaF(0.2 + 0.8 * weight)
            glyph.line(color, 0.6 + 2.4 * weight)
            glyph.painter.drawLine(glyph.at(date, 0.88), glyph.at(x, 0.16))
    glyph.fill(glyph.colors.cool)
    for date in _DATES:
        glyph.dot(date, 0.88, 3.0)
    glyph.fill(glyph.colors.warm)
    for x in xs:
        glyph.dot(x, 0.14, 4.5)


def mixing(glyph: Glyph) -> None:
    """Draw the matrix in which every date weighs every other."""
    side = min(glyph.box.width(), glyph.box.height()) * 0.92
    corner = QPointF(glyph.box.center().x() - side / 2, glyph.box.center().y() - side / 2)
    cells = 6
    for row in range(cells):
        for column in range(cells):
            weight = _WEIGHTS[(row * 3 + column * 5 + row * column) % len(_WEIGHTS)]
            color = QColor(glyph.colors.warm)
            color.setAlphaF(0.12 + 0.88 * (weight if row != column else max(weight, 0.6)))
            glyph.fill(color)
            step = side / cells
            glyph.painter.drawRect(QRectF(corner.x() + column * step, corner.y() + row * step, step - 1, step - 1))


def pool(glyph: Glyph) -> None:
    """Draw many that become one."""
    ys = [0.1, 0.3, 0.5, 0.7, 0.9]
    glyph.line(glyph.colors.quiet, 1.0)
    for y in ys:
        glyph.painter.drawLine(glyph.at(0.22, y), glyph.at(0.78, 0.5))
    glyph.fill(glyph.colors.cool)
    for y in ys:
        glyph.dot(0.22, y, 3.0)
    glyph.fill(glyph.colors.warm)
    glyph.dot(0.78, 0.5, 4.5)


def features(glyph: Glyph) -> None:
    """Draw statistics as bars."""
    heights = (0.55, 0.85, 0.35, 0.7, 0.2, 0.5)
    width = glyph.box.width() / len(heights)
    for number, height in enumerate(heights):
        glyph.fill(glyph.colors.warm if number == 1 else glyph.colors.cool)
        top = glyph.at(number / len(heights), 0.95 - height)
        glyph.painter.drawRoundedRect(QRectF(top.x() + 2, top.y(), width - 4, height * glyph.box.height()), 1.5, 1.5)


def trees(glyph: Glyph) -> None:
    """Draw decision trees side by side, a way down marked in each."""
    count = min(glyph.count, 3)
    for tree in range(count):
        middle, reach = (tree + 0.5) / count, 0.42 / count
        nodes = [(middle, 0.1), (middle - reach * 0.55, 0.48), (middle + reach * 0.55, 0.48)]
        nodes += [(middle + reach * shift, 0.88) for shift in (-0.9, -0.25, 0.25, 0.9)]
        edges = [(0, 1), (0, 2), (1, 3), (1, 4), (2, 5), (2, 6)]
        way = [[(0, 1), (1, 4)], [(0, 2), (2, 5)], [(0, 1), (1, 3)]][tree]
        for start, end in edges:
            glyph.line(*((glyph.colors.warm, 2.0) if (start, end) in way else (glyph.colors.quiet, 1.0)))
            glyph.painter.drawLine(glyph.at(*nodes[start]), glyph.at(*nodes[end]))
        glyph.fill(glyph.colors.cool)
        for node in nodes:
            glyph.dot(*node, 2.8)


def classes(glyph: Glyph) -> None:
    """Draw classes as coloured bars, one of them ahead."""
    for number, length in enumerate((0.3, 0.92, 0.18, 0.45)):
        glyph.fill(QColor(PALETTE[(0, 2, 4, 5)[number]]))
        start = glyph.at(0.04, 0.06 + number * 0.24)
        size = (length * glyph.box.width() * 0.92, glyph.box.height() * 0.15)
        glyph.painter.drawRoundedRect(QRectF(start.x(), start.y(), *size), 2, 2)


def _curve(glyph: Glyph) -> None:
    path = QPainterPath(glyph.at(0.0, _height(0.0)))
    for step in range(1, 41):
        path.lineTo(glyph.at(step / 40, _height(step / 40)))
    glyph.line(glyph.colors.ink)
    glyph.painter.drawPath(path)


def _height(x: float) -> float:
    """Return the height of the curve at `x`: green-up, a plateau, harvest, and a little regrowth."""
    season = 1 / (1 + math.exp(-18 * (x - 0.3))) - 1 / (1 + math.exp(-26 * (x - 0.66)))
    return 0.85 - 0.7 * season - 0.12 * math.exp(-90 * (x - 0.9) ** 2)


def _shortcut(glyph: Glyph, lines: list[float]) -> None:
    start, end = glyph.at(0.02, lines[0]), glyph.at(0.02, lines[-1])
    path = QPainterPath(start)
    reach = glyph.box.width() * 0.14
    path.cubicTo(QPointF(start.x() - reach, start.y()), QPointF(end.x() - reach, end.y()), end)
    glyph.line(glyph.colors.ink, 1.2)
    glyph.painter.drawPath(path)


def _arrow(glyph: Glyph, start: QPointF, end: QPointF, color: QColor) -> None:
    head = 3.0 if end.x() > start.x() else -3.0
    glyph.line(color, 1.2)
    glyph.painter.drawLine(start, end)
    for side in (-1, 1):
        glyph.painter.drawLine(end, QPointF(end.x() - head, end.y() + side * 2.2))


GLYPHS: dict[str, Callable[[Glyph], None]] = {
    drawing.__name__: drawing
    for drawing in (
        series, grid, dense, convolution, recurrent, attention, mixing, pool, features, trees, classes
    )
}  # fmt: skip
