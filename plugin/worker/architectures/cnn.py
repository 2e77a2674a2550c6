# SPDX-License-Identifier: GPL-2.0-or-later
"""CNN: convolutions along time with every choice open, pooling among them."""

from __future__ import annotations

from torch import Tensor, nn

from ...core.catalog import Architecture, Hyperparameter, Preset
from ...core.errors import InputError
from ...core.strategy import FEW_SAMPLES
from ..convolution import he_start, same_convolution
from ..layers import FlattenChannels
from . import described

_POOLED = 2  # dates that pooling makes one of
_POOLING = {"max": nn.MaxPool1d, "average": nn.AvgPool1d}


class CNN(nn.Module):
    """CNN (convolutions, free choice).

    Layers of filters slide along the season; their size, stride, padding, depth and width are yours to choose, and
    pooling, which keeps whether a shape occurred and blurs when. Wants a regular grid: gaps are filled, and a channel
    tells where real dates were near.
    """

    def __init__(
        self,
        in_channels: int,
        seq_len: int,
        num_classes: int,
        *,
        filters: int = 64,
        widening: bool = False,
        kernel_size: int = 5,
        stride: int = 1,
        padding: str = "same",
        layers: int = 3,
        pooling: str = "none",
        dropout: float = 0.2,
        dense_layers: int = 1,
        dense_width: int = 256,
        dense_dropout: float = 0.5,
    ) -> None:
        """Build the network for `seq_len` grid days."""
        super().__init__()
        length = _length_of(seq_len, layers, (kernel_size, stride, padding, pooling))
        channels = [in_channels] + [filters * (2**i if widening else 1) for i in range(layers)]
        stages = [
            nn.Sequential(_convolution(before, after, kernel_size, stride, padding), *_after(after, pooling, dropout))
            for before, after in zip(channels, channels[1:])
        ]
        self.convolutions = nn.Sequential(*stages)
        widths = [channels[-1] * length] + [dense_width] * dense_layers
        layers_after = [_dense(before, after, dense_dropout) for before, after in zip(widths, widths[1:])]
        self.dense = nn.Sequential(FlattenChannels(channels[-1]), *layers_after)
        self.classify = nn.Linear(widths[-1], num_classes)
        self.apply(he_start)

    def forward(self, x: Tensor, days: Tensor, valid: Tensor) -> Tensor:
        """Return logits (N, K) of x (N, T, C) on the regular grid."""
        return self.classify(self.dense(self.convolutions(x.transpose(1, 2))))


def _length_of(seq_len: int, layers: int, shape: tuple[int, int, str, str]) -> int:
    """Return what is left of `seq_len` dates after all convolutions of `shape`.

    Raises:
        InputError: nothing is left.
    """
    length = seq_len
    for _ in range(layers):
        length = _length_after(length, *shape)
    if length < 1:
        raise InputError(
            f"CNN: {layers} convolutions of size {shape[0]} leave nothing of {seq_len} dates: pad the series "
            "('same'), or choose fewer convolutions, a smaller filter size or a smaller stride."
        )
    return length


def _convolution(before: int, after: int, kernel_size: int, stride: int, padding: str) -> nn.Module:
    if padding == "same":
        return same_convolution(before, after, kernel_size, stride)
    return nn.Conv1d(before, after, kernel_size, stride)


def _after(filters: int, pooling: str, dropout: float) -> list[nn.Module]:
    """Return what follows a convolution."""
    pools = [] if pooling == "none" else [_POOLING[pooling](_POOLED, ceil_mode=True)]
    return [nn.BatchNorm1d(filters), nn.ReLU(), *pools, nn.Dropout(dropout)]


def _dense(before: int, after: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(nn.Linear(before, after), nn.BatchNorm1d(after), nn.ReLU(), nn.Dropout(dropout))


def _length_after(length: int, kernel_size: int, stride: int, padding: str, pooling: str) -> int:
    """Return how many dates a convolution and its pooling leave of `length`; 0 or less: nothing."""
    length = (length - 1 if padding == "same" else length - kernel_size) // stride + 1
    return length if pooling == "none" else -(-length // _POOLED)


ARCHITECTURE = Architecture(
    id="cnn",
    **described(CNN),
    kind="network",
    family="convolution",
    doi="10.1109/5.726791",
    gives_attention=False,
    reads_gaps=False,
    hyperparameters=(
        Hyperparameter("filters", "Filters", "int", 64, "Shapes that the first convolution looks for.", 2, 1024),
        Hyperparameter("widening", "Widening", "bool", False, "Each convolution has twice the filters of the last."),
        Hyperparameter("kernel_size", "Filter size", "int", 5, "Grid days that a filter sees at once.", 1, 63),
        Hyperparameter("stride", "Stride", "int", 1, "Grid days from one place of a filter to the next.", 1, 8),
        Hyperparameter("padding", "Padding", "choice", "same",
                       "same: zeros beyond both ends keep the length; valid: filters stay within the series.",
                       choices=("same", "valid")),
        Hyperparameter("layers", "Convolutions", "int", 3, "Layers of filters, one above the other.", 1, 8),
        Hyperparameter("pooling", "Pooling", "choice", "none",
                       "Two neighbouring dates become one after each convolution: their maximum or their average.",
                       choices=("none", "max", "average")),
        Hyperparameter("dropout", "Dropout", "float", 0.2, "Share of features hidden after each convolution.", 0.0,
                       0.9),
        Hyperparameter("dense_layers", "Dense layers", "int", 1, "Dense layers before the classes.", 0, 5),
        Hyperparameter("dense_width", "Dense width", "int", 256, "Features of each dense layer.", 4, 4096),
        Hyperparameter("dense_dropout", "Dense dropout", "float", 0.5, "Share of these hidden in training.", 0.0, 0.9),
    ),
    presets=(
        Preset("lenet", "LeNet-like, with pooling",
               {"filters": 16, "widening": True, "layers": 2, "pooling": "max", "dropout": 0.0, "dense_layers": 2,
                "dense_width": 120},
               {"optimizer": "adam", "learning_rate": 1e-3, "schedule": "cosine", "batch_size": 64, "epochs": 60,
                "patience": 20, "ensemble_below": FEW_SAMPLES}),
        Preset("plain", "Without pooling", {},
               {"optimizer": "adam", "learning_rate": 1e-3, "schedule": "cosine", "batch_size": 64, "epochs": 60,
                "patience": 20}),
    ),
    deviations="Along time instead of over an image, with batch normalisation, ReLU and dropout. LeNet-5 (LeCun et al. "
    "1998) has 6 and 16 filters of size 5 without padding, average pooling, dense layers of 120 and 84. Gaps are "
    "filled on a regular grid, with a channel of validity.",
)  # fmt: skip

MODEL = CNN
