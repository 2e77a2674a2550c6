# SPDX-License-Identifier: GPL-2.0-or-later
"""The page of comparisons: what it sets up, shows, picks and exports."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from chain import TINY
from chronomap.plugin.core.jobs import Candidate, CompareJob, CompareTrainJob, SplitSpec
from chronomap.plugin.run.dispatch import run_job
from qgis.core import QgsProject
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QApplication
from synthetic import save_small_samples
from waiting import wait_until


@pytest.fixture(scope="module")
def board(qgis_app, tmp_path_factory) -> Path:
    """A comparison of a tiny L-TAE and a forest, with its charts."""
    folder = tmp_path_factory.mktemp("compared")
    samples = save_small_samples(folder / "samples.npz", count=30)
    candidates = (Candidate("ltae", hyperparameters=TINY["ltae"]), Candidate("random_forest", "", {"trees": 5}))
    strategy = {"epochs": 3, "ensemble_below": 0}
    job = CompareTrainJob(
        str(samples), str(folder), candidates, strategy=strategy, measure_gap=False, measure_pace=False
    )
    return Path(run_job(job)["board"])


@pytest.fixture
def page(window):
    window.go_to("compare")
    return window.page("compare")


def names_of(page):
    table = page.board_view.table
    return [table.item(row, 0).text() for row in range(table.rowCount())]


def test_a_board_is_shown_with_verdict_table_and_figures(page, board):
    page.board_view.open(board)
    assert sorted(names_of(page)) == ["L-TAE", "Random forest"]
    assert "highest macro F1" in page.board_view.verdict_label.text()
    combo = page.board_view.figure_combo
    titles = [combo.itemText(index) for index in range(combo.count())]
    assert {"Accuracy", "Pairs", "F1 by class", "Reliability", "Attention by date"} <= set(titles)
    combo.setCurrentIndex(titles.index("Pairs"))
    assert page.board_view.figure_view.height() > 50
    assert page.board_view.figure_view.accessibleName() == "Pairs"


def test_the_table_sorts_by_number(page, board):
    page.board_view.open(board)
    best = page.board_view.board.entries[0].name
    table = page.board_view.table
    table.sortItems(1, Qt.SortOrder.AscendingOrder)
    assert names_of(page)[-1] == best
    table.sortItems(1, Qt.SortOrder.DescendingOrder)
    assert names_of(page)[0] == best


def test_what_is_ticked_is_drawn_alone(page, board):
    page.board_view.open(board)
    table = page.board_view.table
    row = names_of(page).index("L-TAE")
    table.item(row, 0).setCheckState(Qt.CheckState.Unchecked)
    page.board_view.show_ticked()
    wait_until(lambda: len(page.board_view.board.entries) == 1)
    assert page.board_view.board.entries[0].name == "Random forest"
    assert page.board_view.figure_combo.findText("Pairs") == -1


def test_method_and_result_are_copied_for_a_paper(page, board):
    page.board_view.open(board)
    page.board_view.copy()
    text = QApplication.clipboard().text()
    assert "Holm" in text
    assert "Macro F1: " in text


def test_tables_are_exported(page, board, tmp_path):
    page.board_view.open(board)
    run = page.board_view.export(table=str(tmp_path / "m.csv"), pairs=str(tmp_path / "p.csv"))
    wait_until(lambda: run.is_over)
    assert (tmp_path / "m.csv").read_text(encoding="utf-8").startswith("name,architecture,macro_f1")
    assert len((tmp_path / "p.csv").read_text(encoding="utf-8").splitlines()) == 2


def test_the_project_remembers_its_comparison(page, board, workspace):
    page.board_view.open(board)
    stored, _ = QgsProject.instance().readEntry("chronomap", "comparison", "")
    assert Path(QgsProject.instance().readPath(stored)) == board


def test_ticked_models_become_a_comparison(page, board, workspace, tmp_path):
    for name in ("ltae", "random_forest"):
        workspace.shelf.add(board.parent / "models" / f"{name}.safetensors")
    page.tabs.setCurrentWidget(page.models_tab)
    for row in range(page.model_list.count()):
        page.model_list.item(row).setCheckState(Qt.CheckState.Checked)
    page.folder_widget.setFilePath(str(tmp_path))
    job = page.job()
    assert isinstance(job, CompareJob)
    assert {Path(model).stem for model in job.models} == {"ltae", "random_forest"}
    assert job.board == str(tmp_path / "board.json")


def test_ticked_architectures_are_trained_on_the_samples_and_split_of_the_recipe(page, workspace, tmp_path):
    split = SplitSpec("block", block_size=250.0, seed=3)
    workspace.update(train=replace(workspace.recipe.train, split=split))
    page.tabs.setCurrentWidget(page.train_tab)
    page.folder_widget.setFilePath(str(tmp_path))
    page.folds_box.setValue(4)
    page.epochs_box.setValue(7)
    job = page.job()
    assert isinstance(job, CompareTrainJob)
    assert [candidate.architecture for candidate in job.candidates] == ["ltae", "tempcnn"]
    assert (job.split, job.folds, job.strategy) == (split, 4, {"epochs": 7})


def test_a_comparison_that_cannot_start_is_told_and_not_queued(page, workspace, tmp_path):
    page.tabs.setCurrentWidget(page.models_tab)
    page.folder_widget.setFilePath(str(tmp_path))
    assert page.compare() is None
    assert workspace.queue.runs == []
