# SPDX-License-Identifier: GPL-2.0-or-later
"""What a network answers for many series, and how sure it may say it is."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from .series import Preparation

_BATCH = 1024
_TEMPERATURE_RANGE = (0.05, 20.0)


def predict_logits(network: nn.Module, preparation: Preparation, values: Tensor, valid: Tensor) -> Tensor:
    """Return logits (N, K) of stored series (N, T, C), in eval mode, batch by batch."""
    was_training = network.training
    network.eval()
    with torch.no_grad():
        logits = [
            network(*preparation.prepare(values[start : start + _BATCH], valid[start : start + _BATCH]))
            for start in range(0, len(values), _BATCH)
        ]
    network.train(was_training)
    return torch.cat(logits)


def fit_temperature(logits: Tensor, label: Tensor) -> float:
    """Return the temperature that makes softmax(logits / temperature) most likely on validation labels (N,).

    Guo et al. 2017 (arXiv 1706.04599). The likelihood has one maximum, so halving the bracket finds it.
    """
    low, high = (math.log(bound) for bound in _TEMPERATURE_RANGE)
    logits, golden = logits.double().cpu(), (math.sqrt(5) - 1) / 2

    def loss(log_temperature: float) -> float:
        return float(cross_entropy(logits / math.exp(log_temperature), label.cpu()))

    while high - low > 1e-4:
        left, right = high - golden * (high - low), low + golden * (high - low)
        if loss(left) < loss(right):
            high = right
        else:
            low = left
    return math.exp((low + high) / 2)
