# SPDX-License-Identifier: GPL-2.0-or-later
"""MLP: dense layers over the whole series."""

from __future__ import annotations

from torch import Tensor, nn

from ...core.catalog import Architecture, Hyperparameter, Preset
from . import described


class MLP(nn.Module):
    """MLP (dense layers).

    Every layer sees the whole series at once and knows nothing of the order of dates: the plainest network, quick to
    train and a good yardstick. Wants a regular grid: gaps are filled, and a channel tells where real dates were near.
    """

    def __init__(
        self,
        in_channels: int,
        seq_len: int,
        num_classes: int,
        *,
        width: int = 512,
        layers: int = 3,
        first_dropout: float = 0.2,
        last_dropout: float = 0.4,
    ) -> None:
        """Build the network for `seq_len` grid days."""
        super().__init__()
        step = (last_dropout - first_dropout) / max(layers - 1, 1)
        widths = [in_channels * seq_len] + [width] * layers
        self.dense = nn.Sequential(
            nn.Flatten(),
            *(_block(widths[i], width, first_dropout + step * i) for i in range(layers)),
        )
        self.classify = nn.Linear(width, num_classes)

    def forward(self, x: Tensor, days: Tensor, valid: Tensor) -> Tensor:
        """Return logits (N, K) of x (N, T, C) on the regular grid."""
        return self.classify(self.dense(x))


def _block(before: int, after: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(nn.Linear(before, after), nn.BatchNorm1d(after), nn.ReLU(), nn.Dropout(dropout))


ARCHITECTURE = Architecture(
    id="mlp",
    **described(MLP),
    kind="network",
    family="dense",
    doi="10.1109/IJCNN.2017.7966039",
    gives_attention=False,
    reads_gaps=False,
    hyperparameters=(
        Hyperparameter("width", "Width", "int", 512, "Features of each layer.", 4, 4096),
        Hyperparameter("layers", "Layers", "int", 3, "Dense layers, one above the other.", 1, 10),
        Hyperparameter("first_dropout", "First dropout", "float", 0.2,
                       "Share of features hidden after the first layer.", 0.0, 0.9),
        Hyperparameter("last_dropout", "Last dropout", "float", 0.4,
                       "Share hidden after the last layer; layers in between lie in between.", 0.0, 0.9),
    ),
    presets=(
        Preset("sits", "R package sits", {},
               {"optimizer": "adamw", "learning_rate": 1e-3, "weight_decay": 1e-6, "batch_size": 64, "epochs": 100,
                "patience": 20}),
        Preset("paper", "Wang et al. 2017", {"width": 500, "first_dropout": 0.1, "last_dropout": 0.3},
               {"optimizer": "adam", "learning_rate": 1e-3, "batch_size": 64, "epochs": 100, "patience": 0}),
    ),
    deviations="Batch normalisation after every layer. The paper's dropout is 0.1 on the input and 0.2, 0.2, 0.3 after "
    "the layers, and its optimiser AdaDelta. Gaps are filled on a regular grid, with a channel of validity.",
)  # fmt: skip

MODEL = MLP
