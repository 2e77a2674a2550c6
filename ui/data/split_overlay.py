# SPDX-License-Identifier: GPL-2.0-or-later
"""What is training, validation and test, drawn on the map: coloured and patterned, with a legend in the corner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

from qgis.core import QgsCoordinateReferenceSystem, QgsGeometry, QgsWkbTypes
from qgis.gui import QgsMapCanvas, QgsRubberBand
from qgis.PyQt.QtCore import QRect, QSize, Qt
from qgis.PyQt.QtGui import QBrush, QColor, QIcon, QPainter, QPixmap
from qgis.PyQt.QtWidgets import QFrame, QGridLayout, QLabel

from ...plugin.host.text import tr
from ...plugin.run.census import MIXED

_ALPHA = 150
_EDGE_PX = 2
_SWATCH = QSize(22, 14)
_MARGIN_PX = 8


@dataclass(frozen=True)
class PartLook:
    """How a part looks: name, colour, pattern."""

    name: str
    color: str
    pattern: Qt.BrushStyle


def part_looks() -> dict[int, PartLook]:
    """Return the looks by part; patterns tell them apart where colours do not."""
    return {
        0: PartLook(tr("Training"), "#0072b2", Qt.BrushStyle.SolidPattern),
        1: PartLook(tr("Validation"), "#e69f00", Qt.BrushStyle.BDiagPattern),
        2: PartLook(tr("Test"), "#cc3311", Qt.BrushStyle.DiagCrossPattern),
        MIXED: PartLook(tr("In several parts"), "#606060", Qt.BrushStyle.Dense6Pattern),
    }


def part_icon(look: PartLook) -> QIcon:
    """Return a swatch of a part."""
    return QIcon(_swatch(look))


class SplitOverlay:
    """Rubber bands and legend on a map canvas; empty until shown."""

    def __init__(self, canvas: QgsMapCanvas) -> None:
        self._canvas = canvas
        self._bands: list[QgsRubberBand] = []
        self._legend: Optional[QFrame] = None

    @property
    def is_shown(self) -> bool:
        """Whether anything is drawn."""
        return bool(self._bands)

    def show(self, shapes: Sequence[tuple[int, bytes]], crs_wkt: str) -> None:
        """Draw features: (part, WKB in the CRS `crs_wkt`)."""
        self.clear()
        crs = QgsCoordinateReferenceSystem.fromWkt(crs_wkt)
        by_part: dict[int, list[QgsGeometry]] = {}
        for part, wkb in shapes:
            geometry = QgsGeometry()
            geometry.fromWkb(wkb)
            by_part.setdefault(part, []).append(geometry)
        looks = part_looks()
        for part, geometries in sorted(by_part.items()):
            for kind in (QgsWkbTypes.GeometryType.PolygonGeometry, QgsWkbTypes.GeometryType.PointGeometry):
                alike = [geometry for geometry in geometries if geometry.type() == kind]
                if alike:
                    self._bands.append(self._band(alike, kind, looks[part], crs))
        self._legend = _legend(self._canvas, [looks[part] for part in sorted(by_part)])

    def clear(self) -> None:
        """Take everything off the map."""
        for band in self._bands:
            self._canvas.scene().removeItem(band)
        self._bands = []
        if self._legend is not None:
            self._legend.deleteLater()
            self._legend = None

    def _band(
        self,
        geometries: list[QgsGeometry],
        kind: QgsWkbTypes.GeometryType,
        look: PartLook,
        crs: QgsCoordinateReferenceSystem,
    ) -> QgsRubberBand:
        band = QgsRubberBand(self._canvas, kind)
        fill = QColor(look.color)
        fill.setAlpha(_ALPHA)
        band.setFillColor(fill)
        band.setBrushStyle(look.pattern)
        band.setStrokeColor(QColor(look.color))
        band.setWidth(_EDGE_PX)
        band.setToGeometry(QgsGeometry.collectGeometry(geometries), crs)
        return band


def _legend(canvas: QgsMapCanvas, looks: Sequence[PartLook]) -> QFrame:
    frame = QFrame(canvas.viewport())
    frame.setAutoFillBackground(True)
    frame.setFrameShape(QFrame.Shape.StyledPanel)
    layout = QGridLayout(frame)
    layout.setContentsMargins(8, 6, 8, 6)
    for row, look in enumerate(looks):
        swatch = QLabel()
        swatch.setPixmap(_swatch(look))
        layout.addWidget(swatch, row, 0)
        layout.addWidget(QLabel(look.name), row, 1)
    frame.adjustSize()
    frame.move(_MARGIN_PX, _MARGIN_PX)
    frame.show()
    return frame


def _swatch(look: PartLook) -> QPixmap:
    pixmap = QPixmap(_SWATCH)
    pixmap.fill(QColor("white"))
    painter = QPainter(pixmap)
    color = QColor(look.color)
    painter.setPen(color)
    color.setAlpha(_ALPHA)
    painter.setBrush(QBrush(color, look.pattern))
    painter.drawRect(QRect(0, 0, _SWATCH.width() - 1, _SWATCH.height() - 1))
    painter.end()
    return pixmap
