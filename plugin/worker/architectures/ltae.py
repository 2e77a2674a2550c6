# SPDX-License-Identifier: GPL-2.0-or-later
"""L-TAE: one learned query per head looks once over the series."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from ...core.catalog import Architecture, Hyperparameter, Preset
from ...core.errors import InputError
from ...core.strategy import FEW_SAMPLES
from ..attention import SCALED, AttentionNetwork, Steps, day_positions, masked_softmax
from ..inference import QuickHeads, QuickLinear, quick_layers
from ..layers import PerDate, halving_widths, normalised_layers
from ..training_layers import dropout
from . import described


class LTAE(AttentionNetwork):
    """L-TAE (lightweight temporal attention).

    Each date is encoded by a small network, its day of the season is added, and every attention head weighs the dates
    with one learned query: few parameters, real dates and clouds read as they are, and the weights can be shown.
    """

    def __init__(
        self,
        in_channels: int,
        seq_len: int,
        num_classes: int,
        *,
        input_width: int = 128,
        input_layers: int = 3,
        d_model: int = 256,
        heads: int = 16,
        d_k: int = 8,
        mlp_width: int = 128,
        dropout: float = 0.2,
        attention_dropout: float = 0.1,
        position_period: float = 1000.0,
        decoder_width: int = 64,
        decoder_layers: int = 2,
    ) -> None:
        """Build the network; `seq_len` is not needed, since dates are read by their day."""
        super().__init__()
        if d_model % heads:
            raise InputError(f"L-TAE: Model width {d_model} is no multiple of the {heads} heads: choose another.")
        self.attention_dropout = attention_dropout
        self.positions = Positions(heads, d_model // heads, position_period)
        self.encode_dates = PerDate([in_channels, *halving_widths(input_width, input_layers)])
        self.norm_in = nn.LayerNorm(input_width)
        self.project = nn.Linear(input_width, d_model)
        self.query = nn.Parameter(torch.empty(heads, d_k))
        self.keys = nn.Linear(d_model, heads * d_k)
        self.mlp = normalised_layers([d_model, mlp_width])
        self.dropout = nn.Dropout(dropout)
        self.norm_out = nn.LayerNorm(mlp_width)
        widths = list(reversed(halving_widths(decoder_width, decoder_layers)))
        self.decoder = normalised_layers([mlp_width, *widths])
        self.classify = nn.Linear(widths[-1] if widths else mlp_width, num_classes)
        nn.init.normal_(self.query, std=(2.0 / d_k) ** 0.5)
        nn.init.normal_(self.keys.weight, std=(d_k / (2.0 * d_model)) ** 0.5)  # then scores deviate by 1

    def attend(self, x: Tensor, days: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits (N, K) and attention (N, heads, T).

        Keys and values are linear in the encoded dates, so dates are compared and mixed before they are projected:
        the same function as `steps` shows, with a sixth of its products.
        """
        dates = self.norm_in(self.encode_dates(x, valid))  # (N, T, input_width)
        positions = self.positions(days, x.dtype)  # (T, d_model) or (N, T, d_model)
        asked, bias = self._asked()
        by_position = linear(positions + self.project.bias, asked, bias)
        scores = linear(dates, asked @ self.project.weight) + by_position  # (N, T, heads)
        attention = _softmax_over_dates(scores, valid).transpose(1, 2)  # (N, heads, T)
        used = dropout(attention, self.attention_dropout, self.training)  # what is returned keeps its sum of 1
        values = self.project.weight.unflatten(0, (len(asked), -1))  # (heads, v, input_width)
        of_dates = ((used @ dates).transpose(0, 1) @ values.transpose(1, 2)).transpose(0, 1)  # (N, heads, v)
        of_positions = used @ positions[..., : values.shape[1]]  # (N, heads, v): those of all heads are the same
        of_bias = used.sum(2, keepdim=True) * self.project.bias.unflatten(0, (len(asked), -1))  # (N, heads, v)
        mixed = (of_dates + of_positions + of_bias).flatten(1)  # (N, d_model)
        encoded = self.norm_out(self.dropout(self.mlp(mixed)))
        return self.classify(self.decoder(encoded)), attention

    def _asked(self) -> tuple[Tensor, Tensor]:
        """Return what each head's query asks of a projected date: weights (heads, d_model), a bias (heads,)."""
        heads, d_k = self.query.shape
        query = self.query / d_k**0.5
        weight = torch.einsum("hk,hkm->hm", query, self.keys.weight.unflatten(0, (heads, d_k)))
        return weight, (query * self.keys.bias.view(heads, d_k)).sum(1)

    def steps(self, x: Tensor, days: Tensor, valid: Tensor) -> Steps:
        """Return how the attention of each head's learned query comes about."""
        keys, scores = self._compare(self._embed(x, days, valid))
        queries = self.query[None, :, None].expand(len(x), -1, -1, -1)  # (N, heads, 1, d_k): the same for all series
        attention = masked_softmax(scores, valid)
        only = torch.ones_like(scores[:, 0, :1])
        return Steps(SCALED, queries, keys.transpose(1, 2), scores.unsqueeze(2), attention.unsqueeze(2), only)

    def _embed(self, x: Tensor, days: Tensor, valid: Tensor) -> Tensor:
        """Return every date encoded, with its position: (N, T, d_model)."""
        dates = self.norm_in(self.encode_dates(x, valid))  # (N, T, input_width)
        return self.project(dates) + self.positions(days, x.dtype)

    def _compare(self, embedded: Tensor) -> tuple[Tensor, Tensor]:
        """Return the keys (N, T, heads, d_k) and how well they meet the queries, (N, heads, T)."""
        heads, d_k = self.query.shape
        keys = self.keys(embedded).unflatten(2, (heads, d_k))
        return keys, torch.einsum("nthk,hk->nht", keys, self.query) / d_k**0.5

    def fused(self) -> FusedLTAE:
        """Return the same function in eval mode, faster: dates are mixed before they are projected."""
        return FusedLTAE(self).eval()


