# SPDX-License-Identifier: GPL-2.0-or-later
"""The layers that training exchanges for quicker ones do what torch's own do."""

from __future__ import annotations

import pytest
import torch
from chronomap.plugin.worker.architectures import registry
from chronomap.plugin.worker.training_layers import Dropout, Linear, dropout, quicken
from torch import nn
from worker.test_architectures import CHANNELS, CLASSES, DATES, series_in

ENTRIES = registry()


def learned(network: nn.Module, x: torch.Tensor) -> list[torch.Tensor]:
    """Return what a network makes of x, and the gradients of a loss that weighs every answer differently."""
    x = x.clone().requires_grad_()
    y = network(x)
    gradients = torch.autograd.grad(
        (y * torch.linspace(-1, 1, y.numel()).view(y.shape)).sum(), [x, *network.parameters()]
    )
    return [y, *gradients]


@pytest.mark.parametrize("shape", [(7, 128), (3, 5, 128)])
@pytest.mark.parametrize("bias", [True, False])
def test_a_quick_linear_layer_answers_and_learns_as_torchs(shape, bias):
    torch.manual_seed(0)
    network, x = nn.Sequential(nn.Linear(128, 64, bias=bias)), torch.randn(shape)
    expected = learned(network, x)
    quicken(network)
    assert isinstance(network[0], Linear)
    for found, wanted in zip(learned(network, x), expected):
        torch.testing.assert_close(found, wanted)


def test_weights_keep_their_names_and_stay_the_same_objects():
    network = nn.Sequential(nn.Linear(128, 64), nn.Dropout(0.5))
    names, weight = list(network.state_dict()), network[0].weight
    quicken(network)
    assert list(network.state_dict()) == names
    assert network[0].weight is weight
    assert isinstance(network[1], Dropout)


@pytest.mark.parametrize("key", [key for key in ENTRIES if ENTRIES[key].architecture.kind == "network"])
def test_every_network_learns_with_exchanged_layers(key):
    torch.manual_seed(0)
    network = ENTRIES[key].model(CHANNELS, DATES, CLASSES, **ENTRIES[key].architecture.defaults())
    quicken(network)
    network(*series_in(8)).square().sum().backward()
    idle = [name for name, weight in network.named_parameters() if weight.grad is None or not weight.grad.any()]
    assert [name for name in idle if not name.endswith("bias")] == []


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_dropout_hides_its_share_and_keeps_the_mean(share):
    torch.manual_seed(0)
    x = torch.ones(1001, 333)
    found = dropout(x, share, training=True)
    assert (found == 0).float().mean().item() == pytest.approx(share, abs=0.005)
    torch.testing.assert_close(found[found > 0], torch.full_like(found[found > 0], 1 / (1 - share)))
    assert torch.equal(dropout(x, share, training=False), x)


def test_what_dropout_hides_passes_no_gradient():
    x = torch.ones(50, 50, requires_grad=True)
    found = dropout(x, 0.4, training=True)
    found.sum().backward()
    assert torch.equal(x.grad, found.detach())
