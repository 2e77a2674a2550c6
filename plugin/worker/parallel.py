# SPDX-License-Identifier: GPL-2.0-or-later
"""One training by several processes, as torchrun starts them: each learns from its share of every batch.

The gradients are averaged before every step, so that all processes keep the same weights. The first one validates and
decides; batch statistics are those of each process's own share, and the first one's are kept.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, distributed, nn

_LEAST_SHARE = 2  # series that batch statistics need


@dataclass(frozen=True)
class Group:
    """The processes of one training: how many there are, and which one this is."""

    rank: int = 0
    size: int = 1
    device: str = "cpu"

    @property
    def is_first(self) -> bool:
        """Whether this process validates, reports and decides."""
        return self.rank == 0

    def share(self, batch: Tensor) -> Tensor:
        """Return this process's part of a batch; of a batch too small to be divided, all of it."""
        if len(batch) < _LEAST_SHARE * self.size:
            return batch
        return batch.tensor_split(self.size)[self.rank]

    def average(self, network: nn.Module, count: int) -> None:
        """Make the gradients those of all processes together; this one's are of `count` series."""
        if self.size == 1:
            return
        gradients = [weight.grad for weight in network.parameters() if weight.grad is not None]
        own = torch.cat([gradient.flatten() for gradient in gradients] + [gradients[0].new_ones(1)]) * count
        distributed.all_reduce(own)
        parts = (own[:-1] / own[-1]).split([gradient.numel() for gradient in gradients])
        for gradient, part in zip(gradients, parts):
            gradient.copy_(part.view_as(gradient))

    def same(self, tensor: Tensor) -> Tensor:
        """Return the first process's `tensor`, which all must have in the same shape and type."""
        if self.size == 1:
            return tensor
        shared = tensor.to(self.device)
        distributed.broadcast(shared, 0)
        return shared.to(tensor.device)

    def same_weights(self, network: nn.Module) -> None:
        """Give all processes the first one's weights."""
        network.load_state_dict({name: self.same(tensor) for name, tensor in network.state_dict().items()})

    def same_figures(self, figures: Sequence[float]) -> list[float]:
        """Return the first process's `figures`."""
        return self.same(torch.tensor(figures, dtype=torch.float64)).tolist()


ALONE = Group()


@contextmanager
def joined_group(device: torch.device, environment: Mapping[str, str] = os.environ) -> Iterator[Group]:
    """Yield the group that torchrun's variables name, and leave it at the end; without them this process is alone."""
    size = int(environment.get("WORLD_SIZE", "1"))
    if size == 1:
        yield Group(device=str(device))
        return
    if device.type == "cuda":
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Group(distributed.get_rank(), size, str(device))
    finally:
        distributed.destroy_process_group()


def own_device(device: torch.device, environment: Mapping[str, str] = os.environ) -> torch.device:
    """Return the GPU of this process among those of its machine; any other `device` is shared."""
    return torch.device("cuda", int(environment.get("LOCAL_RANK", "0"))) if device.type == "cuda" else device
