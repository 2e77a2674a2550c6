# SPDX-License-Identifier: GPL-2.0-or-later
"""What training minimises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy


@dataclass(frozen=True)
class Criterion:
    """Cross-entropy with class weights (K,), label smoothing and, with gamma > 0, the focal factor (1 - p)^gamma.

    Focal loss: Lin et al. 2017 (10.1109/ICCV.2017.324).
    """

    class_weights: Optional[Tensor] = None
    label_smoothing: float = 0.0
    gamma: float = 0.0

    def __call__(self, logits: Tensor, label: Tensor) -> Tensor:
        """Return the mean loss of logits (N, K), weighted by the classes' weights."""
        return self.of_each(logits, label).mean()

    def of_each(self, logits: Tensor, label: Tensor) -> Tensor:
        """Return the losses (N,) whose mean is the loss."""
        losses = cross_entropy(
            logits, label, weight=self.class_weights, label_smoothing=self.label_smoothing, reduction="none"
        )
        if self.gamma:
            probability = logits.softmax(1).gather(1, label.unsqueeze(1)).squeeze(1)
            losses = losses * (1 - probability).clamp(min=1e-6) ** self.gamma
        if self.class_weights is None:
            return losses
        return losses / self.class_weights[label].mean()


def make_criterion(strategy: dict[str, Any], label: Tensor, num_classes: int) -> Criterion:
    """Return the loss that `strategy` asks for; balanced class weights come from the training labels (N,)."""
    weights = balanced_weights(label, num_classes) if strategy["class_weights"] == "balanced" else None
    gamma = strategy["focal_gamma"] if strategy["loss"] == "focal" else 0.0
    return Criterion(weights, strategy["label_smoothing"], gamma)


def balanced_weights(label: Tensor, num_classes: int) -> Tensor:
    """Return weights (K,) that let every class count the same: N / (K n_k)."""
    counts = torch.bincount(label, minlength=num_classes).clamp(min=1)
    return len(label) / (num_classes * counts.float())
