# SPDX-License-Identifier: GPL-2.0-or-later
"""A chart (SVG) as wide as its place allows, in the colours of the window."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

from qgis.PyQt.QtCore import QByteArray, QEvent, QRectF, QSize
from qgis.PyQt.QtGui import QPainter, QPaintEvent, QPalette, QResizeEvent
from qgis.PyQt.QtSvg import QSvgRenderer
from qgis.PyQt.QtWidgets import QLabel, QSizePolicy, QWidget

from ..plugin.core.theme import GRID, HEAT, INK, MUTED, PAPER

_DARK = {PAPER: "#14191f", INK: "#e4e9ee", MUTED: "#9aa7b4", GRID: "#2e3740", HEAT: "#7ee8d6"}  # as report.css has them
_MOST_SCALE = 1.6


class FigureView(QLabel):
    """Paints one SVG file; its height follows its width, or, with `is_whole`, all of it has the room there is.

    A label, because QGIS's dark themes are style sheets: they give a label its colours, but not a plain widget.
    """

    def __init__(self, parent: Optional[QWidget] = None, is_whole: bool = False) -> None:
        super().__init__(parent)
        self._renderer = QSvgRenderer(self)
        self._path: Optional[Path] = None
        self._is_dark = False
        self._is_whole = is_whole
        height = QSizePolicy.Policy.Expanding if is_whole else QSizePolicy.Policy.Fixed
        self.setSizePolicy(QSizePolicy.Policy.Expanding, height)

    def show_file(self, path: Optional[Path], title: str = "") -> None:
        """Show the chart in `path`; None: nothing."""
        self._path = path
        self.setAccessibleName(title)
        self._load()

    def _load(self) -> None:
        self._is_dark = self.palette().color(QPalette.ColorRole.Base).lightness() < 128
        text = self._path.read_text(encoding="utf-8") if self._path is not None and self._path.is_file() else ""
        if self._is_dark:
            for light, dark in _DARK.items():
                text = text.replace(light, dark)
        self._renderer.load(QByteArray(text.encode("utf-8")))
        self._fit()
        self.update()

    def _target(self) -> QRectF:
        """Return where the chart is painted."""
        size = self._renderer.defaultSize()
        if size.isEmpty():
            return QRectF()
        scale = min(self.width() / size.width(), _MOST_SCALE)
        if self._is_whole:
            scale = min(scale, self.height() / size.height())
        left = (self.width() - size.width() * scale) / 2 if self._is_whole else 0.0
        return QRectF(left, 0, size.width() * scale, size.height() * scale)

    def _fit(self) -> None:
        if not self._is_whole:
            self.setFixedHeight(max(1, round(self._target().height())))

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Ask for the chart's own size."""
        return self._renderer.defaultSize()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 (Qt's name)
        """Keep the chart's shape."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 (Qt's name)
        """Follow a change between light and dark."""
        super().changeEvent(event)
        is_dark = self.palette().color(QPalette.ColorRole.Base).lightness() < 128
        if event.type() == QEvent.Type.PaletteChange and is_dark != self._is_dark:
            self._load()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        """Paint."""
        if self._renderer.isValid():
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._renderer.render(painter, self._target())
            painter.end()
