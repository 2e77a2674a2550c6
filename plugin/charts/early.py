# SPDX-License-Identifier: GPL-2.0-or-later
"""Early season: how good a model is when the season ends with each date."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ..core.theme import GRID, INK, MUTED, readable
from .multiples import Multiples
from .style import SMALL, class_colors, class_title, day_numbers, time_axis

_ALL = "All classes (macro F1)"


def early_season(
    classes: Sequence[str],
    colors: Sequence[str],
    dates: Sequence[str],
    f1: np.ndarray,
    macro_f1: np.ndarray,
    counts: Optional[np.ndarray] = None,
) -> Figure:
    """Draw F1 (K, T) of each class and macro F1 (T,) against the last date seen, NaN before anything was seen.

    The dotted line is nine tenths of what the whole season gives. `counts` (K,): samples of each class.
    """
    names = (_ALL, *map(str, classes))
    layout = Multiples(names, cell_height=1.35, foot=0.95)
    figure = layout.figure("How early the classes are known: F1 by the last date seen")
    days, rows = day_numbers(dates), [macro_f1, *f1]
    for index, cell in enumerate(layout.cells(figure)):
        axes = cell.axes(figure)
        for other in rows[1:]:
            axes.plot(days, other, color=MUTED, alpha=0.25, linewidth=0.7)
        color = INK if index == 0 else readable(class_colors(colors)[index - 1])
        axes.plot(days, rows[index], color=color, linewidth=1.6, marker="o", markersize=2.2)
        _mark_ninety(axes, days, np.asarray(rows[index], dtype=float))
        axes.set_ylim(0, 1.03)
        time_axis(axes, days, most=cell.most_ticks)
        axes.grid(axis="y", color=GRID, linewidth=0.7)
        axes.tick_params(axis="y", labelleft=cell.is_first)
        axes.tick_params(axis="x", labelbottom=cell.is_last)
        chip = INK if index == 0 else class_colors(colors)[index - 1]
        note = "" if counts is None or index == 0 else f"n = {int(counts[index - 1]):,}"
        class_title(axes, names[index], chip, note)
        if cell.is_first:
            axes.set_ylabel("F1", size=SMALL, color=MUTED)
    layout.legend(figure, _handles())
    return figure


def _mark_ninety(axes: Any, days: np.ndarray, scores: np.ndarray) -> None:
    """Draw the line of nine tenths of the last score, and where the scores come to stay above it."""
    goal = 0.9 * scores[-1]
    if not np.isfinite(goal) or goal <= 0:
        return
    axes.axhline(goal, color=MUTED, linewidth=0.8, linestyle=":")
    below = np.flatnonzero(~(scores >= goal))
    first = int(below[-1]) + 1 if len(below) else 0
    axes.plot(days[first], scores[first], "D", color=INK, markersize=4.5, gid="ninety")


def _handles() -> list[Any]:
    return [
        Line2D([], [], color=INK, linewidth=1.6, marker="o", markersize=2.5, label="when the season ends here"),
        Line2D([], [], color=MUTED, linewidth=0.8, linestyle=":", label="9/10 of what the whole season gives"),
        Line2D([], [], color=INK, marker="D", linestyle="none", markersize=4.5, label="stays above that from here on"),
        Line2D([], [], color=MUTED, alpha=0.4, linewidth=0.8, label="the other classes"),
    ]
