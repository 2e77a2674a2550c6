# SPDX-License-Identifier: GPL-2.0-or-later
"""Comparisons through the real worker: trained, resumed, tested on every polygon once, shown again."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from pathlib import Path

import pytest
from chain import TINY, Listener, tiny_training
from chronomap.plugin.core.board import load_board
from chronomap.plugin.core.card import read_card
from chronomap.plugin.core.errors import InputError
from chronomap.plugin.core.jobs import BoardJob, Candidate, CompareJob, CompareTrainJob, SplitSpec
from chronomap.plugin.raster.samples import load_samples, save_samples
from chronomap.plugin.run.dispatch import run_job
from chronomap.plugin.run.split import TEST, split
from synthetic import save_small_samples, small_samples

STRATEGY = {"epochs": 6, "batch_size": 16, "ensemble_below": 0}


@pytest.fixture(scope="module")
def job(tmp_path_factory) -> CompareTrainJob:
    folder = tmp_path_factory.mktemp("comparison")
    samples = save_small_samples(folder / "samples.npz", count=40)
    candidates = (Candidate("ltae", hyperparameters=TINY["ltae"]),)
    spec = SplitSpec(seed=1)
    return CompareTrainJob(
        str(samples), str(folder / "out"), candidates, spec, folds=2, strategy=STRATEGY, measure_pace=False, draws=300
    )


@pytest.fixture(scope="module")
def made(job):
    """The comparison, run once."""
    return run_job(job)


@pytest.fixture(scope="module")
def board(made):
    return load_board(Path(made["board"]))


def figures(board):
    """Return the board without what another run may change: times."""
    return replace(board, created="", entries=tuple(replace(entry, seconds=0.0) for entry in board.entries))


def test_a_random_forest_always_stands_beside_what_is_compared(board):
    assert sorted(entry.name for entry in board.entries) == ["L-TAE", "Random forest"]
    assert [(entry.folds, len(entry.models)) for entry in board.entries] == [(2, 2), (2, 2)]


def test_every_polygon_is_tested_once_over_the_folds(board, made, job):
    samples = load_samples(Path(job.samples))
    cards = [read_card(Path(model)) for model in made["models"] if "ltae" in model]
    tested = [set(samples.group[split(samples, card.split).part == TEST].tolist()) for card in cards]
    assert not tested[0] & tested[1]
    assert (board.samples, board.polygons) == (len(samples), len(tested[0] | tested[1]))
    for entry in board.entries:
        assert sum(map(sum, entry.confusion)) == pytest.approx(len(samples))


def test_figures_are_those_of_the_models_cards(board):
    entry = next(entry for entry in board.entries if entry.architecture == "random_forest")
    confusions = [read_card(Path(model)).metrics["confusion"] for model in entry.models]
    assert [list(row) for row in entry.confusion] == [[a + b for a, b in zip(*rows)] for rows in zip(*confusions)]


def test_a_score_lies_within_its_interval(board):
    for entry in board.entries:
        for score in entry.scores.values():
            assert score.low <= score.value <= score.high


def test_attention_is_compared_where_a_model_gives_it(board):
    rows = {entry.architecture: entry.attention for entry in board.entries}
    assert rows["random_forest"] == ()
    assert sum(rows["ltae"][0]) == pytest.approx(1.0, abs=1e-3)
    assert len(rows["ltae"]) == 1 + len(board.classes)


def test_networks_are_compared_as_they_are_by_default_as_ensembles_where_samples_are_few(job, tmp_path):
    strategy = {"epochs": 1, "ensemble_below": 500}
    few = replace(job, folder=str(tmp_path / "out"), folds=0, seeds=2, strategy=strategy, measure_gap=False)
    entries = load_board(Path(run_job(few)["board"])).entries
    (entry,) = [entry for entry in entries if entry.name == "Ensemble of 3 L-TAE"]
    assert (len(entry.models), len(entry.curves), entry.folds) == (2, 2, 1)
    members = [member for model in entry.models for member in read_card(Path(model)).members]
    assert len({member.strategy["seed"] for member in members}) == 6


def test_the_gap_to_a_random_split_is_measured_on_the_forest(board):
    assert board.gap.model == "Random forest"
    assert board.gap.method == "polygon"
    assert 0.0 <= board.gap.random.value <= 1.0


def test_the_report_holds_every_figure_and_a_line_for_a_paper(made):
    page = Path(made["report"]).read_text(encoding="utf-8")
    for title in ("Which one is better", "more than luck", "Confusion", "cost", "believed", "For a paper"):
        assert title in page
    assert page.count("<svg") >= 8
    assert "src=" not in page  # nothing beside it is needed
    assert not re.search(r'href="(?!#|https://doi)', page)


def test_the_tables_have_a_row_per_model_and_per_pair(made):
    with Path(made["table"]).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2
    assert float(rows[0]["macro_f1_low"]) <= float(rows[0]["macro_f1"])
    with Path(made["pairs"]).open(encoding="utf-8") as file:
        assert next(csv.DictReader(file))["verdict"] in ("better", "worse", "no evidence")


def test_a_second_run_keeps_what_is_there_and_comes_to_the_same_board(made, job, board):
    kept = {model: Path(model).stat().st_mtime_ns for model in made["models"][1:]}
    Path(made["models"][0]).unlink()
    listener = Listener()
    listener.run(job)
    assert "3 of 4 models are there already" in listener.texts()
    assert re.findall(r"Training (\d) of (\d): (\w+)", listener.texts()) == [("1", "1", "ltae_fold0")]
    assert {model: Path(model).stat().st_mtime_ns for model in kept} == kept
    assert figures(load_board(Path(made["board"]))) == figures(board)


def test_a_board_can_be_shown_again_with_a_pick(made, tmp_path):
    run_job(BoardJob(made["board"], ("Random forest",), table=str(tmp_path / "one.csv")))
    rows = (tmp_path / "one.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 2
    assert rows[1].startswith("Random forest,")


def test_a_pick_that_the_board_does_not_have_is_refused(made):
    with pytest.raises(InputError, match="no 'GRU'"):
        run_job(BoardJob(made["board"], ("GRU",)))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"candidates": ()}, "No architecture is chosen"),
        ({"candidates": (Candidate("lenet"),)}, "no architecture 'lenet'"),
        ({"candidates": (Candidate("ltae", "sits2"),)}, "no preset 'sits2'"),
        ({"folds": 1}, "at least 2 folds"),
        ({"seeds": 0}, "0 seeds"),
        ({"draws": 10}, "too few for an interval"),
        ({"strategy": {"epochs": 0}}, "Epochs is 0"),
    ],
)
def test_a_bad_list_of_architectures_gets_a_sentence_before_anything_starts(job, changes, words):
    with pytest.raises(InputError, match=words):
        run_job(replace(job, **changes), python="/nowhere")


def test_one_model_is_nothing_to_compare(made):
    with pytest.raises(InputError, match="at least two"):
        run_job(CompareJob((made["models"][0],)), python="/nowhere")


def test_models_of_unequal_folds_are_refused(made):
    with pytest.raises(InputError, match="no model of fold 1"):
        run_job(CompareJob(tuple(made["models"][:-1])), python="/nowhere")


def test_models_that_list_the_classes_in_another_order_are_judged_alike(tmp_path):
    samples = small_samples(count=40)
    turned = replace(samples, label=len(samples.classes) - 1 - samples.label, classes=samples.classes[::-1])
    models = []
    for name, listed in (("first", samples), ("turned", turned)):
        save_samples(listed, tmp_path / f"{name}.npz")
        models.append(str(tmp_path / f"{name}.safetensors"))
        run_job(tiny_training(tmp_path / f"{name}.npz", Path(models[-1]), "random_forest"))
    unseen, board = save_small_samples(tmp_path / "unseen.npz", seed=5), tmp_path / "board.json"
    run_job(CompareJob(tuple(models), str(unseen), board=str(board), measure_pace=False, draws=300))
    assert [entry.scores["overall_accuracy"].value > 0.9 for entry in load_board(board).entries] == [True, True]
