# SPDX-License-Identifier: GPL-2.0-or-later
"""Do the important dates matter: accuracy without them against accuracy without random ones; agreement of models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from ..core.theme import BAD, GRID, HEAT, MUTED, readable
from .multiples import Multiples
from .style import SMALL, TEXT, TITLE, axes_at, class_colors, class_title, day_numbers, new_figure, time_axis, wrap


@dataclass(frozen=True)
class Deletion:
    """What deletion_curves draws, for P numbers of dates (`counts`), M models and D draws.

    `top` (M, P) and `random` (M, D, P): balanced accuracy without the most important dates and without random ones;
    `whole` (M,) with all dates; `low`, `high` (P,) the 95 % interval of random minus top; `verdict` in words.
    """

    counts: np.ndarray
    top: np.ndarray
    random: np.ndarray
    whole: np.ndarray
    low: np.ndarray
    high: np.ndarray
    verdict: str
    title: str = "Does it matter which dates are deleted?"
    measure: str = "attention"


def deletion_curves(**arrays: Any) -> Figure:
    """Draw accuracy without the most important dates against accuracy without as many random ones.

    The arguments are the fields of Deletion.
    """
    shown = Deletion(**arrays)
    counts, top, random, whole = shown.counts, shown.top, shown.random, shown.whole
    figure = new_figure(9.0, 4.3, wrap(str(shown.title), 8.6, TITLE, 1, bold=True))
    axes = axes_at(figure, 0.75, 1.35, 4.7, 2.45)
    places = np.concatenate([[0], counts])
    for color, values, mark in ((MUTED, _with_whole(random, whole), "s"), (BAD, _with_whole(top[:, None], whole), "o")):
        flat = values.reshape(-1, len(places))
        axes.fill_between(places, *np.percentile(flat, (10, 90), axis=0), color=color, alpha=0.25, linewidth=0)
        axes.plot(places, flat.mean(axis=0), color=color, marker=mark, markersize=4, linewidth=1.5)
    axes.set_ylim(0, 1.02)
    axes.set_xlim(0, float(places[-1]) + 0.3)
    axes.grid(axis="y", color=GRID, linewidth=0.7)
    _name_axes(axes, "deleted dates of each series", "balanced accuracy")
    gap = axes_at(figure, 6.35, 1.35, 2.45, 2.45)
    middle = random.mean(axis=1).mean(axis=0) - top.mean(axis=0)
    gap.axhline(0, color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)))
    gap.vlines(counts, shown.low, shown.high, color=HEAT, linewidth=2.2, alpha=0.5)
    gap.plot(counts, middle, "o", color=HEAT, markersize=4.5)
    gap.set_xlim(0, float(places[-1]) + 0.8)
    gap.grid(axis="y", color=GRID, linewidth=0.7)
    _name_axes(gap, "deleted dates", "lost by these more than by random")
    _legend(figure, str(shown.measure), len(top) * random.shape[1])
    figure.text(0.12 / 9, 0.12 / 4.3, wrap(str(shown.verdict), 8.7, TEXT, 2), size=TEXT, color=MUTED, va="bottom")
    return figure


def _with_whole(values: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return `values` (M, D, P) with the accuracy with all dates in front: (M, D, P + 1)."""
    first = np.broadcast_to(np.asarray(whole)[:, None, None], (*values.shape[:2], 1))
    return np.concatenate([first, values], axis=2)


def _name_axes(axes: Any, across: str, up: str) -> None:
    axes.set_xlabel(across, size=SMALL, color=MUTED)
    axes.set_ylabel(up, size=SMALL, color=MUTED)
    axes.xaxis.get_major_locator().set_params(integer=True)


def _legend(figure: Figure, measure: str, draws: int) -> None:
    axes = axes_at(figure, 0.1, 0.5, 8.8, 0.4)
    axes.set_axis_off()
    handles = [
        Line2D([], [], color=BAD, marker="o", markersize=4, linewidth=1.5, label=f"most important by {measure}"),
        Line2D([], [], color=MUTED, marker="s", markersize=4, linewidth=1.5, label="random dates"),
        Patch(facecolor=MUTED, alpha=0.35, label=f"10-90 % of {draws} draws or models"),
        Line2D([], [], color=HEAT, marker="o", markersize=4, linewidth=2.2, label="difference, 95 % interval"),
    ]
    axes.legend(handles=handles, loc="center", ncol=4, frameon=False, fontsize=SMALL, handlelength=1.6)


def seed_agreement(
    classes: Sequence[str],
    colors: Sequence[str],
    dates: Sequence[str],
    models: Sequence[str],
    importance: np.ndarray,
    agreement: np.ndarray,
    measure: str = "attention",
) -> Figure:
    """Draw mean importance by date of several models over each other, a cell per class.

    `importance` (M, K, T) where the date was seen, NaN where it never was; `agreement` (K,) mean rank correlation of
    the dates over all pairs of models.
    """
    layout = Multiples(tuple(map(str, classes)), cell_height=1.2, foot=0.95)
    figure = layout.figure(
        wrap(f"Agreement of {len(models)} models: {measure} by date, where it was seen", 8.6, TITLE, 1, bold=True)
    )
    days = day_numbers(dates)
    top = 1.08 * max(float(np.nanmax(importance, initial=0.0)), 1e-6)
    for index, cell in enumerate(layout.cells(figure)):
        axes = cell.axes(figure)
        color = readable(class_colors(colors)[index])
        for values in importance[:, index]:
            seen = np.isfinite(values)
            axes.plot(days[seen], values[seen], color=color, linewidth=0.9, alpha=0.75, marker="o", markersize=1.6)
        axes.set_ylim(0, top)
        time_axis(axes, days, most=cell.most_ticks)
        axes.locator_params(axis="y", nbins=4)
        axes.grid(axis="y", color=GRID, linewidth=0.7)
        axes.tick_params(axis="y", labelleft=cell.is_first)
        axes.tick_params(axis="x", labelbottom=cell.is_last)
        note = "" if np.isnan(agreement[index]) else f"r = {agreement[index]:.2f}"
        class_title(axes, str(classes[index]), class_colors(colors)[index], note)
        if cell.is_first:
            axes.set_ylabel(wrap(measure, 1.0, SMALL), size=SMALL, color=MUTED)
    layout.legend(
        figure,
        [
            Line2D([], [], color=MUTED, linewidth=0.9, label="one model"),
            Line2D([], [], linestyle="none", label="r: rank correlation of the dates, mean over all pairs of models"),
        ],
    )
    return figure
