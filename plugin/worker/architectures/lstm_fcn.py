# SPDX-License-Identifier: GPL-2.0-or-later
"""LSTM-FCN: convolutions and a small LSTM side by side."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ...core.catalog import Architecture, Hyperparameter, Preset
from ..convolution import convolution_block, he_start
from . import described


class LSTMFCN(nn.Module):
    """LSTM-FCN (convolutions beside an LSTM).

    Three convolutions tell which shapes occurred in the season, a small LSTM beside them reads the whole season of one
    band after the other, and both together name the class. Wants a regular grid: gaps are filled, and a channel tells
    where real dates were near.
    """

    def __init__(
        self,
        in_channels: int,
        seq_len: int,
        num_classes: int,
        *,
        filters: int = 128,
        first_kernel: int = 8,
        second_kernel: int = 5,
        third_kernel: int = 3,
        lstm_width: int = 8,
        lstm_layers: int = 1,
        dropout: float = 0.8,
        reads: str = "bands",
    ) -> None:
        """Build the network for `seq_len` grid days."""
        super().__init__()
        self.reads_dates = reads == "dates"
        self.convolutions = nn.Sequential(
            convolution_block(in_channels, filters, first_kernel),
            convolution_block(filters, 2 * filters, second_kernel),
            convolution_block(2 * filters, filters, third_kernel),
        )
        inputs = in_channels if self.reads_dates else seq_len
        self.lstm = nn.LSTM(inputs, lstm_width, lstm_layers, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.classify = nn.Linear(filters + lstm_width, num_classes)
        self.convolutions.apply(he_start)

    def forward(self, x: Tensor, days: Tensor, valid: Tensor) -> Tensor:
        """Return logits (N, K) of x (N, T, C) on the regular grid."""
        by_channel = x.transpose(1, 2)  # (N, C, T)
        shapes = self.convolutions(by_channel).mean(2)  # (N, filters)
        states = self.lstm(x if self.reads_dates else by_channel[:, :-1].contiguous())[0]  # validity is no band
        return self.classify(torch.cat([self.dropout(states[:, -1]), shapes], dim=1))


ARCHITECTURE = Architecture(
    id="lstm_fcn",
    **described(LSTMFCN),
    kind="network",
    family="convolution",
    doi="10.1109/ACCESS.2017.2779939",
    gives_attention=False,
    reads_gaps=False,
    hyperparameters=(
        Hyperparameter("filters", "Filters", "int", 128,
                       "Filters of the first and third convolution; the second has twice as many.", 4, 512),
        Hyperparameter("first_kernel", "First filter size", "int", 8,
                       "Grid days that a filter of the first convolution sees at once.", 1, 63),
        Hyperparameter("second_kernel", "Second filter size", "int", 5, "The same of the second convolution.", 1, 63),
        Hyperparameter("third_kernel", "Third filter size", "int", 3, "The same of the third convolution.", 1, 63),
        Hyperparameter("lstm_width", "LSTM width", "int", 8, "Size of the LSTM's memory.", 2, 512),
        Hyperparameter("lstm_layers", "LSTM layers", "int", 1, "LSTM layers, one above the other.", 1, 4),
        Hyperparameter("dropout", "Dropout", "float", 0.8, "Share of the LSTM's memory hidden in training.", 0.0, 0.9),
        Hyperparameter("reads", "LSTM reads", "choice", "bands",
                       "bands: the whole season of one band after the other (the paper's dimension shuffle); dates: "
                       "one date after the other.", choices=("bands", "dates")),
    ),
    presets=(
        Preset("small_sets", "LSTM as wide as in tsai, a longer training for small sample sets", {"lstm_width": 100},
               {"optimizer": "adamw", "learning_rate": 1e-3, "weight_decay": 1e-6, "batch_size": 64, "epochs": 100,
                "patience": 20}),
        Preset("sits", "R package sits", {},
               {"optimizer": "adamw", "learning_rate": 5e-4, "weight_decay": 1e-6, "batch_size": 64, "epochs": 50,
                "patience": 20}),
        Preset("paper", "Karim et al. 2018", {},
               {"optimizer": "adam", "learning_rate": 1e-3, "schedule": "plateau", "batch_size": 128, "epochs": 100,
                "patience": 0}),
    ),
    deviations="The paper trains for 2000 epochs. The package sits joins the LSTM's answer to every band and means of "
    "the convolutions over parts of the season. Gaps are filled on a regular grid, with a channel of validity.",
)  # fmt: skip

MODEL = LSTMFCN
