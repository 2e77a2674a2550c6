# SPDX-License-Identifier: GPL-2.0-or-later
"""A model as a row of small drawings, from the series to the classes; follows light and dark themes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Optional

from qgis.PyQt.QtCore import QPointF, QRectF, QSize, Qt
from qgis.PyQt.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen, QTextOption
from qgis.PyQt.QtWidgets import QLabel, QSizePolicy, QWidget

from ..gaps import is_dark
from .glyphs import GLYPHS, Colors, Glyph
from .stages import Stage

_ARROW_PX, _MARGIN_PX = 24, 8
_GLYPH_PX = (104, 54)  # at most so wide, so high
_BESIDE_SHARE = 0.56  # of the height for the upper of two drawings


class Diagram(QLabel):
    """Draws the stages of a model.

    A label, because QGIS's dark themes are style sheets: they give a label its colours, but not a plain widget.
    """

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._stages: Sequence[Stage] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_stages(self, stages: Sequence[Stage]) -> None:
        """Draw `stages` from now on."""
        self._stages = stages
        self.setAccessibleName(" → ".join(stage.caption for stage in stages))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Ask for the height of drawings and two lines of caption."""
        return QSize(480, _GLYPH_PX[1] + 2 * self.fontMetrics().height() + 2 * _MARGIN_PX)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Ask for the same height, and narrow drawings."""
        return QSize(320, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        """Draw a card with all stages."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colors = colors_of(self.palette())
        painter.setPen(QPen(colors.quiet, 1))
        painter.setBrush(self.palette().brush(QPalette.ColorRole.Base))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        count = len(self._stages)
        cell = (self.width() - 2 * _MARGIN_PX - (count - 1) * _ARROW_PX) / max(1, count)
        top = _MARGIN_PX + (0 if self._wraps(cell) else self.fontMetrics().height() / 2)
        for number, stage in enumerate(self._stages):
            left = _MARGIN_PX + number * (cell + _ARROW_PX)
            self._draw_stage(painter, stage, QRectF(left, top, cell, self.height() - top), colors)
            if number:
                self._draw_arrow(painter, QPointF(left - _ARROW_PX / 2, top + _GLYPH_PX[1] / 2), colors)
        painter.end()

    def _wraps(self, cell: float) -> bool:
        """Return whether a caption needs two lines in a cell so wide."""
        widest = max((self.fontMetrics().horizontalAdvance(stage.caption) for stage in self._stages), default=0)
        return widest > cell + _ARROW_PX

    def _draw_stage(self, painter: QPainter, stage: Stage, cell: QRectF, colors: Colors) -> None:
        width = min(cell.width(), _GLYPH_PX[0])
        box = QRectF(cell.center().x() - width / 2, cell.top(), width, _GLYPH_PX[1])
        upper = QRectF(box)
        if stage.beside:
            upper.setHeight(box.height() * _BESIDE_SHARE)
            lower = QRectF(box.left(), upper.bottom() + 6, box.width(), box.bottom() - upper.bottom() - 6)
            GLYPHS[stage.beside](Glyph(painter, lower, colors))
        GLYPHS[stage.kind](Glyph(painter, upper, colors, stage.count, stage.has_arc))
        painter.setPen(self.palette().color(QPalette.ColorRole.Text))
        left, width = cell.left() - _ARROW_PX / 2, cell.width() + _ARROW_PX
        centred = QTextOption(Qt.AlignmentFlag.AlignHCenter)
        centred.setWrapMode(QTextOption.WrapMode.WordWrap)
        below = QRectF(left, box.bottom() + 4, width, cell.bottom() - box.bottom())
        painter.drawText(below, stage.caption, centred)

    @staticmethod
    def _draw_arrow(painter: QPainter, middle: QPointF, colors: Colors) -> None:
        painter.setPen(QPen(colors.ink, 1.4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        tip = QPointF(middle.x() + 6, middle.y())
        painter.drawLine(QPointF(middle.x() - 6, middle.y()), tip)
        for side in (-1, 1):
            painter.drawLine(tip, QPointF(tip.x() - 4, tip.y() + side * 3.5))


def colors_of(palette: QPalette) -> Colors:
    """Return colours that can be told apart and read on the ground of `palette`."""
    ink = palette.color(QPalette.ColorRole.Text)
    quiet = QColor(ink)
    quiet.setAlpha(80)
    if is_dark(palette):
        return Colors(ink, quiet, QColor("#4fb8c9"), QColor("#ffb63d"))
    return Colors(ink, quiet, QColor("#14768a"), QColor("#d9701a"))
