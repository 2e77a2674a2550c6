# SPDX-License-Identifier: GPL-2.0-or-later
"""Self-attention in its plainest form: every date asks every date, and the mean answer is classified."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from ...core.catalog import Architecture, Hyperparameter, Preset
from ...core.errors import InputError
from ...core.strategy import FEW_SAMPLES
from ..attention import (
    COSINE,
    DOT,
    SCALED,
    AttentionNetwork,
    Steps,
    day_positions,
    masked_softmax,
    mean_weights,
    received,
)
from ..layers import PerDate, halving_widths, normalised_layers
from ..training_layers import dropout
from . import described

_START_SHARPNESS = 10.0  # cosines lie in -1..1: without a factor no date could stand out


class SelfAttention(AttentionNetwork):
    """Self-attention (choice of similarity).

    Every date compares itself with every other, by cosine, dot product or scaled dot product, and gathers what is
    alike; the mean over the dates is classified. The weights shown are exactly those the features are mixed with.
    """

    def __init__(
        self,
        in_channels: int,
        seq_len: int,
        num_classes: int,
        *,
        similarity: str = SCALED,
        heads: int = 4,
        width: int = 128,
        input_layers: int = 2,
        d_k: int = 16,
        mlp_width: int = 128,
        dropout: float = 0.2,
        attention_dropout: float = 0.1,
        position_period: float = 1000.0,
    ) -> None:
        """Build the network; `seq_len` is not needed, since dates are read by their day."""
        super().__init__()
        if width % heads:
            raise InputError(f"Self-attention: Width {width} is no multiple of the {heads} heads: choose another.")
        self.similarity, self.heads, self.d_k = similarity, heads, d_k
        self.position_period, self.attention_dropout = position_period, attention_dropout
        self.encode_dates = PerDate([in_channels, *halving_widths(width, input_layers)])
        self.queries = nn.Linear(width, heads * d_k)
        self.keys = nn.Linear(width, heads * d_k)
        self.values = nn.Linear(width, width)
        if similarity == COSINE:
            self.sharpness = nn.Parameter(torch.full((heads, 1, 1), _START_SHARPNESS).log())  # 1 / temperature, as log
        self.mlp = nn.Sequential(*normalised_layers([width, mlp_width]), nn.Dropout(dropout))
        self.classify = nn.Linear(mlp_width, num_classes)

    def attend(self, x: Tensor, days: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits (N, K) and the attention each date receives, mean over the valid queries: (N, heads, T)."""
        dates = self._embed(x, days, valid)  # (N, T, width)
        attention = masked_softmax(self._compare(dates)[2], valid)  # (N, heads, T, T): a row per query
        shown = received(attention, mean_weights(valid, x.dtype))  # (N, heads, T)
        used = dropout(shown, self.attention_dropout, self.training)  # what is returned keeps its sum of 1
        # The mean over queries of what each one gathers is the values mixed by the mean attention.
        mixed = used.unsqueeze(2) @ self._per_head(self.values(dates))  # (N, heads, 1, width / heads)
        return self.classify(self.mlp(mixed.flatten(1))), shown

    def steps(self, x: Tensor, days: Tensor, valid: Tensor) -> Steps:
        """Return how the attention of every date to every date comes about."""
        queries, keys, scores = self._compare(self._embed(x, days, valid))
        weight = mean_weights(valid, x.dtype)
        return Steps(self.similarity, queries, keys, scores, masked_softmax(scores, valid), weight)

    def _embed(self, x: Tensor, days: Tensor, valid: Tensor) -> Tensor:
        """Return every date encoded, with its position: (N, T, width)."""
        dates = self.encode_dates(x, valid)
        return dates + day_positions(days, dates.shape[2], self.position_period, x.dtype)

    def _compare(self, dates: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return queries and keys (N, heads, T, d_k), and how alike query and key are, (N, heads, T, T)."""
        queries, keys = self._per_head(self.queries(dates)), self._per_head(self.keys(dates))
        if self.similarity == COSINE:
            queries, keys = normalize(queries, dim=3) * self.sharpness.exp(), normalize(keys, dim=3)
        sharpness = self.d_k**-0.5 if self.similarity == SCALED else 1.0
        return queries, keys, (queries * sharpness) @ keys.transpose(2, 3)

    def _per_head(self, features: Tensor) -> Tensor:
        """Return features (N, T, heads * d) as (N, heads, T, d)."""
        return features.unflatten(2, (self.heads, -1)).transpose(1, 2)


_TRAINING = {"optimizer": "adam", "learning_rate": 1e-3, "batch_size": 64, "epochs": 100, "patience": 20,
             "date_dropping": 0.5, "ensemble_below": FEW_SAMPLES}  # fmt: skip

ARCHITECTURE = Architecture(
    id="self_attention",
    **described(SelfAttention),
    kind="network",
    family="attention",
    doi="10.48550/arXiv.1706.03762",
    gives_attention=True,
    reads_gaps=True,
    hyperparameters=(
        Hyperparameter("similarity", "Similarity", "choice", SCALED,
                       "How alike two dates are: cosine (with a learned temperature), dot product, or dot product "
                       "over the square root of the key width.", choices=(SCALED, DOT, COSINE)),
        Hyperparameter("heads", "Heads", "int", 4, "Each head compares the dates in its own way.", 1, 64),
        Hyperparameter("width", "Width per date", "int", 128, "Features of each date; a multiple of the heads.",
                       4, 1024),
        Hyperparameter("input_layers", "Layers per date", "int", 2,
                       "Layers that encode each date; widths double up to the last.", 1, 5),
        Hyperparameter("d_k", "Key width", "int", 16, "Size of a head's queries and keys.", 1, 256),
        Hyperparameter("mlp_width", "Width after attention", "int", 128, "Features of the whole series.", 4, 2048),
        Hyperparameter("dropout", "Dropout", "float", 0.2, "Share of features hidden in training.", 0.0, 0.9),
        Hyperparameter("attention_dropout", "Attention dropout", "float", 0.1,
                       "Share of attention weights hidden in training.", 0.0, 0.9),
        Hyperparameter("position_period", "Period of positions", "float", 1000.0,
                       "Slowest wave that tells days apart, in days.", 10.0, 100000.0, unit="days"),
    ),
    presets=(
        Preset("scaled", "Scaled dot product, 4 heads", {}, _TRAINING),
        Preset("dot", "Dot product, 1 head", {"similarity": DOT, "heads": 1}, _TRAINING),
        Preset("cosine", "Cosine, 4 heads", {"similarity": COSINE}, _TRAINING),
    ),
    deviations="One layer of the attention of Vaswani et al. 2017 and nothing around it: no skip connection, no second "
    "layer, so the mean over queries can be taken before the values are mixed. Each date is encoded by a small network "
    "first (batch statistics from valid dates only). Attention shown: received, mean over the valid dates as queries. "
    "Dropout of attention acts on that mean, not on the weights that are shown.",
)  # fmt: skip

MODEL = SelfAttention
