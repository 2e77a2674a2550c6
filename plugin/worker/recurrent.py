# SPDX-License-Identifier: GPL-2.0-or-later
"""What recurrent networks share: gaps as inputs, clouded dates that leave the memory as it was, and its reading."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Optional

import torch
from torch import Tensor, nn

from ..core.catalog import Hyperparameter
from .attention import masked_softmax
from .series import last_valid, next_valid, take_dates

_TIME_CHANNELS = 3  # see time_channels
_GAP_DAYS = 30.0  # a gap of one month counts as 1
_YEAR_DAYS = 365.0

NORM_IN = Hyperparameter(
    "norm_in", "Normalise each date", "bool", False,
    "Centre and scale the inputs of each date; with one band most of its signal would be lost.",
)  # fmt: skip


def recurrent_hyperparameters(
    width: int, layers: int, both_directions: bool, dropout: float, readout: str = "last"
) -> tuple[Hyperparameter, ...]:
    """Declare the settings that every recurrent network has, with these defaults."""
    return (
        Hyperparameter("width", "Width", "int", width, "Size of the memory, in each direction.", 4, 1024),
        Hyperparameter("layers", "Layers", "int", layers, "Recurrent layers, one above the other.", 1, 6),
        Hyperparameter("both_directions", "Both directions", "bool", both_directions,
                       "Also read from the season's end."),
        Hyperparameter("dropout", "Dropout", "float", dropout, "Share of features hidden after each layer.", 0.0, 0.9),
        Hyperparameter("readout", "Read out", "choice", readout,
                       "What tells the class: the last state, the mean of the states at all dates, or all of them, "
                       "weighed by what each holds.", choices=("last", "mean", "all")),
    )  # fmt: skip


@dataclass(frozen=True)
class RecurrentShape:
    """The settings of a recurrent network, as declared above."""

    width: int
    layers: int
    both_directions: bool
    dropout: float
    readout: str
    norm_in: bool = False

    @property
    def outputs(self) -> int:
        """The features of a state: of both directions, side by side."""
        return self.width * (2 if self.both_directions else 1)


class RecurrentNetwork(nn.Module):
    """Reads a series date by date.

    `make_layer` builds a layer for a number of inputs; it is called with states (N, T, inputs) and valid (N, T), the
    valid dates first, and returns states (N, T, outputs), of which only those at valid dates are read.
    """

    def __init__(
        self, in_channels: int, num_classes: int, shape: RecurrentShape, make_layer: Callable[[int], nn.Module]
    ) -> None:
        super().__init__()
        self.shape = shape
        inputs = [in_channels + _TIME_CHANNELS] + [shape.outputs] * (shape.layers - 1)
        self.norm_in = nn.LayerNorm(inputs[0]) if shape.norm_in else nn.Identity()
        self.recurrent = nn.ModuleList(make_layer(count) for count in inputs)
        self.dropout = nn.Dropout(shape.dropout)
        self.classify = nn.Linear(shape.outputs, num_classes)
        self.score = nn.Linear(shape.outputs, 1) if shape.readout == "all" else None

    def forward(self, x: Tensor, days: Tensor, valid: Tensor) -> Tensor:
        """Return logits (N, K) of x (N, T, C), days (T,) or (N, T), valid (N, T)."""
        states = self.norm_in(torch.cat([x, time_channels(days, valid).to(x.dtype)], dim=2))
        order = (~valid).to(torch.int32).argsort(dim=1, stable=True)  # valid dates first, in their order
        if not self.training and states.device.type == "cpu":  # (elsewhere the count would have to be waited for)
            order = order[:, : max(1, int(valid.sum(1).max()))]  # no series has more valid dates
        valid = valid.gather(1, order)
        states = torch.where(valid.unsqueeze(2), take_dates(states, order), 0.0)
        for number, layer in enumerate(self.recurrent):
            states = layer(self.dropout(states) if number else states, valid)
        return self.classify(self.dropout(self._read_out(states, valid)))

    def _read_out(self, states: Tensor, valid: Tensor) -> Tensor:
        """Return (N, outputs) of states (N, T, outputs); 0 for a series without any valid date."""
        if self.score is not None:
            return (masked_softmax(self.score(states).transpose(1, 2), valid) @ states).squeeze(1)
        count = valid.sum(1, keepdim=True)  # (N, 1)
        if self.shape.readout == "mean":
            return (states * valid.unsqueeze(2)).sum(1) / count.clamp(min=1)
        width = self.shape.width
        forwards = take_dates(states, (count - 1).clamp(min=0)).squeeze(1)[:, :width]
        return torch.cat([forwards, states[:, 0, width:]], dim=1) * (count > 0)


class DirectedLayer(nn.Module):
    """A recurrent layer whose cells know no masks, for series whose valid dates come first.

    What a cell makes of the invalid dates at the end reaches no valid one: the memory is carried over them.
    """

    def __init__(self, make_cell: Callable[[], nn.Module], both_directions: bool) -> None:
        """Take cells that return (states, ...) of a series (N, T, inputs), as torch's own do with batch_first."""
        super().__init__()
        self.forwards = make_cell()
        self.backwards: Optional[nn.Module] = make_cell() if both_directions else None

    def forward(self, states: Tensor, valid: Tensor) -> Tensor:
        """Return states (N, T, outputs) of (N, T, inputs)."""
        ahead = self.forwards(states)[0]
        if self.backwards is None:
            return ahead
        dates = torch.arange(valid.shape[1], device=valid.device)
        turned = (valid.sum(1, keepdim=True) - 1 - dates) % valid.shape[1]  # (N, T): turning twice changes nothing
        back = take_dates(self.backwards(take_dates(states, turned))[0], turned)
        return torch.cat([ahead, back], dim=2)


