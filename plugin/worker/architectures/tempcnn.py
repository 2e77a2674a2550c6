# SPDX-License-Identifier: GPL-2.0-or-later
"""TempCNN: convolutions along time without pooling."""

from __future__ import annotations

from torch import Tensor, nn

from ...core.catalog import Architecture, Hyperparameter, Preset
from ..layers import FlattenChannels
from . import described


class TempCNN(nn.Module):
    """TempCNN (temporal convolutions).

    Layers of filters slide along the season and learn shapes such as a steep green-up or a harvest; a dense layer then
    reads when they occurred. Wants a regular grid: gaps are filled, and a channel tells where real dates were near.
    """

    def __init__(
        self,
        in_channels: int,
        seq_len: int,
        num_classes: int,
        *,
        filters: int = 64,
        kernel_size: int = 5,
        layers: int = 3,
        dropout: float = 0.5,
        dense_width: int = 256,
        dense_dropout: float = 0.5,
    ) -> None:
        """Build the network for `seq_len` grid days."""
        super().__init__()
        channels = [in_channels] + [filters] * layers
        self.convolutions = nn.Sequential(
            *(_block(before, after, kernel_size, dropout) for before, after in zip(channels, channels[1:]))
        )
        self.dense = nn.Sequential(
            FlattenChannels(filters),
            nn.Linear(filters * seq_len, dense_width),
            nn.BatchNorm1d(dense_width),
            nn.ReLU(),
            nn.Dropout(dense_dropout),
        )
        self.classify = nn.Linear(dense_width, num_classes)
        self.apply(_start)

    def forward(self, x: Tensor, days: Tensor, valid: Tensor) -> Tensor:
        """Return logits (N, K) of x (N, T, C) on the regular grid."""
        features = self.convolutions(x.transpose(1, 2))  # (N, filters, T)
        return self.classify(self.dense(features))


def _block(before: int, after: int, kernel_size: int, dropout: float) -> nn.Sequential:
    convolution = nn.Conv1d(before, after, kernel_size, padding="same")
    return nn.Sequential(convolution, nn.BatchNorm1d(after), nn.ReLU(), nn.Dropout(dropout))


def _start(layer: nn.Module) -> None:
    if isinstance(layer, (nn.Conv1d, nn.Linear)):
        nn.init.kaiming_normal_(layer.weight)
        nn.init.zeros_(layer.bias)


ARCHITECTURE = Architecture(
    id="tempcnn",
    **described(TempCNN),
    kind="network",
    family="convolution",
    doi="10.3390/rs11050523",
    gives_attention=False,
    reads_gaps=False,
    hyperparameters=(
        Hyperparameter("filters", "Filters", "int", 64, "Shapes each convolution looks for.", 4, 1024),
        Hyperparameter("kernel_size", "Filter size", "int", 5, "Grid days that a filter sees at once.", 1, 31),
        Hyperparameter("layers", "Convolutions", "int", 3, "Layers of filters, one above the other.", 1, 10),
        Hyperparameter("dropout", "Dropout", "float", 0.5, "Share of features hidden after each layer.", 0.0, 0.9),
        Hyperparameter("dense_width", "Dense width", "int", 256, "Features of the whole series.", 4, 4096),
        Hyperparameter("dense_dropout", "Dense dropout", "float", 0.5, "Share of these hidden in training.", 0.0, 0.9),
    ),
    presets=(
        Preset("small_sets", "Pelletier et al. 2019, trained longer for small sample sets", {},
               {"optimizer": "adam", "learning_rate": 1e-3, "weight_decay": 1e-6, "batch_size": 32, "epochs": 200,
                "patience": 25, "settling_steps": 600, "label_smoothing": 0.1}),
        Preset("paper", "Pelletier et al. 2019 (20 epochs, meant for half a million samples)", {},
               {"optimizer": "adam", "learning_rate": 1e-3, "weight_decay": 1e-6, "batch_size": 32, "epochs": 20,
                "patience": 0}),
        Preset("sits", "R package sits", {"dropout": 0.2},
               {"optimizer": "adamw", "learning_rate": 5e-4, "weight_decay": 1e-6, "schedule": "step",
                "batch_size": 64, "epochs": 150, "patience": 20, "min_delta": 0.01}),
        Preset("breizhcrops", "BreizhCrops", {"kernel_size": 7, "filters": 128, "dense_width": 512, "dropout": 0.182,
                                              "dense_dropout": 0.182},
               {"optimizer": "adam", "learning_rate": 2.39e-4, "weight_decay": 5.18e-5, "batch_size": 256,
                "epochs": 11, "patience": 0}),
    ),
    deviations="Gaps are filled on a regular grid, and a channel says how near the nearest valid date is. "
    "The default preset is the paper's network; it trains for more epochs, with smoothed labels, because 20 epochs of "
    "a few hundred samples are too few steps.",
)  # fmt: skip

MODEL = TempCNN
