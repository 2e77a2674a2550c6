# SPDX-License-Identifier: GPL-2.0-or-later
"""Changes to training series that a model must bear: hidden dates, shifted seasons, stronger and weaker bands."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from .series import Preparation


def augmented(
    preparation: Preparation, values: Tensor, valid: Tensor, strategy: dict[str, Any], generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Return x, days and valid of a training batch, changed as `strategy` says.

    Each batch is shifted by one whole number of days, so that networks on a regular grid see the shift as well.
    """
    shift, bands = 0, values.shape[2]
    if strategy["date_dropping"]:
        valid = dropped_dates(valid, strategy["date_dropping"], generator)
    if strategy["block_dropping"]:
        valid = dropped_blocks(valid, strategy["block_dropping"], generator)
    if strategy["day_shift"]:
        limit = strategy["day_shift"]
        shift = int(torch.randint(-limit, limit + 1, (), generator=generator))
    x, days, seen = preparation.prepare(values, valid, shift)
    if strategy["amplitude_noise"]:
        x = with_gain(x, bands, strategy["amplitude_noise"], generator)
    return x, days, seen


def dropped_dates(valid: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Return `valid` (N, T) with a `share` of dates hidden at random; a series never loses its last valid date."""
    return _hidden(valid, torch.rand(valid.shape, generator=generator) < share)


def dropped_blocks(valid: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Return `valid` (N, T) with one run of up to `share` of the T dates hidden in each series.

    Length and place are even draws; a series never loses its last valid date.
    """
    count, dates = valid.shape
    length = (torch.rand((count, 1), generator=generator) * (share * dates + 1)).floor()
    first = (torch.rand((count, 1), generator=generator) * (dates - length + 1)).floor()
    date = torch.arange(dates)
    return _hidden(valid, (date >= first) & (date < first + length))


def with_gain(x: Tensor, bands: int, spread: float, generator: torch.Generator) -> Tensor:
    """Return x (N, T, C) with the first `bands` channels multiplied by 1 + noise, one draw per series and band.

    `spread` is the noise's standard deviation. A channel of validity is left alone, and what is 0 stays 0.
    """
    gain = torch.ones(len(x), 1, x.shape[2])
    gain[:, :, :bands] += spread * torch.randn(len(x), 1, bands, generator=generator)
    return x * gain.to(x.device)


def _hidden(valid: Tensor, hide: Tensor) -> Tensor:
    """Return `valid` (N, T) without the dates to `hide` (N, T), as it was where none would be left."""
    kept = valid.bool() & ~hide.to(valid.device)
    return torch.where(kept.any(1, keepdim=True), kept, valid.bool())
