# SPDX-License-Identifier: GPL-2.0-or-later
"""What networks with attention share: exact masks, positions by day, and the two ways they are called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

import torch
from torch import Tensor, nn

COSINE, DOT, SCALED = "cosine", "dot product", "scaled dot product"


@dataclass(frozen=True)
class Steps:
    """How attention comes about, for N series, head by head: Q queries meet the keys of T dates, each d wide.

    `queries` (N, heads, Q, d), `keys` (N, heads, T, d); `scores` (N, heads, Q, T) are their similarities, `attention`
    their softmax over the valid dates. `query_weight` (N, Q) is how much each query counts in the attention shown;
    a single query is the model's own, T queries are the dates'. (A Transformer's attention is that of its last block,
    not yet carried back to the dates as they were read.) `wins` (N, T): of networks with max pooling over
    time, the share of channels whose maximum comes from each date.
    """

    similarity: str
    queries: Tensor
    keys: Tensor
    scores: Tensor
    attention: Tensor
    query_weight: Tensor
    wins: Optional[Tensor] = None


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

    def steps(self, x: Tensor, days: Tensor, valid: Tensor) -> Steps:
        """Return how attention comes about; mixed by `query_weight` it is, or leads to, what `explain` returns."""
        raise NotImplementedError


def masked_softmax(scores: Tensor, valid: Tensor) -> Tensor:
    """Softmax of scores (N, heads, ..., T) over the valid dates (N, T); rows without any valid date are all 0."""
    mask = valid.view(len(valid), *(1,) * (scores.dim() - 2), -1)  # (N, 1, ..., T)
    # Numbers instead of masks: a quarter of the time. The lowest number's share is exactly 0 beside any valid date.
    lowest = (~mask).to(scores.dtype) * torch.finfo(scores.dtype).min
    return (scores + lowest).softmax(-1) * mask.any(-1, keepdim=True).to(scores.dtype)


def mean_weights(valid: Tensor, dtype: torch.dtype) -> Tensor:
    """Return weights (N, T) of a mean over valid dates: 1 / count at them, 0 elsewhere."""
    return valid.to(dtype) / valid.sum(1, keepdim=True).clamp(min=1)


def received(attention: Tensor, weights: Tensor) -> Tensor:
    """Return the attention each date receives (N, heads, T): attention (N, heads, Q, T) mixed by query weights (N, Q).

    Mixed by weights that sum to 1, it still sums to 1 over valid dates.
    """
    return (weights[:, None, None] @ attention).squeeze(2)


def made_of(attention: Tensor, dates: Tensor, askers: Tensor) -> Tensor:
    """Return of which dates askers are made after a block: attention rollout, (..., Q, T).

    Half comes from the dates they attend to, (..., Q, T), each made of `dates` (..., T, T); half is what they were made
    of before, `askers` (..., Q, T). Abnar & Zuidema 2020 (10.18653/v1/2020.acl-main.385).
    """
    return (attention @ dates + askers) / 2


def channels_won(features: Tensor, valid: Tensor) -> Tensor:
    """Return the share of channels whose maximum over the valid dates (N, T) of features (N, T, D) is at each date."""
    best = features.masked_fill(~valid.unsqueeze(2), float("-inf")).argmax(1)  # (N, D)
    won = torch.zeros_like(features[:, :, 0]).scatter_add_(1, best, torch.ones_like(features[:, 0]))
    return won / features.shape[2] * valid


def day_positions(days: Tensor, width: int, period: float, dtype: torch.dtype) -> Tensor:
    """Return sinusoidal positions (..., width) of days (...): pairs of sine and cosine, the slowest of `period`."""
    pair = torch.arange(width, device=days.device) // 2
    angles = days.to(dtype).unsqueeze(-1) / period ** (2 * pair.to(dtype) / width)
    is_odd = torch.arange(width, device=days.device) % 2 == 1
    return torch.where(is_odd, angles.cos(), angles.sin())
