# SPDX-License-Identifier: GPL-2.0-or-later
"""Searches and learning rates through the real worker, and what is refused before they start."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from chronomap.plugin.core.card import read_card
from chronomap.plugin.core.errors import Canceled
from chronomap.plugin.core.jobs import RateFinderJob, SearchJob, SplitSpec
from chronomap.plugin.core.monitor import Monitor
from chronomap.plugin.core.search import SearchPlaces, read_records
from chronomap.plugin.run.check import problems
from chronomap.plugin.run.dispatch import run_job


def forests(chain, folder: Path, **fields) -> SearchJob:
    """Return a quick search."""
    return SearchJob(
        str(chain.samples),
        str(folder),
        ("random_forest",),
        ranges={"trees": [5, 20]},
        split=SplitSpec(seed=1),
        trials=3,
        **fields,
    )


def test_a_canceled_search_goes_on_to_a_leaderboard_and_a_best_model(chain, tmp_path, listener):
    job, places = forests(chain, tmp_path), SearchPlaces(tmp_path)
    tried = []
    monitor = Monitor(lambda event: tried.append(event) if event["event"] == "trial" else None, lambda: bool(tried))
    with pytest.raises(Canceled):
        run_job(replace(job, trials=200), monitor)
    before = len(read_records(places.records))
    assert before >= 1
    assert places.page.is_file()
    outputs = listener.run(replace(job, trials=before + 2))
    assert f"Going on with a search of {before} trials." in listener.texts()
    assert outputs["trials"] == before + 2
    with places.table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == before + 2
    scores = [float(row["macro_f1"]) for row in rows]
    assert scores == sorted(scores, reverse=True)
    assert read_card(Path(outputs["model"])).validation_metrics["macro_f1"] == pytest.approx(scores[0], abs=1e-5)
    assert outputs["metrics"]["n"] == read_card(chain.model).metrics["n"]
    page = places.page.read_text(encoding="utf-8")
    assert f"trial {rows[0]['trial']}, Random forest" in page
    assert "Its test macro F1" in page
    assert "holds another search" in problems(replace(job, seed=5))[0]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"architectures": ()}, "No architecture is chosen"),
        ({"architectures": ("lenet",)}, "no architecture 'lenet'"),
        ({"settings": ("epochs",)}, "'epochs' cannot be searched"),
        ({"ranges": {"wings": (1, 2)}}, "no setting 'wings'"),
        ({"ranges": {"trees": (20, 5)}}, "give a lower and a higher value"),
        ({"trials": 0}, "at least 1 trial"),
        ({"settings": (), "vary_architecture": False}, "Nothing is varied"),
        ({"strategy": {"epochs": 0}}, "Epochs is 0"),
    ],
)
def test_a_search_that_cannot_run_is_answered_in_words(chain, tmp_path, changes, words):
    job = forests(chain, tmp_path)
    assert problems(job) == []
    assert words in " ".join(problems(replace(job, **changes)))


def test_a_learning_rate_is_found_with_its_chart(chain, tmp_path, listener):
    chart, table = tmp_path / "rates.svg", tmp_path / "rates.csv"
    job = RateFinderJob(
        str(chain.samples),
        "tempcnn",
        hyperparameters={"filters": 8, "dense_width": 16},
        strategy={"batch_size": 16},
        split=SplitSpec(seed=1),
        chart=str(chart),
        table=str(table),
    )
    outputs = listener.run(job)
    assert 1e-6 < outputs["learning_rate"] < 1.0
    assert "<svg" in chart.read_text(encoding="utf-8")
    assert "Suggested learning rate" in listener.texts()
    rates = [float(row["learning_rate"]) for row in csv.DictReader(table.read_text(encoding="utf-8").splitlines())]
    assert rates == sorted(rates)
    assert any(rate == pytest.approx(outputs["learning_rate"], rel=1e-4) for rate in rates)
    assert "has no learning rate" in problems(replace(job, architecture="random_forest", hyperparameters={}))[0]
    assert "choose rising rates" in problems(replace(job, lowest=1.0, highest=0.1))[0]
