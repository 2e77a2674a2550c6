# SPDX-License-Identifier: GPL-2.0-or-later
"""The map tool: a click is a pixel; or clicks draw a polygon, a right click ends it."""

from __future__ import annotations

from typing import Optional

from qgis.core import QgsGeometry, QgsPointXY, QgsWkbTypes
from qgis.gui import QgsMapCanvas, QgsMapMouseEvent, QgsMapTool, QgsRubberBand
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QKeyEvent

COLOR = "#d55e00"
_LEAST_CORNERS = 3


class InspectTool(QgsMapTool):
    """Tells the place that was chosen, a point or a polygon in the map's CRS."""

    picked = pyqtSignal(QgsGeometry)

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self.draws_polygon = False
        self._corners: list[QgsPointXY] = []
        self._band: Optional[QgsRubberBand] = None
        self.setCursor(Qt.CursorShape.CrossCursor)

    def canvasReleaseEvent(self, event: QgsMapMouseEvent) -> None:  # noqa: N802 (QGIS)
        """Take a pixel, or a corner; the right button ends the polygon."""
        place = event.mapPoint()
        if not self.draws_polygon:
            if event.button() == Qt.MouseButton.LeftButton:
                self.picked.emit(QgsGeometry.fromPointXY(place))
        elif event.button() == Qt.MouseButton.RightButton:
            self._finish()
        else:
            self._corners.append(place)
            self._show(place)

    def canvasMoveEvent(self, event: QgsMapMouseEvent) -> None:  # noqa: N802 (QGIS)
        """Show the polygon as it would be."""
        if self._corners:
            self._show(event.mapPoint())

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 (Qt)
        """Escape gives a polygon up."""
        if event.key() == Qt.Key.Key_Escape and self._corners:
            self.forget()
            event.accept()

    def deactivate(self) -> None:
        """Give an unfinished polygon up; another tool was chosen."""
        self.forget()
        super().deactivate()

    def forget(self) -> None:
        """Take the unfinished polygon off the map."""
        self._corners = []
        if self._band is not None:
            self.canvas().scene().removeItem(self._band)
            self._band = None

    def _finish(self) -> None:
        corners = self._corners
        self.forget()
        if len(corners) >= _LEAST_CORNERS:
            self.picked.emit(QgsGeometry.fromPolygonXY([corners]))

    def _show(self, end: QgsPointXY) -> None:
        if self._band is None:
            self._band = outline_band(self.canvas())
        self._band.setToGeometry(QgsGeometry.fromPolygonXY([[*self._corners, end]]), None)


def outline_band(canvas: QgsMapCanvas) -> QgsRubberBand:
    """Return an outline on the map for the place that is looked at."""
    band = QgsRubberBand(canvas, QgsWkbTypes.GeometryType.PolygonGeometry)
    band.setStrokeColor(QColor(COLOR))
    band.setFillColor(QColor(0, 0, 0, 0))
    band.setWidth(2)
    return band
