# SPDX-License-Identifier: GPL-2.0-or-later
"""Changes to training series that a model must bear: hidden dates and shifted seasons."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from .series import Preparation


def augmented(
    preparation: Preparation, values: Tensor, valid: Tensor, strategy: dict[str, Any], generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Return x, days and valid of a training batch with dates dropped and days shifted as `strategy` says.

    Each batch is shifted by one whole number of days, so that networks on a regular grid see the shift as well.
    """
    shift = 0
    if strategy["date_dropping"]:
        valid = dropped_dates(valid, strategy["date_dropping"], generator)
    if strategy["day_shift"]:
        limit = strategy["day_shift"]
        shift = int(torch.randint(-limit, limit + 1, (), generator=generator))
    return preparation.prepare(values, valid, shift)


def dropped_dates(valid: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Return `valid` (N, T) with a `share` of dates hidden at random; a series never loses its last valid date."""
    kept = valid.bool() & (torch.rand(valid.shape, generator=generator) >= share).to(valid.device)
    return torch.where(kept.any(1, keepdim=True), kept, valid.bool())
