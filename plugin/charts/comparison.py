# SPDX-License-Identifier: GPL-2.0-or-later
"""Models beside each other: scores with intervals, F1 by class, accuracy against cost, verdicts of pairs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from ..core.theme import BAD, GOOD, GRID, INK, MUTED, PAPER
from .contenders import entry_color, entry_handles, entry_look, foot_legend, foot_rows
from .style import SMALL, TEXT, axes_at, foot_note, new_figure, text_width, wrap

_WIDTH = 9.0
_ROW = 0.3


def score_intervals(
    names: Sequence[str], scores: Sequence[str], value: np.ndarray, low: np.ndarray, high: np.ndarray
) -> Figure:
    """Draw every score (M, S) of the entries `names` (M,) as a dot with its 95 % interval, a panel for each score."""
    labels = [wrap(name, 1.9) for name in names]
    row = 0.42 if any("\n" in label for label in labels) else _ROW
    left, height = 0.3 + max(text_width(label) for label in labels), row * len(labels)
    figure = new_figure(_WIDTH, height + 1.4, "Accuracy with 95 % intervals")
    width = (_WIDTH - left - 0.2) / len(scores)
    for index, score in enumerate(scores):
        axes = axes_at(figure, left + index * width, 0.55, width - 0.22, height)
        _whiskers(axes, value[:, index], low[:, index], high[:, index])
        axes.set_title(wrap(score, width - 0.2, TEXT, 2, bold=True), size=TEXT, color=INK, weight="bold", loc="left")
        axes.set_yticks(range(len(labels)))
        axes.set_yticklabels(labels if index == 0 else [], size=TEXT, color=INK)
    foot_note(figure, "Higher is better. Whiskers: bootstrap over polygons; the dashed line is the best entry.")
    return figure


def _whiskers(axes: Axes, value: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
    places = np.arange(len(value))
    for place, (middle, start, end) in enumerate(zip(value, low, high)):
        color = entry_color(place)
        axes.plot([start, end], [place, place], color=color, linewidth=1.8, solid_capstyle="butt", clip_on=False)
        axes.plot(middle, place, marker=entry_look(place).marker, color=color, markersize=6.5, clip_on=False)
    axes.axvline(float(np.max(value)), color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)))
    spread = max(float(np.ptp([np.min(low), np.max(high)])), 0.05)
    axes.set(xlim=(np.min(low) - 0.06 * spread, np.max(high) + 0.06 * spread), ylim=(len(places) - 0.5, -0.5))
    axes.xaxis.set_major_locator(MaxNLocator(3))
    axes.tick_params(axis="y", length=0, pad=6)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="both", color=GRID, linewidth=0.7)


def class_dots(
    names: Sequence[str], classes: Sequence[str], f1: np.ndarray, low: np.ndarray, high: np.ndarray, n: np.ndarray
) -> Figure:
    """Draw F1 (M, K) of the entries `names` (M,) by class, with 95 % intervals; `n` (K,): polygons tested.

    Classes without test samples (NaN) keep an empty row; the class that all find easiest comes first.
    """
    labels = [wrap(name, 2.2) for name in classes]
    step = 0.11
    row = max(0.34, step * len(names) + 0.14)
    left, height = 0.3 + max(text_width(label) for label in labels), row * len(labels)
    foot = 0.62 + 0.2 * foot_rows(names, _WIDTH)
    figure = new_figure(_WIDTH, height + 0.5 + foot, "F1 by class with 95 % intervals")
    axes = axes_at(figure, left, foot, _WIDTH - left - 1.15, height)
    mean = np.array([np.nan if np.isnan(column).all() else np.nanmean(column) for column in np.asarray(f1).T])
    order = np.argsort(np.where(np.isnan(mean), np.inf, -mean), kind="stable")
    for place, k in enumerate(order):
        axes.axhspan(place - 0.5, place + 0.5, color=MUTED, alpha=0.05 if place % 2 else 0.0, linewidth=0)
        axes.text(1.03, place, f"{int(n[k]):,} polygons", va="center", size=SMALL, color=MUTED)
        for index in range(len(names)):
            offset = (index - (len(names) - 1) / 2) * step / row
            _class_dot(axes, index, place + offset, (f1[index, k], low[index, k], high[index, k]))
    axes.set(xlim=(0, 1), ylim=(len(labels) - 0.5, -0.5))
    axes.set_yticks(range(len(labels)))
    axes.set_yticklabels([labels[k] for k in order], size=TEXT, color=INK)
    axes.tick_params(axis="y", length=0, pad=8)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color=GRID, linewidth=0.7)
    axes.set_xlabel("F1", size=SMALL, color=MUTED)
    foot_legend(figure, entry_handles(names, line=False), names)
    return figure


def _class_dot(axes: Axes, index: int, place: float, figures: tuple[float, float, float]) -> None:
    value, low, high = map(float, figures)
    if np.isfinite(value):
        axes.plot([low, high], [place, place], color=entry_color(index), linewidth=1.0, alpha=0.55)
        axes.plot(value, place, marker=entry_look(index).marker, color=entry_color(index), markersize=5, clip_on=False)


def accuracy_cost(
    names: Sequence[str], f1: np.ndarray, low: np.ndarray, high: np.ndarray, cost: np.ndarray, costs: Sequence[str]
) -> Figure:
    """Draw macro F1 (M,) with its interval against each cost (M, P), logarithmic; `costs` (P,) name them with units.

    The line joins the entries that no other one beats in both (the Pareto front). Costs that are 0 or NaN are unknown.
    """
    foot = 0.75 + 0.2 * foot_rows(names, _WIDTH)
    figure = new_figure(_WIDTH, 2.45 + foot + 0.45, "Accuracy against cost")
    left, width = 0.62, (_WIDTH - 0.62) / len(costs)
    for index, words in enumerate(costs):
        axes = axes_at(figure, left + index * width, foot, width - 0.28, 2.45)
        _draw_costs(axes, np.asarray(cost, float)[:, index], f1, (low, high))
        axes.set_xlabel(words, size=SMALL, color=MUTED)
        axes.tick_params(axis="y", labelleft=index == 0)
        if index == 0:
            axes.set_ylabel("macro F1", size=SMALL, color=MUTED)
    foot_legend(figure, entry_handles(names, line=False), names)
    return figure


def _draw_costs(axes: Axes, cost: np.ndarray, f1: np.ndarray, limits: tuple[np.ndarray, np.ndarray]) -> None:
    known = np.isfinite(cost) & (cost > 0)
    front = _front(cost, f1, known)
    axes.plot(cost[front], f1[front], color=MUTED, linewidth=1.2, linestyle=(0, (4, 3)), gid="front")
    for index in np.flatnonzero(known):
        color = entry_color(index)
        axes.plot([cost[index]] * 2, [limits[0][index], limits[1][index]], color=color, linewidth=1.0, alpha=0.5)
        axes.plot(cost[index], f1[index], marker=entry_look(index).marker, color=color, markersize=7, linestyle="none")
    low, high = float(np.min(limits[0])), float(np.max(limits[1]))
    margin = 0.06 * max(high - low, 0.05)
    axes.set(ylim=(low - margin, high + margin))
    axes.grid(color=GRID, linewidth=0.7)
    if not known.any():
        axes.text(0.5, 0.5, "not measured", transform=axes.transAxes, ha="center", size=SMALL, color=MUTED)
        axes.set_xticks([])
        return
    axes.set_xscale("log")
    axes.set_xlim(cost[known].min() / 1.8, cost[known].max() * 1.8)
    axes.xaxis.set_major_locator(LogLocator(numticks=5))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _front(cost: np.ndarray, f1: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return the entries that are better than every cheaper one, cheapest first, as indices."""
    best, front = -np.inf, []
    for index in sorted(np.flatnonzero(known), key=lambda place: (cost[place], -f1[place])):
        if f1[index] > best:
            best = float(f1[index])
            front.append(index)
    return np.array(front, np.int64)