def lively_cell(cell: nn.RNNBase) -> nn.RNNBase:
    """Start a layer of torch's so that it learns from few inputs and long series, and return it.

    Input weights start by the number of inputs, not by the width of the memory; those of the state orthogonal, gate by
    gate (Saxe et al. 2013, arXiv 1312.6120); an LSTM starts by remembering (Jozefowicz et al. 2015).
    """
    for name, weight in cell.named_parameters():
        gates = weight.detach().split(cell.hidden_size)
        for number, gate in enumerate(gates):
            if "weight_ih" in name:
                nn.init.normal_(gate, std=gate.shape[1] ** -0.5)
            elif "weight_hh" in name:
                nn.init.orthogonal_(gate)
            else:
                is_forget_gate = name == "bias_ih_l0" and len(gates) == 4 and number == 1
                nn.init.constant_(gate, float(is_forget_gate))
    return cell


def time_channels(days: Tensor, valid: Tensor) -> Tensor:
    """Return (N, T, 3): days since the last valid date, days to the next one, and the day; 0 at invalid dates.

    The first valid date has no date before it, the last none after: their gap is 0.
    """
    days = days.expand(valid.shape)  # (N, T)
    none = torch.full_like(valid[:, :1], -1, dtype=torch.int64)
    before = torch.cat([none, last_valid(valid)[:, :-1]], dim=1)
    after = torch.cat([next_valid(valid)[:, 1:], none + valid.shape[1] + 1], dim=1)
    index = torch.arange(valid.shape[1], device=valid.device).expand(valid.shape)
    before = torch.where(before < 0, index, before)
    after = torch.where(after >= valid.shape[1], index, after)
    gaps = torch.stack([days - days.gather(1, before), days.gather(1, after) - days], dim=2) / _GAP_DAYS
    channels = torch.cat([gaps, (days / _YEAR_DAYS).unsqueeze(2)], dim=2)
    return torch.where(valid.unsqueeze(2), channels, 0.0)
