# SPDX-License-Identifier: GPL-2.0-or-later
"""What networks with attention share: exact masks, positions by day, and the two ways they are called."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class AttentionNetwork(nn.Module):
    """A network that can show its attention: subclasses write `attend`, the rest follows."""

    def attend(self, x: Tensor, days: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits (N, K) and attention (N, heads, T): >= 0, sum 1 over valid dates, exactly 0 on others."""
        raise NotImplementedError

    def forward(self, x: Tensor, days: Tensor, valid: Tensor) -> Tensor:
        """Return logits (N, K) of x (N, T, C), days (T,) or (N, T), valid (N, T)."""
        return self.attend(x, days, valid)[0]

    def explain(self, x: Tensor, days: Tensor, valid: Tensor) -> Tensor:
        """Return attention (N, heads, T)."""
        return self.attend(x, days, valid)[1]


def masked_softmax(scores: Tensor, valid: Tensor) -> Tensor:
    """Softmax of scores (N, heads, T) over the valid dates (N, T); rows without any valid date are all 0."""
    mask = valid.unsqueeze(1)  # (N, 1, T)
    highest = scores.masked_fill(~mask, float("-inf")).amax(2, keepdim=True).detach()
    weights = (scores - highest).masked_fill(~mask, float("-inf")).exp()  # the fill also hides -inf - -inf
    return weights / weights.sum(2, keepdim=True).clamp(min=torch.finfo(scores.dtype).tiny)


def day_positions(days: Tensor, width: int, period: float, dtype: torch.dtype) -> Tensor:
    """Return sinusoidal positions (..., width) of days (...): pairs of sine and cosine, the slowest of `period`."""
    pair = torch.arange(width, device=days.device) // 2
    angles = days.to(dtype).unsqueeze(-1) / period ** (2 * pair.to(dtype) / width)
    is_odd = torch.arange(width, device=days.device) % 2 == 1
    return torch.where(is_odd, angles.cos(), angles.sin())
