# SPDX-License-Identifier: GPL-2.0-or-later
"""Transformer encoder: blocks in which dates exchange what they know, then pooling over time."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ...core.catalog import Architecture, Hyperparameter, Preset
from ...core.errors import InputError
from ..attention import (
    SCALED,
    AttentionNetwork,
    Steps,
    channels_won,
    day_positions,
    made_of,
    masked_softmax,
    mean_weights,
    received,
)
from ..training_layers import dropout
from . import described

MAX, MEAN, ATTENTION, TOKEN = "max", "mean", "attention", "class token"
Exchange = tuple[Tensor, Tensor]  # a block's attention (N, heads, Q, T): of those who ask in the last one, of the dates
_TINY = 1e-9  # of a series without any date


class Transformer(AttentionNetwork):
    """Transformer (encoder).

    In every block each date gathers from all others what it needs, head by head, and a small network works on it. What
    the last block attends to is mixed already: the attention shown is carried back through all blocks (rollout).
    """

    def __init__(
        self,
        in_channels: int,
        seq_len: int,
        num_classes: int,
        *,
        width: int = 64,
        heads: int = 2,
        layers: int = 2,
        feed_forward: int = 128,
        dropout: float = 0.1,
        pooling: str = MAX,
        input_norm: bool = False,
        norm_first: bool = True,
        position_period: float = 1000.0,
    ) -> None:
        """Build the network; `seq_len` is not needed, since dates are read by their day."""
        super().__init__()
        if width % heads:
            raise InputError(f"Transformer: Width {width} is no multiple of the {heads} heads: choose another.")
        self.pooling, self.position_period = pooling, position_period
        self.project = nn.Sequential(nn.Linear(in_channels, width), nn.LayerNorm(width) if input_norm else nn.ReLU())
        self.blocks = nn.ModuleList(Block(width, heads, feed_forward, dropout, norm_first) for _ in range(layers))
        self.norm_out = nn.LayerNorm(width)
        self.classify = nn.Linear(width, num_classes)
        if pooling == TOKEN:
            self.token = nn.Parameter(torch.randn(1, 1, width) * width**-0.5)
        elif pooling == ATTENTION:
            self.score = nn.Linear(width, 1)

    def forward(self, x: Tensor, days: Tensor, valid: Tensor) -> Tensor:
        """Return logits (N, K) of x (N, T, C), days (T,) or (N, T), valid (N, T)."""
        return self._answer(self._read(x, days, valid)[0], valid)

    def attend(self, x: Tensor, days: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits (N, K) and the attention each date receives by the heads of the last block, (N, heads, T).

        Received from each query as it counts in the answer, and carried back: what a head attends to is made of the
        dates that were attended to in the blocks before.
        """
        features, attention, blocks = self._read(x, days, valid)
        dates = torch.eye(x.shape[1], dtype=x.dtype, device=x.device).expand(len(x), 1, -1, -1)
        askers = torch.zeros_like(dates[:, :, :1]) if self.pooling == TOKEN else dates  # a token is made of no date
        for asked, exchanged in blocks:
            askers = made_of(asked.mean(1, keepdim=True), dates, askers)
            dates = made_of(exchanged.mean(1, keepdim=True), dates, dates)
        sources = made_of(attention, dates, askers)  # (N, heads, Q, T)
        shares = sources / sources.sum(3, keepdim=True).clamp(min=_TINY)
        return self._answer(features, valid), received(shares, self._counts(features, valid))

    def steps(self, x: Tensor, days: Tensor, valid: Tensor) -> Steps:
        """Return how the attention of the last block comes about, and what max pooling takes from each date."""
        asking, dates = self._before_last(x, days, valid)[:2]
        last = self.blocks[-1]
        queries, keys, scores = last.compare(*last.known(asking, dates))
        weights = self._counts(self.norm_out(last(asking, dates, valid)[0]), valid)
        wins = weights if self.pooling == MAX else None
        return Steps(SCALED, queries, keys, scores, masked_softmax(scores, valid), weights, wins)

    def _read(self, x: Tensor, days: Tensor, valid: Tensor) -> tuple[Tensor, Tensor, list[Exchange]]:
        """Return the last block's features (N, Q, width), its attention (N, heads, Q, T), that of the blocks before."""
        asking, dates, blocks = self._before_last(x, days, valid)
        features, attention = self.blocks[-1](asking, dates, valid)
        return self.norm_out(features), attention, blocks

    def _before_last(self, x: Tensor, days: Tensor, valid: Tensor) -> tuple[Tensor, Tensor, list[Exchange]]:
        """Return who asks in the last block (N, Q, width), the dates asked (N, T, width), and the blocks before."""
        dates = self.project(x)
        dates = dates + day_positions(days, dates.shape[2], self.position_period, x.dtype)
        asking = self.token.expand(len(x), -1, -1) if self.pooling == TOKEN else dates
        blocks: list[Exchange] = []
        for block in self.blocks[:-1]:
            answered, exchanged = block(dates, dates, valid)
            asking, asked = (answered, exchanged) if asking is dates else block(asking, dates, valid)
            dates = answered
            blocks.append((asked, exchanged))
        return asking, dates, blocks  # a token is never asked, and in the last block dates would answer for nothing

    def _answer(self, features: Tensor, valid: Tensor) -> Tensor:
        """Return logits (N, K) of features (N, Q, width), pooled over time."""
        if self.pooling != MAX:
            return self.classify((self._counts(features, valid).unsqueeze(1) @ features).squeeze(1))
        lowest = (~valid).to(features.dtype) * torch.finfo(features.dtype).min
        highest = (features + lowest.unsqueeze(2)).amax(1)
        return self.classify(torch.where(valid.any(1, keepdim=True), highest, 0.0))

    def _counts(self, features: Tensor, valid: Tensor) -> Tensor:
        """Return how much each query counts in the answer, (N, Q): by max pooling, the share of features it gives."""
        if self.pooling == TOKEN:
            return torch.ones_like(features[:, :, 0])
        if self.pooling == MAX:
            return channels_won(features, valid)
        if self.pooling == ATTENTION:
            return masked_softmax(self.score(features).transpose(1, 2), valid).squeeze(1)
        return mean_weights(valid, features.dtype)


