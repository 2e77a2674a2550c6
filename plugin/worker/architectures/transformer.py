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
    masked_softmax,
    mean_weights,
    received,
)
from ..training_layers import dropout
from . import described

MAX, MEAN, ATTENTION, TOKEN = "max", "mean", "attention", "class token"


class Transformer(AttentionNetwork):
    """Transformer (encoder).

    In every block each date gathers from all others what it needs, head by head, and a small network works on it. The
    attention shown is what each date receives in the last block only: a mixing weight of dates already mixed before.
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

    def attend(self, x: Tensor, days: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits (N, K) and the attention each date receives in the last block, (N, heads, T).

        Received from the class token, from the dates as attention pooling weighs them, else from all valid dates alike.
        """
        asking, dates = self._before_last(x, days, valid)
        features, attention = self.blocks[-1](asking, dates, valid)  # (N, Q, width), (N, heads, Q, T)
        pooled, weights = self._pool(self.norm_out(features), valid)
        return self.classify(pooled), received(attention, weights)

    def steps(self, x: Tensor, days: Tensor, valid: Tensor) -> Steps:
        """Return how the attention of the last block comes about, and what max pooling takes from each date."""
        asking, dates = self._before_last(x, days, valid)
        last = self.blocks[-1]
        queries, keys, scores = last.compare(*last.known(asking, dates))
        features = self.norm_out(last(asking, dates, valid)[0])
        weights = self._pool(features, valid)[1]
        wins = channels_won(features, valid) if self.pooling == MAX else None
        return Steps(SCALED, queries, keys, scores, masked_softmax(scores, valid), weights, wins)

    def _before_last(self, x: Tensor, days: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        """Return who asks in the last block (N, Q, width), and the dates that are asked (N, T, width)."""
        dates = self.project(x)
        dates = dates + day_positions(days, dates.shape[2], self.position_period, x.dtype)
        token = self.token.expand(len(x), -1, -1) if self.pooling == TOKEN else None
        for block in self.blocks[:-1]:
            token = token if token is None else block(token, dates, valid)[0]  # asks the dates, is never asked itself
            dates = block(dates, dates, valid)[0]
        return dates if token is None else token, dates  # with a token, the dates' own last answers would go unused

    def _pool(self, features: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        """Return features (N, Q, width) pooled over time, (N, width), and how much each query counts, (N, Q)."""
        if self.pooling == TOKEN:
            return features[:, 0], torch.ones_like(features[:, :, 0])
        if self.pooling == MAX:
            lowest = (~valid).to(features.dtype) * torch.finfo(features.dtype).min
            highest = (features + lowest.unsqueeze(2)).amax(1)
            return torch.where(valid.any(1, keepdim=True), highest, 0.0), mean_weights(valid, features.dtype)
        weights = mean_weights(valid, features.dtype)
        if self.pooling == ATTENTION:
            weights = masked_softmax(self.score(features).transpose(1, 2), valid).squeeze(1)
        return (weights.unsqueeze(1) @ features).squeeze(1), weights


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
