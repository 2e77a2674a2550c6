# SPDX-License-Identifier: GPL-2.0-or-later
"""One series explained: its bands with clouds hollow, the importance of its dates, and how the classes grow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ..core.classes import palette_color
from ..core.theme import GRID, HEAT, INK, MUTED, PAPER, readable
from .style import SMALL, TITLE, axes_at, class_colors, day_numbers, foot_note, new_figure, time_axis, wrap

_WIDTH, _LEFT, _SIDE = 9.0, 0.8, 1.75  # inches: the side holds the legends
_TALL, _LOW, _GAP = 1.7, 0.85, 0.2
_MOST_CLASSES = 6  # named beside the growth


@dataclass(frozen=True)
class SeriesExplained:
    """What series_explained draws, for T dates, C bands and K classes.

    `values` (T, C) physical, NaN where there are none, `valid` (T,); `importance` (M, T) by the measures named in
    `measures` (M,), each drawn below the other; `growth` (T, K) probabilities after each date, NaN before the first
    valid one.
    """

    dates: Sequence[str]
    bands: Sequence[str]
    values: np.ndarray
    valid: np.ndarray
    classes: Sequence[str]
    colors: Sequence[str]
    probability: np.ndarray
    measures: Sequence[str] = ()
    importance: Optional[np.ndarray] = None
    growth: Optional[np.ndarray] = None
    title: str = "One series"
    note: str = ""


def series_explained(**arrays: Any) -> Figure:
    """Draw one series, the importance of its dates and the growth of its classes on one true time axis.

    The arguments are the fields of SeriesExplained. Hollow: the date was masked.
    """
    shown = SeriesExplained(**arrays)
    count = 0 if shown.importance is None else len(shown.importance)
    heights = [_TALL, *[_LOW] * count, *([_TALL * 0.8] if shown.growth is not None else [])]
    total = sum(heights) + _GAP * len(heights) + 1.15
    figure = new_figure(_WIDTH, total, wrap(str(shown.title), _WIDTH - 0.3, TITLE, 1, bold=True))
    bottom, panels = total - 0.4, []
    for height in heights:
        bottom -= height
        panels.append(axes_at(figure, _LEFT, bottom, _WIDTH - _LEFT - _SIDE, height))
        bottom -= _GAP
    _draw_bands(panels[0], shown)
    for row, panel in enumerate(panels[1 : 1 + count]):
        _draw_importance(panel, shown, row)
    if shown.growth is not None:
        _draw_growth(panels[-1], shown)
    days = day_numbers(shown.dates)
    for panel in panels:
        time_axis(panel, days, most=12)
        panel.tick_params(axis="x", labelbottom=panel is panels[-1])
        panel.yaxis.set_label_coords(-0.52 / (_WIDTH - _LEFT - _SIDE), 0.5)
    foot_note(
        figure,
        str(shown.note) or "Hollow: masked dates, which the model did not see (at the edge: beyond it).",
    )
    return figure


def _draw_bands(axes: Axes, shown: SeriesExplained) -> None:
    days, seen = day_numbers(shown.dates), np.asarray(shown.valid, dtype=bool)
    values, handles = np.asarray(shown.values, dtype=float), []
    shown_values = values[seen] if seen.any() else values
    low, high = float(np.nanmin(shown_values)), float(np.nanmax(shown_values))
    margin = 0.12 * (high - low) or 0.05
    limits = (low - margin, high + margin)
    for index, band in enumerate(shown.bands):
        color = readable(palette_color(index))
        axes.plot(days[seen], values[seen, index], color=color, linewidth=1.1, marker="o", markersize=2.8)
        axes.plot(
            days[~seen], np.clip(values[~seen, index], *limits), "o", markerfacecolor=PAPER, markeredgecolor=color,
            markersize=2.8, markeredgewidth=0.7, gid="masked",
        )  # fmt: skip
        handles.append(Line2D([], [], color=color, marker="o", markersize=3, label=wrap(str(band), 1.2, SMALL, 1)))
    axes.set_ylim(*limits)
    axes.set_ylabel("value", size=SMALL, color=MUTED)
    axes.grid(axis="y", color=GRID, linewidth=0.7)
    _side_legend(axes, handles)


def _draw_importance(axes: Axes, shown: SeriesExplained, row: int) -> None:
    days, seen = day_numbers(shown.dates), np.asarray(shown.valid, dtype=bool)
    values = np.asarray(shown.importance, dtype=float)[row]
    axes.vlines(days[seen], 0, values[seen], color=HEAT, linewidth=1.6)
    axes.plot(days[seen], values[seen], "o", color=HEAT, markersize=3.5, gid="seen", clip_on=False)
    axes.plot(
        days[~seen], np.zeros((~seen).sum()), "o", markerfacecolor=PAPER, markeredgecolor=MUTED, markersize=3.2,
        markeredgewidth=0.7, clip_on=False,
    )  # fmt: skip
    if seen.any():
        axes.axhline(1.0 / seen.sum(), color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)))
    axes.set_ylim(0, 1.1 * max(float(values.max(initial=0.0)), 1e-6))
    axes.locator_params(axis="y", nbins=3)
    axes.set_ylabel("share", size=SMALL, color=MUTED)
    axes.text(
        1 + 0.12 / (_WIDTH - _LEFT - _SIDE), 0.95, wrap(str(shown.measures[row]), _SIDE - 0.25, SMALL, 4),
        transform=axes.transAxes, size=SMALL, color=INK, va="top",
    )  # fmt: skip


def _draw_growth(axes: Axes, shown: SeriesExplained) -> None:
    days, growth = day_numbers(shown.dates), np.asarray(shown.growth, dtype=float)
    order = np.argsort(-np.asarray(shown.probability))
    handles = []
    for rank, index in enumerate(order):
        color = readable(class_colors(shown.colors)[index])
        is_named = rank < _MOST_CLASSES
        axes.plot(
            days, growth[:, index], color=color, linewidth=1.9 if rank == 0 else 1.0, alpha=1 if is_named else 0.4
        )
        if is_named:
            label = f"{shown.classes[index]} {float(shown.probability[index]):.2f}"
            handles.append(Line2D([], [], color=color, linewidth=1.9, label=wrap(label, 1.25, SMALL, 1)))
    axes.set_ylim(0, 1.02)
    axes.set_ylabel("probability", size=SMALL, color=MUTED)
    axes.grid(axis="y", color=GRID, linewidth=0.7)
    _side_legend(axes, handles)


def _side_legend(axes: Axes, handles: list[Any]) -> None:
    axes.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(1 + 0.02, 1.05), frameon=False, fontsize=SMALL,
        labelcolor=INK, handlelength=1.2, labelspacing=0.25, borderaxespad=0.0, ncol=1 if len(handles) <= 9 else 2,
        columnspacing=0.8,
    )  # fmt: skip
