# SPDX-License-Identifier: GPL-2.0-or-later
"""The inspector's dock over the real worker."""

from __future__ import annotations

import pytest
from chain import tiny_training
from chronomap.plugin.core.cube_spec import load_cube_spec
from chronomap.plugin.core.jobs import CubeJob, ExtractJob
from chronomap.plugin.core.recipe import Recipe
from chronomap.plugin.run.dispatch import run_job
from qgis.core import QgsCoordinateReferenceSystem, QgsGeometry, QgsPointXY
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor, QImage, QPalette
from qgis.PyQt.QtWidgets import QApplication
from synthetic import CORNER, PIXEL_M, SCALE, small_cube
from waiting import wait_until

UTM = QgsCoordinateReferenceSystem("EPSG:32633")


@pytest.fixture(scope="module")
def trained_here(qgis_app, tmp_path_factory):
    """Cube description and two models trained on it."""
    folder = tmp_path_factory.mktemp("inspector")
    cube = small_cube(folder / "cube", size=(64, 64), cloud=0.3)
    spec, samples = cube.save_spec(), folder / "samples.npz"
    run_job(ExtractJob(str(spec), cube.polygons, "crop", str(samples), max_per_polygon=10))
    models = [folder / "ltae.safetensors", folder / "forest.safetensors"]
    for model, architecture in zip(models, ("ltae", "random_forest")):
        run_job(tiny_training(samples, model, architecture))
    return spec, models


@pytest.fixture
def dock(workspace):
    from chronomap.ui.inspector.dock import InspectorDock  # noqa: PLC0415 (QGIS runs by now)

    made = InspectorDock(workspace)
    made.resize(460, 900)
    made.show()
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def panel(dock, trained_here):
    spec, models = trained_here
    dock.panel.cubes.open(spec, dock.panel._workspace.recipe)
    dock.panel.add_models(models)
    return dock.panel


def click(panel, column, row):
    place = QgsPointXY(CORNER[0] + (column + 0.5) * PIXEL_M, CORNER[1] - (row + 0.5) * PIXEL_M)
    panel.pick(QgsGeometry.fromPointXY(place), UTM)
    wait_until(lambda: not panel.is_waiting, 30)


def test_an_empty_dock_says_what_to_do_first(dock):
    assert "Open a cube" in dock.panel.figure.text()
    assert not dock.panel.copy_button.isEnabled()


def test_rasters_of_the_window_are_read_without_a_cube_description(dock, workspace, trained_here):
    spec, models = trained_here
    rasters = tuple(band.dataset for item in load_cube_spec(spec).acquisitions for band in item.bands[:1])
    workspace.load(Recipe(cube=CubeJob("", rasters=rasters, scale=SCALE)))
    dock.panel.add_models(models[:1])
    click(dock.panel, 20, 20)
    assert dock.panel.cubes.source == workspace.recipe.cube
    assert dock.panel.figure.found.answers[0].problem == ""


def test_a_click_shows_every_ticked_model_and_the_nearest_samples(panel):
    click(panel, 20, 20)
    assert {answer.path.stem for answer in panel.figure.found.answers} == {"ltae", "forest"}
    assert panel.nearest_table.rowCount() > 0
    panel.copy_button.click()
    assert "ltae attention" in QApplication.clipboard().text()


def test_a_model_without_tick_is_not_asked(panel):
    click(panel, 20, 20)
    row = next(row for row in range(2) if panel.model_list.item(row).text() == "forest")
    panel.model_list.item(row).setCheckState(Qt.CheckState.Unchecked)
    wait_until(lambda: not panel.is_waiting, 30)
    assert [answer.path.stem for answer in panel.figure.found.answers] == ["ltae"]


def test_a_click_outside_is_told_and_the_last_place_stays(panel):
    click(panel, 20, 20)
    click(panel, -30, 0)
    assert "outside the rasters" in panel.message.text()
    assert panel.figure.found.place.title == "Pixel 20, 20"


def test_the_worker_stays_between_clicks_and_leaves_with_the_dock(dock, panel):
    click(panel, 10, 10)
    first = panel.worker_pid
    click(panel, 11, 10)
    assert panel.worker_pid == first != 0
    live = panel._live
    dock.close()
    wait_until(lambda: live.pid == 0, 10)
    assert panel.worker_pid == 0


def test_the_tool_draws_polygons_and_gives_the_map_its_tool_back(panel):
    canvas = panel._workspace.iface.mapCanvas()
    before = canvas.mapTool()
    panel.pixel_button.setChecked(True)
    tool = canvas.mapTool()
    panel.polygon_button.setChecked(True)
    assert canvas.mapTool() is tool
    assert tool.draws_polygon
    assert not panel.pixel_button.isChecked()
    panel.leave()
    assert canvas.mapTool() is before
    assert not panel.polygon_button.isChecked()


def test_another_tool_releases_the_button(panel):
    from qgis.gui import QgsMapToolPan  # noqa: PLC0415

    canvas = panel._workspace.iface.mapCanvas()
    panel.pixel_button.setChecked(True)
    pan = QgsMapToolPan(canvas)
    canvas.setMapTool(pan)
    assert not panel.pixel_button.isChecked()
    assert canvas.mapTool() is pan
    canvas.unsetMapTool(pan)


def test_the_figure_is_saved_on_white_also_from_a_dark_window(panel, tmp_path):
    dark = QPalette()
    dark.setColor(QPalette.ColorRole.Base, QColor("#1e1e1e"))
    panel.figure.setPalette(dark)
    click(panel, 20, 20)
    for name in ("figure.png", "figure.svg"):
        panel.figure.save(tmp_path / name)
    assert QImage(str(tmp_path / "figure.png")).pixelColor(0, 0) == QColor("#ffffff")
    assert "Pixel 20, 20" in (tmp_path / "figure.svg").read_text()
