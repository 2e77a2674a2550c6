# SPDX-License-Identifier: GPL-2.0-or-later
"""Attention by date as small charts on the map: QGIS's own histogram diagrams, with a legend of dates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from qgis.core import (
    QgsDiagramLayerSettings,
    QgsDiagramSettings,
    QgsFillSymbol,
    QgsHistogramDiagram,
    QgsLinearlyInterpolatedDiagramRenderer,
    QgsMarkerSymbol,
    QgsSingleSymbolRenderer,
    QgsUnitTypes,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QSizeF
from qgis.PyQt.QtGui import QColor

from ..core.errors import OutputError
from .styles import color_ramp

_DATE_FIELD = re.compile(r"^att_(\d{4})(\d{2})(\d{2})(_\d+)?$")  # as run/attention_features.py names them
# Winter to autumn: a hue for the season, so neighbouring dates look alike.
_SEASON = ("#3b4cc0", "#2a9d8f", "#8ab17d", "#e9c46a", "#f4a261", "#c9541a")
_BAR_MM, _HEIGHT_MM = 0.9, 14.0


def date_fields(layer: QgsVectorLayer) -> dict[str, str]:
    """Return the fields that hold the attention of a date, in order: field name to ISO date."""
    matches = ((field.name(), _DATE_FIELD.match(field.name())) for field in layer.fields())
    return {name: "-".join(match.groups()[:3]) for name, match in matches if match}


def write_diagram_style(path: Path) -> Path:
    """Write the style of a layer with attention fields as the .qml file that QGIS loads beside `path`.

    Raises:
        OutputError: the layer cannot be read back or the style cannot be written.
    """
    layer = QgsVectorLayer(str(path), path.stem, "ogr")
    if not layer.isValid():
        raise OutputError(f"The layer {path} cannot be opened for styling: check that the disk is not full.")
    set_attention_diagram(layer, date_fields(layer))
    style = path.with_suffix(".qml")
    message, is_saved = layer.saveNamedStyle(str(style))
    if not is_saved:
        raise OutputError(f"The style {style} cannot be written ({message}): check the folder's rights.")
    return style


def set_attention_diagram(layer: QgsVectorLayer, fields: dict[str, str]) -> None:
    """Draw `fields` (name to date) of every feature as a histogram; heights compare between features."""
    if not fields:
        return
    _pale_symbols(layer)
    settings = _bars(list(fields), list(fields.values()))
    renderer = QgsLinearlyInterpolatedDiagramRenderer()
    renderer.setDiagram(QgsHistogramDiagram())
    renderer.setLowerValue(0.0)
    renderer.setLowerSize(QSizeF(0.0, 0.0))
    renderer.setUpperValue(_largest(layer, list(fields)))
    renderer.setUpperSize(QSizeF(_HEIGHT_MM, _HEIGHT_MM))
    renderer.setDiagramSettings(settings)
    renderer.setAttributeLegend(True)
    layer.setDiagramRenderer(renderer)
    layer.setDiagramLayerSettings(_placement(layer))


def _bars(names: Sequence[str], labels: Sequence[str]) -> QgsDiagramSettings:
    ramp = color_ramp(_SEASON)
    settings = QgsDiagramSettings()
    settings.enabled = True
    settings.categoryAttributes = [f'"{name}"' for name in names]
    settings.categoryLabels = list(labels)
    settings.categoryColors = [ramp.color(index / max(1, len(names) - 1)) for index in range(len(names))]
    settings.barWidth = _BAR_MM
    settings.sizeType = QgsUnitTypes.RenderUnit.RenderMillimeters
    settings.penWidth = 0.0
    settings.penColor = QColor(29, 39, 51)
    settings.backgroundColor = QColor(255, 255, 255, 0)
    settings.minimumSize = 0.0
    return settings


def _pale_symbols(layer: QgsVectorLayer) -> None:
    """Draw the features so that the bars on them can be read."""
    look = {"color": "255,255,255,150", "outline_color": "29,39,51,255", "outline_width": "0.3"}
    if layer.geometryType() == QgsWkbTypes.GeometryType.PolygonGeometry:
        layer.setRenderer(QgsSingleSymbolRenderer(QgsFillSymbol.createSimple(look)))
    elif layer.geometryType() == QgsWkbTypes.GeometryType.PointGeometry:
        layer.setRenderer(QgsSingleSymbolRenderer(QgsMarkerSymbol.createSimple({**look, "size": "2"})))


def _placement(layer: QgsVectorLayer) -> QgsDiagramLayerSettings:
    placement = QgsDiagramLayerSettings()
    placement.setPlacement(QgsDiagramLayerSettings.Placement.OverPoint)
    placement.setShowAllDiagrams(False)
    placement.setZIndex(1.0)
    return placement


def _largest(layer: QgsVectorLayer, names: Sequence[str]) -> float:
    """Return the largest value of the fields, or 1 where all are empty."""
    fields = layer.fields()
    found = [layer.maximumValue(fields.lookupField(name)) for name in names]
    numbers = [float(value) for value in found if isinstance(value, (int, float))]
    return max([number for number in numbers if number > 0], default=1.0)
