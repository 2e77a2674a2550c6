# SPDX-License-Identifier: GPL-2.0-or-later
"""The figure of a place: predictions side by side, and below one time axis its series, dates that mattered, growth."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Callable

from qgis.PyQt.QtCore import QPointF, QRectF, Qt
from qgis.PyQt.QtGui import QFont, QFontMetrics, QPainter, QPalette

from ...plugin.core.importance import ATTENTION, MEASURES
from ...plugin.core.season import parse_date
from ...plugin.core.theme import GOOD, readable
from ...plugin.host.text import tr
from ...plugin.run.inspect import Inspection, ModelAnswer
from ..band_lines import ALL_BANDS, DatedValues, band_lines
from ..time_paint import (
    TICK_GAP,
    Line,
    Point,
    TimeFrame,
    draw_dates,
    draw_legend,
    draw_line,
    draw_marker,
    draw_stems,
    draw_values,
    figure,
    ink,
    legend_rows,
    nice_ticks,
    span,
)
from .bars import Bars

_RIGHT, _GAP = 14.0, 12.0
_SERIES_PX, _STEMS_PX, _GROWTH_PX = 130.0, 56.0, 76.0
_TOLD = 0.15  # a class that never becomes as probable is left out of the growth
_MOST_GROWING = 5
_LIFT = 6.0  # between the words above a chart and its highest value
_SHARES = (0.0, 0.5, 1.0)


@dataclass(frozen=True)
class _Section:
    """A part of the figure: its height, and what draws it into its rectangle."""

    height: float
    draw: Callable[[QPainter, QRectF], None]


class Drawing:
    """Lays a place out for a width and draws it with any painter."""

    def __init__(self, found: Inspection, shown_bands: str, width: float, palette: QPalette, font: QFont) -> None:
        metrics = QFontMetrics(font)
        self.found, self._palette, self._metrics = found, palette, metrics
        self._width, self._font = width, font
        self._bands = shown_bands or ALL_BANDS
        self.days = [parse_date(date).toordinal() for date in found.place.series.dates]
        self._line = metrics.height() + 4.0
        self._lines = band_lines(found.place.series.bands, _dated(found), self._bands)
        values = [point.value for line in self._lines for point in line.points]
        self._ticks = tuple(nice_ticks(values)) if values else (0.0, 1.0)
        widest = max(metrics.horizontalAdvance(figure(tick)) for tick in (*self._ticks, *_SHARES))
        self._left = widest + 2.0 * TICK_GAP
        self.hover = 0
        self._sections = list(self._all_sections())

    @property
    def height(self) -> float:
        """How high the figure is."""
        return sum(section.height for section in self._sections) + _GAP * (len(self._sections) + 1)

    def paint(self, painter: QPainter) -> None:
        """Draw everything."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        top = _GAP / 2
        for section in self._sections:
            section.draw(painter, QRectF(0.0, top, self._width, section.height))
            top += section.height + _GAP

    def day_at(self, x: float, reach_px: float = 14.0) -> int:
        """Return the date at `x` as day number, 0 where none is near."""
        return self._frame(QRectF(0, 0, self._width, 100), (0.0, 1.0)).day_near(self.days, x, reach_px)

    def told(self, day: int) -> str:
        """Return what is known of a date, for a tooltip."""
        index = self.days.index(day)
        place = self.found.place
        rows = [place.series.dates[index] + ("" if place.series.valid[0, index] else "  " + tr("masked"))]
        rows += [f"{line.name}: {figure(p.value)}" for line in self._lines for p in line.points if p.day == day]
        for answer in self._answering():
            name = MEASURES[answer.measure].title.lower()
            rows.append(f"{answer.path.stem}, {name}: {answer.importance[index]:.3f}")
        return "\n".join(rows)

    # ---- sections ----

    def _answering(self) -> list[ModelAnswer]:
        return [answer for answer in self.found.answers if answer.card is not None and not answer.problem]

    def _all_sections(self) -> Iterator[_Section]:
        yield _Section(self._line, self._draw_heading)
        answers = self._answering()
        if answers:
            bars = Bars(answers, self._palette, self._metrics)
            yield _Section(bars.height, bars.draw)
        for answer in self.found.answers:
            for sentence in (answer.problem, answer.remark):
                if sentence:
                    yield self._sentence(f"{answer.path.stem}: {sentence}")
        foot = self._line + TICK_GAP
        words = legend_rows(self._lines, self._metrics, self._left, self._left, self._width)
        yield _Section(len(words) * self._line + _LIFT + _SERIES_PX + foot, self._series(words))
        for answer in answers:
            yield _Section(self._line + _LIFT + _STEMS_PX, self._stems_of(answer))
        for number, answer in enumerate(answers, start=1):
            yield self._growth(answer, foot if number == len(answers) else 0.0)

    def _sentence(self, text: str) -> _Section:
        flags = int(Qt.TextFlag.TextWordWrap)
        room = self._metrics.boundingRect(0, 0, int(self._width - 2 * _RIGHT), 10_000, flags, "⚠ " + text)

        def draw(painter: QPainter, area: QRectF) -> None:
            painter.setPen(self._palette.text().color())
            painter.drawText(area.adjusted(_RIGHT, 0, -_RIGHT, 0), flags, "⚠ " + text)

        return _Section(float(room.height()), draw)

    def _draw_heading(self, painter: QPainter, area: QRectF) -> None:
        place = self.found.place
        seen = tr("{title}: {seen} of {count} dates seen").format(
            title=place.title, seen=int(place.series.valid.sum()), count=len(self.days)
        )
        self._title(painter, area, seen)

    def _series(self, words: list[list[Line]]) -> Callable[[QPainter, QRectF], None]:
        def draw(painter: QPainter, area: QRectF) -> None:
            chart = area.adjusted(0, len(words) * self._line + _LIFT, 0, -self._line - TICK_GAP)
            frame = self._frame(chart, self._ticks)
            self._ground(painter, frame)
            draw_dates(painter, frame, self._palette, self._width)
            for line in self._lines:
                draw_line(painter, frame, line, self._palette)
            self._legend(painter, area, words, self._left)

        return draw

    def _stems_of(self, answer: ModelAnswer) -> Callable[[QPainter, QRectF], None]:
        valid = self.found.place.series.valid[0]
        points = zip(self.days, answer.importance, valid)
        stems = Line("", readable(GOOD), tuple(Point(day, float(v), bool(ok)) for day, v, ok in points))
        top = max(float(answer.importance.max(initial=0.0)), 1e-6)
        words = (
            tr("attention, mean of heads") if answer.measure == ATTENTION else tr("share of effect of hiding a date")
        )
        name = MEASURES[answer.measure].title.lower()

        def draw(painter: QPainter, area: QRectF) -> None:
            frame = self._frame(area.adjusted(0, self._line + _LIFT, 0, 0), tuple(nice_ticks([0.0, top], 2)))
            self._ground(painter, frame)
            draw_stems(painter, frame, stems, self._palette)
            end = self._title(painter, area, f"{answer.path.stem}: {name}")
            self._note(painter, area, words, end)

        return draw

    def _growth(self, answer: ModelAnswer, foot: float) -> _Section:
        lines = self._growing(answer)
        title = tr("{model}: so far").format(model=answer.path.stem)
        words = legend_rows(lines, self._metrics, self._title_end(title), self._left, self._width)
        head = len(words) * self._line + _LIFT

        def draw(painter: QPainter, area: QRectF) -> None:
            frame = self._frame(area.adjusted(0, head, 0, -foot), _SHARES)
            self._ground(painter, frame)
            if foot:
                draw_dates(painter, frame, self._palette, self._width)
            for line in reversed(lines):  # the most probable one lies on top
                draw_line(painter, frame, line, self._palette, radius=1.8)
            self._legend(painter, area, words, self._title(painter, area, title))

        return _Section(head + _GROWTH_PX + foot, draw)

    def _growing(self, answer: ModelAnswer) -> list[Line]:
        """Return the classes that ever became probable as lines over the dates seen, the most probable one first."""
        valid = self.found.place.series.valid[0]
        seen = [t for t, ok in enumerate(valid) if ok and not math.isnan(answer.growth[t, 0])]
        infos = answer.card.classes if answer.card is not None else ()
        ranked = sorted(range(len(infos)), key=lambda k: -answer.probability[k])
        told = [k for k in ranked if max((answer.growth[t, k] for t in seen), default=0.0) >= _TOLD]
        return [
            Line(
                infos[k].name,
                readable(infos[k].color),
                tuple(Point(self.days[t], float(answer.growth[t, k]), True) for t in seen),
            )
            for k in told[:_MOST_GROWING]
        ]

    # ---- parts of sections ----

    def _frame(self, chart: QRectF, ticks: tuple[float, ...]) -> TimeFrame:
        area = QRectF(self._left, chart.top(), max(10.0, self._width - self._left - _RIGHT), chart.height())
        return TimeFrame(area, *span(self.days), ticks)

    def _ground(self, painter: QPainter, frame: TimeFrame) -> None:
        draw_values(painter, frame, self._palette)
        if self.hover:
            draw_marker(painter, frame, self.hover, self._palette)

    def _legend(self, painter: QPainter, area: QRectF, rows: list[list[Line]], first_left: float) -> None:
        for number, row in enumerate(rows):
            place = QPointF(self._left if number else first_left, area.top() + (number + 0.5) * self._line)
            draw_legend(painter, row, self._palette, place, self._width)

    def _title(self, painter: QPainter, area: QRectF, text: str) -> float:
        """Write `text` at the top left, return where it ends."""
        painter.save()
        painter.setFont(_bold(painter.font()))
        painter.setPen(self._palette.text().color())
        box = QRectF(TICK_GAP, area.top(), self._width - 2 * TICK_GAP, self._line)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter), text)
        painter.restore()
        return self._title_end(text)

    def _title_end(self, text: str) -> float:
        return TICK_GAP + QFontMetrics(_bold(self._font)).horizontalAdvance(text) + 10.0

    def _note(self, painter: QPainter, area: QRectF, text: str, left: float) -> None:
        """Write `text` at the right, unless it would reach to the left of `left`."""
        if self._width - _RIGHT - self._metrics.horizontalAdvance(text) < left:
            return
        painter.setPen(ink(self._palette, 180))
        box = QRectF(0, area.top(), self._width - _RIGHT, self._line)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), text)


def _bold(font: QFont) -> QFont:
    bold = QFont(font)
    bold.setBold(True)
    return bold


def _dated(found: Inspection) -> DatedValues:
    place = found.place
    return [
        (date, tuple(None if math.isnan(value) else float(value) for value in row), bool(ok))
        for date, row, ok in zip(place.series.dates, place.shown, place.series.valid[0])
    ]