class Positions(nn.Module):
    """Positions of days in the season, the same for every head."""

    def __init__(self, heads: int, width: int, period: float) -> None:
        super().__init__()
        self.heads, self.width, self.period = heads, width, period

    def forward(self, days: Tensor, dtype: torch.dtype) -> Tensor:
        """Return (T, heads * width) of days (T,), or (N, T, heads * width) of days (N, T)."""
        return day_positions(days, self.width, self.period, dtype).repeat(*(1,) * days.dim(), self.heads)


class FusedLTAE(AttentionNetwork):
    """L-TAE for inference: the query is a parameter, so keys and values need not be formed.

    With d_t the normalised dates, e_t = W d_t + p_t (p_t: bias and position) and k_t = K e_t + b, a head's score is
    (q K W) d_t + q (K p_t + b), and the mixed value is W (sum_t a_t d_t) + sum_t a_t p_t. Nor is d_t = (z_t - m_t) /
    s_t formed: m_t is nothing to weights whose own mean is taken off, s_t acts on scores and attention. Exact but for
    rounding. Invalid dates get weight 0, so what they are encoded to does not matter.
    """

    def __init__(self, network: LTAE) -> None:
        super().__init__()
        heads, d_k = network.query.shape
        self.positions, self.epsilon = network.positions, network.norm_in.eps
        with torch.no_grad():
            self.encode_dates = quick_layers(network.encode_dates.layers)
            self.encode_dates[-1].hands_on = True
            self.tail = quick_layers(nn.Sequential(network.mlp, network.norm_out, network.decoder, network.classify))
            gain, shift = network.norm_in.weight, network.norm_in.bias
            weight = network.project.weight * gain  # (d_model, input_width): W with the gain of norm_in
            weight = weight - weight.mean(1, keepdim=True)  # and blind to the mean of a date
            bias = network.project.bias + network.project.weight @ shift
            key_weight = network.keys.weight.unflatten(0, (heads, d_k))  # (heads, d_k, d_model)
            query_key = torch.einsum("hk,hkm->hm", network.query, key_weight) / d_k**0.5  # (heads, d_model)
            query_bias = (network.query * network.keys.bias.view(heads, d_k)).sum(1) / d_k**0.5  # (heads,)
            self.compare = QuickLinear(query_key @ weight)  # scores of all heads
            self.project = QuickHeads(weight.unflatten(0, (heads, -1)).transpose(1, 2))
            self.register_buffer("score_positions", query_key)
            self.register_buffer("score_bias", query_bias + query_key @ bias)
            self.register_buffer("bias", bias)

    def attend(self, x: Tensor, days: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits (N, K) and attention (N, heads, T)."""
        dates = self.encode_dates(x.flatten(0, 1)).view(*x.shape[:2], -1)  # (N, T, input_width), not yet normalised
        scale = self._scale(dates.to(x.dtype))  # (N, T, 1)
        positions = self.positions(days, x.dtype)  # (T, d_model) or (N, T, d_model)
        by_date = positions @ self.score_positions.T + self.score_bias  # (..., T, heads)
        scores = torch.addcmul(by_date, self.compare(dates), scale)  # (N, T, heads)
        attention = _softmax_over_dates(scores, valid)  # (N, T, heads)
        weights = (attention * scale).to(dates.dtype)
        mixed = self.project((weights.transpose(1, 2) @ dates).transpose(0, 1)).transpose(0, 1)  # (N, heads, v)
        attention = attention.transpose(1, 2)
        mixed = mixed + attention @ positions[..., : mixed.shape[2]]  # the same for every head
        seen = valid.any(1, keepdim=True)
        return self.tail(mixed.flatten(1) + self.bias * seen), attention

    def _scale(self, dates: Tensor) -> Tensor:
        """Return what normalises each of dates (N, T, input_width), once its mean is taken off: (N, T, 1)."""
        mean = dates.mean(2, keepdim=True)
        square = torch.linalg.vector_norm(dates, dim=2, keepdim=True).square() / dates.shape[2]
        return ((square - mean.square()).clamp(min=0.0) + self.epsilon).rsqrt()


def _softmax_over_dates(scores: Tensor, valid: Tensor) -> Tensor:
    """Return masked_softmax with dates before heads, (N, T, heads), where it takes fewer passes over memory."""
    lowest = (~valid).to(scores.dtype) * torch.finfo(scores.dtype).min  # beside it a score is lost in rounding
    return (scores + lowest.unsqueeze(2)).softmax(1) * valid.any(1)[:, None, None]


ARCHITECTURE = Architecture(
    id="ltae",
    **described(LTAE),
    kind="network",
    family="attention",
    doi="10.1007/978-3-030-65742-0_12",
    gives_attention=True,
    reads_gaps=True,
    hyperparameters=(
        Hyperparameter("input_width", "Width per date", "int", 128, "Features of each encoded date.", 4, 1024),
        Hyperparameter("input_layers", "Layers per date", "int", 3,
                       "Layers that encode each date; widths double up to the last.", 1, 5),
        Hyperparameter("d_model", "Model width", "int", 256, "Features shared by all heads; a multiple of the heads.",
                       8, 2048),
        Hyperparameter("heads", "Heads", "int", 16, "Each head looks for dates of its own.", 1, 64),
        Hyperparameter("d_k", "Key width", "int", 8, "Size of a head's query and keys.", 1, 128),
        Hyperparameter("mlp_width", "Width after attention", "int", 128, "Features of the whole series.", 4, 2048),
        Hyperparameter("dropout", "Dropout", "float", 0.2, "Share of features hidden in training.", 0.0, 0.9),
        Hyperparameter("attention_dropout", "Attention dropout", "float", 0.1,
                       "Share of attention weights hidden in training.", 0.0, 0.9),
        Hyperparameter("position_period", "Period of positions", "float", 1000.0,
                       "Slowest wave that tells days apart, in days.", 10.0, 100000.0, unit="days"),
        Hyperparameter("decoder_width", "Decoder width", "int", 64, "First layer before the classes.", 4, 1024),
        Hyperparameter("decoder_layers", "Decoder layers", "int", 2, "Each halves the width.", 1, 4),
    ),
    presets=(
        Preset("small_sets", "Garnot & Landrieu 2020, trained longer and with hidden dates", {},
               {"optimizer": "adam", "learning_rate": 1e-3, "batch_size": 128, "epochs": 200, "patience": 20,
                "loss": "focal", "focal_gamma": 1.0, "date_dropping": 0.5, "ensemble_below": FEW_SAMPLES}),
        Preset("paper", "Garnot & Landrieu 2020", {},
               {"optimizer": "adam", "learning_rate": 1e-3, "batch_size": 128, "epochs": 100, "patience": 20,
                "loss": "focal", "focal_gamma": 1.0}),
    ),
    deviations="Training ends early when the validation loss no longer falls. Pixels instead of parcels: a per-date "
    "network takes the place of the pixel-set encoder. Normalised per date, not over all dates, so that the model is "
    "not tied to one number of dates. Batch statistics come from valid dates only. Keys start smaller, so that scores "
    "of dates deviate by about 1 and no head begins bound to a date or two (the authors' deviate by 4). Dropout of "
    "attention acts on the values, not on the weights that are shown.",
)  # fmt: skip

MODEL = LTAE
