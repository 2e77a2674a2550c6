# SPDX-License-Identifier: GPL-2.0-or-later
"""What a model costs: its parameters, and the work that one series takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from ..core.card import ModelCard
from .architectures import build_network, find_entry
from .series import in_channels, seq_len


@dataclass(frozen=True)
class Cost:
    """`parameters`: learned numbers. `flops`: floating-point operations of one series, see cost_of."""

    parameters: int
    flops: int


def cost_of(card: ModelCard, arrays: Mapping[str, np.ndarray] | None = None) -> Cost:
    """Return what the model of `card` costs; a classical model only has a cost once fitted, as `arrays`.

    Of a network: twice the multiply-adds of all matrix products and convolutions that one series more takes in the
    forward pass of a batch without gaps, so that what is done once for all series does not count; activations,
    normalisation and softmax are left out, as papers do. Of a forest: the comparisons, one for each level of each tree,
    without the making of its features.

    Raises:
        ModelFileError: this version of the plugin does not have the architecture.
    """
    if find_entry(card).architecture.kind != "network":
        return _forest_cost(arrays or {})
    with torch.device("meta"):  # shapes without numbers: quick, and no kernel of the CPU hides a product
        network = build_network(card).eval().requires_grad_(False)  # the counter trips over views of leaves
        one, two = (_operations(network, card, count) for count in (1, 2))
    return Cost(sum(weight.numel() for weight in network.parameters()), two - one)


def _operations(network: nn.Module, card: ModelCard, count: int) -> int:
    """Return the floating-point operations of a batch of `count` series."""
    dates = seq_len(card)
    series, valid = torch.zeros(count, dates, in_channels(card)), torch.ones(count, dates, dtype=torch.bool)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network(series, torch.zeros(dates), valid)
    return int(counter.get_total_flops())


def _forest_cost(arrays: Mapping[str, np.ndarray]) -> Cost:
    levels = arrays.get("depth", np.zeros(0, np.int32))
    return Cost(sum(int(array.size) for array in arrays.values()), int(levels.sum()))
