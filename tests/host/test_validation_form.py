# SPDX-License-Identifier: GPL-2.0-or-later
"""The labeller's form offers the classes, hides what the map says, and loads with the layer."""

from __future__ import annotations

import numpy as np
import pytest
from chronomap.plugin.host.validation_form import write_form_style
from chronomap.plugin.raster.drawing import write_points
from class_maps import LEGEND
from osgeo import osr
from qgis.core import QgsVectorLayer
from synthetic import CORNER, EPSG


@pytest.fixture
def layer(qgis_app, tmp_path):
    crs = osr.SpatialReference()
    crs.ImportFromEPSG(EPSG)
    path = tmp_path / "points.gpkg"
    x, y = CORNER
    write_points(path, np.array([[x + 5, y - 5], [x + 25, y - 5]]), ["Wheat", "Maize"], crs.ExportToWkt())
    write_form_style(path, LEGEND)
    loaded = QgsVectorLayer(str(path), "points", "ogr")
    yield loaded
    del loaded


def widget(layer, name):
    return layer.editorWidgetSetup(layer.fields().lookupField(name))


def test_the_reference_is_chosen_among_the_classes(layer):
    entries = widget(layer, "reference").config()["map"]
    assert widget(layer, "reference").type() == "ValueMap"
    assert [next(iter(entry.values())) for entry in entries] == ["", "Wheat", "Maize", "Grass"]


def test_the_form_and_the_table_do_not_tell_the_mapped_class(layer):
    assert widget(layer, "mapped").type() == "Hidden"
    columns = {column.name: column.hidden for column in layer.attributeTableConfig().columns()}
    assert columns["mapped"] is True
    assert columns["reference"] is False


def test_points_take_the_colour_of_their_label_and_stand_out_without_one(layer):
    wheat, *_, bare = categories = layer.renderer().categories()
    assert [category.label() for category in categories] == ["Wheat", "Maize", "Grass", "still to be labelled"]
    assert wheat.symbol().symbolLayer(1).fillColor().name() == LEGEND[0].color
    assert bare.symbol().size() > wheat.symbol().size()


def test_the_number_of_a_point_cannot_be_changed(layer):
    assert layer.editFormConfig().readOnly(layer.fields().lookupField("point"))


def test_labels_can_be_saved(layer):
    feature = next(layer.getFeatures())
    assert layer.startEditing()
    layer.changeAttributeValue(feature.id(), layer.fields().lookupField("reference"), "Grass")
    assert layer.commitChanges()
    assert next(layer.getFeatures())["reference"] == "Grass"
