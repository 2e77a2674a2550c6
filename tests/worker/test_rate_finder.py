# SPDX-License-Identifier: GPL-2.0-or-later
"""A learning rate is found where the loss falls fastest, on training samples alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from chronomap.plugin.core.errors import InputError
from chronomap.plugin.core.monitor import Monitor
from chronomap.plugin.worker.architectures import build_network
from chronomap.plugin.worker.rate_finder import Sweep, smooth, suggested_rate, sweep_rates
from chronomap.plugin.worker.training import Series, Trainer
from worker.making import make_card, make_preparation, make_samples, ranged

RATES = np.geomspace(1e-6, 1, 120)


def made_sweep(loss: np.ndarray) -> Sweep:
    return Sweep(RATES, loss, *smooth(np.log10(RATES), loss))


def test_the_steepest_fall_is_suggested():
    place = np.log10(RATES)
    falls_at_3 = 2.0 - 1.0 / (1 + np.exp(-(place + 3) * 4)) + np.where(place > -1, (place + 1) * 2, 0)
    noise = np.random.default_rng(0).normal(0, 0.05, len(place))
    assert np.log10(suggested_rate(made_sweep(falls_at_3 + noise))) == pytest.approx(-3, abs=0.35)


def test_the_smoothed_curve_does_not_lag():
    place = np.log10(RATES)
    level, slope = smooth(place, 2 - 0.5 * place)
    np.testing.assert_allclose(level, 2 - 0.5 * place, atol=1e-9)
    np.testing.assert_allclose(slope, -0.5, atol=1e-9)


@pytest.mark.parametrize("loss", [np.linspace(1, 2, 120), np.zeros(0)])
def test_a_loss_that_does_not_fall_is_told_in_words(loss):
    rates = RATES[: len(loss)]
    with pytest.raises(InputError, match="falls at none of these"):
        suggested_rate(Sweep(rates, loss, *smooth(np.log10(rates), loss)))


def sweep(seed: int = 0) -> Sweep:
    samples = make_samples()
    card = ranged(make_card("tempcnn", seed=seed), samples)
    torch.manual_seed(seed)
    trainer = Trainer(card, build_network(card), make_preparation(card), Monitor())
    return sweep_rates(trainer, Series.of(samples.only(0), torch.device("cpu")), RATES.tolist())


def test_a_network_gets_a_rate_that_trains_it():
    found = sweep()
    assert len(found.rate) == len(found.loss) == len(found.smoothed) <= len(RATES)
    assert 1e-5 < suggested_rate(found) < 0.3


def test_the_same_seed_gives_the_same_sweep():
    assert np.array_equal(sweep(1).loss, sweep(1).loss)
    assert not np.array_equal(sweep(1).loss, sweep(2).loss)
