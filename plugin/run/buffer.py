# SPDX-License-Identifier: GPL-2.0-or-later
"""Keep training away from the test part: which samples lie nearer to a test sample than a distance."""

from __future__ import annotations

import numpy as np

_STEPS = 16  # test samples are thinned to a grid of this many steps per distance
_AROUND = tuple((across, up) for across in (-1, 0, 1) for up in (-1, 0, 1))


def is_near(xy: np.ndarray, others: np.ndarray, distance: float) -> np.ndarray:
    """Return which points `xy` (N, 2) lie within `distance` of one of `others` (M, 2), (N,) bool.

    Points up to 9 percent farther away may count as near: `others` are thinned to a grid first, so that dense pixels
    cost no more than a few hundred points per square of the side `distance`. No nearer point is ever missed.
    """
    step = distance / _STEPS
    thinned = np.unique(np.floor(others / step), axis=0) * step + step / 2
    reach = distance + step * np.sqrt(0.5)
    cells = _by_cell(thinned, reach)
    near = np.zeros(len(xy), bool)
    for cell, members in _members_by_cell(xy, reach):
        close = [cells[key] for key in ((cell[0] + across, cell[1] + up) for across, up in _AROUND) if key in cells]
        if close:
            near[members] = _within(xy[members], np.concatenate(close), reach)
    return near


def _within(xy: np.ndarray, others: np.ndarray, reach: float) -> np.ndarray:
    """Return which of `xy` (n, 2) have one of `others` (m, 2) within `reach`, in pieces of bounded memory."""
    near = np.zeros(len(xy), bool)
    rows = max(1, 1_000_000 // len(others))
    for start in range(0, len(xy), rows):
        gap = xy[start : start + rows, None] - others[None]  # (n, m, 2)
        near[start : start + rows] = ((gap**2).sum(-1) <= reach**2).any(axis=1)
    return near


def _by_cell(xy: np.ndarray, side: float) -> dict[tuple[int, int], np.ndarray]:
    return {cell: xy[members] for cell, members in _members_by_cell(xy, side)}


def _members_by_cell(xy: np.ndarray, side: float) -> list[tuple[tuple[int, int], np.ndarray]]:
    """Return each square of `side` that holds points, with their indices."""
    corner = np.floor(xy / side).astype(np.int64)
    unique, inverse = np.unique(corner, axis=0, return_inverse=True)
    order = np.argsort(inverse.reshape(-1), kind="stable")
    ends = np.cumsum(np.bincount(inverse.reshape(-1)))
    return [((int(x), int(y)), members) for (x, y), members in zip(unique, np.split(order, ends[:-1]))]
