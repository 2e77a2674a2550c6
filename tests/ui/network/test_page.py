# SPDX-License-Identifier: GPL-2.0-or-later
"""The Network page builds the job that Processing builds, and says what its settings come to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from chronomap.plugin.core.catalog import FAMILIES, load_catalog
from chronomap.plugin.core.jobs import TrainJob
from chronomap.plugin.core.recipe import Recipe
from chronomap.plugin.core.settings import (
    BASE_MODEL,
    DEVICE,
    ENSEMBLE,
    GRID_STEP,
    completed,
    with_preset,
    with_settings,
)
from chronomap.plugin.core.strategy import STRATEGY
from chronomap.plugin.processing.train import Train
from chronomap.plugin.run.check import problems
from chronomap.plugin.run.live import LiveWorker
from chronomap.plugin.run.workload import Workload
from qgis.core import QgsProcessingContext
from qgis.PyQt.QtCore import Qt
from waiting import wait_until

CATALOG = load_catalog()


@pytest.fixture
def page(workspace):
    from chronomap.ui.network.page import NetworkPage  # noqa: PLC0415 (QGIS runs by now)

    made = NetworkPage(workspace)
    made.show_recipe()
    made.resize(900, 600)
    made.show()
    yield made
    made.close()
    made.deleteLater()


def row(page, name):
    return {**page.network_form.rows, **page.strategy_form.rows}[name]


def choose(page, architecture):
    title = CATALOG[architecture].title.partition(" (")[0]
    flags = Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive
    page.architecture_list.setCurrentItem(page.architecture_list.findItems(title, flags)[0])


def choose_preset(page, name):
    index = page.preset_combo.findData(name)
    page.preset_combo.setCurrentIndex(index)
    page.preset_combo.activated.emit(index)


def processing_job(architecture, **given):
    algorithm = Train(CATALOG[architecture])
    algorithm.initAlgorithm({})
    parameters = {"samples": "/s.npz", "model": "/m.safetensors", **given}
    return algorithm.build_job(parameters, QgsProcessingContext())


def page_job(page):
    """Return the page's job with the paths of processing_job, which other pages give."""
    return replace(page.workspace.recipe.train, samples="/s.npz", model="/m.safetensors", report="")


@pytest.mark.parametrize("architecture", CATALOG)
def test_the_job_is_the_one_processing_builds(page, architecture):
    choose(page, architecture)
    for preset in reversed(CATALOG[architecture].presets):
        choose_preset(page, preset.name)
        assert page_job(page) == processing_job(architecture, preset=preset.name)


def test_edited_settings_give_the_job_processing_builds_of_them(page):
    choose(page, "tempcnn")
    row(page, "filters").field.widget.setValue(48)
    row(page, "dropout").field.widget.setValue(0.25)
    row(page, "grid_step_days").field.widget.setValue(10.0)
    optimizer = row(page, "optimizer").field.widget
    optimizer.activated.emit(optimizer.findData("sgd"))
    row(page, "nesterov").field.widget.setChecked(False)
    device = row(page, "device").field.widget
    device.activated.emit(device.findData("cpu"))
    given = {"filters": 48, "dropout": 0.25, "grid_step_days": 10.0, "optimizer": "sgd", "nesterov": "false"}
    assert page_job(page) == processing_job("tempcnn", **given, device="cpu")


def test_every_architecture_stands_in_the_list_once(page):
    items = page.architecture_list
    assert items.topLevelItemCount() == len(FAMILIES)
    listed = [
        items.topLevelItem(i).child(j) for i in range(len(FAMILIES)) for j in range(items.topLevelItem(i).childCount())
    ]
    assert len(listed) == len(CATALOG)


def test_a_classical_model_only_shows_what_it_has(page):
    choose(page, "random_forest")
    assert set(page.network_form.rows) == {setting.name for setting in CATALOG["random_forest"].hyperparameters}
    assert set(page.strategy_form.rows) == {"seed", ENSEMBLE.name}
    assert "grows with the training samples" in page.size_label.text()


def test_only_networks_on_a_grid_have_a_grid_step(page):
    choose(page, "ltae")
    assert GRID_STEP.name not in page.network_form.rows
    choose(page, "tempcnn")
    assert GRID_STEP.name in page.network_form.rows


def test_every_setting_of_the_strategy_has_a_field(page):
    extra = {setting.name for setting in (DEVICE, ENSEMBLE, BASE_MODEL)}
    assert set(page.strategy_form.rows) == {setting.name for setting in STRATEGY} | extra


def test_settings_that_do_not_matter_are_hidden(page):
    page.tabs.setCurrentIndex(1)
    assert not row(page, "momentum").field.widget.isVisible()
    optimizer = row(page, "optimizer").field.widget
    optimizer.activated.emit(optimizer.findData("sgd"))
    assert row(page, "momentum").field.widget.isVisible()
    assert not row(page, "beta1").field.widget.isVisible()