def verdict_matrix(names: Sequence[str], difference: np.ndarray, p: np.ndarray, verdict: np.ndarray) -> Figure:
    """Draw what may be said of each pair: `difference` (M, M) of macro F1 (row minus column), `p` after Holm.

    `verdict` (M, M): 1 the row is better, -1 worse, 0 no evidence.
    """
    count = len(names)
    rows = [wrap(name, 2.1) for name in names]
    cell_width, cell_height = min(1.05, max(0.72, 6.4 / count)), 0.46
    left = 0.35 + max(text_width(label) for label in rows)
    columns = [wrap(name, cell_width - 0.06, SMALL, 3) for name in names]
    width, height = cell_width * count, cell_height * count
    figure = new_figure(max(left + width + 0.25, _WIDTH), height + 1.35, "Is the row better than the column?")
    axes = axes_at(figure, left, 0.45, width, height)
    for row in range(count):
        for column in range(count):
            if row != column:
                _verdict_cell(axes, (column, row), difference[row, column], p[row, column], int(verdict[row, column]))
    axes.set(xlim=(-0.5, count - 0.5), ylim=(count - 0.5, -0.5))
    axes.xaxis.tick_top()
    axes.set_xticks(range(count))
    axes.set_xticklabels(columns, size=SMALL, color=INK)
    axes.set_yticks(range(count))
    axes.set_yticklabels(rows, size=TEXT, color=INK)
    axes.tick_params(length=0, pad=4)
    for spine in axes.spines.values():
        spine.set_visible(False)
    foot_note(figure, "Difference of macro F1 and its p-value: paired bootstrap over polygons, Holm over all pairs.")
    return figure


def _verdict_cell(axes: Axes, place: tuple[int, int], difference: float, p: float, verdict: int) -> None:
    x, y = place
    fill = {1: GOOD, -1: BAD}.get(verdict, MUTED)
    box = Rectangle(
        (x - 0.47, y - 0.46), 0.94, 0.92, facecolor=fill, alpha=0.9 if verdict else 0.12, linewidth=0, edgecolor=PAPER
    )
    axes.add_patch(box)
    ink = "#ffffff" if verdict else INK
    word = {1: "better", -1: "worse"}.get(verdict, "no evidence")
    axes.text(
        x, y - 0.17, word, ha="center", va="center", size=SMALL, color=ink, weight="bold" if verdict else "normal"
    )
    text = f"{difference:+.3f}, p {p:.3f}" if p >= 0.001 else f"{difference:+.3f}, p < 0.001"
    axes.text(x, y + 0.21, text, ha="center", va="center", size=6.5, color=ink)
