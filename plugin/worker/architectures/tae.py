# SPDX-License-Identifier: GPL-2.0-or-later
"""TAE: one query per head and series, the mean of what its dates ask."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ...core.catalog import Architecture, Hyperparameter, Preset
from ...core.strategy import FEW_SAMPLES
from ..attention import SCALED, AttentionNetwork, Steps, day_positions, masked_softmax, mean_weights
from ..layers import PerDate, decoder_layers, halving_widths, normalised_layers
from ..training_layers import dropout
from . import described


class TAE(AttentionNetwork):
    """TAE (temporal attention).

    Each date is encoded by a small network and asks a question; their mean is the query with which every head weighs
    the dates. The forerunner of L-TAE, whose query is learned instead: more parameters, and a query that fits the
    series.
    """

    def __init__(
        self,
        in_channels: int,
        seq_len: int,
        num_classes: int,
        *,
        input_width: int = 128,
        input_layers: int = 3,
        d_model: int = 128,
        heads: int = 4,
        d_k: int = 32,
        mlp_width: int = 128,
        mlp_layers: int = 2,
        dropout: float = 0.2,
        attention_dropout: float = 0.1,
        position_period: float = 1000.0,
        decoder_width: int = 64,
        decoder_depth: int = 2,
    ) -> None:
        """Build the network; `seq_len` is not needed, since dates are read by their day."""
        super().__init__()
        self.heads, self.d_k = heads, d_k
        self.position_period, self.attention_dropout = position_period, attention_dropout
        self.encode_dates = PerDate([in_channels, *halving_widths(input_width, input_layers)])
        self.norm_in = nn.LayerNorm(input_width)
        self.project = nn.Sequential(nn.Linear(input_width, d_model), nn.LayerNorm(d_model))
        self.queries = nn.Linear(d_model, heads * d_k)
        self.keys = nn.Linear(d_model, heads * d_k)
        self.mlp = normalised_layers([heads * d_model] + [mlp_width] * mlp_layers)
        self.dropout = nn.Dropout(dropout)
        self.norm_out = nn.LayerNorm(mlp_width)
        self.decoder = decoder_layers(mlp_width, decoder_width, decoder_depth, num_classes)

    def attend(self, x: Tensor, days: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits (N, K) and attention (N, heads, T)."""
        dates = self._embed(x, days, valid)  # (N, T, d_model)
        attention = masked_softmax(self._compare(dates, valid)[2].squeeze(2), valid)  # (N, heads, T)
        used = dropout(attention, self.attention_dropout, self.training)  # what is returned keeps its sum of 1
        mixed = (used @ dates).flatten(1)  # (N, heads * d_model): every head mixes whole dates
        return self.decoder(self.norm_out(self.dropout(self.mlp(mixed)))), attention

    def steps(self, x: Tensor, days: Tensor, valid: Tensor) -> Steps:
        """Return how the attention of each head's mean query comes about."""
        query, keys, scores = self._compare(self._embed(x, days, valid), valid)
        return Steps(SCALED, query, keys, scores, masked_softmax(scores, valid), torch.ones_like(scores[:, 0, :, 0]))

    def _embed(self, x: Tensor, days: Tensor, valid: Tensor) -> Tensor:
        """Return every date encoded, with its position: (N, T, d_model)."""
        dates = self.project(self.norm_in(self.encode_dates(x, valid)))
        return dates + day_positions(days, dates.shape[2], self.position_period, x.dtype)

    def _compare(self, dates: Tensor, valid: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return query (N, heads, 1, d_k), keys (N, heads, T, d_k) and their scores (N, heads, 1, T)."""
        mean_date = mean_weights(valid, dates.dtype).unsqueeze(1) @ dates  # (N, 1, d_model)
        query = self.queries(mean_date).view(len(dates), self.heads, 1, self.d_k)  # linear: the mean of all queries
        keys = self.keys(dates).unflatten(2, (self.heads, self.d_k)).transpose(1, 2)
        return query, keys, query @ keys.transpose(2, 3) / self.d_k**0.5


ARCHITECTURE = Architecture(
    id="tae",
    **described(TAE),
    kind="network",
    family="attention",
    doi="10.1109/CVPR42600.2020.01234",
    gives_attention=True,
    reads_gaps=True,
    hyperparameters=(
        Hyperparameter("input_width", "Width per date", "int", 128, "Features of each encoded date.", 4, 1024),
        Hyperparameter("input_layers", "Layers per date", "int", 3,
                       "Layers that encode each date; widths double up to the last.", 1, 5),
        Hyperparameter("d_model", "Model width", "int", 128, "Features that every head sees.", 8, 2048),
        Hyperparameter("heads", "Heads", "int", 4, "Each head looks for dates of its own.", 1, 64),
        Hyperparameter("d_k", "Key width", "int", 32, "Size of a head's query and keys.", 1, 128),
        Hyperparameter("mlp_width", "Width after attention", "int", 128, "Features of the whole series.", 4, 2048),
        Hyperparameter("mlp_layers", "Layers after attention", "int", 2, "Layers of that width.", 1, 4),
        Hyperparameter("dropout", "Dropout", "float", 0.2, "Share of features hidden in training.", 0.0, 0.9),
        Hyperparameter("attention_dropout", "Attention dropout", "float", 0.1,
                       "Share of attention weights hidden in training.", 0.0, 0.9),
        Hyperparameter("position_period", "Period of positions", "float", 1000.0,
                       "Slowest wave that tells days apart, in days.", 10.0, 100000.0, unit="days"),
        Hyperparameter("decoder_width", "Decoder width", "int", 64, "First layer before the classes.", 4, 1024),
        Hyperparameter("decoder_depth", "Decoder layers", "int", 2, "Each halves the width.", 1, 4),
    ),
    presets=(
        Preset("small_sets", "Garnot et al. 2020, trained with hidden dates", {},
               {"optimizer": "adam", "learning_rate": 1e-3, "batch_size": 128, "epochs": 100, "patience": 20,
                "loss": "focal", "focal_gamma": 1.0, "date_dropping": 0.3, "ensemble_below": FEW_SAMPLES}),
        Preset("paper", "Garnot et al. 2020", {},
               {"optimizer": "adam", "learning_rate": 1e-3, "batch_size": 128, "epochs": 100, "patience": 20,
                "loss": "focal", "focal_gamma": 1.0}),
    ),
    deviations="Pixels instead of parcels: a per-date network takes the place of the pixel-set encoder. Keys have a "
    "projection of their own, as in the paper (the authors' code uses the queries' one for both); no further layer "
    "acts on the mean query, as in that code. Queries and keys start as torch's layers do: from the authors' wider "
    "start attention is fixed on a few dates before anything is learned, which small sample sets suffer from. The mean "
    "query and all batch statistics come from valid dates only. Dropout of attention acts on the values, not on the "
    "weights that are shown. Training ends early when the validation loss no longer falls.",
)  # fmt: skip

MODEL = TAE
