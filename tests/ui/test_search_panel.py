# SPDX-License-Identifier: GPL-2.0-or-later
"""Search and learning rate on the page Train, through the real worker."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from chronomap.plugin.core.interpreter import Probe
from chronomap.plugin.core.jobs import CubeJob, ExtractJob, SearchJob, TrainJob
from chronomap.plugin.core.recipe import Recipe
from chronomap.plugin.core.records import write_json
from chronomap.plugin.core.search import PRUNED, SearchPlaces, TrialRecord, append_record
from chronomap.plugin.host.environment import worker_environment
from chronomap.plugin.host.queue import DONE, Run
from chronomap.plugin.host.steps import rate_jobs
from chronomap.ui.network.fields import NumberBox
from chronomap.ui.search.panel import SearchPanel
from chronomap.ui.search.rate_view import RateView
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from synthetic import small_cube
from waiting import wait_until


@pytest.fixture
def recipe(tmp_path):
    scene = small_cube(tmp_path / "scene")
    return Recipe(
        cube=CubeJob("", rasters=scene.rasters, masks=scene.masks),
        extract=ExtractJob("", scene.polygons, "crop", ""),
        train=TrainJob("", "tempcnn", str(tmp_path / "out/try.safetensors"), {"filters": 8, "dense_width": 16}),
        search=SearchJob("", "", ("mlp",), strategy={"epochs": 1}, trials=2),
    )


@pytest.fixture
def page(window, workspace, recipe):
    workspace.load(recipe)
    window.go_to("train")
    return window.page("train")


@pytest.fixture
def panel(page):
    page.tabs.setCurrentWidget(page.search_tab)
    return page.search_panel


def test_a_learning_rate_is_looked_for_on_the_samples_of_the_recipe(page, workspace):
    wait_until(page.rate_button.isEnabled, 20.0)
    page.rate_button.click()
    (run,) = workspace.queue.runs
    assert [job.kind for job in run.jobs] == ["cube", "extract", "find_learning_rate"]
    assert run.jobs[-1].samples == run.jobs[-2].output
    assert Path(run.jobs[-1].chart).name == "try_learning_rate.svg"
    assert page.run_panel.learning_stack.currentWidget() is page.run_panel.rate_view
    run.stop()


def test_the_rate_that_was_found_can_be_taken(qgis_app, workspace, recipe):
    workspace.load(recipe)
    run, view = Run(rate_jobs(recipe), "Learning rate"), RateView(workspace)
    view.show_run(run)
    assert view.use_button.isHidden()
    run.outputs = [{"learning_rate": 0.004642}]
    view.show_run(run)
    view.use_button.click()
    assert workspace.recipe.train.strategy["learning_rate"] == 0.0046
    assert (view.use_button.text(), view.use_button.isEnabled()) == ("0.0046 is in use", False)


def test_a_search_fills_its_board_and_gives_settings_and_models(workspace, recipe):
    shown = []
    workspace.model_wanted.connect(lambda path: shown.append(path.stem))
    workspace.load(recipe)
    panel = SearchPanel(workspace)
    panel.show_recipe()
    panel.search_button.click()
    (run,) = workspace.queue.runs
    wait_until(lambda: run.is_over)
    assert (run.state, run.error) == (DONE, "")
    assert panel.board.table.rowCount() == 2
    assert "2 models are trained" in panel.state_label.text()
    assert "Test macro F1" in panel.board.head_label.text()
    panel.trials_box.setValue(3)
    assert panel.search_button.isEnabled()
    assert "Go on" in panel.search_button.text().replace("&", "")
    panel.board.table.selectRow(1)
    record = panel.board.chosen
    panel.board.use_button.click()
    train = workspace.recipe.train
    assert (train.architecture, train.strategy["epochs"]) == ("mlp", 1)
    assert train.hyperparameters["width"] == record.settings["width"]
    panel.board.open_button.click()
    assert shown == [f"search_trial{record.trial}"]
    assert {model.name for model in workspace.shelf.models()} == {"best", f"search_trial{record.trial}"}


def test_a_folder_brings_its_search_and_another_search_takes_its_own(panel, workspace, tmp_path):
    folder = tmp_path / "out/search"
    folder.mkdir(parents=True)
    job = replace(panel.job, architectures=("gru",), settings=("momentum",))
    write_json(SearchPlaces(folder).job, {"job": job, "fingerprint": ""})
    append_record(SearchPlaces(folder).records, TrialRecord(1, "gru", PRUNED, {"momentum": 0.7}, 0.5))
    panel.folder_widget.setFilePath("")
    panel.folder_widget.setFilePath(str(folder))
    assert workspace.recipe.search.architectures == ("gru",)
    assert panel.range_table.settings() == ("momentum",)
    assert panel.board.table.item(0, 5).text() == "ended early"
    assert panel.problems() == {}
    panel.vary_check.toggle()
    assert "holds another search" in panel.problems()[panel.folder_widget]
    panel.folder_button.click()
    assert panel.folder_widget.filePath() == f"{folder}_2"
    assert panel.problems() == {}


def test_what_is_set_becomes_the_search_of_the_recipe(panel, workspace):
    workspace.update(search=replace(workspace.recipe.search, ranges={"mlp.width": [8, 64]}))  # of the toolbox
    table = panel.range_table
    row = next(r for r in range(table.rowCount()) if table.item(r, 0).text() == "Momentum")
    table.item(row, 0).setCheckState(Qt.CheckState.Checked)
    table.editItem(table.item(row, 1))
    editor = table.findChild(NumberBox)
    editor.setValue(0.7)
    QTest.keyClick(editor, Qt.Key.Key_Return)
    wait_until(lambda: len(workspace.recipe.search.ranges) > 1, 5.0)
    panel.epochs_box.setValue(9)
    panel.vary_check.setChecked(False)
    search = workspace.recipe.search
    assert set(search.settings) == {*SearchJob.settings, "momentum"}
    assert search.ranges == {"mlp.width": [8, 64], "momentum": [0.7, 0.99]}
    assert (search.strategy, search.vary_architecture) == ({"epochs": 9}, False)


def test_without_optuna_the_way_to_it_is_shown(panel, monkeypatch):
    environment = worker_environment()
    monkeypatch.setattr(environment, "answer", Probe("/python", {}, absent=("optuna",)))
    environment.changed.emit()
    assert "needs Optuna" in panel.state_label.text()
    assert panel.environment_button.isVisible()
    assert not panel.search_button.isEnabled()


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"architectures": ()}, "architecture_list", "Tick at least one network"),
        ({"ranges": {"learning_rate": [0.1, 0.01]}}, "range_table", "a lower and a higher value"),
        ({"settings": (), "vary_architecture": False}, "range_table", "Nothing is varied"),
    ],
)
def test_a_search_that_cannot_run_says_so_beside_the_field(panel, workspace, changes, field, words):
    workspace.update(search=replace(workspace.recipe.search, **changes))
    assert words in panel.problems()[getattr(panel, field)]
    assert not panel.search_button.isEnabled()
