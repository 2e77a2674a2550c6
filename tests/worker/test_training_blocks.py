# SPDX-License-Identifier: GPL-2.0-or-later
"""Layers computed together with their batch normalisation do what torch's own do."""

from __future__ import annotations

import copy

import pytest
import torch
from chronomap.plugin.worker.architectures import registry
from chronomap.plugin.worker.convolution import same_convolution
from chronomap.plugin.worker.training_blocks import Chain
from chronomap.plugin.worker.training_layers import quicken
from torch import nn
from worker.test_architectures import CHANNELS, CLASSES, DATES, series_in
from worker.test_training_layers import learned

ENTRIES = registry()
SERIES, ROWS = (6, 10, 24), (40, 10)
CASES = {
    "linear": (ROWS, nn.Linear(10, 32)),
    "linear without bias": (ROWS, nn.Linear(10, 32, bias=False)),
    "convolution of the same length": (SERIES, nn.Conv1d(10, 32, 5, padding="same")),
    "convolution without padding": (SERIES, nn.Conv1d(10, 32, 3, bias=False)),
    "convolution of padded series": (SERIES, same_convolution(10, 32, 5)),
    "even convolution": (SERIES, same_convolution(10, 32, 4)),
    "convolution with a stride": (SERIES, nn.Conv1d(10, 32, 3, stride=2, padding=1)),
}


@pytest.mark.parametrize("relu", [True, False])
@pytest.mark.parametrize("case", CASES)
def test_a_block_answers_learns_and_keeps_statistics_as_torchs_layers_do(case, relu):
    torch.manual_seed(0)
    shape, layer = CASES[case]
    plain = nn.Sequential(copy.deepcopy(layer), nn.BatchNorm1d(32), *[nn.ReLU()] * relu)
    nn.init.normal_(plain[1].weight)
    nn.init.normal_(plain[1].bias)
    quick, x = copy.deepcopy(plain), torch.randn(shape)
    quicken(quick)
    assert isinstance(quick, Chain)
    for found, wanted in zip(learned(quick, x), learned(plain, x)):
        torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-4)
    for found, wanted in zip(quick.buffers(), plain.buffers()):
        torch.testing.assert_close(found, wanted)
    torch.testing.assert_close(quick.eval()(x), plain.eval()(x))


@pytest.mark.parametrize("key", [key for key in ENTRIES if ENTRIES[key].architecture.kind == "network"])
def test_every_network_has_the_gradients_of_torchs_layers(key):
    torch.manual_seed(0)
    hidden = {name: 0.0 for name in ENTRIES[key].architecture.defaults() if "dropout" in name}
    plain = ENTRIES[key].model(CHANNELS, DATES, CLASSES, **{**ENTRIES[key].architecture.defaults(), **hidden}).double()
    quick = copy.deepcopy(plain).float()
    quicken(quick)
    x, days, valid = series_in(8)
    gradients = [
        torch.autograd.grad(network(x.to(kind), days, valid).square().sum(), list(network.parameters()))
        for network, kind in ((quick, torch.float32), (plain, torch.float64))
    ]
    for found, wanted in zip(*gradients):
        torch.testing.assert_close(found.double(), wanted, rtol=1e-2, atol=1e-3 * float(wanted.abs().max()) + 1e-4)
