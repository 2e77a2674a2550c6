# SPDX-License-Identifier: GPL-2.0-or-later
"""Area by class: of several maps side by side, or as mapped against as estimated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from ..core.theme import GRID, INK, MUTED, PAPER
from .style import SMALL, TEXT, axes_at, class_colors, new_figure, text_width, wrap

_MARKERS = ("o", "D", "^", "s", "v", "P", "X", "<", ">", "h")  # one per map: colours are the classes'
_KM2_FROM_HA = 50_000.0
_HA_PER_KM2 = 100.0


def class_areas(
    classes: Sequence[str],
    colors: Sequence[str],
    maps: Sequence[str],
    area_ha: np.ndarray,
    low_ha: Optional[np.ndarray] = None,
    high_ha: Optional[np.ndarray] = None,
) -> Figure:
    """Draw the area of every class (M, K) in hectares, one marker per map; NaN where a map does not know the class.

    `low_ha` and `high_ha` (M, K) are the ends of 95 % intervals, NaN where there is none. Large areas are in km².
    """
    area = np.asarray(area_ha, float)
    unit, factor = ("km²", 1 / _HA_PER_KM2) if np.nanmax(area, initial=0.0) > _KM2_FROM_HA else ("ha", 1.0)
    labels = [wrap(name, 2.3) for name in classes]
    step = 0.16
    row = max(0.34, 0.18 + step * len(maps), 0.44 if any("\n" in label for label in labels) else 0.0)
    left, width = 0.3 + max(text_width(label) for label in labels), 7.6
    legend = 0.22 * len(maps)
    figure = new_figure(width, row * len(labels) + 1.15 + legend, "Area by class")
    axes = axes_at(figure, left, 0.6 + legend, width - left - 0.4, row * len(labels))
    shades, ends = class_colors(colors), _interval(area, low_ha, high_ha)
    for place in range(len(maps)):
        offset = (place - (len(maps) - 1) / 2) * step / row
        heights = np.arange(len(labels)) + offset
        _draw_map(axes, heights, area[place] * factor, ends[:, place] * factor, (shades, _MARKERS[place % 10]))
    top = float(np.nanmax(np.stack([area, ends[1]]), initial=0.0)) * factor
    axes.set(xlim=(0, 1.04 * top or 1.0), ylim=(len(labels) - 0.5, -0.5))
    axes.set_yticks(range(len(labels)))
    axes.set_yticklabels(labels, size=TEXT, color=INK)
    axes.tick_params(axis="y", length=0, pad=8)
    axes.xaxis.set_major_locator(MaxNLocator(7))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,g}")
    axes.set_xlabel(f"area ({unit})", size=SMALL, color=MUTED)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="both", color=GRID, linewidth=0.7)
    _key(figure, maps)
    return figure


def _interval(area: np.ndarray, low: Optional[np.ndarray], high: Optional[np.ndarray]) -> np.ndarray:
    """Return (2, M, K) ends of intervals, NaN where there are none."""
    none = np.full(area.shape, np.nan)
    return np.stack([none if end is None else np.asarray(end, float) for end in (low, high)])


def _draw_map(
    axes: Axes, heights: np.ndarray, area: np.ndarray, ends: np.ndarray, look: tuple[Sequence[str], str]
) -> None:
    """Draw the areas (K,) of one map at `heights`, with lines to the `ends` (2, K) of their intervals."""
    colors, marker = look
    style: dict[str, Any] = {"markeredgecolor": INK, "markeredgewidth": 0.7, "markersize": 6.5, "clip_on": False}
    for height, value, low, high, color in zip(heights, area, ends[0], ends[1], colors):
        if np.isfinite(low) and np.isfinite(high):
            axes.hlines(height, max(low, 0.0), high, color=INK, linewidth=1.5)
            axes.plot([max(low, 0.0), high], [height] * 2, "|", color=INK, markersize=6, clip_on=False)
        if np.isfinite(value):
            axes.plot(value, height, marker, color=color, gid="area", **style)


def _key(figure: Figure, maps: Sequence[str]) -> None:
    width, height = figure.get_size_inches()
    marks = [
        Line2D([], [], color=PAPER, marker=_MARKERS[k % 10], markeredgecolor=INK, markersize=6.5, linestyle="none")
        for k in range(len(maps))
    ]
    names = [wrap(str(name), width - 1.0, lines=1) for name in maps]
    figure.legend(
        marks,
        names,
        loc="lower left",
        bbox_to_anchor=(0.1 / width, 0.05 / height),
        frameon=False,
        fontsize=SMALL,
        labelcolor=INK,
        borderpad=0,
        labelspacing=0.45,
    )
