# SPDX-License-Identifier: GPL-2.0-or-later
"""Optimisers and learning-rate schedules of the learning strategy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torch import nn, optim
from torch.optim import lr_scheduler

_STEP_FACTOR = 0.95  # per epoch
_PLATEAU_FACTOR = 0.5
_MOMENTUM = 0.9


def make_optimizer(strategy: dict[str, Any], parameters: Iterable[nn.Parameter]) -> optim.Optimizer:
    """Return the optimiser that `strategy` asks for."""
    rate, decay = strategy["learning_rate"], strategy["weight_decay"]
    name = strategy["optimizer"]
    if name == "sgd":
        return optim.SGD(parameters, rate, momentum=_MOMENTUM, weight_decay=decay, nesterov=True)
    kinds = {"adam": optim.Adam, "adamw": optim.AdamW, "rmsprop": optim.RMSprop}
    return kinds[name](parameters, lr=rate, weight_decay=decay)


class Schedule:
    """Changes the learning rate: `after_batch` and `after_epoch` are called by the training loop."""

    def __init__(self, strategy: dict[str, Any], optimizer: optim.Optimizer, batches: int) -> None:
        """Follow `strategy` with `batches` steps per epoch."""
        epochs, name = strategy["epochs"], strategy["schedule"]
        self._per_batch = None
        self._per_epoch = None
        self._plateau = None
        if name == "onecycle":
            rate = strategy["learning_rate"]
            self._per_batch = lr_scheduler.OneCycleLR(optimizer, max_lr=rate, total_steps=epochs * batches + 1)
        elif name == "step":
            self._per_epoch = lr_scheduler.ExponentialLR(optimizer, gamma=_STEP_FACTOR)
        elif name == "cosine":
            self._per_epoch = lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs)
        elif name == "plateau":
            wait = max(1, strategy["patience"] // 4)
            self._plateau = lr_scheduler.ReduceLROnPlateau(optimizer, factor=_PLATEAU_FACTOR, patience=wait)

    def after_batch(self) -> None:
        """Take note that a step was made."""
        if self._per_batch:
            self._per_batch.step()

    def after_epoch(self, validation_loss: float) -> None:
        """Take note that an epoch ended with `validation_loss`."""
        if self._per_epoch:
            self._per_epoch.step()
        if self._plateau:
            self._plateau.step(validation_loss)
