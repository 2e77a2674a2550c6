# SPDX-License-Identifier: GPL-2.0-or-later
"""Training data: layers, classes with names and colours, ready series."""

from __future__ import annotations

from chronomap.plugin.core.jobs import TableJob
from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsFeature,
    QgsFillSymbol,
    QgsGeometry,
    QgsProject,
    QgsRendererCategory,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import Qt
from synthetic import CORNER, table_csv
from waiting import wait_until

VALUE, NAME, COLOR, FEATURES, PIXELS = range(5)


def rows(page):
    model = page.samples.classes.model()
    return [tuple(str(model.index(row, column).data()) for column in range(5)) for row in range(model.rowCount())]


def set_cell(page, row, column, value, role=Qt.ItemDataRole.EditRole):
    model = page.samples.classes.model()
    model.setData(model.index(row, column), value, role)


def code_style():
    names = {10: ("Winter wheat", "#e69f00"), 20: ("20", "#d55e00"), 30: ("Meadow", "#009e73")}
    return QgsCategorizedSymbolRenderer(
        "code",
        [
            QgsRendererCategory(value, QgsFillSymbol.createSimple({"color": color}), label)
            for value, (label, color) in names.items()
        ],
    )


def test_classes_are_counted_by_polygons_and_pixels(page, add_rasters, add_polygons):
    add_rasters()
    add_polygons()
    assert [(name, polygons, pixels) for _, name, _, polygons, pixels in rows(page)] == [
        ("Grass", "3", "108"),
        ("Maize", "3", "108"),
        ("Wheat", "6", "216"),
    ]
    assert page.gaps() == {}


def test_polygons_are_counted_before_there_are_rasters(page, add_polygons):
    add_polygons()
    assert [row[FEATURES:] for row in rows(page)] == [("3", "…"), ("3", "…"), ("6", "…")]


def test_names_and_colours_come_from_the_style(page, add_polygons):
    add_polygons("code", code_style())
    job = page.workspace.recipe.extract
    assert job.rename == {"10": "Winter wheat", "30": "Meadow"}
    assert job.colors == {"Winter wheat": "#e69f00", "20": "#d55e00", "Meadow": "#009e73"}
    assert rows(page)[0][:3] == ("10", "Winter wheat", "#e69f00")


def test_the_field_of_the_style_is_proposed(page, cube, settled):
    layer = QgsVectorLayer(cube.polygons, "training", "ogr")
    layer.setRenderer(code_style())
    QgsProject.instance().addMapLayer(layer)
    page.samples.choose_layer(layer)
    assert page.workspace.recipe.extract.class_field == "code"


def test_a_new_name_keeps_the_colour(page, add_polygons, settled):
    add_polygons("code", code_style())
    set_cell(page, 0, NAME, "Cereal")
    settled(page)
    job = page.workspace.recipe.extract
    assert job.rename["10"] == "Cereal"
    assert job.colors["Cereal"] == "#e69f00"
    assert rows(page)[0][:3] == ("10", "Cereal", "#e69f00")


def test_merged_classes_share_name_and_colour(page, add_rasters, add_polygons, settled):
    add_rasters()
    add_polygons("code", code_style())
    page.samples.classes.selectAll()
    page.samples.classes.selectionModel().select(
        page.samples.classes.model().index(2, 0),
        page.samples.classes.selectionModel().SelectionFlag.Deselect
        | page.samples.classes.selectionModel().SelectionFlag.Rows,
    )
    page.samples.merge.click()
    settled(page)
    assert page.workspace.recipe.extract.rename["20"] == "Winter wheat"
    assert [row[1:3] for row in rows(page)[:2]] == [("Winter wheat", "#e69f00")] * 2
    assert set(page.findings.split.pixels) == {"Winter wheat", "Meadow"}


def test_an_unticked_class_is_left_out_and_comes_back_with_its_label(page, add_rasters, add_polygons, settled):
    add_rasters()
    add_polygons("code", code_style())
    set_cell(page, 0, VALUE, Qt.CheckState.Unchecked, Qt.ItemDataRole.CheckStateRole)
    settled(page)
    assert page.workspace.recipe.extract.rename["10"] == ""
    assert rows(page)[-1][:2] == ("10", "left out")
    assert "Winter wheat" not in page.findings.split.pixels
    set_cell(page, 2, VALUE, Qt.CheckState.Checked, Qt.ItemDataRole.CheckStateRole)
    assert page.workspace.recipe.extract.rename["10"] == "Winter wheat"


