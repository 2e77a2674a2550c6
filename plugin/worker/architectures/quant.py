# SPDX-License-Identifier: GPL-2.0-or-later
"""QUANT: quantiles of many intervals of the series, read by extremely randomised trees."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...core.card import ModelCard
from ...core.catalog import Architecture, Hyperparameter, Preset
from ..forest import FOREST_SETTINGS, Forest, sum_type
from . import described

_SMOOTHING = 5  # grid days over which first differences are averaged


class Quant(Forest):
    """QUANT (interval quantiles).

    Cuts the season into halves, quarters, eighths and so on, and takes quantiles of the values, their changes and
    their waves in each; extremely randomised trees choose among them. Very quick, and strong on long series.
    """

    @staticmethod
    def declared() -> Architecture:
        """Return the declaration of the architecture."""
        return ARCHITECTURE

    @staticmethod
    def features(x: Tensor, card: ModelCard) -> Tensor:
        """Return features (N, F) of prepared series (N, T, C + 1); the validity channel is left out."""
        depth, step = card.hyperparameters["depth"], card.hyperparameters["values_per_quantile"]
        found = []
        for series in representations(x[:, :, :-1].transpose(1, 2).contiguous()):
            for start, stop in intervals(series.shape[2], depth):
                found.append(quantiles(series[:, :, start:stop], step).flatten(1))
        return torch.cat(found, dim=1)

    def make_trees(self, label: np.ndarray, seed: int) -> Any:
        """Return extremely randomised trees, not fitted."""
        from sklearn.ensemble import ExtraTreesClassifier  # noqa: PLC0415 (only where it is used)

        return ExtraTreesClassifier(criterion="entropy", **self.tree_settings(label, seed))


def representations(series: Tensor) -> list[Tensor]:
    """Return series (N, C, T), smoothed first differences, second differences and amplitudes of waves, if T allows."""
    waves = torch.fft.rfft(series.to(sum_type(series)), dim=2).abs().to(series.dtype)
    found = [series, _smoothed(series.diff(dim=2)), series.diff(n=2, dim=2), waves]
    return [representation for representation in found if representation.shape[2]]


def intervals(length: int, depth: int) -> list[tuple[int, int]]:
    """Return [start, stop) of 1, 2, 4, ... equal parts of `length`, `depth` times at most, and of parts in between."""
    found = []
    for level in range(min(depth, length.bit_length())):
        count = 2**level
        bounds = [length * i // count for i in range(count + 1)]
        parts = list(zip(bounds, bounds[1:]))
        found += parts
        if count > 1 and np.median(np.diff(bounds)) > 1:
            shift = -(-length // (2 * count))
            found += [(start + shift, stop + shift) for start, stop in parts[:-1]]
    return found


def quantiles(series: Tensor, values_per_quantile: int) -> Tensor:
    """Return 1 + (T - 1) // `values_per_quantile` quantiles of series (N, C, T): (N, C, Q), the median if one.

    From every second one the mean is taken away, so that levels and shapes are both told.
    """
    length = series.shape[2]
    count = 1 + (length - 1) // values_per_quantile
    ordered = series.sort(dim=2).values
    place = torch.linspace(0, length - 1, count, dtype=torch.float64) if count > 1 else torch.tensor([(length - 1) / 2])
    below = place.floor().long().to(series.device)
    share = (place - place.floor()).to(series.device, series.dtype)
    low, high = ordered[:, :, below], ordered[:, :, (below + 1).clamp(max=length - 1)]
    found = low + (high - low) * share
    mean = (series.sum(2, keepdim=True, dtype=sum_type(series)) / length).to(series.dtype)
    found[:, :, 1::2] -= mean
    return found


def _smoothed(change: Tensor) -> Tensor:
    """Return the moving average of (N, C, T), its ends repeated; term by term, the same for every series."""
    length, half = change.shape[2], _SMOOTHING // 2
    if not length:
        return change
    padded = torch.cat([change[:, :, :1]] * half + [change] + [change[:, :, -1:]] * half, dim=2)
    total = padded[:, :, :length]
    for shift in range(1, _SMOOTHING):
        total = total + padded[:, :, shift : shift + length]
    return total / _SMOOTHING


MODEL = Quant
ARCHITECTURE = Architecture(
    id="quant",
    **described(Quant),
    kind="classical",
    family="classical",
    doi="10.1007/s10618-024-01036-9",
    gives_attention=False,
    reads_gaps=False,
    hyperparameters=(
        Hyperparameter("trees", "Trees", "int", 200, "More trees are steadier and slower.", 1, 2000),
        Hyperparameter("max_features", "Features per split", "float", 0.1,
                       "Share of the features that a split may choose from.", 0.001, 1.0),
        Hyperparameter("depth", "Depth of intervals", "int", 6,
                       "How often the season is halved, at most; 1: the whole season only.", 1, 10),
        Hyperparameter("values_per_quantile", "Values per quantile", "int", 4,
                       "Fewer make finer quantiles and more features.", 1, 64),
        *FOREST_SETTINGS[2:],
    ),
    presets=(
        Preset("paper", "Dempster et al. 2024"),
        Preset("quick", "50 trees, intervals down to eighths", {"trees": 50, "depth": 4}),
    ),
    deviations="Series with several bands give the features of each band, side by side. Bounds of intervals are "
    "computed in whole numbers. Gaps are filled on a regular grid before.",
)  # fmt: skip
