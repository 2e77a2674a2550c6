# SPDX-License-Identifier: GPL-2.0-or-later
"""A network as the card replays it: all its kernels recorded once, then started by a single call."""

from __future__ import annotations

import threading

import torch
from torch import Tensor, nn

_ONE_AT_A_TIME = threading.Lock()  # for all forms, those of an ensemble's members too: torch records in one stream
_WARM_UP = 3  # calls in which the card's libraries choose kernels and take memory, which no recording may


class GraphForm:
    """Called as the network it is made of: logits (N, K) of x (N, T, C), days (T,) and valid (N, T), on the card.

    Every thread records a graph of its own, since it computes in a stream of its own; all are recorded anew when the
    number of series changes. (CUDA graphs: Nguyen et al. 2021, pytorch.org/blog/accelerating-pytorch-with-cuda-graphs.)
    """

    def __init__(self, network: nn.Module) -> None:
        self._network = network
        self._shape = torch.Size()  # of the x that the graphs are recorded for
        self._recordings: dict[int, Recording] = {}  # by thread

    def __call__(self, x: Tensor, days: Tensor, valid: Tensor) -> Tensor:
        """Return logits (N, K).

        Raises:
            RuntimeError: the network asks the card for something in between, so that it cannot be recorded.
        """
        return self._of_this_thread(x, days, valid).replay(x, days, valid)

    def _of_this_thread(self, x: Tensor, days: Tensor, valid: Tensor) -> Recording:
        thread = threading.get_ident()
        with _ONE_AT_A_TIME:
            if x.shape != self._shape:
                self._recordings, self._shape = {}, x.shape  # their memory first
            if thread not in self._recordings:
                self._recordings[thread] = Recording(self._network, (x, days, valid))
            return self._recordings[thread]


class Recording:
    """The kernels of one network for inputs of one shape, and the memory they read and write."""

    def __init__(self, network: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        """Record `network`; other threads may use the card meanwhile.

        Raises:
            RuntimeError: the network cannot be recorded.
        """
        self._inputs = [part.clone() for part in inputs]
        for _ in range(_WARM_UP):
            network(*self._inputs)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph, capture_error_mode="thread_local"):
            self._logits = network(*self._inputs)

    def replay(self, *inputs: Tensor) -> Tensor:
        """Return what the network makes of `inputs`, in the stream of the thread that asks."""
        for place, part in zip(self._inputs, inputs):
            place.copy_(part)
        self._graph.replay()
        return self._logits.clone()
