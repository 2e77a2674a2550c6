# SPDX-License-Identifier: GPL-2.0-or-later
"""LSTM: a recurrent network with a long and a short memory."""

from __future__ import annotations

from torch import nn

from ...core.catalog import Architecture, Preset
from ..recurrent import NORM_IN, DirectedLayer, RecurrentNetwork, RecurrentShape, lively_cell, recurrent_hyperparameters
from . import described


class LSTM(RecurrentNetwork):
    """LSTM (recurrent).

    Reads the series date by date; gates decide what enters a long memory, what is forgotten and what is told. The
    length of each gap is an input, and a clouded date leaves both memories as they were.
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
        readout: str = "last",
        norm_in: bool = False,
    ) -> None:
        """Build the network; `seq_len` is not needed, since dates are read by their gaps."""
        shape = RecurrentShape(width, layers, both_directions, dropout, readout, norm_in)
        super().__init__(
            in_channels,
            num_classes,
            shape,
            lambda inputs: DirectedLayer(
                lambda: lively_cell(nn.LSTM(inputs, width, batch_first=True)), both_directions
            ),
        )


ARCHITECTURE = Architecture(
    id="lstm",
    **described(LSTM),
    kind="network",
    family="recurrent",
    doi="10.1162/neco.1997.9.8.1735",
    gives_attention=False,
    reads_gaps=True,
    hyperparameters=(
        *recurrent_hyperparameters(width=64, layers=2, both_directions=True, dropout=0.2),
        NORM_IN,
    ),
    presets=(
        Preset("light", "Two layers of 64, for small sample sets", {},
               {"optimizer": "adam", "learning_rate": 3e-3, "schedule": "cosine", "batch_size": 64, "epochs": 150,
                "patience": 30, "gradient_clip": 1.0}),
        Preset("breizhcrops", "BreizhCrops", {"width": 128, "layers": 4, "dropout": 0.571, "norm_in": True},
               {"optimizer": "adam", "learning_rate": 9.88e-3, "weight_decay": 5.3e-7, "batch_size": 256,
                "epochs": 17, "patience": 0}),
    ),
    deviations="The days between valid dates and the day of the season are inputs; at invalid dates both memories are "
    "carried over. Classes are told from the last layer's states, not from the cells of all layers as in BreizhCrops.",
)  # fmt: skip

MODEL = LSTM
