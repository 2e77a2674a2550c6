# SPDX-License-Identifier: GPL-2.0-or-later
"""ResNet: convolutions along time with shortcuts."""

from __future__ import annotations

from torch import Tensor, nn

from ...core.catalog import Architecture, Hyperparameter, Preset
from ..convolution import Residual, convolution_block, he_start, same_convolution
from . import described


class ResNet(nn.Module):
    """ResNet (residual convolutions).

    Blocks of three convolutions of decreasing size, each block with a shortcut around it; the mean over the season
    tells which shapes occurred. Wants a regular grid: gaps are filled, and a channel tells where real dates were near.
    """

    def __init__(
        self,
        in_channels: int,
        seq_len: int,
        num_classes: int,
        *,
        width: int = 64,
        blocks: int = 3,
        first_kernel: int = 7,
        second_kernel: int = 5,
        third_kernel: int = 3,
        dropout: float = 0.0,
    ) -> None:
        """Build the network; `seq_len` is not needed, since the mean over time is read."""
        super().__init__()
        kernels = (first_kernel, second_kernel, third_kernel)
        channels = [in_channels, width] + [2 * width] * (blocks - 1)
        self.blocks = nn.Sequential(
            *(Residual(_path(before, after, kernels), before, after) for before, after in zip(channels, channels[1:]))
        )
        self.dropout = nn.Dropout(dropout)
        self.classify = nn.Linear(channels[-1], num_classes)
        self.blocks.apply(he_start)

    def forward(self, x: Tensor, days: Tensor, valid: Tensor) -> Tensor:
        """Return logits (N, K) of x (N, T, C) on the regular grid."""
        return self.classify(self.dropout(self.blocks(x.transpose(1, 2)).mean(2)))


def _path(before: int, after: int, kernels: tuple[int, int, int]) -> nn.Sequential:
    """Return the three convolutions of a block; the last activation comes after the shortcut."""
    return nn.Sequential(
        convolution_block(before, after, kernels[0]),
        convolution_block(after, after, kernels[1]),
        same_convolution(after, after, kernels[2]),
        nn.BatchNorm1d(after),
    )


ARCHITECTURE = Architecture(
    id="resnet",
    **described(ResNet),
    kind="network",
    family="convolution",
    doi="10.1109/IJCNN.2017.7966039",
    gives_attention=False,
    reads_gaps=False,
    hyperparameters=(
        Hyperparameter("width", "Width", "int", 64, "Filters of the first block; the others have twice as many.", 4,
                       512),
        Hyperparameter("blocks", "Blocks", "int", 3, "Blocks of three convolutions and a shortcut.", 1, 8),
        Hyperparameter("first_kernel", "First filter size", "int", 7,
                       "Grid days that a filter of a block's first convolution sees at once.", 1, 63),
        Hyperparameter("second_kernel", "Second filter size", "int", 5, "The same of its second convolution.", 1, 63),
        Hyperparameter("third_kernel", "Third filter size", "int", 3, "The same of its third convolution.", 1, 63),
        Hyperparameter("dropout", "Dropout", "float", 0.0, "Share of the features of the series hidden in training.",
                       0.0, 0.9),
    ),
    presets=(
        Preset("sits", "R package sits", {},
               {"optimizer": "adamw", "learning_rate": 1e-3, "weight_decay": 1e-6, "batch_size": 64, "epochs": 100,
                "patience": 20}),
        Preset("paper", "Wang et al. 2017", {"first_kernel": 8},
               {"optimizer": "adam", "learning_rate": 1e-3, "batch_size": 16, "epochs": 100, "patience": 0,
                "schedule": "plateau"}),
    ),
    deviations="Gaps are filled on a regular grid, with a channel of validity. Dropout before the classes can be "
    "added. The paper trains for 1500 epochs.",
)  # fmt: skip

MODEL = ResNet
