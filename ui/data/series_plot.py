# SPDX-License-Identifier: GPL-2.0-or-later
"""A small plot of time series: lines over real dates, doubtful dates hollow; follows palette and font."""

from __future__ import annotations

from datetime import date
from typing import Optional

from qgis.PyQt.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from qgis.PyQt.QtGui import QMouseEvent, QPainter, QPaintEvent
from qgis.PyQt.QtWidgets import QLabel, QSizePolicy, QToolTip, QWidget

from ..time_paint import (
    TICK_GAP,
    Line,
    TimeFrame,
    draw_dates,
    draw_legend,
    draw_line,
    draw_marker,
    draw_values,
    figure,
    nice_ticks,
    span,
)

_LEAST_HEIGHT = 110
_REACH_PX = 14.0  # how near the mouse must be to a date


class SeriesPlot(QLabel):
    """Draws lines; the mouse shows date and values.

    A label, because QGIS's dark themes are style sheets: they give a label its colours, but not a plain widget.
    """

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._lines: tuple[Line, ...] = ()
        self._empty_text = ""
        self._hover = 0
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def lines(self) -> tuple[Line, ...]:
        """What is drawn."""
        return self._lines

    def show_lines(self, lines: tuple[Line, ...], empty_text: str = "") -> None:
        """Draw `lines`, or say `empty_text` where there is no point at all."""
        self._lines, self._empty_text, self._hover = lines, empty_text, 0
        self.update()

    def minimumSizeHint(self) -> QSize:  # noqa: N802 (Qt)
        """Return the least size at which the plot can be read."""
        return QSize(240, _LEAST_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 (Qt)
        """Draw everything."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette = self.palette()
        painter.fillRect(self.rect(), palette.base())
        if not self._days():
            painter.setPen(palette.placeholderText().color())
            painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), self._empty_text)
            return
        frame = self._frame()
        draw_values(painter, frame, palette)
        draw_dates(painter, frame, palette, self.width())
        if self._hover:
            draw_marker(painter, frame, self._hover, palette)
        for line in self._lines:
            draw_line(painter, frame, line, palette)
        place = QPointF(frame.area.left(), self.fontMetrics().height() / 2 + 2)
        draw_legend(painter, self._lines, palette, place, self.width())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 (Qt)
        """Show date and values of the date under the mouse."""
        days = self._days()
        if not days:
            return
        hover = self._frame().day_near(days, float(event.pos().x()), _REACH_PX)
        if hover != self._hover:
            self._hover = hover
            self.update()
        if hover:
            QToolTip.showText(self.mapToGlobal(event.pos()), self._told(hover), self)
        else:
            QToolTip.hideText()

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802 (Qt)
        """Forget the date under the mouse."""
        self._hover = 0
        self.update()

    def _days(self) -> list[int]:
        return sorted({point.day for line in self._lines for point in line.points})

    def _told(self, day: int) -> str:
        rows = [date.fromordinal(day).isoformat()]
        for line in self._lines:
            for point in line.points:
                if point.day == day:
                    rows.append(f"{line.name}: {figure(point.value)}" + ("" if point.is_valid else "  ○"))
        return "\n".join(rows)

    def _frame(self) -> TimeFrame:
        metrics = self.fontMetrics()
        ticks = nice_ticks([point.value for line in self._lines for point in line.points])
        left = max(metrics.horizontalAdvance(figure(tick)) for tick in ticks) + 2 * TICK_GAP
        top, bottom = metrics.height() + 6, metrics.height() + 2 * TICK_GAP
        area = QRectF(left, top, max(10, self.width() - left - 10), max(10, self.height() - top - bottom))
        return TimeFrame(area, *span(self._days()), tuple(ticks))
