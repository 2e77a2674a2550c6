# SPDX-License-Identifier: GPL-2.0-or-later
"""Heat maps on a true time axis: a cell per row and date, as wide as its neighbours allow, and the bar of colours."""

from __future__ import annotations

from typing import Optional

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.colors import LinearSegmentedColormap, to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ..core.theme import BAD, HEAT, MUTED
from .style import SMALL, axes_at, wrap


def draw_cells(axes: Axes, days: np.ndarray, share: np.ndarray, observed: Optional[np.ndarray]) -> float:
    """Draw a cell per row and date at its true place and return the share of the strongest colour.

    Cells are as wide as the gaps to their neighbours allow, and hollow where nobody saw the date.
    """
    edges = cell_edges(days)
    share = np.asarray(share, dtype=float)
    is_seen = np.isfinite(share) if observed is None else np.isfinite(share) & (np.asarray(observed) > 0)
    places: dict[bool, list[Rectangle]] = {True: [], False: []}
    for (row, date), seen in np.ndenumerate(is_seen):
        begin, end = edges[date]
        places[bool(seen)].append(Rectangle((begin, row - 0.44), end - begin, 0.88))
    top = max(float(share[is_seen].max()) if is_seen.any() else 0.0, 1e-6)
    colors = shades(share[is_seen] / top)
    axes.add_collection(PatchCollection(places[True], facecolor=colors, linewidth=0, gid="seen"))
    axes.add_collection(PatchCollection(places[False], facecolor="none", edgecolor=MUTED, linewidth=0.5, gid="masked"))
    return top


def shades(strength: np.ndarray) -> list[tuple[float, ...]]:
    """Return a colour per strength (0 to 1); a date without weight stays visible as a date."""
    return [to_rgba(HEAT, 0.05 + 0.95 * float(value)) for value in np.clip(strength, 0, 1)]


def cell_edges(days: np.ndarray) -> list[tuple[float, float]]:
    """Return where each date's cell begins and ends: half way to its neighbours, at most half the median gap away."""
    gaps = np.diff(days)
    most = float(np.median(gaps[gaps > 0])) / 2 if (gaps > 0).any() else 5.0
    before = np.minimum(np.concatenate([[np.inf], gaps / 2]), most)
    after = np.minimum(np.concatenate([gaps / 2, [np.inf]]), most)
    return [(float(day - b), float(day + a)) for day, b, a in zip(days, before, after)]


def color_bar(figure: Figure, top: float, measure: str, place: tuple[float, float, float]) -> None:
    """Draw the bar of colours from 0 to `top` at `place`: left, bottom and height in inches."""
    left, bottom, height = place
    axes = axes_at(figure, left, bottom, 0.14, height)
    steps = np.linspace(0, 1, 41)
    patches = [Rectangle((0, low * top), 1, (high - low) * top) for low, high in zip(steps, steps[1:])]
    axes.add_collection(PatchCollection(patches, facecolor=shades(steps[1:]), linewidth=0))
    axes.set(xlim=(0, 1), ylim=(0, top), xticks=[])
    axes.yaxis.tick_right()
    axes.locator_params(axis="y", nbins=5 if height > 1.0 else 2)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_title(wrap(measure, 0.9, SMALL), size=SMALL, color=MUTED, loc="center", pad=5)


def draw_mesh(axes: Axes, edges: np.ndarray, values: np.ndarray, top: float = 0.0) -> None:
    """Draw `values` (rows, columns) as one picture: teal above 0, orange below, blank where NaN.

    `edges` (columns + 1,) are where columns begin and end; the strongest colour stands for `top` (0: the largest size).
    """
    shown = np.asarray(values, dtype=float)
    limit = top or max(float(np.nanmax(np.abs(shown), initial=0.0)), 1e-9)
    up, down = to_rgba(HEAT), to_rgba(BAD)
    colors = [down, (*down[:3], 0.0), (*up[:3], 0.0), up]
    ramp = LinearSegmentedColormap.from_list("signed", list(zip((0.0, 0.5, 0.5, 1.0), colors)))
    rows = np.arange(len(shown) + 1) - 0.5
    axes.pcolormesh(edges, rows, np.ma.masked_invalid(shown), cmap=ramp, vmin=-limit, vmax=limit, rasterized=True)
    axes.set_ylim(len(shown) - 0.5, -0.5)


def mesh_edges(places: np.ndarray) -> np.ndarray:
    """Return the edges (n + 1,) of columns at `places` (n,): half way between neighbours, as far beyond the ends."""
    if len(places) == 1:
        return np.array([places[0] - 0.5, places[0] + 0.5])
    middle = (places[1:] + places[:-1]) / 2
    return np.concatenate([[2 * places[0] - middle[0]], middle, [2 * places[-1] - middle[-1]]])
