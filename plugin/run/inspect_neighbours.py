# SPDX-License-Identifier: GPL-2.0-or-later
"""The samples nearest to a series, in the space in which the model reads them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..core.card import ModelCard
from ..core.errors import InputError
from ..raster.samples import SampleSet, load_samples
from .exchange import Series, band_order, season_days

_MOST = 10
_MOST_NUMBERS = 20_000_000  # of samples kept in memory: 80 MB
_COMMON = 0.3  # share of the series' dates that a sample must have seen too
_TINY = 1e-12


@dataclass(frozen=True)
class Neighbour:
    """A sample: class name and colour, root mean square difference of normalised values, polygon, place in `crs`."""

    name: str
    color: str
    distance: float
    group: int
    x: float
    y: float


class SampleIndex:
    """The samples of a model, normalised as the model does it (0: 2nd, 1: 98th percentile of a band in training)."""

    def __init__(self, samples: SampleSet, card: ModelCard) -> None:
        """Normalise `samples`; of very many, evenly spread ones are kept.

        Raises:
            InputError: a band of the model is missing.
        """
        order = band_order(card, samples.bands, "the sample file")
        step = -(-samples.values.size // _MOST_NUMBERS)
        chosen = samples.subset(np.arange(0, len(samples), max(1, step)))
        self._samples, self._card = chosen, card
        self._days = np.array(season_days(card, samples.dates))
        self.crs_wkt = samples.crs_wkt
        normal = _normalised(card, chosen.physical()[:, :, order])
        self._valid = chosen.valid & np.isfinite(normal).all(axis=2)
        self._values = np.where(self._valid[:, :, None], normal, 0.0).astype(np.float32)
        self._squares = (self._values**2).sum(axis=2)  # (N, T)

    def nearest(self, series: Series) -> tuple[Neighbour, ...]:
        """Return the nearest sample of each of the nearest polygons (at most 10), nearest first.

        Distances are over the dates that both saw; a series of other dates is interpolated to those of the samples.
        """
        values, valid = self._on_sample_dates(series)  # (T, C), (T,)
        if not valid.any():
            return ()
        weight = valid.astype(np.float32)
        common = self._valid @ weight  # (N,)
        cross = np.tensordot(self._values, values * weight[:, None], axes=2)
        own = self._valid @ (weight * (values**2).sum(axis=1))
        squares = self._squares @ weight - 2.0 * cross + own
        mean = np.maximum(squares, 0.0) / np.maximum(common * values.shape[1], 1.0)
        distance = np.where(common >= max(1.0, _COMMON * valid.sum()), np.sqrt(mean), np.inf)
        return tuple(self._firsts(distance))

    def _firsts(self, distance: np.ndarray) -> Iterator[Neighbour]:
        seen: set[int] = set()
        for index in np.argsort(distance, kind="stable"):
            group = int(self._samples.group[index])
            if len(seen) == _MOST or not np.isfinite(distance[index]):
                return
            if group in seen:
                continue
            seen.add(group)
            info = self._samples.classes[int(self._samples.label[index])]
            x, y = (float(part) for part in self._samples.xy[index])
            yield Neighbour(info.name, info.color, float(distance[index]), group, x, y)

    def _on_sample_dates(self, series: Series) -> tuple[np.ndarray, np.ndarray]:
        order = band_order(self._card, series.bands, "the cube")
        physical = (series.values[0].astype(np.float64) * series.scale + series.offset)[:, order]
        normal = _normalised(self._card, physical).astype(np.float32)
        valid = series.valid[0] & np.isfinite(normal).all(axis=1)
        days = np.array(season_days(self._card, series.dates))
        if days.shape == self._days.shape and np.allclose(days, self._days):
            return np.where(valid[:, None], normal, 0.0), valid
        known = np.flatnonzero(valid)[np.argsort(days[valid], kind="stable")]
        if not len(known):
            return np.zeros((len(self._days), normal.shape[1]), np.float32), np.zeros(len(self._days), bool)
        filled = [np.interp(self._days, days[known], normal[known, band]) for band in range(normal.shape[1])]
        inside = (self._days >= days[known[0]]) & (self._days <= days[known[-1]])
        return np.where(inside[:, None], np.stack(filled, axis=1), 0.0).astype(np.float32), inside


def open_index(card: ModelCard) -> tuple[SampleIndex, str]:
    """Return the index of a model's own samples, and a remark ('' where there is nothing to say).

    Raises:
        InputError: the sample file is gone, cannot be read, or is another one by now.
    """
    path = Path(card.samples)
    if not card.samples or not path.is_file():
        raise InputError(f"The model's sample file {card.samples or '(not named)'} is not there any more.")
    samples = load_samples(path)
    if card.fingerprint and samples.fingerprint != card.fingerprint:
        raise InputError(f"The sample file {path} is another one than the model was trained on.")
    index = SampleIndex(samples, card)
    is_thinned = samples.values.size > _MOST_NUMBERS
    return index, "Only a part of the very many samples is searched." if is_thinned else ""


def _normalised(card: ModelCard, physical: np.ndarray) -> np.ndarray:
    lower, upper = np.asarray(card.lower), np.asarray(card.upper)
    span = np.where(upper - lower > _TINY, upper - lower, 1.0)
    return (physical - lower) / span
