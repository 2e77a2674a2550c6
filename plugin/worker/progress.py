# SPDX-License-Identifier: GPL-2.0-or-later
"""How far a training is, and which of its epochs was the best."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Optional

from torch import Tensor, nn


@dataclass
class Progress:
    """How far a training is: one dict per epoch, and the weights of the best one."""

    history: list[dict[str, Any]] = field(default_factory=list)
    best_epoch: int = 0
    best_loss: float = math.inf
    patience_epoch: int = 0  # the last epoch that was better by min_delta
    patience_loss: float = math.inf
    best_weights: dict[str, Tensor] = field(default_factory=dict)

    def note_best(self, network: nn.Module, epoch: int, loss: Optional[float], min_delta: float) -> bool:
        """Keep the weights if `epoch` is the best so far; without validation (None) each epoch counts as better."""
        if loss is not None and not loss < self.best_loss:
            return False
        self.best_epoch, self.best_loss = epoch, math.inf if loss is None else loss
        self.best_weights = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        if loss is None or loss < self.patience_loss - min_delta:
            self.patience_epoch, self.patience_loss = epoch, self.best_loss
        return True
