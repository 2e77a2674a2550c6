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
        self._living: dict[str, Tensor] = dict(network.state_dict()) if decay else {}  # they learn where they lie
        self._moving = [name for name, tensor in self._living.items() if tensor.is_floating_point()]
        self._counts = self._living.keys() - self._moving
        self.weights = _copies(self._living)

    def update(self) -> None:
        """Take the weights in as they are after a step."""
        self.steps += 1
        share = 1.0 - min(self._decay, (1 + self.steps) / (_YOUNG + self.steps))
        if self._moving:
            means, living = ([of[name] for name in self._moving] for of in (self.weights, self._living))
            torch._foreach_lerp_(means, living, share)  # one call for all of them
        for name in self._counts:
            self.weights[name].copy_(self._living[name])

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Let the network have the mean for the time."""
        living = _copies(self._living)
        self._network.load_state_dict({**self._network.state_dict(), **self.weights})
        try:
            yield
        finally:
            self._network.load_state_dict({**self._network.state_dict(), **living})


def _copies(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in tensors.items()}
