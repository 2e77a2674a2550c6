# SPDX-License-Identifier: GPL-2.0-or-later
"""How result rasters look: a class map with our classes only, and gradients that mean the same on every map."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qgis.core import (
    QgsColorRampShader,
    QgsGradientColorRamp,
    QgsGradientStop,
    QgsPalettedRasterRenderer,
    QgsRasterLayer,
    QgsRasterShader,
    QgsSingleBandPseudoColorRenderer,
)
from qgis.PyQt.QtGui import QColor

from ..core.classes import ClassInfo
from ..core.errors import OutputError
from ..core.products import PRODUCTS
from ..raster.summary import named_values, upper_value

# Perceptually even ramps (matplotlib's viridis, cividis and magma), dark to light.
_VIRIDIS = ("#440154", "#3b528b", "#21918c", "#5ec962", "#fde725")
_CIVIDIS = ("#00224e", "#434e6c", "#7d7c78", "#bcae6c", "#fee838")
_MAGMA = ("#000004", "#51127c", "#b73779", "#fc8961", "#fcfdbf")
RAMPS = {
    "confidence": _VIRIDIS,
    "probability": _VIRIDIS,
    "margin": _VIRIDIS,
    "entropy": _MAGMA,
    "valid_dates": _CIVIDIS,
    "attention": _MAGMA,
    "attention_spread": _CIVIDIS,
    "attention_season": _MAGMA,
}
# The others: from the raster.
_MAXIMUM = {"confidence": 100.0, **dict.fromkeys(("probability", "margin", "entropy", "attention_season"), 1.0)}


def write_style(path: Path, product: str, classes: Sequence[ClassInfo] = ()) -> Path:
    """Write the style of a product as the .qml file that QGIS loads beside `path`; return its path.

    Raises:
        OutputError: the raster cannot be read back or the style cannot be written.
    """
    layer = QgsRasterLayer(str(path), path.stem)
    if not layer.isValid():
        raise OutputError(f"The map {path} cannot be opened for styling: check that the disk is not full.")
    style_layer(layer, product, classes)
    style = path.with_suffix(".qml")
    message, is_saved = layer.saveNamedStyle(str(style))
    if not is_saved:
        raise OutputError(f"The style {style} cannot be written ({message}): check the folder's rights.")
    return style


def style_layer(layer: QgsRasterLayer, product: str, classes: Sequence[ClassInfo] = ()) -> None:
    """Give `layer` the look of `product` (see core/products.py); the class map needs its `classes`."""
    if product == "class":
        layer.setRenderer(class_renderer(layer, classes))
    elif PRODUCTS[product].is_date:
        layer.setRenderer(class_renderer(layer, named_values(layer.source())))
    else:
        maximum = _MAXIMUM.get(product) or largest_value(layer)
        layer.setRenderer(gradient_renderer(layer, 1, product, maximum))


def class_renderer(layer: QgsRasterLayer, classes: Sequence[ClassInfo]) -> QgsPalettedRasterRenderer:
    """Return a renderer that shows `classes` and nothing else."""
    entries = [QgsPalettedRasterRenderer.Class(info.value, QColor(info.color), info.name) for info in classes]
    return QgsPalettedRasterRenderer(layer.dataProvider(), 1, entries)


def gradient_renderer(
    layer: QgsRasterLayer, band: int, product: str, maximum: float
) -> QgsSingleBandPseudoColorRenderer:
    """Return a renderer of `band` from 0 to `maximum` (physical values) in the product's colours."""
    shader_function = QgsColorRampShader(0.0, maximum, color_ramp(RAMPS[product]))
    shader_function.setClassificationMode(QgsColorRampShader.ClassificationMode.Continuous)
    shader_function.classifyColorRamp()
    shader = QgsRasterShader()
    shader.setRasterShaderFunction(shader_function)
    renderer = QgsSingleBandPseudoColorRenderer(layer.dataProvider(), band, shader)
    renderer.setClassificationMin(0.0)
    renderer.setClassificationMax(maximum)
    return renderer


def color_ramp(colors: Sequence[str]) -> QgsGradientColorRamp:
    """Return a gradient through evenly spaced `colors` (#rrggbb)."""
    last = len(colors) - 1
    stops = [QgsGradientStop(index / last, QColor(color)) for index, color in enumerate(colors[1:last], start=1)]
    return QgsGradientColorRamp(QColor(colors[0]), QColor(colors[last]), False, stops)


def largest_value(layer: QgsRasterLayer) -> float:
    """Return where the ramp of `layer` ends: what 98 % of the pixels of every band stay below."""
    return upper_value(layer.source()) or 1.0
