# SPDX-License-Identifier: GPL-2.0-or-later
"""What is judged and kept of a training is the running mean of its weights."""

from __future__ import annotations

import pytest
import torch
from chronomap.plugin.core.monitor import Monitor
from chronomap.plugin.worker.averaging import RunningMean
from chronomap.plugin.worker.network_fit import fit_network
from torch import nn
from worker.making import make_card, make_preparation, make_samples, ranged


def network_with(value: float) -> nn.Module:
    network = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    for tensor in network.state_dict().values():
        tensor.fill_(value)
    return network


def test_a_mean_of_many_steps_keeps_its_share_and_moves_by_the_rest():
    network = network_with(0.0)
    mean = RunningMean(network, 0.9)
    mean.steps = 1000
    for tensor in network.state_dict().values():
        tensor.fill_(10)
    mean.update()
    assert mean.weights["0.weight"][0, 0] == pytest.approx(1.0)
    assert mean.weights["1.running_var"][0] == pytest.approx(1.0)
    assert mean.weights["1.num_batches_tracked"] == 10  # a count is no mean


def test_a_young_mean_forgets_how_the_network_began():
    network = network_with(0.0)
    mean = RunningMean(network, 0.98)
    network[0].weight.data.fill_(1.0)
    for _ in range(20):
        mean.update()
    assert mean.weights["0.weight"][0, 0] > 0.95


@pytest.mark.parametrize(("decay", "seen"), [(0.5, 0.0), (0.0, 3.0)])
def test_the_network_has_the_mean_for_the_time_and_its_own_weights_after_it(decay, seen):
    network = network_with(0.0)
    mean = RunningMean(network, decay)
    network[0].weight.data.fill_(3.0)
    with mean.in_place():
        assert torch.all(network[0].weight == seen)
    assert torch.all(network[0].weight == 3.0)


def test_the_mean_is_what_a_training_keeps():
    samples = make_samples()
    fitted = []
    for decay in (0.0, 0.9999):
        card = ranged(make_card("mlp", epochs=3, patience=0, weight_averaging=decay), samples)
        fitted.append(fit_network(card, samples, make_preparation(card), Monitor()))
    first, second = ([record["train_loss"] for record in fit.history] for fit in fitted)
    assert first == second  # it learns alike ...
    first, second = ([record["validation_loss"] for record in fit.history] for fit in fitted)
    assert first != second  # ... but is judged as the mean