def test_a_changed_setting_can_go_back_to_the_preset(page):
    heads = row(page, "heads")
    before = heads.field.widget.value()
    assert not heads.widgets[2].isVisible()
    heads.field.widget.setValue(8)
    assert page.workspace.recipe.train.hyperparameters["heads"] == 8
    assert heads.widgets[2].isVisible()
    heads.widgets[2].click()
    assert page.workspace.recipe.train.hyperparameters["heads"] == before
    assert not heads.widgets[2].isVisible()


def test_reset_all_goes_back_to_the_preset_and_keeps_the_seed(page):
    choose(page, "gru")
    choose_preset(page, "paper")
    row(page, "width").field.widget.setValue(32)
    row(page, "seed").field.widget.setValue(5)
    page.reset_button.click()
    job = page.workspace.recipe.train
    assert job.hyperparameters["width"] == 160
    assert job.strategy["seed"] == 5


def test_coming_back_to_an_architecture_finds_its_settings(page):
    row(page, "heads").field.widget.setValue(8)
    choose(page, "gru")
    row(page, "seed").field.widget.setValue(3)
    choose(page, "ltae")
    job = page.workspace.recipe.train
    assert (job.architecture, job.hyperparameters["heads"], job.strategy["seed"]) == ("ltae", 8, 3)


def test_other_fields_of_the_job_are_left_alone(page):
    page.workspace.update(train=replace(page.workspace.recipe.train, model="/models/a.safetensors"))
    choose(page, "gru")
    assert page.workspace.recipe.train.model == "/models/a.safetensors"


def test_a_loaded_recipe_is_shown_with_its_nearest_preset(page):
    job = with_preset(TrainJob("", "", ""), CATALOG["tempcnn"], "sits")
    job = replace(job, hyperparameters={**job.hyperparameters, "filters": 32})
    page.workspace.load(Recipe(train=job))
    page.show_recipe()
    assert page.title_label.text() == CATALOG["tempcnn"].title
    assert page.preset_combo.currentData() == "sits"
    assert row(page, "filters").field.widget.value() == 32
    assert page.workspace.recipe.train == job


def test_a_model_to_continue_from_brings_its_architecture_and_settings(page, trained):
    choose(page, "tempcnn")
    assert row(page, "ensemble").field.widget.text() == "automatic"
    row(page, "ensemble").field.widget.setValue(3)
    row(page, "base_model").field.widget.setFilePath(str(trained))
    job = page.workspace.recipe.train
    assert (job.architecture, job.hyperparameters["d_model"], job.base_model) == ("ltae", 16, str(trained))
    assert page.gaps() == {}
    row(page, "heads").field.widget.setValue(8)
    assert "in the base model" in page.gaps()[page.size_label]
    choose(page, "tempcnn")
    assert page.workspace.recipe.train.base_model == ""


def test_settings_of_a_trial_reach_the_form(page):
    job = with_settings(page.workspace.recipe.train, CATALOG["tempcnn"], {"filters": 48, "learning_rate": 0.004})
    page.workspace.update(train=job)
    assert page.title_label.text() == CATALOG["tempcnn"].title
    assert row(page, "filters").field.widget.value() == 48
    assert row(page, "learning_rate").field.widget.value() == 0.004


def test_the_size_is_told_and_changes_with_the_settings(page):
    wait_until(lambda: "parameters" in page.size_label.text())
    before = page.size_label.text()
    row(page, "mlp_width").field.widget.setValue(256)
    wait_until(lambda: page.size_label.text() not in ("", before))
    assert "operations per pixel" in page.size_label.text()
    assert page.gaps() == {}
    row(page, "heads").field.widget.setValue(7)
    wait_until(lambda: bool(page.gaps()))
    assert "heads" in page.gaps()[page.size_label]
    row(page, "heads").field.widget.setValue(16)
    wait_until(lambda: not page.gaps())


def test_the_size_is_that_on_the_users_series(page):
    wait_until(lambda: "(if there are 10 bands" in page.size_label.text())
    page.workspace.tell_series(Workload(("B04", "B08"), ("2021-03-01", "2021-06-01", "2021-09-01"), 5, 0))
    wait_until(lambda: "(with 2 bands, 3 dates, 5 classes)" in page.size_label.text())


def test_without_a_worker_the_page_says_so(workspace):
    from chronomap.ui.network.page import NetworkPage  # noqa: PLC0415

    workspace.live.close()
    workspace.live = LiveWorker(lambda: "/no/such/python")
    page = NetworkPage(workspace)
    page.show_recipe()
    wait_until(lambda: "Environment" in page.size_label.text())
    page.deleteLater()


def test_what_the_page_builds_can_be_trained(page):
    for architecture in CATALOG:
        choose(page, architecture)
        sentences = problems(page.workspace.recipe.train)
        assert [text for text in sentences if "setting" in text or "choose a value" in text] == []


def test_leaving_settings_out_means_the_default_preset():
    job = TrainJob("", "gru", "", {"width": 8}, {"epochs": 3})
    whole = completed(job)
    assert (whole.hyperparameters["width"], whole.hyperparameters["layers"]) == (8, 1)
    assert (whole.strategy["epochs"], whole.strategy["learning_rate"]) == (3, 0.003)
