# SPDX-License-Identifier: GPL-2.0-or-later
"""From stored series to what a network reads: normalisation, and gap filling for networks that want a regular grid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from ..core.card import ModelCard


def in_channels(card: ModelCard) -> int:
    """Return the channels of x: the bands, and one for validity where gaps are filled."""
    return len(card.bands) + bool(card.grid_days)


def seq_len(card: ModelCard) -> int:
    """Return the number of dates a network of this card was built for."""
    return len(card.grid_days) or len(card.dates)


def regular_grid(days: Sequence[float], step_days: float = 0.0) -> tuple[float, ...]:
    """Return the days of a regular grid over `days`: every `step_days`, or (0) as many steps as there are days."""
    first, last = min(days), max(days)
    if step_days > 0:
        count = int(np.ceil(round((last - first) / step_days, 6))) + 1
        return tuple(first + step_days * i for i in range(count))
    return tuple(float(day) for day in np.linspace(first, last, len(set(days))))


class Preparation:
    """Turns stored values of one cube into the input of one model, on the model's device.

    Networks that read gaps (`card.grid_days` is empty) get the cube's own dates, exactly 0 where invalid. The others
    get the card's regular grid: each grid day is interpolated linearly between the valid dates around it (constant
    beyond the first and last), plus a channel that says how near the nearest valid date is: 1 within half a grid step,
    falling to 0 at one step and a half. A series without any valid date is 0 throughout.
    """

    def __init__(
        self,
        card: ModelCard,
        days: Sequence[float],
        scale: np.ndarray,
        offset: np.ndarray,
        device: torch.device | str = "cpu",
    ) -> None:
        """Prepare for a cube whose dates lie on `days` (T,) of the card's season; `scale`, `offset` are (T, C)."""
        lower, upper = np.asarray(card.lower, np.float64), np.asarray(card.upper, np.float64)
        span = np.where(upper - lower > 1e-12, upper - lower, 1.0)  # a constant band becomes 0, not infinite
        factor = np.asarray(scale, np.float64).reshape(len(days), -1) / span
        shift = (np.asarray(offset, np.float64).reshape(len(days), -1) - lower) / span
        order = np.argsort(np.asarray(days), kind="stable")
        self.device = torch.device(device)
        self.days = torch.tensor(np.asarray(days, np.float32)[order], device=self.device)
        self.grid = torch.tensor(card.grid_days, dtype=torch.float32, device=self.device)
        self._order = None if np.all(order == np.arange(len(order))) else torch.as_tensor(order, device=self.device)
        self._factor = torch.tensor(factor[order], dtype=torch.float32, device=self.device)
        self._shift = torch.tensor(shift[order], dtype=torch.float32, device=self.device)
        self._step = float(self.grid[1] - self.grid[0]) if len(self.grid) > 1 else 1.0

    def prepare(self, values: Tensor, valid: Tensor, shift_days: float = 0.0) -> tuple[Tensor, Tensor, Tensor]:
        """Return x (N, T, C) float32, days (T,) float32 and valid (N, T) bool as the network reads them.

        Args:
            values: (N, T, C) as stored, any number type; NaN and infinite values make their date invalid.
            valid: (N, T), true where the date can be used.
            shift_days: moves all dates of the cube (an augmentation).

        """
        values, valid = values.to(self.device), valid.to(self.device).bool()
        if self._order is not None:
            values, valid = values[:, self._order], valid[:, self._order]
        x = torch.addcmul(self._shift, values.float(), self._factor)
        if values.is_floating_point():
            valid = valid & values.isfinite().all(2)
            x = torch.where(valid.unsqueeze(2), x, 0.0)
        else:
            x *= valid.unsqueeze(2)  # three times as quick, but NaN would stay
        days = self.days + shift_days
        if not len(self.grid):
            return x, days, valid
        return self._fill(x, days, valid), self.grid, valid.any(1, keepdim=True).expand(-1, len(self.grid))

    def _fill(self, x: Tensor, days: Tensor, valid: Tensor) -> Tensor:
        """Interpolate x (N, T, C) onto the grid: (N, G, C + 1)."""
        before, after = self._neighbours(days, valid)  # (N, G) each
        has_before, has_after = before >= 0, after < len(days)
        left = torch.where(has_before, before, after).clamp(0, len(days) - 1)
        right = torch.where(has_after, after, before).clamp(0, len(days) - 1)
        from_left, to_right = self.grid - days[left], days[right] - self.grid
        share = from_left / (from_left + to_right).clamp(min=1e-6)
        share = torch.where(has_before & has_after, share, 0.0).unsqueeze(2)  # (N, G, 1)
        filled = torch.lerp(take_dates(x, left), take_dates(x, right), share)  # (N, G, C)
        distance = torch.minimum(from_left.abs(), to_right.abs())
        nearness = (1.5 - distance / self._step).clamp(0.0, 1.0) * valid.any(1, keepdim=True)
        return torch.cat([filled, nearness.unsqueeze(2)], dim=2)

    def _neighbours(self, days: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        """Return the indices (N, G) of the valid dates at or before, and at or after, each grid day; -1 or T: none."""
        at_or_before = (days <= self.grid.unsqueeze(1)).sum(1) - 1  # (G,)
        at_or_after = (days < self.grid.unsqueeze(1)).sum(1)
        before = last_valid(valid)[:, at_or_before.clamp(min=0)]
        after = next_valid(valid)[:, at_or_after.clamp(max=len(days) - 1)]
        before = torch.where(at_or_before < 0, -1, before)
        return before, torch.where(at_or_after >= len(days), len(days), after)


def last_valid(valid: Tensor) -> Tensor:
    """Return the index of the last valid date at or before each date, -1 where there is none: (N, T) int64.

    By doubling, because torch.cummax is slow on CPUs and missing on some devices.
    """
    index = torch.arange(valid.shape[1], device=valid.device, dtype=torch.int32)
    found = torch.where(valid, index, -1)
    step = 1
    while step < valid.shape[1]:
        found = torch.cat([found[:, :step], torch.maximum(found[:, step:], found[:, :-step])], dim=1)
        step *= 2
    return found.long()


def next_valid(valid: Tensor) -> Tensor:
    """Return the index of the first valid date at or after each date, T where there is none: (N, T) int64."""
    return valid.shape[1] - 1 - last_valid(valid.flip(1)).flip(1)


def take_dates(x: Tensor, index: Tensor) -> Tensor:
    """Return x (N, T, C) at the dates `index` (N, G): (N, G, C)."""
    rows = torch.arange(len(x), device=x.device).unsqueeze(1) * x.shape[1]
    return x.flatten(0, 1).index_select(0, (rows + index).flatten()).view(*index.shape, x.shape[2])
