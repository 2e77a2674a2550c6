# SPDX-License-Identifier: GPL-2.0-or-later
"""Learning curves as a training draws them: loss and macro F1 of the training and the validation part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Optional

from qgis.PyQt.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from qgis.PyQt.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen, QPolygonF
from qgis.PyQt.QtWidgets import QLabel, QSizePolicy, QToolTip, QWidget

from ...plugin.core.theme import BAD, GOOD, readable
from ...plugin.host.text import tr
from ..chart_paint import Axes, draw_axes, faint

_DASHED = (5.0, 3.0)
_LEAST_EPOCHS = 5  # width of the axis at the start
_WIDTHS = (16.0, 8.0)  # margins beside and between the charts


@dataclass(frozen=True)
class Curve:
    """One line: the key of its values in an epoch's event, its colour, dashed or not."""

    key: str
    label: str
    color: str
    is_dashed: bool = False


def _charts() -> tuple[tuple[str, tuple[Curve, ...]], ...]:
    train, validation = tr("training"), tr("validation")
    return (
        (tr("Loss"), (Curve("train_loss", train, BAD, True), Curve("validation_loss", validation, GOOD))),
        (tr("Macro F1"), (Curve("train_macro_f1", train, BAD, True), Curve("validation_macro_f1", validation, GOOD))),
    )


