# SPDX-License-Identifier: GPL-2.0-or-later
"""A search tries models, learns from what it tried, and tests the best alone."""

from __future__ import annotations

import time

import numpy as np
import pytest
from chronomap.plugin.core.card import read_card
from chronomap.plugin.core.errors import InputError
from chronomap.plugin.core.records import from_plain, to_plain
from chronomap.plugin.core.search import COMPLETE, FAILED, PRUNED, TrialRecord
from chronomap.plugin.core.search_space import axes_of
from chronomap.plugin.core.strategy import strategy_defaults
from chronomap.plugin.worker.architectures import registry
from chronomap.plugin.worker.search_command import search
from chronomap.plugin.worker.search_study import Study, Subject
from synthetic import SCALE, series
from worker.making import BANDS, make_card, make_samples
from worker.worker_session import Host

FIXED = {"epochs": 3, "batch_size": 16}


def request(folder, architectures=("tempcnn", "random_forest"), **changed):
    samples = make_samples()
    arrays = {name: getattr(samples, name) for name in ("values", "valid", "label", "part")}
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    card = make_card("ltae")
    known = ("bands", "dates", "season_start", "classes")
    scale = np.full((8, len(BANDS)), SCALE)
    return {
        "arrays": {name: str(folder / f"{name}.npy") for name in arrays},
        "card": to_plain({name: getattr(card, name) for name in known}),
        "days": series(1, 3, 8)["days"].tolist(),
        "scale": scale.tolist(),
        "offset": (0 * scale).tolist(),
        "device": "cpu",
        "architectures": list(architectures),
        "settings": ["learning_rate"],
        "vary_architecture": True,
        "ranges": {"filters": (4, 8), "dense_width": (8, 16), "trees": (5, 10), "layers": (1, 2)},
        "strategy": FIXED,
        "trials": 5,
        "seconds": 0,
        "prune": True,
        "seed": 0,
        "former": [],
        "folder": str(folder),
        "best": str(folder / "best.safetensors"),
        **changed,
    }


def run(message) -> tuple[list[TrialRecord], Host]:
    host = Host()
    search(host, message)
    return [from_plain(TrialRecord, event) for event in host.events if event["event"] == "trial"], host


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    folder = tmp_path_factory.mktemp("search")
    return folder, *run(request(folder))


def test_the_first_trial_of_each_architecture_is_its_default(searched):
    _, records, _ = searched
    declared = registry()["tempcnn"].architecture
    assert [record.architecture for record in records[:2]] == ["tempcnn", "random_forest"]
    expected = {**declared.defaults(), "learning_rate": strategy_defaults(declared)["learning_rate"]}
    assert records[0].settings == expected
    assert records[2].settings != expected


def test_settings_lie_in_their_ranges(searched):
    for record in searched[1][2:]:
        allowed = {"filters": (4, 8), "dense_width": (8, 16), "trees": (5, 10), "layers": (1, 2)}
        for name, (low, high) in allowed.items():
            assert low <= record.settings.get(name, low) <= high


def test_every_trial_is_a_model_that_was_not_tested(searched):
    folder, records, _ = searched
    assert len(records) == 5
    for record in records:
        card = read_card(folder / record.model)
        assert card.architecture == record.architecture
        assert card.metrics == {}
        assert card.validation_metrics["macro_f1"] == record.macro_f1
        assert record.settings.items() <= {**card.hyperparameters, **card.strategy}.items()


def test_the_best_by_validation_is_tested_alone(searched):
    folder, records, _ = searched
    best = read_card(folder / "best.safetensors")
    assert best.validation_metrics["macro_f1"] == max(r.macro_f1 for r in records if r.state == COMPLETE)
    assert best.metrics["n"] == 12
    assert "Best of 5 trials" in best.notes[-1]


def test_a_search_goes_on_from_its_records(tmp_path, searched):
    message = request(tmp_path, trials=6)
    message.update(former=to_plain(searched[1][:4]), folder=str(searched[0]))
    records, _ = run(message)
    assert [record.trial for record in records] == [5, 6]


def test_the_same_seed_tries_the_same(tmp_path):
    settings = [
        [record.settings for record in run(request(tmp_path, ("random_forest",), trials=3, seed=seed))[0]]
        for seed in (1, 1, 2)
    ]
    assert settings[0] == settings[1]
    assert settings[0] != settings[2]


def test_time_ends_a_search_with_the_model_at_hand(tmp_path):
    message = request(tmp_path, ("tempcnn",), strategy={"epochs": 10_000, "patience": 0}, seconds=0.5, trials=50)
    started = time.monotonic()
    records, _ = run(message)
    assert time.monotonic() - started < 20
    assert len(records) == 1
    assert records[0].note == "Ended by the time that was given."
    assert read_card(tmp_path / "best.safetensors").metrics["n"] == 12


def test_a_trial_that_fails_does_not_end_the_search(tmp_path):
    ranges = {"heads": (3, 5), "d_model": (16, 31)}  # most of these do not divide
    message = request(tmp_path, ("ltae",), trials=4, strategy={**FIXED, "epochs": 1}, ranges=ranges, settings=[])
    records, _ = run(message)
    failed = [record for record in records if record.state == FAILED]
    assert failed
    assert "heads" in failed[0].note.lower()
    assert records[0].state == COMPLETE


def test_nothing_completed_is_an_error_in_words(tmp_path):
    message = request(tmp_path, ("tempcnn",), trials=1)
    np.save(tmp_path / "part.npy", np.array([0, *[1] * 59], np.uint8))
    with pytest.raises(InputError, match="None of 1 trials was completed: There are 1 training samples"):
        run(message)


def test_a_trial_far_behind_the_others_is_ended_early():
    declared = registry()["tempcnn"].architecture
    axes = axes_of(declared, ("learning_rate",), False, {})
    study = Study([Subject(declared, axes, strategy_defaults(declared))], seed=0, prune=True)
    for number in range(6):
        course = tuple(0.5 + epoch / 100 for epoch in range(20))
        study.tell(None, TrialRecord(number, "tempcnn", COMPLETE, {"learning_rate": 1e-3}, 0.7, course=course))
    _, varied, trial = study.ask()
    assert 1e-4 <= varied["learning_rate"] <= 2e-2
    for epoch in range(1, 15):
        trial.report(0.1, epoch)
    assert trial.should_prune()
    study.tell(trial, TrialRecord(7, "tempcnn", PRUNED, varied))
