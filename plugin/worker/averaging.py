# SPDX-License-Identifier: GPL-2.0-or-later
"""The running mean of a network's weights over its last steps: steadier than the weights that are learning."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

_YOUNG = 10  # a mean of few steps forgets faster: it shall not remember how the network began


class RunningMean:
    """Exponential moving average of the weights and statistics of a network (Polyak & Juditsky 1992, 10.1137/0330046).

    `decay`: share of the mean that is kept from step to step; 0 is the network as it is, at no cost.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.steps = 0
        self._network, self._decay = network, decay
        self.weights = {name: tensor.clone() for name, tensor in network.state_dict().items()} if decay else {}

    def update(self) -> None:
        """Take the weights in as they are after a step."""
        self.steps += 1
        share = 1.0 - min(self._decay, (1 + self.steps) / (_YOUNG + self.steps))
        for name, tensor in self._living().items():
            if tensor.is_floating_point():
                self.weights[name].lerp_(tensor, share)
            else:
                self.weights[name].copy_(tensor)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Let the network have the mean for the time."""
        living = {name: tensor.clone() for name, tensor in self._living().items()}
        self._network.load_state_dict({**self._network.state_dict(), **self.weights})
        try:
            yield
        finally:
            self._network.load_state_dict({**self._network.state_dict(), **living})

    @torch.no_grad()
    def _living(self) -> dict[str, Tensor]:
        """Return the network's own tensors, {} where there is no mean of them."""
        return dict(self._network.state_dict()) if self._decay else {}
