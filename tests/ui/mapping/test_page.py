# SPDX-License-Identifier: GPL-2.0-or-later
"""The map page over the real worker: what it writes into the recipe, what it runs, the layers it leaves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from chronomap.plugin.host.queue import DONE, STOPPED
from chronomap.ui.mapping.page import MapPage
from chronomap.ui.mapping.part import LAYER, POLYGONS, VIEW, WHOLE
from qgis.core import QgsPalettedRasterRenderer, QgsProject, QgsRasterLayer, QgsRectangle, QgsVectorLayer
from qgis.PyQt.QtCore import Qt
from synthetic import small_cube
from waiting import wait_until


@pytest.fixture(scope="module")
def made(trained, tmp_path_factory):
    """A cube with its description, and a tiny L-TAE for it."""
    cube = small_cube(tmp_path_factory.mktemp("scene"), size=(48, 40))
    return cube, str(cube.save_spec()), str(trained)


@pytest.fixture
def page(workspace, made, tmp_path):
    """The page with model and cube chosen; results go to tmp_path."""
    _, spec, model = made
    project = QgsProject.instance()
    project.setPresetHomePath(str(tmp_path))
    workspace.shelf.add(Path(model))
    shown = MapPage(workspace)
    shown.show_recipe()
    workspace.update(map=replace(workspace.recipe.map, model=model, cube=spec))
    yield shown
    shown.deleteLater()


def check(page, product, is_on=True):
    titles = page.products_list.findItems(product, Qt.MatchFlag.MatchExactly)
    titles[0].setCheckState(Qt.CheckState.Checked if is_on else Qt.CheckState.Unchecked)


def choose_part(page, mode):
    page.part_box.setCurrentIndex(mode)
    page.part_box.activated.emit(mode)


def layers():
    return {layer.name(): layer for layer in QgsProject.instance().mapLayers().values()}


def test_an_empty_page_says_what_is_missing(workspace):
    page = MapPage(workspace)
    page.show_recipe()
    assert page.gaps() == {
        page.model_box: "Choose a model, or train one.",
        page.cube_file: "Choose a cube, or rasters on the page Data.",
    }
    assert not page.map_button.isEnabled()
    assert not page.preview_button.isEnabled()


def test_model_and_cube_may_be_still_to_come_when_a_training_makes_them(workspace):
    page = MapPage(workspace)
    workspace.update(is_mapped=True)
    assert page.gaps() == {}


def test_what_is_typed_stands_in_the_recipe(page, workspace, tmp_path):
    check(page, "Confidence")
    page.folder_file.setFilePath(str(tmp_path / "maps"))
    page.name_edit.setText("north")
    page.name_edit.editingFinished.emit()
    page.dates_spin.setValue(3)
    page.cog_check.setChecked(True)
    page.season_edit.setText("05-01, 08-31")
    page.season_edit.editingFinished.emit()
    page.memory_spin.setValue(700)
    job = workspace.recipe.map
    assert job.outputs == {
        "class": str(tmp_path / "maps/north_class.tif"),
        "confidence": str(tmp_path / "maps/north_confidence.tif"),
    }
    assert (job.min_valid_dates, job.cloud_optimized, job.memory_mb) == (3, True, 700)
    assert job.season == ("05-01", "08-31")


def test_a_loaded_recipe_is_shown(page, workspace):
    recipe = workspace.recipe
    job = replace(recipe.map, outputs={"entropy": "/out/a_entropy.tif"}, min_valid_dates=4, extent=(0, 0, 1, 1))
    workspace.load(replace(recipe, map=job))
    page.show_recipe()
    assert page.products.chosen() == ("entropy",)
    assert (page.folder_file.filePath(), page.name_edit.text()) == ("/out", "a")
    assert (page.dates_spin.value(), page.part.mode) == (4, VIEW)
    assert page.gaps()[page.part_box] == "The part lies outside the rasters."
    assert workspace.recipe.map == job


def test_a_map_without_layers_cannot_be_made(page):
    check(page, "Class map", False)
    assert page.products_list in page.gaps()
    assert not page.map_button.isEnabled()


def test_what_the_model_does_not_fit_is_said_before_the_start(page, workspace, made, tmp_path):
    other = small_cube(tmp_path / "other", bands=("B02", "B03", "B12"))
    workspace.update(map=replace(workspace.recipe.map, cube=str(other.save_spec())))
    assert "band" in page.gaps()[page.problem_row]
    assert not page.map_button.isEnabled()


def test_a_part_is_a_view_a_layer_or_polygons(page, workspace, made):
    cube = made[0]
    canvas = workspace.iface.mapCanvas()
    canvas.setDestinationCrs(page.part.grid.crs)
    canvas.setExtent(QgsRectangle(500050, 5199800, 500250, 5199950))
    choose_part(page, VIEW)
    assert workspace.recipe.map.extent == pytest.approx(tuple(_bounds(canvas.extent())))
    assert "pixels" in page.part_words.text()
    fields = QgsVectorLayer(cube.polygons, "fields", "ogr")
    QgsProject.instance().addMapLayer(fields)
    page.layer_box.setLayer(fields)
    choose_part(page, LAYER)
    assert workspace.recipe.map.extent == pytest.approx(tuple(_bounds(fields.extent())))
    choose_part(page, POLYGONS)
    assert (workspace.recipe.map.extent, workspace.recipe.map.aoi) == ((), cube.polygons)
    page.selected_check.setChecked(True)
    assert "No polygon of 'fields' is selected" in page.gaps()[page.part_box]
    fields.select(next(fields.getFeatures()).id())
    choose_part(page, POLYGONS)
    assert QgsVectorLayer(workspace.recipe.map.aoi, "aoi", "ogr").featureCount() == 1
    choose_part(page, WHOLE)
    assert (workspace.recipe.map.extent, workspace.recipe.map.aoi) == ((), "")


def _bounds(box):
    return box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()


def test_the_maps_come_in_one_group_with_style_and_provenance(page, workspace, tmp_path):
    check(page, "Attention by date")
    run = page.run()
    assert not page.map_button.isEnabled()
    wait_until(lambda: run.is_over)
    wait_until(lambda: "Class map" in layers())
    assert run.state == DONE, run.error
    root = QgsProject.instance().layerTreeRoot()
    (group,) = [node for node in root.children() if node.name().startswith("Map: ltae")]
    assert [node.name() for node in group.children()] == ["Class map", "Attention by date"]
    class_map = layers()["Class map"]
    assert isinstance(class_map.renderer(), QgsPalettedRasterRenderer)
    assert Path(class_map.source()) == tmp_path / "chronomap/ltae_class.tif"
    history = "\n".join(class_map.metadata().history())
    assert all(word in history for word in ("ltae", "macro F1", "Cube", "Chronomap 0."))
    date = group.children()[1].children()[0].layer()
    assert date.temporalProperties().isActive()
    assert page.name_edit.placeholderText() == "ltae_2"  # the next map writes over nothing
    assert page.map_button.isEnabled()


def test_a_preview_maps_the_view_into_a_layer_that_goes_again(page, workspace):
    canvas = workspace.iface.mapCanvas()
    canvas.setDestinationCrs(page.part.grid.crs)
    canvas.setExtent(QgsRectangle(500050, 5199800, 500150, 5199900))
    run = page.preview()
    assert not page.preview_button.isEnabled()
    wait_until(lambda: "Preview: ltae" in layers())
    assert run.state == DONE
    preview = layers()["Preview: ltae"]
    assert preview.width() < 48
    folder = Path(preview.source()).parent
    page.layers.drop_preview()
    assert "Preview: ltae" not in layers()
    assert not folder.exists()


def test_a_view_beside_the_rasters_gives_no_preview(page, workspace):
    canvas = workspace.iface.mapCanvas()
    canvas.setDestinationCrs(page.part.grid.crs)
    canvas.setExtent(QgsRectangle(0, 0, 100, 100))
    assert page.preview() is None


def test_a_stopped_map_goes_on_or_starts_anew(page, workspace, tmp_path):
    job = replace(workspace.recipe.map, window_px=4)
    workspace.update(map=job)
    run = page.run()
    wait_until(lambda: run.fraction > 0.05)
    page.stop_button.click()
    wait_until(lambda: run.is_over)
    assert run.state == STOPPED
    assert not page.resume_row.isHidden()
    assert "windows are finished" in page.resume_words.text()
    again = page.run()
    wait_until(lambda: again.is_over)
    assert again.state == DONE
    assert any(line.startswith("Resuming:") for line in again.lines)
    assert page.resume_row.isHidden()
    wait_until(lambda: "Class map" in layers())
    assert isinstance(layers()["Class map"], QgsRasterLayer)
