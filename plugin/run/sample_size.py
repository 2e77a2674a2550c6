# SPDX-License-Identifier: GPL-2.0-or-later
"""How many points a map needs, and how they are dealt to its classes.

Olofsson et al. 2014 (10.1016/j.rse.2014.02.015), section 5.1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..core.jobs.judging import EQUAL, HYBRID


def sample_size(share: Sequence[float], accuracy: Sequence[float], target_error: float, population: int = 0) -> int:
    """Return the number of points that gives overall accuracy a standard error of `target_error` (equation 13).

    n = (sum W S)^2 / (error^2 + sum W S^2 / N) with S = sqrt(U (1 - U)): `share` W (K,) of the area and expected user's
    `accuracy` U (K,) of the classes; `population` N is the number of pixels, 0 for very many. The equation is for the
    best allocation: others come out a little less precise (see expected_error).
    """
    weight, expected = np.asarray(share, float), np.asarray(accuracy, float)
    spread = np.sqrt(expected * (1 - expected))
    finite = float((weight * spread**2).sum()) / population if population else 0.0
    return math.ceil(float((weight * spread).sum()) ** 2 / (target_error**2 + finite) - 1e-9)


def expected_error(share: Sequence[float], accuracy: Sequence[float], points: Sequence[int]) -> float:
    """Return the standard error of overall accuracy that `points` (K,) per class will give if U is as expected."""
    weight, expected, count = (np.asarray(values, float) for values in (share, accuracy, points))
    used = count > 0
    return float((weight[used] ** 2 * expected[used] * (1 - expected[used]) / count[used]).sum()) ** 0.5


def allocate(total: int, pixels: Sequence[int], method: str, least: int) -> list[int]:
    """Deal `total` points to classes with `pixels` (K,) each; no class gets more than it has pixels, empty ones none.

    "proportional" to the area, but one point at least; "equal"; "hybrid": classes whose share would be below `least`
    get that many, the others the rest in proportion (the total grows where `least` for all is more).
    """
    size = np.asarray(pixels, np.int64)
    is_present = size > 0
    if method == EQUAL:
        dealt = np.where(is_present, math.ceil(total / max(int(is_present.sum()), 1)), 0)
    else:
        dealt = _proportional(total, size, least if method == HYBRID else 1)
    return [int(count) for count in np.minimum(dealt, size)]


def _proportional(total: int, size: np.ndarray, least: int) -> np.ndarray:
    """Return points (K,) in proportion to `size`, with at least `least` in every class that has pixels."""
    dealt = np.zeros(len(size), np.int64)
    open_ones = size > 0
    rest = total
    while open_ones.any():
        share = np.where(open_ones, size, 0) * (max(rest, 0) / size[open_ones].sum())
        small = open_ones & (share < least)
        if not small.any():
            dealt[open_ones] = _whole_numbers(share[open_ones])
            break
        dealt[small] = least
        rest -= least * int(small.sum())
        open_ones &= ~small
    return dealt


def _whole_numbers(share: np.ndarray) -> np.ndarray:
    """Round shares to whole numbers of the same sum: the largest fractions are rounded up."""
    down = np.floor(share).astype(np.int64)
    missing = round(float(share.sum())) - int(down.sum())
    down[np.argsort(down - share, kind="stable")[:missing]] += 1
    return down
