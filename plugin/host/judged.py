# SPDX-License-Identifier: GPL-2.0-or-later
"""How maps of disagreement and of consensus look."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qgis.core import QgsLayerTreeGroup, QgsMapLayerLegendUtils, QgsProject, QgsRasterLayer

from ..core.classes import ClassInfo
from ..core.theme import GRID, mix
from ..raster.access import open_raster
from ..raster.map_legend import map_legend
from .styles import write_style
from .text import tr

_FEW, _MANY = "#f4a261", "#67001f"  # one map differs, most differ: dark is worse
_SHOWN_PAIRS = 13  # in the legend: "same class" and the pairs with colours of their own; the rest is grey


def style_disagreement(path: Path, maps: int) -> None:
    """Write the style of a raster that counts how many of `maps` differ from the most frequent class.

    Raises:
        OutputError: the raster cannot be read back or the style cannot be written.
    """
    write_style(path, "class", disagreement_classes(maps))


def disagreement_classes(maps: int) -> tuple[ClassInfo, ...]:
    """Return a legend for 0 to maps - 1 maps that differ."""
    words = [tr("all maps agree"), tr("1 map differs"), *(tr("{} maps differ").format(k) for k in range(2, maps))]
    steps = max(maps - 2, 1)
    colors = [GRID, *(mix(_FEW, _MANY, (k - 1) / steps) for k in range(1, maps))]
    return tuple(ClassInfo(k, word, color) for k, (word, color) in enumerate(zip(words, colors)))


def style_classes(path: Path) -> Sequence[ClassInfo]:
    """Write the style of a raster from its own attribute table; return the classes.

    Raises:
        ChronomapError: the raster cannot be read back or the style cannot be written.
    """
    classes = map_legend(open_raster(str(path)))
    write_style(path, "class", classes)
    return classes


def finish_pairs(project: QgsProject, layer: QgsRasterLayer, group: QgsLayerTreeGroup) -> None:
    """Leave the largest pairs in the legend of a map of swapped classes: hundreds of rare ones would hide them."""
    node = project.layerTreeRoot().findLayer(layer.id())
    lines = layer.legend().createLayerTreeModelLegendNodes(node)
    first = len(lines) - len(layer.renderer().classes())
    QgsMapLayerLegendUtils.setLegendNodeOrder(node, list(range(first, min(len(lines), first + _SHOWN_PAIRS))))
    layer.legendChanged.emit()  # the layer tree does not look again by itself
