# SPDX-License-Identifier: GPL-2.0-or-later
"""Layers that several networks use."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def halving_widths(last: int, layers: int) -> list[int]:
    """Return widths of `layers` layers that double up to `last`, e.g. 32, 64, 128."""
    return [max(1, last // 2 ** (layers - 1 - i)) for i in range(layers)]


def normalised_layers(widths: list[int]) -> nn.Sequential:
    """Return [linear, batch normalisation, ReLU] from each width to the next."""
    blocks = [
        layer
        for before, after in zip(widths, widths[1:])
        for layer in (nn.Linear(before, after), nn.BatchNorm1d(after), nn.ReLU())
    ]
    return nn.Sequential(*blocks)


def decoder_layers(width: int, first: int, layers: int, num_classes: int) -> nn.Sequential:
    """Return a decoder: `layers` normalised layers from `width` to `first` features on, each halved, then classes."""
    widths = [width, *reversed(halving_widths(first, layers))]
    return nn.Sequential(*normalised_layers(widths), nn.Linear(widths[-1], num_classes))


class FlattenChannels(nn.Flatten):
    """Flattens (N, C, T) channel by channel; it knows how many there are."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels


class PerDate(nn.Module):
    """Applies [linear, batch normalisation, ReLU] layers to valid dates; invalid ones are 0 and in no statistic."""

    def __init__(self, widths: list[int]) -> None:
        super().__init__()
        self.layers = normalised_layers(widths)

    def forward(self, x: Tensor, valid: Tensor) -> Tensor:
        """Return (N, T, widths[-1]) of x (N, T, C)."""
        if not self.training:
            return self.layers(x.flatten(0, 1)).view(*x.shape[:2], -1) * valid.unsqueeze(2)
        seen_at = valid.flatten().nonzero().squeeze(1)  # (M,)
        rows = x.flatten(0, 1).index_select(0, seen_at)  # (M, C): batch statistics come from clear dates only
        if len(rows) < 2:  # too few for statistics
            rows = torch.cat([rows, rows.new_zeros(2, rows.shape[1])])
        seen = self.layers(rows)[: len(seen_at)]
        encoded = seen.new_zeros(valid.numel(), seen.shape[1]).index_copy(0, seen_at, seen)
        return encoded.view(*valid.shape, -1)
