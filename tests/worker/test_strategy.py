# SPDX-License-Identifier: GPL-2.0-or-later
"""Every setting of the learning strategy changes training, where it says so, and in the way it says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from chronomap.plugin.core.monitor import Monitor
from chronomap.plugin.core.strategy import STRATEGY
from chronomap.plugin.worker.network_fit import fit_network
from chronomap.plugin.worker.optimisation import Schedule, make_optimizer
from worker.making import make_card, make_preparation, make_samples, ranged


def fit(architecture="ltae", samples=None, **strategy):
    samples = samples or make_samples()
    card = ranged(make_card(architecture, **strategy), samples)
    return fit_network(card, samples, make_preparation(card), Monitor())


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd", "rmsprop"])
@pytest.mark.parametrize("schedule", ["constant", "step", "cosine", "onecycle", "plateau"])
def test_every_optimiser_learns_with_every_schedule(optimizer, schedule):
    history = fit("tempcnn", optimizer=optimizer, schedule=schedule, epochs=4, weight_decay=1e-4).history
    assert history[-1]["train_loss"] < history[0]["train_loss"]
    assert history[-1]["train_macro_f1"] > history[0]["train_macro_f1"]
    rates = {record["learning_rate"] for record in history}
    assert (len(rates) > 1) == (schedule in ("step", "cosine", "onecycle"))


def rates(epochs: int, losses=(), batches: int = 5, **strategy) -> list[float]:
    """Return the learning rate of every step; `losses` are the validation losses of the epochs (1.0 after them)."""
    full = make_card("ltae", epochs=epochs, learning_rate=0.01, **strategy).strategy
    schedule = Schedule(full, make_optimizer(full, [torch.nn.Parameter(torch.zeros(1))]), batches)
    found = []
    for epoch in range(epochs):
        for _ in range(batches):
            schedule.after_batch()
            found.append(schedule.rate)
        schedule.after_epoch(losses[epoch] if epoch < len(losses) else 1.0)
    return found


def test_a_plateau_lowers_the_learning_rate():
    losses = (1.0, 0.9, 0.9, 0.9, 0.9)  # an epoch without gain is forgiven, the second is not
    found = rates(6, losses, 1, schedule="plateau", plateau_patience=1, plateau_factor=0.25)
    assert found == [0.01, 0.01, 0.01, 0.01, 0.0025, 0.0025]


def test_one_cycle_goes_up_and_down_within_the_epochs():
    found = rates(10, schedule="onecycle", onecycle_peak=0.4)
    assert found[0] == pytest.approx(0.01 / 25)
    assert max(found) == pytest.approx(0.01, rel=0.01)
    assert 18 <= int(np.argmax(found)) <= 22
    assert found[-1] < 1e-5


def test_steps_fall_after_so_many_epochs():
    found = rates(5, batches=1, schedule="step", step_epochs=2, step_factor=0.1)
    assert found == pytest.approx([0.01, 0.01, 0.001, 0.001, 0.0001])


def test_a_cosine_falls_towards_its_end():
    found = rates(200, batches=1, schedule="cosine", cosine_minimum=0.1)
    assert found[0] == 0.01
    assert found[100] == pytest.approx(0.0055)
    assert found[-1] == pytest.approx(0.001, rel=0.01)


def test_the_learning_rate_warms_up_batch_by_batch_before_the_schedule():
    found = rates(6, batches=4, schedule="step", step_factor=0.5, warmup_epochs=2)
    assert found[:8] == pytest.approx([0.01 * step / 8 for step in range(1, 9)])
    assert found[8] == 0.01
    assert found[12] == 0.005


@pytest.mark.parametrize(
    ("changed", "group"),
    [
        ({"optimizer": "sgd", "momentum": 0.5}, {"momentum": 0.5, "nesterov": True}),
        ({"optimizer": "sgd", "nesterov": False}, {"nesterov": False}),
        ({"optimizer": "sgd", "momentum": 0.0}, {"momentum": 0.0, "nesterov": False}),
        ({"optimizer": "adam", "beta1": 0.5, "beta2": 0.9}, {"betas": (0.5, 0.9)}),
        ({"optimizer": "adamw", "beta1": 0.5, "beta2": 0.9}, {"betas": (0.5, 0.9)}),
        ({"optimizer": "rmsprop", "rmsprop_alpha": 0.5}, {"alpha": 0.5}),
    ],
)
def test_optimisers_take_their_own_settings(changed, group):
    made = make_optimizer(make_card("ltae", **changed).strategy, [torch.nn.Parameter(torch.zeros(1))])
    assert {name: made.param_groups[0][name] for name in group} == group


CHANGES = {
    "optimizer": ({"weight_decay": 0.1}, "adamw"),
    "learning_rate": ({}, 0.01),
    "momentum": ({"optimizer": "sgd"}, 0.5),
    "nesterov": ({"optimizer": "sgd"}, False),
    "beta1": ({}, 0.5),
    "beta2": ({}, 0.9),
    "rmsprop_alpha": ({"optimizer": "rmsprop"}, 0.5),
    "schedule": ({}, "onecycle"),
    "step_epochs": ({"schedule": "step", "step_factor": 0.5}, 2),
    "step_factor": ({"schedule": "step"}, 0.5),
    "cosine_minimum": ({"schedule": "cosine"}, 0.5),
    "onecycle_peak": ({"schedule": "onecycle"}, 0.6),
    "plateau_factor": ({"schedule": "plateau", "plateau_patience": 0, "learning_rate": 0.3, "epochs": 12}, 0.1),
    "plateau_patience": ({"schedule": "plateau", "learning_rate": 0.3, "epochs": 12}, 0),
    "warmup_epochs": ({}, 2),
    "weight_decay": ({}, 0.1),
    "batch_size": ({}, 16),
    "epochs": ({}, 2),
    "patience": ({"min_delta": 9.0, "epochs": 60, "batch_size": 2}, 1),
    "settling_steps": ({"patience": 1, "min_delta": 9.0, "epochs": 60, "batch_size": 2}, 0),
    "min_delta": ({"patience": 30, "epochs": 60, "batch_size": 2}, 9.0),
    "tolerance": ({"tolerance": 5.0, "patience": 5, "learning_rate": 0.01, "epochs": 60, "batch_size": 2}, 0.0),
    "refit_below": ({}, 500),
    "weight_averaging": ({}, 0.0),
    "loss": ({}, "focal"),
    "focal_gamma": ({"loss": "focal"}, 3.0),
    "class_weights": ({}, "balanced"),
    "sampling": ({}, "balanced"),
    "label_smoothing": ({}, 0.1),
    "gradient_clip": ({}, 0.01),
    "date_dropping": ({}, 0.5),
    "block_dropping": ({}, 0.5),
    "day_shift": ({}, 20),
    "amplitude_noise": ({}, 0.5),
    "seed": ({}, 5),
}  # setting -> the strategy it is tried with, another value of it


def test_every_setting_is_tried():
    how_many = {"ensemble_below"}  # are trained, it says, not how: tests/core/test_ensemble.py
    assert set(CHANGES) | how_many == {setting.name for setting in STRATEGY}


@pytest.mark.parametrize("name", CHANGES)
def test_every_setting_of_the_strategy_changes_the_training(name):
    given, value = CHANGES[name]
    plain = {setting.name: setting.default for setting in STRATEGY}
    plain.update({"epochs": 4, "batch_size": 8, "patience": 0, "refit_below": 0, "schedule": "constant", **given})
    assert value != plain[name]
    setting = next(setting for setting in STRATEGY if setting.name == name)
    assert setting.matters({**plain, name: value})
    former, changed = (told_of(strategy) for strategy in (plain, {**plain, name: value}))
    assert former != changed


def told_of(strategy) -> tuple[list[tuple[float, float]], bool]:
    """Return the epochs' losses and whether there was a refit; one class is rare in training."""
    samples = make_samples(10)
    is_rare = (samples.label == 0) & (np.arange(30) % 5 < 2)
    samples = replace(samples, part=np.where(is_rare, 1, samples.part))
    fitted = fit("tempcnn", samples, **strategy)
    return [(record["train_loss"], record["validation_loss"]) for record in fitted.history], fitted.is_refit


@pytest.mark.parametrize(
    "setting", [setting for setting in STRATEGY if setting.only_if], ids=lambda setting: setting.name
)
def test_settings_change_nothing_where_they_say_so(setting):
    other, *wanted = setting.only_if
    unmet = {"optimizer": "sgd" if "sgd" not in wanted else "adam", "schedule": "onecycle", "loss": "cross_entropy"}
    if other == "schedule" and "onecycle" in wanted:
        unmet["schedule"] = "constant"
    plain = {entry.name: entry.default for entry in STRATEGY}
    plain.update({"epochs": 2, "batch_size": 8, "patience": 0, "refit_below": 0, **unmet})
    assert not setting.matters(plain)
    assert told_of(plain) == told_of({**plain, setting.name: CHANGES[setting.name][1]})
