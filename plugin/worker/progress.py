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
    best_losses: Optional[Tensor] = None  # (N,), of each validation sample where their mean is lowest
    patience_epoch: int = 0  # the last epoch that was as good, or better by min_delta
    patience_loss: float = math.inf
    best_weights: dict[str, Tensor] = field(default_factory=dict)

    def note(self, network: nn.Module, epoch: int, losses: Optional[Tensor], strategy: dict[str, Any]) -> bool:
        """Keep the weights if `epoch` is as good as the best so far, and return whether it is.

        `losses` (N,) are those of the validation samples; without any (None) each epoch counts as better.
        """
        loss = math.inf if losses is None else float(losses.mean())
        is_lowest = losses is None or loss < self.best_loss
        if losses is not None and not is_lowest and not self._is_as_good(losses, strategy["tolerance"]):
            return False
        self.best_epoch = epoch
        self.best_weights = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        if is_lowest:
            self.best_loss, self.best_losses = loss, losses
        if losses is None or not strategy["min_delta"] or loss < self.patience_loss - strategy["min_delta"]:
            self.patience_epoch, self.patience_loss = epoch, loss
        return True

    def _is_as_good(self, losses: Tensor, tolerance: float) -> bool:
        """Return whether the `losses` are higher than those of the best epoch by too little to tell, sample by sample.

        The rule of one standard error (Breiman et al. 1984, 10.1201/9781315139470), with paired differences.
        """
        if len(losses) < 2:  # no deviation
            return False
        more = losses - self.best_losses
        return bool(more.mean() < tolerance * more.std() / len(losses) ** 0.5)
