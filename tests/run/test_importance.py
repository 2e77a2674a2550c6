# SPDX-License-Identifier: GPL-2.0-or-later
"""Importance of dates by every method, its test, one series, and the early season, through the real worker."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from chain import tiny_training
from chronomap.plugin.core.card import read_card
from chronomap.plugin.core.errors import InputError
from chronomap.plugin.core.jobs import AttentionJob, EarlySeasonJob, ExplainSeriesJob, ImportanceTestJob
from chronomap.plugin.run.deletion import Judged
from chronomap.plugin.run.dispatch import run_job
from chronomap.plugin.run.early_season import class_scores
from chronomap.plugin.run.explanation import Asked
from chronomap.plugin.run.importance_test import class_means, rank_correlation
from synthetic import small_samples


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def second(chain, tmp_path_factory) -> Path:
    """A tiny L-TAE of another seed on the same split."""
    path = tmp_path_factory.mktemp("second") / "ltae_1.safetensors"
    job = tiny_training(chain.samples, path)
    run_job(type(job)(**{**vars(job), "strategy": {**job.strategy, "seed": 1}}))
    return path


def test_occlusion_is_written_as_shares_that_sum_to_one(chain, tmp_path):
    table = tmp_path / "occlusion.csv"
    job = AttentionJob(str(chain.model), str(chain.samples), str(table), method="occlusion")
    assert run_job(job)["method"] == "occlusion"
    sums: dict[str, float] = defaultdict(float)
    for row in rows_of(table):
        assert row["head"] == "occlusion"
        sums[row["class"]] += float(row["mean"])
    assert all(total == pytest.approx(1, abs=1e-3) for total in sums.values())


def test_dates_that_made_the_classes_matter_and_two_seeds_are_compared(chain, second, tmp_path, listener):
    report, agreement = tmp_path / "test.html", tmp_path / "agreement.csv"
    models = (str(chain.model), str(second))
    job = ImportanceTestJob(
        models, str(chain.samples), agreement=str(agreement), report=str(report), draws=3, method="occlusion"
    )
    outputs = listener.run(job)
    assert outputs["is_proven"]
    assert "These dates matter" in listener.texts()
    assert -1 <= outputs["mean_agreement"] <= 1
    assert {row["class"] for row in rows_of(agreement)} == {"Grass", "Maize", "Wheat"}
    assert report.read_text(encoding="utf-8").count("<svg") == 2


def test_models_of_another_split_are_not_compared(chain, tmp_path):
    other = tmp_path / "other.safetensors"
    job = tiny_training(chain.samples, other, "random_forest")
    run_job(type(job)(**{**vars(job), "split": type(job.split)(seed=9)}))
    with pytest.raises(InputError, match="another split"):
        run_job(ImportanceTestJob((str(chain.model), str(other)), str(chain.samples)))


def test_one_pixel_is_explained_by_all_that_its_network_can_tell(chain, tmp_path):
    table, report = tmp_path / "series.csv", tmp_path / "series.html"
    x, y, figures = 500000.0 + 45, 5200000.0 - 35, tmp_path / "figures"
    outputs = {"table": str(table), "report": str(report), "figures": str(figures)}
    run_job(ExplainSeriesJob(str(chain.model), str(chain.spec), x, y, **outputs))
    assert {path.name for path in figures.iterdir()} == {
        f"{name}.{kind}" for name in ("series", "steps") for kind in ("svg", "png")
    } | {"series.csv"}
    rows = rows_of(table)
    seen = np.array([row["valid"] == "1" for row in rows])
    assert seen.tolist() == chain.cube.valid[:, 3, 4].tolist()
    names = ("attention", "occlusion", "integrated")
    measures = [key for key in rows[0] if key.startswith(names) and "effect" not in key]
    assert len(measures) == 3
    for measure in measures:
        shares = np.array([float(row[measure]) for row in rows])
        assert (shares[~seen] == 0).all()
        assert shares.sum() == pytest.approx(1, abs=1e-3)
    assert report.read_text(encoding="utf-8").count("<svg") == 2  # the series, and the steps of attention


def test_a_point_outside_the_cube_is_refused_in_words(chain):
    with pytest.raises(InputError, match="outside the cube"):
        run_job(ExplainSeriesJob(str(chain.model), str(chain.spec), 0.0, 0.0))


def test_early_season_ends_with_the_accuracy_of_the_whole_season(chain, tmp_path, listener):
    table, report = tmp_path / "early.csv", tmp_path / "early.html"
    outputs = listener.run(EarlySeasonJob(str(chain.model), str(chain.samples), str(table), report=str(report)))
    rows = [row for row in rows_of(table) if row["class"].startswith("all")]
    macro = [float(row["f1"]) for row in rows]
    assert len(macro) == len(chain.cube.dates)
    assert macro[0] < macro[-1] - 0.1
    assert macro[-1] == pytest.approx(read_card(chain.model).metrics["macro_f1"], abs=1e-5)
    known = [row["date"] for row in rows].index(outputs["known_since"][rows[0]["class"]])
    assert known > 0
    assert macro[known - 1] < 0.9 * macro[-1] <= min(macro[known:])
    assert "whole seasons only" not in listener.texts("warning")  # an L-TAE hides dates in training by default
    assert "<svg" in report.read_text(encoding="utf-8")


def test_a_model_that_saw_whole_seasons_only_is_warned_of(chain, tmp_path, listener):
    model = tmp_path / "whole.safetensors"
    job = tiny_training(chain.samples, model)
    run_job(replace(job, strategy={**job.strategy, "date_dropping": 0.0}))
    listener.run(EarlySeasonJob(str(model), str(chain.samples), str(tmp_path / "early.csv")))
    assert "whole seasons only" in listener.texts("warning")


def test_series_without_an_answer_yet_lower_recall_but_no_precision():
    grown = np.array([[[0.9, 0.1], [np.nan, np.nan]], [[0.9, 0.1], [0.2, 0.8]]])
    f1, precision, recall = class_scores(grown, np.array([0, 0]), 2)
    assert (precision[0, 0], recall[0, 0]) == (1.0, 0.5)
    assert f1[0, 0] == pytest.approx(2 / 3)
    assert np.isnan(f1[:, 1]).all()  # no reference sample


def test_importance_by_class_is_that_of_right_answers_where_a_date_was_seen(chain):
    samples = small_samples(count=2, classes=2, dates=3)  # the first two are of class 0
    seen = np.array([[True, True, False], [True, False, False], [True] * 3, [True] * 3])
    weights = np.array([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0], [0.2, 0.3, 0.5], [0.8, 0.2, 0.0]])
    card = replace(read_card(chain.model), classes=samples.classes)
    judged = Judged(Asked("", card, samples), samples, np.array([0, 0, 1, 0]), weights)
    means = class_means(judged, replace(samples, valid=seen))
    assert means == pytest.approx(np.array([[0.75, 0.5, np.nan], [0.2, 0.3, 0.5]]), nan_ok=True)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([1, 2, 3], [10, 20, 90], 1.0),
        ([1, 2, 3], [3, 2, 1], -1.0),
        ([1, 1, 2], [1, 1, 2], 1.0),
        ([0, 0, 0], [1, 2, 3], np.nan),
        ([1, 2, 3, np.nan], [1, 2, 3, 0], 1.0),  # a date that one never saw
    ],
)
def test_rank_correlation_is_spearman_s(first, second, expected):
    assert rank_correlation(np.array(first), np.array(second)) == pytest.approx(expected, nan_ok=True)
