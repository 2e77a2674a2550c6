# SPDX-License-Identifier: GPL-2.0-or-later
"""RNN: the plain recurrent network, h = tanh(W x + U h + b)."""

from __future__ import annotations

from torch import nn

from ...core.catalog import Architecture, Preset
from ..recurrent import DirectedLayer, RecurrentNetwork, RecurrentShape, lively_cell, recurrent_hyperparameters
from . import described


class RNN(RecurrentNetwork):
    """RNN (plain recurrent).

    Each state is a function of the date's values and of the state before, and nothing more: the simplest memory, and a
    short one. The length of each gap is an input, and a clouded date leaves the state as it was.
    """

    def __init__(
        self,
        in_channels: int,
        seq_len: int,
        num_classes: int,
        *,
        width: int = 64,
        layers: int = 2,
        both_directions: bool = True,
        dropout: float = 0.2,
        readout: str = "mean",
    ) -> None:
        """Build the network; `seq_len` is not needed, since dates are read by their gaps."""
        shape = RecurrentShape(width, layers, both_directions, dropout, readout)
        super().__init__(
            in_channels,
            num_classes,
            shape,
            lambda inputs: DirectedLayer(lambda: lively_cell(nn.RNN(inputs, width, batch_first=True)), both_directions),
        )


ARCHITECTURE = Architecture(
    id="rnn",
    **described(RNN),
    kind="network",
    family="recurrent",
    doi="10.1207/s15516709cog1402_1",
    gives_attention=False,
    reads_gaps=True,
    hyperparameters=recurrent_hyperparameters(width=64, layers=2, both_directions=True, dropout=0.2, readout="mean"),
    presets=(
        Preset("light", "Two layers of 64, for small sample sets", {},
               {"optimizer": "adam", "learning_rate": 1e-3, "schedule": "cosine", "batch_size": 64, "epochs": 150,
                "patience": 30, "gradient_clip": 1.0}),
    ),
    deviations="The days between valid dates and the day of the season are inputs; at invalid dates the state is "
    "carried over. The weights of the state start orthogonal, those of the inputs by their number.",
)  # fmt: skip

MODEL = RNN