class Curves(QLabel):
    """Draws the epochs it is given; the best one is marked, values stand in a tooltip.

    A label, because QGIS's dark themes are style sheets: they give a label its colours, but not a plain widget.
    """

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(tr("Learning curves"))
        self._epochs: Sequence[dict[str, Any]] = ()
        self._best = 0

    def show_epochs(self, epochs: Sequence[dict[str, Any]], best: int = 0) -> None:
        """Draw `epochs`; `best` is the epoch that is kept, 0: the last that was as good as the best."""
        self._epochs = epochs
        marked = [int(epoch["epoch"]) for epoch in epochs if epoch.get("is_best")]
        self._best = best or (marked[-1] if marked else 0)
        self.setAccessibleDescription(self._told(epochs[-1]) if epochs else "")
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Ask for room for two charts side by side."""
        letter = self.fontMetrics().averageCharWidth()
        return QSize(90 * letter, 14 * self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Ask for as much as can be read."""
        return QSize(72 * self.fontMetrics().averageCharWidth(), 9 * self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        """Draw."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Base))
        if not self._epochs:
            painter.setPen(faint(self.palette(), 0.7))
            painter.drawText(
                self.rect(), int(Qt.AlignmentFlag.AlignCenter), tr("The curves appear with the first epoch.")
            )
        else:
            for (title, curves), axes in zip(_charts(), self._axes()):
                self._draw_chart(painter, title, curves, axes)
        painter.end()

    def _draw_chart(self, painter: QPainter, title: str, curves: Sequence[Curve], axes: Axes) -> None:
        self._draw_heading(painter, title, curves, axes)
        draw_axes(painter, axes, self.palette(), tr("Epoch"))
        self._draw_best(painter, axes, is_high=axes.high == 1.0)
        for curve in curves:
            points = [
                axes.place(epoch["epoch"], epoch[curve.key])
                for epoch in self._epochs
                if epoch.get(curve.key) is not None
            ]
            painter.setPen(_pen(curve))
            painter.drawPolyline(QPolygonF(points))
            if len(points) == 1:
                painter.setBrush(QColor(readable(curve.color)))
                painter.drawEllipse(points[0], 2.5, 2.5)

    def _draw_heading(self, painter: QPainter, title: str, curves: Sequence[Curve], axes: Axes) -> None:
        """Draw the title and a sample of each line above the chart."""
        metrics = painter.fontMetrics()
        text = self.palette().color(QPalette.ColorRole.Text)
        x, y = axes.frame.left(), axes.frame.top() - metrics.height() - 6
        for part in (title, *curves):
            name = part if isinstance(part, str) else part.label
            if isinstance(part, Curve):
                is_cut = x + 27 + metrics.horizontalAdvance(name) > self.width()
                if is_cut or not self._has(part):
                    continue  # the lines of the second chart are those of the first
                painter.setPen(_pen(part))
                painter.drawLine(QPointF(x, y + metrics.height() / 2), QPointF(x + 22, y + metrics.height() / 2))
                x += 27
            font = painter.font()
            font.setBold(isinstance(part, str))
            painter.setFont(font)
            painter.setPen(text)
            width = painter.fontMetrics().horizontalAdvance(name) + 14
            painter.drawText(QRectF(x, y, width, metrics.height()), int(Qt.AlignmentFlag.AlignLeft), name)
            x += width

    def _draw_best(self, painter: QPainter, axes: Axes, is_high: bool) -> None:
        """Mark the best epoch; the words stand where curves that are `is_high` leave room."""
        if not self._best:
            return
        top = axes.place(self._best, axes.high)
        painter.setPen(QPen(faint(self.palette(), 0.55), 1, Qt.PenStyle.DotLine))
        painter.drawLine(top, axes.place(self._best, axes.low))
        label = tr("best: {epoch}").format(epoch=self._best)
        width = painter.fontMetrics().horizontalAdvance(label) + 6
        is_right = top.x() + width > axes.frame.right()
        height = painter.fontMetrics().height()
        y = axes.frame.bottom() - height - 3 if is_high else top.y()
        area = QRectF(top.x() - width if is_right else top.x() + 4, y, width, height)
        painter.setPen(faint(self.palette(), 0.9))
        painter.drawText(area, int(Qt.AlignmentFlag.AlignLeft), label)

    def _axes(self) -> list[Axes]:
        """Return the axes of both charts, side by side."""
        metrics = self.fontMetrics()
        left, top = metrics.horizontalAdvance("0.0000") + 10, metrics.height() + 14
        bottom = 2 * metrics.height() + 10
        width = (self.width() - _WIDTHS[1]) / 2
        found = []
        for index, (_, curves) in enumerate(_charts()):
            start = index * (width + _WIDTHS[1])
            frame = QRectF(start + left, top, width - left - _WIDTHS[0], self.height() - top - bottom)
            low, high = self._limits(curves, is_share=index == 1)
            last = max(_LEAST_EPOCHS, int(self._epochs[-1]["epoch"])) if self._epochs else _LEAST_EPOCHS
            found.append(Axes(frame, 1, last, low, high))
        return found

    def _limits(self, curves: Sequence[Curve], is_share: bool) -> tuple[float, float]:
        values = [epoch[c.key] for epoch in self._epochs for c in curves if epoch.get(c.key) is not None]
        if is_share or not values:
            return 0.0, 1.0
        return 0.0, max(values) * 1.05 or 1.0

    def _has(self, curve: Curve) -> bool:
        return any(epoch.get(curve.key) is not None for epoch in self._epochs)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 (Qt's name)
        """Tell the values of the epoch under the mouse."""
        position = event.pos()
        axes = next((a for a in self._axes() if a.frame.adjusted(-5, -5, 5, 5).contains(QPointF(position))), None)
        if axes is None or not self._epochs:
            QToolTip.hideText()
            return
        wanted = axes.value_at(position.x())
        nearest = min(self._epochs, key=lambda epoch: abs(epoch["epoch"] - wanted))
        QToolTip.showText(self.mapToGlobal(position), self._told(nearest), self)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802 (Qt's name)
        """Take the tooltip away."""
        QToolTip.hideText()

    def _told(self, epoch: dict[str, Any]) -> str:
        lines = [tr("Epoch {number}").format(number=epoch["epoch"])]
        for title, curves in _charts():
            lines += [f"{title}, {c.label}: {epoch[c.key]:.4g}" for c in curves if epoch.get(c.key) is not None]
        return "\n".join(lines)


def _pen(curve: Curve) -> QPen:
    pen = QPen(QColor(readable(curve.color)), 2)
    if curve.is_dashed:
        pen.setDashPattern(list(_DASHED))
    return pen
