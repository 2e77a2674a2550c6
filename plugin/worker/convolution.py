# SPDX-License-Identifier: GPL-2.0-or-later
"""Convolutions along time that several networks use; series are (N, channels, T) here."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def same_convolution(before: int, after: int, kernel_size: int, stride: int = 1, bias: bool = True) -> nn.Sequential:
    """Return a convolution that keeps T (with a stride: ceil(T / stride)), zeros beyond both ends.

    Even kernels look one date further ahead than back, as in Keras.
    """
    padding = nn.ConstantPad1d(((kernel_size - 1) // 2, kernel_size // 2), 0.0)
    return nn.Sequential(padding, nn.Conv1d(before, after, kernel_size, stride, bias=bias))


def convolution_block(before: int, after: int, kernel_size: int) -> nn.Sequential:
    """Return [convolution that keeps T, batch normalisation, ReLU]."""
    return nn.Sequential(same_convolution(before, after, kernel_size), nn.BatchNorm1d(after), nn.ReLU())


class Residual(nn.Module):
    """Adds a shortcut to `path`: relu(path(x) + norm(x)), with a 1 x 1 convolution where the width changes."""

    def __init__(self, path: nn.Module, before: int, after: int) -> None:
        super().__init__()
        self.path = path
        narrow = [nn.Conv1d(before, after, 1, bias=False)] if before != after else []
        self.shortcut = nn.Sequential(*narrow, nn.BatchNorm1d(after))

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, after, T) of x (N, before, T)."""
        return torch.relu(self.path(x) + self.shortcut(x))


def he_start(layer: nn.Module) -> None:
    """Start the weights of a layer before a ReLU as He et al. 2015 (10.1109/ICCV.2015.123); for nn.Module.apply."""
    if isinstance(layer, (nn.Conv1d, nn.Linear)):
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
