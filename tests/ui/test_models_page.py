# SPDX-License-Identifier: GPL-2.0-or-later
"""The page of models: what it lists, tells and does."""

from __future__ import annotations

import shutil

import pytest
from chronomap.plugin.core.card import read_card
from chronomap.plugin.core.errors import InputError
from chronomap.plugin.core.jobs import EnsembleJob
from chronomap.plugin.run.dispatch import run_job
from qgis.core import QgsProject


@pytest.fixture
def shelved(window, workspace, trained, tmp_path):
    """A window on the models page with one model whose files may be changed."""
    for path in (trained, trained.with_suffix(".html")):
        shutil.copy(path, tmp_path / path.name)
    (tmp_path / "ltae.safetensors.job").mkdir()
    workspace.shelf.add(tmp_path / "ltae.safetensors")
    window.go_to("models")
    return window.page("models")


def test_a_model_is_told_with_bands_dates_classes_and_settings(shelved):
    text = shelved.card_view.toPlainText()
    for word in (
        "L-TAE",
        "B04, B08, B11",
        "8, 2021-03-02 to 2021-05-14",
        "Wheat",
        "Macro F1",
        "Model width",
        "Optimiser",
    ):
        assert word in text
    assert shelved.model_list.currentItem().text().startswith("ltae\n")
    assert shelved.tabs.isTabEnabled(2)


def test_the_accuracy_of_a_model_is_told_by_class(shelved):
    table = shelved.scores._classes
    assert [table.item(row, 0).text() for row in range(table.rowCount())] == ["Wheat", "Maize", "Grass"]
    matrix = shelved.scores._confusion
    counts = [[matrix.item(row, column).text() for column in range(3)] for row in range(3)]
    assert sum(int(text) for row in counts for text in row if text != "·") == sum(
        int(table.item(row, 1).text()) for row in range(3)
    )


def test_an_ensemble_shows_the_curves_of_its_first_member(shelved, workspace, tmp_path):
    first, second, both = (tmp_path / f"{name}.safetensors" for name in ("ltae", "second", "both"))
    shutil.copy(first, second)
    run_job(EnsembleJob((str(first), str(second)), str(both)))
    workspace.shelf.add(both)
    shelved.choose(both)
    assert "Ensemble of 2 L-TAE" in shelved.model_list.currentItem().text()
    assert "Ensemble of 2 L-TAE" in shelved.card_view.toPlainText()
    assert shelved.tabs.isTabEnabled(2)
    assert shelved.curves._epochs == read_card(first).history


def test_another_name_renames_the_file_and_what_belongs_to_it(shelved, workspace, tmp_path):
    shelved.name_edit.setText("wheat and maize")
    shelved.name_edit.setModified(True)
    shelved.name_edit.editingFinished.emit()
    assert {path.name for path in tmp_path.iterdir()} >= {
        "wheat and maize.safetensors",
        "wheat and maize.html",
        "wheat and maize.safetensors.job",
    }
    assert shelved.card_view.toPlainText().startswith("wheat and maize")


@pytest.mark.parametrize("name", ["", "a/b", "other"])
def test_a_name_that_cannot_be_is_refused(shelved, workspace, tmp_path, name):
    (tmp_path / "other.safetensors").touch()
    with pytest.raises(InputError):
        workspace.shelf.rename(tmp_path / "ltae.safetensors", name)
    assert (tmp_path / "ltae.safetensors").exists()


def test_delete_asks_and_names_what_goes(shelved, window, workspace, tmp_path):
    shelved.delete_button.click()
    item = window._message_bar.currentItem()
    assert "ltae.safetensors, ltae.html, ltae.safetensors.job" in item.text()
    assert (tmp_path / "ltae.safetensors").exists()
    from qgis.PyQt.QtWidgets import QPushButton  # noqa: PLC0415

    item.findChild(QPushButton).click()
    assert list(tmp_path.glob("ltae*")) == []
    assert workspace.shelf.models() == []
    assert "No model yet" in shelved.card_view.toPlainText()


def test_use_for_a_map_goes_to_the_map_with_the_model(shelved, workspace, tmp_path):
    wanted = []
    workspace.page_wanted.disconnect()
    workspace.page_wanted.connect(wanted.append)
    shelved.map_button.click()
    assert wanted == ["map"]
    assert workspace.recipe.map.model == str(tmp_path / "ltae.safetensors")


def test_a_file_that_is_no_model_is_told(shelved, window, tmp_path):
    (tmp_path / "none.safetensors").write_text("no model")
    shelved.import_models([tmp_path / "none.safetensors"])
    assert "is no model file" in window._message_bar.currentItem().text()
    assert shelved.model_list.count() == 1


def test_a_model_that_is_gone_stays_on_the_list_with_the_reason(shelved, workspace, tmp_path):
    (tmp_path / "ltae.safetensors").unlink()
    workspace.shelf.changed.emit()
    assert "not there any more" in shelved.card_view.toPlainText()
    shelved.forget_button.click()
    assert shelved.model_list.count() == 0


def test_a_project_that_moves_finds_its_models(shelved, workspace, tmp_path):
    project = QgsProject.instance()
    project.write(str(tmp_path / "first" / "project.qgs"))
    assert not (tmp_path / "first").exists()  # QGIS makes no folders
    (tmp_path / "here").mkdir()
    shutil.move(str(tmp_path / "ltae.safetensors"), tmp_path / "here/ltae.safetensors")
    project.write(str(tmp_path / "here/project.qgs"))
    project.clear()
    project.read(str(tmp_path / "here/project.qgs"))
    workspace.shelf.add(tmp_path / "here/ltae.safetensors")
    project.write()
    project.clear()
    (tmp_path / "here").rename(tmp_path / "there")
    project.read(str(tmp_path / "there/project.qgs"))
    assert tmp_path / "there/ltae.safetensors" in [model.path for model in workspace.shelf.models()]
