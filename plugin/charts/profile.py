# SPDX-License-Identifier: GPL-2.0-or-later
"""Profiles: the mean series of each class in one band or index, with its spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from ..core.theme import GRID, MUTED, readable
from .multiples import Cell, Multiples
from .style import SMALL, TITLE, class_colors, class_title, day_numbers, time_axis, wrap


@dataclass(frozen=True)
class ClassProfiles:
    """What profiles draws, for K classes and T dates.

    `mean`, `low`, `high` (K, T): one band or index called `name`, NaN where no sample saw the date. `counts` (K,):
    samples behind each row.
    """

    classes: Sequence[str]
    colors: Sequence[str]
    dates: Sequence[str]
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    name: str
    counts: Optional[np.ndarray] = None


def profiles(**arrays: Any) -> Figure:
    """Draw the mean series of each class with its 10-90 % band, all other classes in grey behind it.

    The arguments are the fields of ClassProfiles.
    """
    shown = ClassProfiles(**arrays)
    layout = Multiples(tuple(map(str, shown.classes)), cell_height=1.35, foot=0.95)
    figure = layout.figure(f"Mean series by class: {wrap(str(shown.name), 5.5, TITLE, 1, bold=True)}")
    days = day_numbers(shown.dates)
    limits = value_limits(shown.low, shown.high)
    for index, cell in enumerate(layout.cells(figure)):
        axes = cell.axes(figure)
        for other in range(len(shown.classes)):
            if other != index:
                axes.plot(days, shown.mean[other], color=MUTED, alpha=0.28, linewidth=0.8)
        color = readable(class_colors(shown.colors)[index])
        ribbon(axes, days, (shown.mean[index], shown.low[index], shown.high[index]), color)
        axes.set_ylim(*limits)
        _label(axes, shown, index, cell)
    layout.legend(figure, _legend_handles())
    return figure


def ribbon(axes: Axes, days: np.ndarray, series: tuple[np.ndarray, np.ndarray, np.ndarray], color: str) -> None:
    """Draw mean, low and high (T,) over date numbers `days`; a date nobody saw interrupts the band, not the time."""
    mean, low, high = (np.asarray(values, dtype=float) for values in series)
    seen = np.isfinite(mean)
    axes.fill_between(days[seen], low[seen], high[seen], color=color, alpha=0.22, linewidth=0)
    axes.plot(days[seen], mean[seen], color=color, linewidth=1.3, marker="o", markersize=1.8)


def value_limits(low: np.ndarray, high: np.ndarray) -> tuple[float, float]:
    """Return the limits of the value axis with a margin; (0, 1) where nothing was seen."""
    finite = np.concatenate([np.ravel(low), np.ravel(high)]).astype(float)
    finite = finite[np.isfinite(finite)]
    if finite.size == 0:
        return 0.0, 1.0
    margin = 0.06 * float(np.ptp(finite)) or 0.05
    return float(finite.min()) - margin, float(finite.max()) + margin


def _label(axes: Axes, shown: ClassProfiles, index: int, cell: Cell) -> None:
    time_axis(axes, day_numbers(shown.dates), most=cell.most_ticks)
    axes.locator_params(axis="y", nbins=5)
    axes.grid(axis="y", color=GRID, linewidth=0.7)
    axes.tick_params(axis="y", labelleft=cell.is_first)
    axes.tick_params(axis="x", labelbottom=cell.is_last)
    note = "" if shown.counts is None else f"n = {int(shown.counts[index]):,}"
    class_title(axes, str(shown.classes[index]), class_colors(shown.colors)[index], note)
    if cell.is_first:
        axes.set_ylabel(wrap(str(shown.name), 1.3, SMALL), size=SMALL, color=MUTED)


def _legend_handles() -> list[Any]:
    return [
        Line2D([], [], color=MUTED, linewidth=1.3, marker="o", markersize=2, label="mean of the class"),
        Patch(facecolor=MUTED, alpha=0.3, label="10-90 % of its samples"),
        Line2D([], [], color=MUTED, alpha=0.4, linewidth=0.8, label="the other classes"),
    ]
