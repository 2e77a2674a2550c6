# SPDX-License-Identifier: GPL-2.0-or-later
"""What a network answers for many series, and how sure it may say it is."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from .inference import quick_form
from .series import Preparation

_BATCH, _CPU_BATCH = 1024, 256  # what a cache holds
_TEMPERATURE_RANGE = (0.05, 20.0)


def predict_logits(network: nn.Module, preparation: Preparation, values: Tensor, valid: Tensor) -> Tensor:
    """Return logits (N, K) of stored series (N, T, C), in eval mode, batch by batch."""
    is_cpu = preparation.device.type == "cpu"
    batch = _CPU_BATCH if is_cpu else _BATCH
    was_training = network.training
    with torch.no_grad():
        answering = quick_form(network) if is_cpu else network.eval()
        logits = [
            answering(*preparation.prepare(values[start : start + batch], valid[start : start + batch]))
            for start in range(0, len(values), batch)
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
