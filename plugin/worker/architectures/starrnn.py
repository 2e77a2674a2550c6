# SPDX-License-Identifier: GPL-2.0-or-later
"""StarRNN: a recurrent network with one gate, made to be stacked."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ...core.catalog import Architecture, Preset
from ..recurrent import NORM_IN, DirectedLayer, RecurrentNetwork, RecurrentShape, recurrent_hyperparameters
from . import described


class StarRNN(RecurrentNetwork):
    """StarRNN (stackable recurrent).

    Reads the series date by date with a single gate that says how much of a date enters the memory: fewer weights than
    a GRU, and gradients that survive many layers. Gaps are an input; a clouded date leaves the memory as it was.
    """

    def __init__(
        self,
        in_channels: int,
        seq_len: int,
        num_classes: int,
        *,
        width: int = 128,
        layers: int = 3,
        both_directions: bool = False,
        dropout: float = 0.5,
        readout: str = "last",
        norm_in: bool = False,
    ) -> None:
        """Build the network; `seq_len` only sets how long its memories are at the start."""
        shape = RecurrentShape(width, layers, both_directions, dropout, readout, norm_in)
        super().__init__(
            in_channels,
            num_classes,
            shape,
            lambda inputs: DirectedLayer(lambda: StarCell(inputs, width, seq_len), both_directions),
        )


class StarCell(nn.Module):
    """z = tanh(W_z x + b_z), k = sigmoid(W_x x + W_h h + b_k), h' = tanh((1 - k) h + k z), date by date."""

    def __init__(self, inputs: int, width: int, seq_len: int) -> None:
        """Start with memories of 1 to `seq_len` dates (Tallec & Ollivier 2018, arXiv 1804.11188)."""
        super().__init__()
        self.from_input = nn.Linear(inputs, 2 * width)  # W_z and W_x of all dates at once
        self.from_state = nn.Linear(width, width, bias=False)
        nn.init.orthogonal_(self.from_state.weight)
        with torch.no_grad():
            self.from_input.weight.normal_(std=inputs**-0.5)
            candidate, gate = self.from_input.bias.chunk(2)
            candidate.zero_()
            gate.uniform_(1.0, max(float(seq_len) - 1.0, 1.0)).log_().neg_()

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return states (N, T, width) and the last one (N, width) of x (N, T, inputs)."""
        candidates, gates = self.from_input(x).transpose(0, 1).contiguous().chunk(2, dim=2)  # (T, N, width) each
        state, states = torch.zeros_like(candidates[0]), []
        for candidate, gate in zip(candidates.tanh().unbind(0), gates.unbind(0)):
            share = torch.sigmoid(gate + self.from_state(state))
            state = torch.tanh(torch.lerp(state, candidate, share))
            states.append(state)
        return torch.stack(states, dim=1), state


ARCHITECTURE = Architecture(
    id="starrnn",
    **described(StarRNN),
    kind="network",
    family="recurrent",
    doi="10.1109/TPAMI.2021.3064878",
    gives_attention=False,
    reads_gaps=True,
    hyperparameters=(
        *recurrent_hyperparameters(width=128, layers=3, both_directions=False, dropout=0.5),
        NORM_IN,
    ),
    presets=(
        Preset("light", "Two layers of 64, for small sample sets", {"width": 64, "layers": 2, "dropout": 0.2},
               {"optimizer": "adam", "learning_rate": 5e-3, "schedule": "cosine", "batch_size": 32, "epochs": 150,
                "patience": 30, "gradient_clip": 1.0}),
        Preset("breizhcrops", "BreizhCrops", {"norm_in": True},
               {"optimizer": "adam", "learning_rate": 8.96e-3, "weight_decay": 2.2e-6, "batch_size": 256,
                "epochs": 17, "patience": 0}),
    ),
    deviations="The days between valid dates and the day of the season are inputs; at invalid dates the memory is "
    "carried over. Every layer has weights of its own, unlike the StarRNN of BreizhCrops, which repeats one.",
)  # fmt: skip

MODEL = StarRNN
