# SPDX-License-Identifier: GPL-2.0-or-later
"""The style beside the demo's training polygons is one that QGIS takes."""

from __future__ import annotations

from chronomap.plugin.raster.covers import CLASSES
from chronomap.plugin.raster.scene_vectors import write_style
from qgis.core import QgsCategorizedSymbolRenderer, QgsVectorLayer
from synthetic import field_polygons


def test_qgis_loads_the_style_with_the_polygons(qgis_app, tmp_path):
    polygons = tmp_path / "training_polygons.gpkg"
    field_polygons(polygons)
    write_style(polygons, "crop")
    layer = QgsVectorLayer(str(polygons), "training", "ogr")
    renderer = layer.renderer()
    assert isinstance(renderer, QgsCategorizedSymbolRenderer)
    assert renderer.classAttribute() == "crop"
    colors = {category.value(): category.symbol().color().name() for category in renderer.categories()}
    assert colors == {**{known.name: known.color for known in CLASSES}, "": "#ffffff"}