def test_one_class_is_not_enough(page, add_rasters, add_polygons, settled):
    add_rasters()
    add_polygons()
    for _ in range(2):
        set_cell(page, 0, VALUE, Qt.CheckState.Unchecked, Qt.ItemDataRole.CheckStateRole)
        settled(page)
    assert "At least two classes" in page.gaps()[page.samples.classes]


def test_a_chosen_colour_reaches_the_job(page, add_polygons):
    add_polygons()
    page.samples.set_color(["Maize"], "#123456")
    assert page.workspace.recipe.extract.colors == {"Maize": "#123456"}
    assert rows(page)[1][COLOR] == "#123456"


def test_caps_reach_the_job_and_the_counts(page, add_rasters, add_polygons, settled):
    add_rasters()
    add_polygons()
    page.samples.max_per_polygon.setValue(5)
    page.samples.max_per_polygon.editingFinished.emit()
    settled(page)
    assert page.workspace.recipe.extract.max_per_polygon == 5
    assert [row[PIXELS] for row in rows(page)] == ["15", "15", "30"]


def test_a_class_field_must_be_chosen(page, cube):
    layer = QgsVectorLayer(cube.polygons, "training", "ogr")
    QgsProject.instance().addMapLayer(layer)
    page.samples.choose_layer(layer)
    assert "No class field is chosen" in page.gaps()[page.samples.class_field]


def drawn_layer(count):
    layer = QgsVectorLayer("Point?crs=EPSG:32633&field=crop:string", "drawn", "memory")
    features = []
    for index in range(count):
        feature = QgsFeature(layer.fields())
        feature.setAttributes(["Wheat" if index % 2 else "Maize"])
        feature.setGeometry(QgsGeometry.fromWkt(f"POINT({CORNER[0] + 5 + index % 300} {CORNER[1] - 5})"))
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    QgsProject.instance().addMapLayer(layer)
    return layer


def test_a_layer_that_is_no_file_is_copied_and_stays_chosen(page, settled):
    layer = drawn_layer(6)
    page.samples.choose_layer(layer)
    page.samples.class_field.setField("crop")
    page.samples.class_field.activated.emit(0)
    settled(page)
    assert page.workspace.recipe.extract.vectors.endswith(".gpkg")
    assert page.samples.layer.currentLayer() is layer
    assert [row[FEATURES] for row in rows(page)] == ["3", "3"]


def test_a_large_layer_is_copied_in_the_background(page):
    page.samples.choose_layer(drawn_layer(3000))
    assert page.workspace.recipe.extract.vectors == ""
    wait_until(lambda: page.workspace.recipe.extract.vectors.endswith(".gpkg"), 20)


def test_saved_edits_of_the_layer_are_counted(page, add_polygons, settled):
    layer = add_polygons()
    layer.startEditing()
    layer.deleteFeature(next(layer.getFeatures("crop = 'Wheat'")).id())
    layer.commitChanges()
    settled(page)
    assert rows(page)[2][:4:3] == ("Wheat", "5")


def test_a_table_of_ready_series_takes_the_place_of_the_polygons(page, tmp_path, settled):
    path = table_csv(tmp_path / "series.csv")
    page.samples.from_table.click()
    form = page.samples.table_form
    form.file.lineEdit().setText(str(path))
    form.file.lineEdit().editingFinished.emit()
    form.class_field.setCurrentIndex(form.class_field.findText("crop"))
    form.class_field.activated.emit(0)
    form.group_field.setCurrentIndex(form.group_field.findText("polygon"))
    form.group_field.activated.emit(0)
    settled(page)
    table = page.workspace.recipe.table
    assert table == TableJob(table=str(path), class_field="crop", group_field="polygon", output="")
    assert [row[FEATURES] for row in rows(page)] == ["6", "6", "6"]
    page.samples.from_layer.click()
    assert page.workspace.recipe.table is None


def test_a_date_of_a_table_that_is_none_is_told(page):
    page.samples.from_table.click()
    page.samples.table_form.dates.setText("soon")
    page.samples.table_form.dates.editingFinished.emit()
    assert "'soon' is not a date" in page.samples.table_form.hint.text()