class Block(nn.Module):
    """Multi-head attention, then a feed-forward network, each around a skip connection and normalised per date."""

    def __init__(self, width: int, heads: int, feed_forward: int, dropout: float, norm_first: bool) -> None:
        super().__init__()
        self.heads, self.norm_first = heads, norm_first
        self.queries, self.keys, self.values, self.out = (nn.Linear(width, width) for _ in range(4))
        self.norm_attention, self.norm_out = nn.LayerNorm(width), nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)
        self.feed_forward = nn.Sequential(
            nn.Linear(width, feed_forward), nn.ReLU(), nn.Dropout(dropout), nn.Linear(feed_forward, width)
        )
        for layer in (self.queries, self.keys, self.values, self.out):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, asking: Tensor, dates: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        """Return `asking` (N, Q, width) after it has read `dates` (N, T, width), and its attention (N, heads, Q, T)."""
        if not self.norm_first:
            gathered, attention = self._gather(asking, dates, valid)
            asking = self.norm_attention(asking + self.dropout(gathered))
            return self.norm_out(asking + self.dropout(self.feed_forward(asking))), attention
        gathered, attention = self._gather(*self.known(asking, dates), valid)
        asking = asking + self.dropout(gathered)
        return asking + self.dropout(self.feed_forward(self.norm_out(asking))), attention

    def known(self, asking: Tensor, dates: Tensor) -> tuple[Tensor, Tensor]:
        """Return `asking` and `dates` as queries and keys are made of them."""
        if not self.norm_first:
            return asking, dates
        normed = self.norm_attention(dates)
        return normed if asking is dates else self.norm_attention(asking), normed

    def compare(self, asking: Tensor, dates: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return queries (N, heads, Q, d), keys (N, heads, T, d) and their scores (N, heads, Q, T)."""
        queries, keys = self._heads(self.queries(asking)), self._heads(self.keys(dates))
        return queries, keys, (queries / queries.shape[3] ** 0.5) @ keys.transpose(2, 3)

    def _gather(self, asking: Tensor, dates: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        attention = masked_softmax(self.compare(asking, dates)[2], valid)
        used = dropout(attention, self.dropout.p, self.training)  # what is returned keeps its sum of 1
        return self.out((used @ self._heads(self.values(dates))).transpose(1, 2).flatten(2)), attention

    def _heads(self, features: Tensor) -> Tensor:
        """Return features (N, Q, width) as (N, heads, Q, width / heads)."""
        return features.unflatten(2, (self.heads, -1)).transpose(1, 2)


ARCHITECTURE = Architecture(
    id="transformer",
    **described(Transformer),
    kind="network",
    family="attention",
    doi="10.48550/arXiv.1706.03762",
    gives_attention=True,
    reads_gaps=True,
    hyperparameters=(
        Hyperparameter("width", "Width", "int", 64, "Features of each date; a multiple of the heads.", 4, 1024),
        Hyperparameter("heads", "Heads", "int", 2, "Each head compares the dates in its own way.", 1, 64),
        Hyperparameter("layers", "Blocks", "int", 2, "Blocks of attention and feed-forward network.", 1, 12),
        Hyperparameter("feed_forward", "Feed-forward width", "int", 128, "Inner features of each block's network.",
                       4, 4096),
        Hyperparameter("dropout", "Dropout", "float", 0.1, "Share of features and attention hidden in training.",
                       0.0, 0.9),
        Hyperparameter("pooling", "Pooling over time", "choice", MAX,
                       "How the dates become one series: largest or mean value of each feature, a learned weighting, "
                       "or a class token that asks the dates.", choices=(MAX, MEAN, ATTENTION, TOKEN)),
        Hyperparameter("input_norm", "Normalise input features", "bool", False,
                       "Normalise each date's features at the start, in place of a ReLU."),
        Hyperparameter("norm_first", "Normalise first", "bool", True,
                       "Normalise before attention and feed-forward, not after: steadier without warm-up."),
        Hyperparameter("position_period", "Period of positions", "float", 1000.0,
                       "Slowest wave that tells days apart, in days.", 10.0, 100000.0, unit="days"),
    ),
    presets=(
        Preset("small_sets", "2 blocks, normalised first, trained with hidden dates", {},
               {"optimizer": "adam", "learning_rate": 1e-3, "batch_size": 32, "epochs": 150, "patience": 20,
                "date_dropping": 0.5}),
        Preset("breizhcrops", "BreizhCrops", {"layers": 5, "dropout": 0.018, "norm_first": False},
               {"optimizer": "adam", "learning_rate": 1.74e-4, "weight_decay": 3.5e-6, "batch_size": 256,
                "epochs": 30, "patience": 0}),
        Preset("russwurm", "Russwurm & Koerner 2020",
               {"width": 128, "heads": 4, "layers": 3, "feed_forward": 512, "input_norm": True,
                "norm_first": False},
               {"optimizer": "adam", "learning_rate": 1e-3, "schedule": "onecycle", "batch_size": 256,
                "epochs": 100, "patience": 0}),
    ),
    deviations="Positions are days, not ranks (BreizhCrops' has none). A class token asks the dates but is not asked "
    "by them. Preset of Russwurm & Koerner (10.1016/j.isprsjprs.2020.06.006): features are normalised after the first "
    "projection only, since normalising over bands would erase a single band; heads and feed-forward width as in their "
    "code's smallest setting; a one-cycle schedule takes the place of their warm-up.",
)  # fmt: skip

MODEL = Transformer
