# SPDX-License-Identifier: GPL-2.0-or-later
"""Where samples are few, the network that is kept has learned from the validation samples too, and nobody is misled."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from chronomap.plugin.core.checkpoint import refit_path
from chronomap.plugin.core.errors import Canceled
from chronomap.plugin.core.monitor import Monitor
from chronomap.plugin.core.strategy import is_refit
from chronomap.plugin.worker.checkpoint import Checkpoint
from chronomap.plugin.worker.fitting import TEST, TRAIN
from chronomap.plugin.worker.network_fit import fit_network
from chronomap.plugin.worker.train_command import finished_card
from chronomap.plugin.worker.training import NEW, Start
from worker.making import make_card, make_preparation, make_samples, ranged

LIVELY = {"epochs": 6, "patience": 0, "learning_rate": 0.01, "tolerance": 0.0, "date_dropping": 0.3}
REFIT = {**LIVELY, "refit_below": 5000}


def fit(samples=None, monitor=None, start=NEW, **strategy):
    samples = samples or make_samples()
    card = ranged(make_card("tempcnn", **strategy), make_samples())
    return fit_network(card, samples, make_preparation(card), monitor or Monitor(), start)


def merged_samples():
    """Return the samples with the validation part in the train part."""
    samples = make_samples()
    return replace(samples, part=np.where(samples.part == TEST, TEST, TRAIN))


def same(first, second) -> bool:
    return all(np.array_equal(first.arrays[name], second.arrays[name]) for name in first.arrays)


@pytest.mark.parametrize("schedule", ["constant", "plateau"])
def test_a_refit_is_a_training_on_all_samples_for_the_epochs_that_were_best(schedule):
    refit = fit(**REFIT, schedule=schedule, plateau_patience=9)
    plain = fit(merged_samples(), **{**LIVELY, "epochs": refit.best_epoch})
    assert refit.is_refit
    assert same(refit, plain)
    np.testing.assert_array_equal(refit.test_prediction, plain.test_prediction)


def test_a_refit_lowers_the_learning_rate_where_the_first_training_did():
    plateau = {"schedule": "plateau", "plateau_patience": 0, "learning_rate": 0.1, "epochs": 12, "tolerance": 5.0}
    refit = fit(**{**REFIT, **plateau})
    assert refit.history[refit.best_epoch - 1]["learning_rate"] < 0.1
    plain = fit(merged_samples(), **{**LIVELY, **plateau, "schedule": "constant", "epochs": refit.best_epoch})
    assert not same(refit, plain)


def test_what_is_told_of_the_validation_samples_is_told_by_a_network_that_has_not_learned_them():
    refit, first = fit(**REFIT), fit(**LIVELY)
    assert (refit.is_refit, first.is_refit) == (True, False)
    assert not same(refit, first)
    np.testing.assert_array_equal(refit.validation_prediction, first.validation_prediction)
    assert (refit.temperature, refit.best_epoch) == (first.temperature, first.best_epoch)
    assert [record["train_loss"] for record in refit.history] == [record["train_loss"] for record in first.history]
    assert refit.epoch_seconds > sum(record["seconds"] for record in refit.history)


def test_a_card_tells_of_its_refit():
    samples = make_samples()
    card = ranged(make_card("tempcnn", **REFIT), samples)
    made = finished_card(card, samples, fit(**REFIT), 0.0)
    assert made.is_refit
    assert made.seconds > sum(record["seconds"] for record in made.history)
    assert not finished_card(card, samples, fit(**LIVELY), 0.0).is_refit


def test_only_few_samples_are_refit_and_never_without_validation():
    few = {"refit_below": 100}
    assert is_refit(few, 60, 39)
    assert not is_refit(few, 60, 40)
    assert not is_refit(few, 60, 0)
    assert not is_refit({"refit_below": 0}, 60, 39)


def progress(events) -> list[float]:
    return [event["fraction"] for event in events if event["event"] == "progress"]


def test_a_refit_tells_its_progress_and_no_epochs():
    events = []
    fit(monitor=Monitor(events.append), **REFIT)
    assert [event["epoch"] for event in events if event["event"] == "epoch"] == [1, 2, 3, 4, 5, 6]
    assert progress(events) == sorted(progress(events))
    assert progress(events)[5:] == pytest.approx([0.5, *np.linspace(0.5, 1.0, len(progress(events)) - 5)[1:]])


@pytest.mark.parametrize(("asked_at", "epochs"), [(0.3, 4), (0.6, 6)])  # in the first training, in the refit
def test_a_user_who_ends_training_early_keeps_the_first_network(asked_at, epochs):
    events = []
    monitor = Monitor(events.append, is_finishing=lambda: any(fraction > asked_at for fraction in progress(events)))
    ended = fit(monitor=monitor, **REFIT)
    assert not ended.is_refit
    assert same(ended, fit(**{**LIVELY, "epochs": epochs}))


def test_a_refit_that_was_stopped_goes_on_to_the_same_bits(tmp_path):
    whole, path, events = fit(**REFIT), tmp_path / "training.safetensors", []
    start = Start(checkpoint=Checkpoint(path, "a"))
    with pytest.raises(Canceled):
        fit(monitor=Monitor(events.append, lambda: any(f > 0.6 for f in progress(events))), start=start, **REFIT)
    assert refit_path(path).exists()
    assert same(whole, fit(start=start, **REFIT))
    start.checkpoint.clear()
    assert not list(tmp_path.iterdir())
