# SPDX-License-Identifier: GPL-2.0-or-later
"""Importance of dates over time: by class above the class's profile, and as heat maps of classes or heads by date.

What is shown is attention, or another measure (core/importance.py): `measure` names it on axes and in legends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from ..core.theme import INK, MUTED, PAPER, readable
from .cells import color_bar, draw_cells
from .multiples import Cell, Multiples
from .profile import ribbon, value_limits
from .style import (
    POINTS,
    SMALL,
    TEXT,
    TITLE,
    axes_at,
    class_colors,
    class_title,
    day_numbers,
    foot_note,
    new_figure,
    text_width,
    time_axis,
    wrap,
)

_SEEN = 0.5  # a date is drawn filled where at least this share of the samples saw it


@dataclass(frozen=True)
class ClassImportance:
    """What importance_by_class draws, for K classes (or heads) and T dates; arrays (K, T) unless said.

    `importance_*`: mean, 10th and 90th percentile over the samples of the class, 0 where a date is masked.
    `profile_*`: mean and spread of one band or index, NaN where no sample saw the date; `profile_name` its name.
    `observed`: share of the samples that saw the date, 0 to 1. `counts` (K,): samples behind each row.
    """

    classes: Sequence[str]
    colors: Sequence[str]
    dates: Sequence[str]
    importance_mean: np.ndarray
    importance_low: np.ndarray
    importance_high: np.ndarray
    profile_mean: np.ndarray
    profile_low: np.ndarray
    profile_high: np.ndarray
    profile_name: str
    observed: np.ndarray
    counts: Optional[np.ndarray] = None
    title: str = "Attention by date and class"
    measure: str = "attention"


def importance_by_class(**arrays: Any) -> Figure:
    """Draw, per class, importance by date (stems, 10-90 % bars) above the mean profile, on one true time axis.

    The arguments are the fields of ClassImportance. A hollow head marks a date that most samples did not see; the
    dashed line is even importance over the dates that were seen.
    """
    shown = ClassImportance(**arrays)
    layout = Multiples(tuple(map(str, shown.classes)), cell_height=2.0, foot=0.95)
    figure = layout.figure(wrap(str(shown.title), 8.6, TITLE, 1, bold=True))
    top = 1.08 * max(float(np.nanmax(shown.importance_high)), float(np.nanmax(shown.importance_mean)), 1e-6)
    limits = value_limits(shown.profile_low, shown.profile_high)
    for index, cell in enumerate(layout.cells(figure)):
        stems, profile = cell.axes(figure, 0.53, 1.0), cell.axes(figure, 0.0, 0.47)
        _draw_stems(stems, shown, index)
        stems.set_ylim(0, top)
        color = readable(class_colors(shown.colors)[index])
        days = day_numbers(shown.dates)
        ribbon(profile, days, (shown.profile_mean[index], shown.profile_low[index], shown.profile_high[index]), color)
        profile.set_ylim(*limits)
        _label(stems, profile, shown, index, cell)
    layout.legend(figure, _legend_handles(str(shown.measure)))
    return figure


def _draw_stems(axes: Axes, shown: ClassImportance, index: int) -> None:
    color = readable(class_colors(shown.colors)[index])
    days, mean = day_numbers(shown.dates), np.asarray(shown.importance_mean[index], dtype=float)
    observed = np.nan_to_num(np.asarray(shown.observed[index], dtype=float))
    room = axes.get_position().width * axes.figure.get_size_inches()[0] * POINTS / max(len(days), 8)
    bar, dot = float(np.clip(0.55 * room, 1.5, 7.0)), float(np.clip(0.5 * room, 2.2, 4.5))
    axes.vlines(days, shown.importance_low[index], shown.importance_high[index], color=color, alpha=0.28, linewidth=bar)
    axes.vlines(days, 0, mean, color=color, linewidth=1.1)
    seen = observed >= _SEEN
    axes.plot(days[seen], mean[seen], "o", color=color, markersize=dot, markeredgewidth=0.8, gid="seen", clip_on=False)
    axes.plot(
        days[~seen],
        mean[~seen],
        "o",
        markerfacecolor=PAPER,
        markeredgecolor=color,
        markersize=dot,
        markeredgewidth=0.9,
        gid="masked",
        clip_on=False,
    )
    if observed.sum() > 0:
        axes.axhline(1.0 / observed.sum(), color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)))


def _label(stems: Axes, profile: Axes, shown: ClassImportance, index: int, cell: Cell) -> None:
    days = day_numbers(shown.dates)
    for axes in (stems, profile):
        time_axis(axes, days, most=cell.most_ticks)
        axes.locator_params(axis="y", nbins=4)
        axes.tick_params(axis="y", labelleft=cell.is_first)
    stems.tick_params(axis="x", labelbottom=False, length=0)
    profile.tick_params(axis="x", labelbottom=cell.is_last)
    note = "" if shown.counts is None else f"n = {int(shown.counts[index]):,}"
    class_title(stems, str(shown.classes[index]), class_colors(shown.colors)[index], note)
    if cell.is_first:
        for axes, text in ((stems, shown.measure), (profile, shown.profile_name)):
            axes.set_ylabel(wrap(str(text), 1.0, SMALL), size=SMALL, color=MUTED)
            axes.yaxis.set_label_coords(-0.5 / cell.width, 0.5)


def _legend_handles(measure: str) -> list[Any]:
    dot = {"marker": "o", "linestyle": "-", "color": MUTED, "markersize": 4.5, "linewidth": 1.1}
    return [
        Line2D([], [], **dot, label=f"mean {measure}"),
        Line2D([], [], **dot, markerfacecolor=PAPER, label="seen by under half of the samples"),
        Patch(facecolor=MUTED, alpha=0.35, label="10-90 % of samples"),
        Line2D([], [], color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)), label="the same for all dates"),
    ]


def importance_heatmap(
    classes: Sequence[str],
    dates: Sequence[str],
    importance: np.ndarray,
    observed: Optional[np.ndarray] = None,
    title: str = "Attention by class and date",
    measure: str = "attention",
) -> Figure:
    """Draw mean importance (K, T) as a heat map of classes by date on a true time axis.

    Cells that `observed` (K, T; share of samples that saw the date) gives as 0 are left hollow.
    """
    return _heatmap((str(title), str(measure)), [str(name) for name in classes], dates, (importance, observed))


def heads_heatmap(
    attention: np.ndarray, dates: Sequence[str], class_name: str, observed: Optional[np.ndarray] = None
) -> Figure:
    """Draw mean attention (H, T) of the samples of one class as a heat map of heads by date.

    Dates that `observed` (T,) gives as 0 are left hollow.
    """
    heads = [f"head {number}" for number in range(1, len(attention) + 1)]
    seen = None if observed is None else np.broadcast_to(observed, np.shape(attention))
    return _heatmap((f"Attention of each head: {class_name}", "attention"), heads, dates, (attention, seen))


def _heatmap(
    words: tuple[str, str], rows: Sequence[str], dates: Sequence[str], shares: tuple[np.ndarray, Optional[np.ndarray]]
) -> Figure:
    title, measure = words
    labels = [wrap(name, 2.0, TEXT) for name in rows]
    row = 0.42 if any("\n" in label for label in labels) else 0.28
    left = 0.25 + max(text_width(label) for label in labels)
    width, height = 9.0, row * len(rows)
    figure = new_figure(width, height + 1.2, wrap(title, width - 0.3, TITLE, 1, bold=True))
    axes = axes_at(figure, left, 0.62, width - left - 1.05, height)
    days = day_numbers(dates)
    top = draw_cells(axes, days, *shares)
    time_axis(axes, days, most=12)
    axes.grid(visible=False)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_yticks(range(len(rows)))
    axes.set_yticklabels(labels, size=TEXT, color=INK)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    color_bar(figure, top, measure, (width - 0.85, 0.62 + height - min(height, 2.0), min(height, 2.0)))
    if shares[1] is not None and not np.all(shares[1]):
        foot_note(figure, "Hollow: no sample saw the date.")
    return figure
