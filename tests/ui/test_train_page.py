# SPDX-License-Identifier: GPL-2.0-or-later
"""The page of the training, from the checks to the model on the shelf."""

from __future__ import annotations

from dataclasses import replace

import pytest
from chronomap.plugin.core.jobs import CubeJob, ExtractJob, TrainJob
from chronomap.plugin.core.recipe import Recipe
from chronomap.plugin.host.preflight import DOUBTFUL, NOTED
from chronomap.plugin.host.queue import DONE, RUNNING, STOPPED
from chronomap.ui.chart_paint import ticks
from chronomap.ui.training.curves import Curves
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QPushButton
from synthetic import small_cube
from waiting import wait_until


@pytest.fixture
def recipe(tmp_path):
    scene = small_cube(tmp_path / "scene")
    settings, strategy = {"heads": 2, "d_model": 16, "d_k": 4}, {"epochs": 6, "batch_size": 16}
    return Recipe(
        cube=CubeJob("", rasters=scene.rasters, masks=scene.masks),
        extract=ExtractJob("", scene.polygons, "crop", ""),
        train=TrainJob("", "ltae", str(tmp_path / "out/try.safetensors"), settings, strategy, ensemble=1),
    )


@pytest.fixture
def page(window, workspace, recipe):
    workspace.load(recipe)
    window.go_to("train")
    return window.page("train")


def ready(page):
    page.check()
    return page.train_button.isEnabled()


def click(button):
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_train_cannot_be_clicked_before_anything_is_chosen(window, workspace):
    window.go_to("train")
    page = window.page("train")
    assert not ready(page)
    assert page.checklist.findChild(QPushButton) is not None


def test_a_line_leads_to_the_page_where_it_is_put_right(window, workspace, page):
    wanted = []
    workspace.page_wanted.disconnect()
    workspace.page_wanted.connect(wanted.append)
    workspace.update(train=replace(workspace.recipe.train, strategy={"epochs": 0}))
    page.check()
    (line,) = [line for line in page.checklist._lines if "Epochs" in line.sentence]
    line.fix()
    assert wanted == ["network"]


def test_a_click_trains_and_the_model_comes_onto_the_shelf(page, workspace, tmp_path):
    wait_until(lambda: ready(page), 20.0)
    click(page.train_button)
    (run,) = workspace.queue.runs
    assert run.title == "try (L-TAE)"
    wait_until(lambda: run.is_over)
    assert (run.state, run.error) == (DONE, "")
    panel = page.run_panel
    assert [epoch["epoch"] for epoch in panel.curves._epochs] == [1, 2, 3, 4, 5, 6]
    assert panel.tabs.isTabEnabled(1)
    assert "Epoch 6/6" in panel.log_view.toPlainText()
    assert (tmp_path / "out/try.html").is_file()
    assert [model.name for model in workspace.shelf.models()] == ["try"]
    assert workspace.recipe.map.model == str(tmp_path / "out/try.safetensors")
    assert workspace.recipe.map.cube == str(next((tmp_path / "out").glob("cube_*.json")))
    assert page.name_edit.text() == "try_2"
    assert "done" in page.run_list.item(0).text()


def test_stop_and_discard_leaves_no_model_but_the_same_training_can_go_on(page, workspace):
    long = {"epochs": 5000, "batch_size": 16, "patience": 0}
    workspace.update(train=replace(workspace.recipe.train, strategy=long))
    wait_until(lambda: ready(page), 20.0)
    click(page.train_button)
    (run,) = workspace.queue.runs
    wait_until(lambda: len(run.epochs) > 1)
    assert run.state == RUNNING
    assert page.run_panel.keep_button.isVisible()
    click(page.run_panel.discard_button)
    wait_until(lambda: run.is_over)
    assert run.state == STOPPED
    assert workspace.shelf.models() == []
    assert not page.run_panel.map_button.isVisible()
    click(page.run_panel.forget_button)
    assert workspace.queue.runs == []
    assert page.run_list.count() == 0
    assert page.name_edit.text() == "try"  # free again
    page.check()
    (line,) = [line for line in page.checklist._lines if "goes on from there" in line.sentence]
    line.fix()
    page.check()
    assert workspace.recipe.train.fresh
    assert not [line for line in page.checklist._lines if "goes on from there" in line.sentence]


def test_a_name_that_is_taken_is_told_with_a_free_one(page, workspace, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/try.safetensors").touch()
    page.check()
    (line,) = [line for line in page.checklist._lines if "will be replaced" in line.sentence]
    assert line.severity == DOUBTFUL
    line.fix()
    assert page.name_edit.text() == "try_2"


def test_with_few_samples_several_members_are_a_click_away(page, workspace):
    page.check()  # asks for the forecast, which counts the samples
    wait_until(lambda: page.forecast.advice, 30.0)
    page.check()
    (line,) = [line for line in page.checklist._lines if "members" in line.sentence]
    assert line.severity == NOTED
    line.fix()
    assert workspace.recipe.train.ensemble == 3
    page.check()
    wait_until(lambda: "About" in page.forecast.words, 30.0)
    assert page.forecast.advice == ""


def test_a_network_that_will_be_trained_three_times_can_be_trained_once(page, workspace):
    train = workspace.recipe.train
    workspace.update(train=replace(train, ensemble=0, strategy={**train.strategy, "ensemble_below": 10_000}))
    page.check()
    wait_until(lambda: page.forecast.advice, 30.0)
    page.check()
    (line,) = [line for line in page.checklist._lines if "3 networks are trained" in line.sentence]
    line.fix()
    assert workspace.recipe.train.ensemble == 1


def test_without_a_name_of_the_user_the_architecture_gives_it(page, workspace):
    workspace.update(train=TrainJob("", "tempcnn", ""))
    assert page.name_edit.text() == "tempcnn"
    workspace.update(train=TrainJob("", "ltae", ""))
    assert page.name_edit.text() == "ltae"


def test_a_typed_name_and_folder_become_the_model_s_path(page, workspace, tmp_path):
    page.name_edit.setText("my wheat")
    page.name_edit.editingFinished.emit()
    page.folder_widget.setFilePath(str(tmp_path / "there"))
    assert workspace.recipe.train.model == str(tmp_path / "there" / "my wheat.safetensors")


def test_curves_draw_any_number_of_epochs(qgis_app):
    widget = Curves()
    widget.resize(600, 240)
    blank = widget.grab().toImage()
    epochs = [
        {"epoch": n, "train_loss": 1 / n, "validation_loss": None, "validation_macro_f1": 0.5, "is_best": n == 1}
        for n in (1, 2, 3)
    ]
    for count in (1, 3):
        widget.show_epochs(epochs[:count])
        assert widget.grab().toImage() != blank
    assert widget._best == 1


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (1, 2000), (0.0, 3e-7), (5.0, 5.0)])
def test_ticks_are_few_round_and_inside(low, high):
    found = ticks(low, high)
    assert 1 <= len(found) <= 8
    assert all(low - 1e-12 <= value <= high * (1 + 1e-9) for value in found)
