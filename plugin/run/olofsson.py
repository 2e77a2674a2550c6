# SPDX-License-Identifier: GPL-2.0-or-later
"""Accuracy and areas from a probability sample, weighted by area, with 95 % intervals.

Olofsson et al. 2014 (10.1016/j.rse.2014.02.015), in the form of Stehman 2014 (10.1080/01431161.2014.930207): every
figure is a ratio of two stratified means, so strata may be others than the map's classes; where they are the map's
classes the formulas are those of Olofsson et al.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

import numpy as np

Z_95 = 1.96  # as in the paper


@dataclass(frozen=True)
class Estimate:
    """A figure and its standard error; None where the sample cannot tell."""

    value: Optional[float]
    error: Optional[float]

    @property
    def half_width(self) -> Optional[float]:
        """Half of the 95 % interval."""
        return None if self.error is None else Z_95 * self.error

    def scaled(self, factor: float) -> Estimate:
        """Return the estimate in another unit."""
        if self.value is None or self.error is None:
            return self
        return Estimate(self.value * factor, self.error * factor)


@dataclass(frozen=True)
class AreaAccuracy:
    """What a sample says of a map of K classes.

    `proportion` (K, K) is the estimated share of the area that is mapped as the row's and truly is the column's class.
    `area` is each class's true share of the area. `notes` tell what was assumed.
    """

    proportion: np.ndarray
    overall: Estimate
    users: tuple[Estimate, ...]
    producers: tuple[Estimate, ...]
    area: tuple[Estimate, ...]
    total_ha: float
    notes: tuple[str, ...] = ()


def estimate(counts: np.ndarray, stratum_ha: Sequence[float], strata: Sequence[str]) -> AreaAccuracy:
    """Return accuracy and areas from `counts` (H, K, K): points by stratum, map class and reference class.

    `stratum_ha` (H,) are the areas of the strata, `strata` their names. Strata without points stand for nothing: their
    area is left out and told. A stratum with one point has no variance of its own: the largest possible is taken.
    """
    points = counts.sum(axis=(1, 2))
    has_points = points > 0
    area_ha = np.asarray(stratum_ha, float)
    total = float(area_ha[has_points].sum())
    sample = _Sample(counts[has_points].astype(float), area_ha[has_points] / total)
    size = counts.shape[1]
    is_map, is_reference = (np.eye(size)[:, :, None], np.eye(size)[:, None, :])  # (K, K, 1), (K, 1, K)
    everywhere, right = np.ones((size, size)), np.eye(size)
    return AreaAccuracy(
        proportion=sample.mean_counts(),
        overall=sample.ratio(right, everywhere),
        users=tuple(sample.ratio(right * is_map[k], everywhere * is_map[k]) for k in range(size)),
        producers=tuple(sample.ratio(right * is_reference[k], everywhere * is_reference[k]) for k in range(size)),
        area=tuple(sample.ratio(everywhere * is_reference[k], everywhere) for k in range(size)),
        total_ha=total,
        notes=_notes(points, area_ha, strata),
    )


@dataclass(frozen=True)
class _Sample:
    """Counts (H, K, K) of strata that all have points, and the strata's shares (H,) of the area."""

    counts: np.ndarray
    share: np.ndarray

    @property
    def points(self) -> np.ndarray:
        return self.counts.sum(axis=(1, 2))

    def mean_counts(self) -> np.ndarray:
        """Return the estimated proportion of the area in each cell, (K, K)."""
        return np.einsum("h,hij->ij", self.share / self.points, self.counts)

    def ratio(self, part: np.ndarray, whole: np.ndarray) -> Estimate:
        """Return the ratio of the areas of the cells in `part` and in `whole` (K, K), each 0 or 1."""
        proportion = self.mean_counts()
        base = float((proportion * whole).sum())
        if base <= 0:
            return Estimate(None, None)
        value = float((proportion * part).sum()) / base
        residual = part - value * whole  # (K, K), of a point in that cell
        variance = float((self.share**2 * self._spread(residual) / self.points).sum()) / base**2
        return Estimate(value, variance**0.5)

    def _spread(self, residual: np.ndarray) -> np.ndarray:
        """Return the sample variance (H,) of the residuals of the points of each stratum."""
        n = self.points
        mean = np.einsum("hij,ij->h", self.counts, residual) / n
        squares = np.einsum("hij,ij->h", self.counts, residual**2) - n * mean**2
        spread = np.maximum(squares, 0.0) / np.maximum(n - 1, 1)
        for stratum in np.flatnonzero(n == 1):
            mapped = self.counts[stratum].any(axis=1)  # the point may have had any reference class
            possible = residual[mapped]
            spread[stratum] = ((possible.max() - possible.min()) / 2) ** 2
        return spread


def _notes(points: np.ndarray, area_ha: np.ndarray, strata: Sequence[str]) -> tuple[str, ...]:
    notes = []
    total = area_ha.sum()
    bare = [k for k in np.flatnonzero(points == 0) if area_ha[k] > 0]
    if bare:
        listed = ", ".join(strata[k] for k in bare)
        notes.append(
            f"No labelled point lies in {listed}: {100 * area_ha[bare].sum() / total:.2f} % of the area. All figures "
            "hold for the rest only: label points there (two at least), or merge classes."
        )
    single = [strata[k] for k in np.flatnonzero(points == 1)]
    if single:
        notes.append(
            f"Only one labelled point lies in {', '.join(single)}, which tells nothing of the spread there: the "
            "largest possible variance is taken, so the intervals are too wide rather than too narrow. Label more."
        )
    return tuple(notes)
