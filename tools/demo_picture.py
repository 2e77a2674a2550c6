# SPDX-License-Identifier: GPL-2.0-or-later
"""A picture of the map as a QGIS layout: map, legend, scale bar, title."""

from __future__ import annotations

from pathlib import Path

from qgis.core import (
    QgsLayoutExporter,
    QgsLayoutItem,
    QgsLayoutItemLabel,
    QgsLayoutItemLegend,
    QgsLayoutItemMap,
    QgsLayoutItemScaleBar,
    QgsLayoutPoint,
    QgsLayoutSize,
    QgsLegendRenderer,
    QgsLegendStyle,
    QgsMapLayer,
    QgsMapLayerLegendUtils,
    QgsPrintLayout,
    QgsProject,
    QgsUnitTypes,
)
from qgis.PyQt.QtGui import QFont

_MM = QgsUnitTypes.LayoutUnit.LayoutMillimeters
_DPI = 150
_PAGE = (240.0, 190.0)


def draw_map(layer: QgsMapLayer, title: str, path: Path) -> None:
    """Draw a class map with its legend to a PNG."""
    layout = QgsPrintLayout(QgsProject.instance())  # its map takes the project's CRS
    layout.initializeDefaults()
    layout.pageCollection().page(0).setPageSize(QgsLayoutSize(*_PAGE, _MM))
    label = QgsLayoutItemLabel(layout)
    label.setText(title)
    label.setFont(QFont("Sans Serif", 16))
    _place(layout, label, (8, 6), (220, 10))
    picture = QgsLayoutItemMap(layout)
    _place(layout, picture, (8, 18), (164, 164))
    picture.setLayers([layer])
    picture.setKeepLayerSet(True)
    picture.setExtent(layer.extent())
    picture.setFrameEnabled(True)
    _place(layout, _legend(layout, layer), (176, 16), (60, 120))
    bar = QgsLayoutItemScaleBar(layout)
    bar.setLinkedMap(picture)
    bar.setUnits(QgsUnitTypes.DistanceUnit.DistanceKilometers)
    bar.setUnitLabel("km")
    bar.setNumberOfSegmentsLeft(0)
    bar.setNumberOfSegments(2)
    bar.setUnitsPerSegment(1.0)
    bar.update()
    _place(layout, bar, (176, 168), (60, 14))
    QgsLayoutExporter(layout).renderPageToImage(0, dpi=_DPI).save(str(path))


def _legend(layout: QgsPrintLayout, layer: QgsMapLayer) -> QgsLayoutItemLegend:
    """Return a legend of the classes alone: the layer's name and the line of its band say nothing here."""
    legend = QgsLayoutItemLegend(layout)
    legend.setAutoUpdateModel(False)
    root = legend.model().rootGroup()
    root.clear()
    node = root.addLayer(layer)
    QgsMapLayerLegendUtils.setLegendNodeOrder(node, list(range(1, 1 + len(layer.renderer().classes()))))
    QgsLegendRenderer.setNodeLegendStyle(node, QgsLegendStyle.Style.Hidden)
    legend.model().refreshLayerLegend(node)
    return legend


def _place(layout: QgsPrintLayout, item: QgsLayoutItem, corner: tuple[float, float], size: tuple[float, float]) -> None:
    layout.addLayoutItem(item)
    item.attemptMove(QgsLayoutPoint(*corner, _MM))
    item.attemptResize(QgsLayoutSize(*size, _MM))
