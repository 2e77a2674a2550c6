# SPDX-License-Identifier: GPL-2.0-or-later
"""The figure of a place as a widget: grows with what it shows, tells dates under the mouse, saves itself."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

from qgis.PyQt.QtCore import QEvent, QRect, QSize, Qt
from qgis.PyQt.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPalette, QResizeEvent
from qgis.PyQt.QtSvg import QSvgGenerator
from qgis.PyQt.QtWidgets import QLabel, QSizePolicy, QToolTip, QWidget

from ...plugin.core.errors import OutputError
from ...plugin.core.theme import INK
from ...plugin.host.text import tr
from ...plugin.run.inspect import Inspection
from .drawing import Drawing

_SAVED_WIDTH, _SHARPNESS = 720, 2  # a saved image has so many pixels per unit


class InspectorFigure(QLabel):
    """Draws one place. A label, because QGIS's dark themes give its colours to labels but not to plain widgets."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._found: Optional[Inspection] = None
        self._bands = ""
        self._drawing: Optional[Drawing] = None
        self.setWordWrap(True)
        self.setMouseTracking(True)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(tr("What the models say of the place"))

    @property
    def found(self) -> Optional[Inspection]:
        """What is drawn."""
        return self._found

    def show_place(self, found: Optional[Inspection], bands: str, empty_text: str = "") -> None:
        """Draw `found` with `bands` (an entry of band_lines.offer_bands), or say `empty_text` where there is none."""
        self._found, self._bands = found, bands
        self.setText(empty_text if found is None else "")
        self._lay_out()

    def save(self, path: Path) -> None:
        """Write the figure on white as SVG or PNG, by the suffix.

        Raises:
            OutputError: the file cannot be written.
        """
        if self._found is None:
            return
        palette = _paper()
        drawing = Drawing(self._found, self._bands, _SAVED_WIDTH, palette, self.font())
        size = QSize(_SAVED_WIDTH, int(drawing.height) + 1)
        if path.suffix.lower() == ".svg":
            generator = QSvgGenerator()
            generator.setFileName(str(path))
            generator.setSize(size)
            generator.setViewBox(QRect(0, 0, size.width(), size.height()))
            is_written = self._paint_on(generator, drawing, palette, size)
        else:
            image = QImage(size * _SHARPNESS, QImage.Format.Format_RGB32)
            image.setDevicePixelRatio(_SHARPNESS)
            is_written = self._paint_on(image, drawing, palette, size) and image.save(str(path))
        if not is_written:
            raise OutputError(f"The figure {path} cannot be written: choose another place.")

    def _paint_on(self, device: object, drawing: Drawing, palette: QPalette, size: QSize) -> bool:
        painter = QPainter()
        if not painter.begin(device):
            return False
        painter.setFont(self.font())
        painter.fillRect(0, 0, size.width(), size.height(), palette.base())
        drawing.paint(painter)
        return painter.end()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 (Qt)
        """Draw, or let the label say its text."""
        if self._drawing is None:
            super().paintEvent(event)
            return
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().base())
        self._drawing.paint(painter)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 (Qt)
        """Lay out anew."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._lay_out()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 (Qt)
        """Follow palette and font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._lay_out()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 (Qt)
        """Tell what is known of the date under the mouse."""
        if self._drawing is None:
            return
        day = self._drawing.day_at(float(event.pos().x()))
        if day != self._drawing.hover:
            self._drawing.hover = day
            self.update()
        if day:
            QToolTip.showText(self.mapToGlobal(event.pos()), self._drawing.told(day), self)
        else:
            QToolTip.hideText()

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802 (Qt)
        """Forget the date under the mouse."""
        if self._drawing is not None and self._drawing.hover:
            self._drawing.hover = 0
            self.update()

    def _lay_out(self) -> None:
        if self._found is None:
            self._drawing = None
            self.setMinimumHeight(0)
        else:
            self._drawing = Drawing(self._found, self._bands, float(self.width()), self.palette(), self.font())
            self.setMinimumHeight(int(self._drawing.height) + 1)
        self.update()


def _paper() -> QPalette:
    """Return black on white."""
    palette = QPalette()
    palette.setColor(QPalette.ColorRole.Base, QColor("#ffffff"))
    palette.setColor(QPalette.ColorRole.Text, QColor(INK))
    return palette
