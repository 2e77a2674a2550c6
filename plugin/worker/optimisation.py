# SPDX-License-Identifier: GPL-2.0-or-later
"""Optimisers and learning-rate schedules of the learning strategy."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Optional

from torch import nn, optim

_CYCLE_START = 1 / 25  # of the peak, as in Smith & Topin 2017 (arXiv 1708.07120) and torch's OneCycleLR
_CYCLE_END = 1 / 250_000


def make_optimizer(strategy: dict[str, Any], parameters: Iterable[nn.Parameter]) -> optim.Optimizer:
    """Return the optimiser that `strategy` asks for."""
    rate, decay = strategy["learning_rate"], strategy["weight_decay"]
    name = strategy["optimizer"]
    if name == "sgd":
        momentum = strategy["momentum"]
        is_nesterov = strategy["nesterov"] and momentum > 0
        return optim.SGD(parameters, rate, momentum=momentum, weight_decay=decay, nesterov=is_nesterov, fused=True)
    if name == "rmsprop":
        return optim.RMSprop(parameters, rate, alpha=strategy["rmsprop_alpha"], weight_decay=decay)
    kind = optim.AdamW if name == "adamw" else optim.Adam
    betas = (strategy["beta1"], strategy["beta2"])
    return kind(parameters, rate, betas=betas, weight_decay=decay, fused=True)  # one pass over the weights


class Schedule:
    """Sets the learning rate: the training loop tells it of every batch and epoch.

    Warm-up rises batch by batch; constant, step, cosine and plateau change from epoch to epoch after it; one-cycle
    rises and falls batch by batch from first to last (and leaves momentum alone).
    """

    def __init__(self, strategy: dict[str, Any], optimizer: optim.Optimizer, batches: int) -> None:
        """Follow `strategy` with `batches` steps per epoch, and set the rate of the first."""
        self._strategy, self._optimizer, self._batches = strategy, optimizer, batches
        self._name = strategy["schedule"]
        self._warmup = 0 if self._name == "onecycle" else strategy["warmup_epochs"]
        self._steps = 0
        self._plateau_share, self._plateau_wait = 1.0, 0
        self._plateau_loss: Optional[float] = None
        self.rate = 0.0  # of the last step made
        self._set()

    def after_batch(self) -> None:
        """Take note that a step was made."""
        self.rate = self._optimizer.param_groups[0]["lr"]
        self._steps += 1
        self._set()

    def after_epoch(self, validation_loss: Optional[float]) -> None:
        """Take note that an epoch ended with `validation_loss`, None where nothing was validated."""
        if self._name != "plateau" or validation_loss is None or self._epoch <= self._warmup:
            return
        if self._plateau_loss is None or validation_loss < self._plateau_loss:
            self._plateau_loss, self._plateau_wait = validation_loss, 0
            return
        self._plateau_wait += 1
        if self._plateau_wait > self._strategy["plateau_patience"]:
            self._plateau_share *= self._strategy["plateau_factor"]
            self._plateau_wait = 0
            self._set()

    def state(self) -> dict[str, Any]:
        """Return what a resumed training needs, as JSON values."""
        return {
            "steps": self._steps,
            "plateau_share": self._plateau_share,
            "plateau_wait": self._plateau_wait,
            "plateau_loss": self._plateau_loss,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a `state`."""
        self._steps = state["steps"]
        self._plateau_share, self._plateau_wait = state["plateau_share"], state["plateau_wait"]
        self._plateau_loss = state["plateau_loss"]
        self._set()

    @property
    def _epoch(self) -> int:
        """How many epochs are complete."""
        return self._steps // self._batches

    def _set(self) -> None:
        rate = self._strategy["learning_rate"] * self._share()
        for group in self._optimizer.param_groups:
            group["lr"] = rate

    def _share(self) -> float:
        """Return the share of the learning rate that the next step takes."""
        if self._name == "onecycle":
            return self._cycle_share()
        if self._epoch < self._warmup:
            return (self._steps + 1) / (self._warmup * self._batches)
        epoch = self._epoch - self._warmup
        if self._name == "step":
            return float(self._strategy["step_factor"] ** (epoch // self._strategy["step_epochs"]))
        if self._name == "cosine":
            length = max(1, self._strategy["epochs"] - self._warmup)
            return _between(1.0, self._strategy["cosine_minimum"], epoch / length)
        return self._plateau_share if self._name == "plateau" else 1.0

    def _cycle_share(self) -> float:
        last = max(1, self._strategy["epochs"] * self._batches - 1)
        peak = self._strategy["onecycle_peak"] * last
        if self._steps < peak:
            return _between(_CYCLE_START, 1.0, self._steps / peak)
        return _between(1.0, _CYCLE_END, (self._steps - peak) / (last - peak))


def _between(start: float, end: float, way: float) -> float:
    """Return the value on a half cosine from `start` to `end` at `way` from 0 to 1."""
    return end + (start - end) * (1 + math.cos(math.pi * min(1.0, way))) / 2
