# SPDX-License-Identifier: GPL-2.0-or-later
"""Random forest on features made by hand: what experts looked at before networks learned their own."""

from __future__ import annotations

from itertools import combinations

import torch
from torch import Tensor

from ...core.card import ModelCard
from ...core.catalog import Architecture, Hyperparameter, Preset
from ..forest import FOREST_SETTINGS, Forest, sum_type
from . import described

_TINY = 1e-6  # keeps 0 / 0 at 0


class FeatureForest(Forest):
    """Random forest on hand-made features.

    Each band, and each normalised difference of two bands (NDVI and NDWI are such), becomes seasonal statistics: mean,
    spread, extremes and their days, steepest rise and fall, means of the parts of the season. Made, not learned.

    Per series of a band or an index, over the days of the regular grid: mean, standard deviation, least and largest
    value, their difference, day of the largest and of the least value, largest and least change from one grid day to
    the next and the days of these, and the mean of each of `season_parts` equal parts.
    """

    @staticmethod
    def declared() -> Architecture:
        """Return the declaration of the architecture."""
        return ARCHITECTURE

    @staticmethod
    def features(x: Tensor, card: ModelCard) -> Tensor:
        """Return features (N, F) of prepared series (N, T, C + 1), in physical units."""
        lower, upper = (torch.tensor(limits, dtype=x.dtype, device=x.device) for limits in (card.lower, card.upper))
        series = x[:, :, :-1] * (upper - lower) + lower  # (N, T, C): an index of normalised bands would be another one
        if card.hyperparameters["band_pairs"]:
            series = torch.cat([series, normalised_differences(series)], dim=2)  # (N, T, S)
        days = torch.tensor(card.grid_days, dtype=x.dtype, device=x.device)
        return seasonal_statistics(series, days, card.hyperparameters["season_parts"])


def normalised_differences(series: Tensor) -> Tensor:
    """Return (a - b) / (|a| + |b|) of every two bands a, b of series (N, T, C): (N, T, C (C - 1) / 2), in -1..1."""
    pairs = list(combinations(range(series.shape[2]), 2))
    first, second = (series[:, :, [pair[side] for pair in pairs]] for side in (0, 1))
    return (first - second) / (first.abs() + second.abs()).clamp(min=_TINY)


def seasonal_statistics(series: Tensor, days: Tensor, parts: int) -> Tensor:
    """Return the statistics (N, F) that FeatureForest lists, of series (N, T, S) on `days` (T,)."""
    mean = _mean(series)
    least, largest = series.amin(1), series.amax(1)
    change = series.diff(dim=1) if len(days) > 1 else torch.zeros_like(series)
    change_days = (days[1:] + days[:-1]) / 2 if len(days) > 1 else days
    fall, rise = change.amin(1), change.amax(1)
    statistics = [
        mean,
        _mean((series - mean.unsqueeze(1)).square()).sqrt(),
        least,
        largest,
        largest - least,
        _first_day(series, largest, days),
        _first_day(series, least, days),
        rise,
        fall,
        _first_day(change, rise, change_days),
        _first_day(change, fall, change_days),
        *(_mean(part) for part in series.tensor_split(min(parts, len(days)), dim=1)),
    ]
    return torch.cat(statistics, dim=1)


def _mean(series: Tensor) -> Tensor:
    return (series.sum(1, dtype=sum_type(series)) / series.shape[1]).to(series.dtype)


def _first_day(series: Tensor, value: Tensor, days: Tensor) -> Tensor:
    """Return the first of `days` (T,) on which series (N, T, S) have `value` (N, S)."""
    return torch.where(series == value.unsqueeze(1), days.view(-1, 1), days[-1]).amin(1)


MODEL = FeatureForest
ARCHITECTURE = Architecture(
    id="forest_features",
    **described(FeatureForest),
    kind="classical",
    family="classical",
    doi="10.1023/A:1010933404324",
    gives_attention=False,
    reads_gaps=False,
    hyperparameters=(
        *FOREST_SETTINGS,
        Hyperparameter("band_pairs", "Normalised differences", "bool", True,
                       "Also make features of the normalised difference of every two bands."),
        Hyperparameter("season_parts", "Parts of the season", "int", 4, "Parts whose means are features.", 1, 24),
    ),
    presets=(
        Preset("indices", "Bands and all normalised differences, quarters"),
        Preset("bands", "Bands alone, quarters", {"band_pairs": False}),
        Preset("months", "Bands and all normalised differences, twelfths", {"season_parts": 12}),
    ),
    deviations="Indices are made of every pair of bands, whatever their names, and of physical values; with negative "
    "values the denominator is the sum of the magnitudes, so that they stay within -1 and 1. Gaps are filled on a "
    "regular grid before. The forest is that of Breiman 2001, with probabilities averaged.",
)  # fmt: skip
