# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from chronomap.plugin.core.errors import InputError
from chronomap.plugin.host.layers import (
    ClassLegend,
    class_legend,
    class_values,
    export,
    layer_dates,
    raster_dataset,
    renamed,
    vector_dataset,
)
from chronomap.plugin.host.temporal import date_ranges, set_range
from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsCoordinateTransformContext,
    QgsFeature,
    QgsFillSymbol,
    QgsGeometry,
    QgsRasterLayer,
    QgsRendererCategory,
    QgsVectorLayer,
)
from synthetic import field_polygons, small_cube

CONTEXT = QgsCoordinateTransformContext()


@pytest.fixture
def polygons(qgis_app, tmp_path: Path) -> QgsVectorLayer:
    return QgsVectorLayer(field_polygons(tmp_path / "training.gpkg"), "training", "ogr")


def _count(dataset) -> int:
    return QgsVectorLayer(f"{dataset.path}|layername={dataset.layer}", "copy", "ogr").featureCount()


def test_a_plain_file_is_named_as_it_is(polygons, tmp_path):
    assert vector_dataset(polygons, CONTEXT).path == str(tmp_path / "training.gpkg")


def test_the_layer_of_a_geopackage_is_named(polygons, tmp_path):
    layer = QgsVectorLayer(f"{tmp_path / 'training.gpkg'}|layername=training", "t", "ogr")
    assert vector_dataset(layer, CONTEXT).layer == "training"


def test_a_filtered_layer_is_exported_with_its_features_only(polygons):
    polygons.setSubsetString("crop = 'Wheat'")
    dataset = vector_dataset(polygons, CONTEXT)
    assert dataset.path != polygons.source()
    assert _count(dataset) == polygons.featureCount() > 0


def test_a_memory_layer_is_exported_with_its_fields(qgis_app):
    layer = QgsVectorLayer("Polygon?crs=EPSG:32633&field=crop:string", "drawn", "memory")
    feature = QgsFeature(layer.fields())
    feature.setAttributes(["Wheat"])
    feature.setGeometry(QgsGeometry.fromWkt("POLYGON((0 0, 1 0, 1 1, 0 0))"))
    layer.dataProvider().addFeature(feature)
    dataset = vector_dataset(layer, CONTEXT)
    copy = QgsVectorLayer(f"{dataset.path}|layername={dataset.layer}", "copy", "ogr")
    assert [f["crop"] for f in copy.getFeatures()] == ["Wheat"]
    assert copy.crs().authid() == "EPSG:32633"


def test_unsaved_edits_are_exported(polygons):
    polygons.startEditing()
    polygons.deleteFeature(next(polygons.getFeatures()).id())
    assert _count(vector_dataset(polygons, CONTEXT)) == polygons.featureCount()
    polygons.rollBack()


def test_a_repeated_fid_field_does_not_hinder_the_export(qgis_app):
    layer = QgsVectorLayer("Point?crs=EPSG:4326&field=fid:integer", "drawn", "memory")
    for _ in range(2):
        feature = QgsFeature(layer.fields())
        feature.setAttributes([7])
        feature.setGeometry(QgsGeometry.fromWkt("POINT(1 1)"))
        layer.dataProvider().addFeature(feature)
    assert _count(export(layer, "drawn", CONTEXT)) == 2


def test_classes_come_from_the_categorized_style(polygons):
    categories = [
        QgsRendererCategory(10, QgsFillSymbol.createSimple({"color": "#e69f00"}), "Winter wheat"),
        QgsRendererCategory(20, QgsFillSymbol.createSimple({"color": "#d55e00"}), "20"),
        QgsRendererCategory(None, QgsFillSymbol.createSimple({"color": "#000000"}), "others"),
    ]
    polygons.setRenderer(QgsCategorizedSymbolRenderer("code", categories))
    legend = class_legend(polygons, "code")
    assert legend.names == {"10": "Winter wheat"}
    assert legend.colors == {"Winter wheat": "#e69f00", "20": "#d55e00"}


def test_a_style_of_another_field_gives_no_classes(polygons):
    polygons.setRenderer(QgsCategorizedSymbolRenderer("crop", []))
    assert class_legend(polygons, "code") == ClassLegend()


def test_new_names_win_over_labels_and_keep_the_colour():
    legend = renamed(ClassLegend({"10": "Wheat"}, {"Wheat": "#e69f00"}), {"Wheat": "Cereal", "30": ""})
    assert legend == ClassLegend({"10": "Cereal", "30": ""}, {"Cereal": "#e69f00"})


def test_class_values_are_sorted_names(polygons):
    assert class_values(polygons, "crop") == ["Grass", "Maize", "Wheat"]


def test_class_values_of_a_missing_field_are_refused(polygons):
    with pytest.raises(InputError, match="no field 'kind'"):
        class_values(polygons, "kind")


def test_temporal_properties_give_dates(qgis_app, tmp_path):
    cube = small_cube(tmp_path)
    layers = [QgsRasterLayer(path, "raster") for path in cube.rasters[:2]]
    set_range(layers[0], date_ranges(["2021-03-02"])[0])
    assert layer_dates(layers) == {cube.rasters[0]: date(2021, 3, 2).isoformat()}


def test_a_raster_from_a_service_is_refused_in_words(qgis_app):
    layer = QgsRasterLayer("type=xyz&url=http://localhost/{z}/{x}/{y}.png", "tiles", "wms")
    with pytest.raises(InputError, match="'tiles' comes from wms"):
        raster_dataset(layer)
