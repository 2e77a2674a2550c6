# SPDX-License-Identifier: GPL-2.0-or-later
"""Mean series of a class: an index where its bands are there, else the first band."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..raster.samples import SampleSet

_LOW, _HIGH = 10, 90
_RED, _NEAR_INFRARED = ("B04", "B4", "SR_B4", "RED", "R"), ("B08", "B8", "SR_B5", "NIR", "B8A")


@dataclass(frozen=True)
class Profile:
    """Mean, 10th and 90th percentile by date (T,), and the share of samples observed at each date (T,)."""

    name: str
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    observed: np.ndarray


def class_profile(samples: SampleSet, chosen: np.ndarray, *names: str) -> Profile:
    """Return the profile of the `chosen` (N,) samples of the classes called `names`; NaN at dates none observed."""
    indices = [index for index, info in enumerate(samples.classes) if info.name in names]
    rows = chosen & np.isin(samples.label, indices)
    name, series = _index_series(samples, rows)
    observed = samples.valid[rows].mean(axis=0)
    figures = np.full((3, series.shape[1]), np.nan)
    for date in np.flatnonzero(observed):
        column = series[:, date][~np.isnan(series[:, date])]
        if len(column):
            figures[:, date] = column.mean(), *np.percentile(column, (_LOW, _HIGH))
    return Profile(name, figures[0], figures[1], figures[2], observed)


def _index_series(samples: SampleSet, rows: np.ndarray) -> tuple[str, np.ndarray]:
    """Return (name, series (n, T)) of NDVI or of the first band, NaN where invalid."""
    physical = samples.subset(rows).physical()  # (n, T, C)
    by_name = {name.upper(): column for column, name in enumerate(samples.bands)}
    red = next((by_name[name] for name in _RED if name in by_name), None)
    infrared = next((by_name[name] for name in _NEAR_INFRARED if name in by_name), None)
    if red is None or infrared is None:
        return samples.bands[0], physical[:, :, 0]
    total = physical[:, :, infrared] + physical[:, :, red]
    difference = physical[:, :, infrared] - physical[:, :, red]
    return "NDVI", np.divide(difference, total, out=np.full_like(total, np.nan), where=total > 0)
