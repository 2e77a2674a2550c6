# SPDX-License-Identifier: GPL-2.0-or-later
"""InceptionTime: convolutions of several sizes side by side, with shortcuts."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ...core.catalog import Architecture, Hyperparameter, Preset
from ..convolution import Residual, he_start, same_convolution
from ..inference import norm_parts, quick_layers
from . import described

_PER_RESIDUAL = 3  # modules under one shortcut
_BRANCHES = 4  # three convolutions and the pooling branch
_FULL_LENGTH = 50  # shorter series get kernels that are shorter in proportion


class InceptionTime(nn.Module):
    """InceptionTime (convolutions of several sizes).

    Short, medium and long filters look at the season side by side, module upon module, with shortcuts around every
    three. Wants a regular grid: gaps are filled, and a channel tells where real dates were near.
    """

    def __init__(
        self,
        in_channels: int,
        seq_len: int,
        num_classes: int,
        *,
        filters: int = 32,
        depth: int = 6,
        kernel_size: int = 40,
        bottleneck: int = 32,
        dropout: float = 0.0,
    ) -> None:
        """Build the network for series of about `seq_len` grid days, which scale the kernels when they are few."""
        super().__init__()
        kernels = scaled_kernels(kernel_size, seq_len)
        width = filters * _BRANCHES
        groups: list[nn.Module] = []
        before = in_channels
        for first in range(0, depth, _PER_RESIDUAL):
            count = min(_PER_RESIDUAL, depth - first)
            inputs = [before] + [width] * (count - 1)
            path = nn.Sequential(*(InceptionModule(number, filters, kernels, bottleneck) for number in inputs))
            groups.append(Residual(path, before, width) if count == _PER_RESIDUAL else path)
            before = width
        self.modules_by_group = nn.Sequential(*groups)
        self.dropout = nn.Dropout(dropout)
        self.classify = nn.Linear(width, num_classes)
        self.modules_by_group.apply(he_start)

    def forward(self, x: Tensor, days: Tensor, valid: Tensor) -> Tensor:
        """Return logits (N, K) of x (N, T, C) on the regular grid."""
        return self.classify(self.dropout(self.modules_by_group(x.transpose(1, 2)).mean(2)))


class InceptionModule(nn.Module):
    """Three convolutions of a narrowed input and one of its running maximum, side by side."""

    def __init__(self, before: int, filters: int, kernels: tuple[int, ...], bottleneck: int) -> None:
        super().__init__()
        narrows = before > 1
        self.narrow = nn.Conv1d(before, bottleneck, 1, bias=False) if narrows else nn.Identity()
        inputs = bottleneck if narrows else before
        self.convolutions = nn.ModuleList(same_convolution(inputs, filters, size, bias=False) for size in kernels)
        self.pooled = nn.Sequential(nn.MaxPool1d(3, 1, padding=1), nn.Conv1d(before, filters, 1, bias=False))
        self.norm = nn.BatchNorm1d(filters * _BRANCHES)

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, 4 filters, T) of x (N, before, T)."""
        narrowed = self.narrow(x)
        branches = [convolution(narrowed) for convolution in self.convolutions]
        return torch.relu(self.norm(torch.cat([*branches, self.pooled(x)], dim=1)))

    def fused(self) -> FusedInception:
        """Return the same function in eval mode, faster."""
        return FusedInception(self)


class FusedInception(nn.Module):
    """An Inception module for inference: each branch with its part of the normalisation, channels last throughout."""

    def __init__(self, module: InceptionModule) -> None:
        super().__init__()
        self.narrow = quick_layers(nn.Sequential(module.narrow), hands_on=True)
        branches, norms = [*module.convolutions, module.pooled], norm_parts(module.norm, _BRANCHES)
        self.branches = nn.ModuleList(
            quick_layers(nn.Sequential(branch, norm, nn.ReLU()), hands_on=True) for branch, norm in zip(branches, norms)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, 4 filters, T) of x (N, before, T)."""
        narrowed = self.narrow(x)
        inputs = [narrowed] * (_BRANCHES - 1) + [x]
        features = [branch(series).transpose(1, 2) for branch, series in zip(self.branches, inputs)]  # (N, T, filters)
        return torch.cat(features, dim=2).transpose(1, 2)


def scaled_kernels(longest: int, seq_len: int) -> tuple[int, ...]:
    """Return the three kernel sizes, each half of the one before; scaled down for series shorter than 50 dates."""
    share = min(1.0, seq_len / _FULL_LENGTH)
    return tuple(max(1, round(longest * share / 2**i)) for i in range(3))


ARCHITECTURE = Architecture(
    id="inceptiontime",
    **described(InceptionTime),
    kind="network",
    family="convolution",
    doi="10.1007/s10618-020-00710-y",
    gives_attention=False,
    reads_gaps=False,
    hyperparameters=(
        Hyperparameter("filters", "Filters", "int", 32, "Filters of each of a module's four branches.", 4, 256),
        Hyperparameter("depth", "Depth", "int", 6, "Modules, one above the other; a shortcut around every three.", 1,
                       12),
        Hyperparameter("kernel_size", "Longest filter", "int", 40,
                       "Grid days that the longest filters see at once; the others see a half and a quarter of it. "
                       "In proportion less where series have fewer than 50 dates.", 4, 128),
        Hyperparameter("bottleneck", "Bottleneck", "int", 32, "Features that a module narrows its input to.", 1, 256),
        Hyperparameter("dropout", "Dropout", "float", 0.0, "Share of the features of the series hidden in training.",
                       0.0, 0.9),
    ),
    presets=(
        Preset("short", "The paper's network, trained for 30 epochs", {},
               {"optimizer": "adam", "learning_rate": 1e-3, "schedule": "cosine", "batch_size": 32, "epochs": 30,
                "patience": 15}),
        Preset("paper", "Ismail Fawaz et al. 2020 (1500 epochs)", {},
               {"optimizer": "adam", "learning_rate": 1e-3, "schedule": "plateau", "plateau_patience": 50,
                "batch_size": 64, "epochs": 1500, "patience": 200}),
    ),
    deviations="One network instead of an ensemble of five. Kernels are scaled to series shorter than 50 dates. The "
    "modules before a shortcut end with a ReLU, as in the authors' code. Gaps are filled "
    "on a regular grid, with a channel of validity.",
)  # fmt: skip

MODEL = InceptionTime
