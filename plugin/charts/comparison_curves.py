# SPDX-License-Identifier: GPL-2.0-or-later
"""Curves of models over each other: learning, reliability, attention by date."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from ..core.theme import GRID, INK, MUTED
from .contenders import entry_color, entry_handles, entry_look, foot_legend, foot_rows
from .multiples import Cell, Multiples
from .style import SMALL, TEXT, axes_at, class_title, day_numbers, new_figure, time_axis

_WIDTH = 9.0


def learning_overlay(
    names: Sequence[str], owner: np.ndarray, loss: np.ndarray, f1: np.ndarray, best: np.ndarray
) -> Figure:
    """Draw validation loss and macro F1 (R, E) of R trainings by epoch, NaN after their end.

    `owner` (R,): which of `names` (M,) a training belongs to; `best` (R,): the epoch that was kept, marked.
    """
    trained = sorted({int(index) for index in owner})
    handles = [entry_handles(names)[index] for index in trained]
    names = [str(names[index]) for index in trained]
    foot = 0.75 + 0.2 * foot_rows(names, _WIDTH)
    figure = new_figure(_WIDTH, 2.3 + foot + 0.7, "Learning curves (validation part)")
    panels = (axes_at(figure, 0.65, foot, 3.7, 2.3), axes_at(figure, 5.05, foot, 3.7, 2.3))
    last = max(1, int(np.isfinite(np.asarray(loss, float)).any(axis=0).sum()))
    for axes, curves, title in zip(panels, (loss, f1), ("validation loss", "validation macro F1")):
        for run, index in enumerate(owner):
            _draw_run(axes, np.asarray(curves[run], float), int(index), int(best[run]), len(owner) / max(len(names), 1))
        axes.set_title(title, size=TEXT, color=INK, loc="left", weight="bold")
        axes.set_xlabel("epoch", size=SMALL, color=MUTED)
        axes.set_xlim(0, last + 1)
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.grid(color=GRID, linewidth=0.7)
    panels[0].set_ylim(0, _loss_top(np.asarray(loss, float)))
    panels[1].set_ylim(0, 1)
    foot_legend(figure, handles, names)
    return figure


def _draw_run(axes: Axes, values: np.ndarray, index: int, best: int, runs_each: float) -> None:
    look, known = entry_look(index), np.isfinite(values)
    epochs = np.arange(1, len(values) + 1)
    strength = 0.9 if runs_each <= 1 else 0.6
    axes.plot(epochs[known], values[known], color=look.color, linestyle=look.dash, linewidth=1.3, alpha=strength)
    if 0 < best <= len(values) and known[best - 1]:
        axes.plot(best, values[best - 1], marker=look.marker, color=look.color, markersize=5.5, clip_on=False)


def _loss_top(loss: np.ndarray) -> float:
    finite = loss[np.isfinite(loss)]
    return 1.05 * float(min(finite.max(), 3 * np.percentile(finite, 90))) if finite.size else 1.0


def reliability_diagram(
    names: Sequence[str], confidence: np.ndarray, accuracy: np.ndarray, share: np.ndarray, error: np.ndarray
) -> Figure:
    """Draw accuracy against confidence (M, B), NaN where a bin is empty, and the share of samples of each bin.

    `error` (M,): the expected calibration error. On the diagonal a model is right as often as it says.
    """
    labels = [f"{name}: error {value:.3f}" for name, value in zip(names, error)]
    foot = 0.75 + 0.2 * foot_rows(labels, _WIDTH)
    figure = new_figure(_WIDTH, 3.3 + foot + 0.45, "Reliability: can the probabilities be believed?")
    axes, below = axes_at(figure, 0.65, foot, 4.1, 3.3), axes_at(figure, 5.5, foot, 3.25, 3.3)
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=0.9, linestyle=(0, (4, 3)))
    for index in range(len(names)):
        look, known = entry_look(index), np.isfinite(np.asarray(confidence[index], float))
        style = {"color": look.color, "marker": look.marker, "markersize": 5, "linewidth": 1.3, "linestyle": look.dash}
        axes.plot(confidence[index][known], accuracy[index][known], **style)
        below.plot(confidence[index][known], share[index][known], **style)
    axes.set(xlim=(0, 1.01), ylim=(0, 1.01))
    below.set(xlim=(0, 1.01), ylim=(0, None))
    for panel, words in ((axes, "share that is right"), (below, "share of the test samples")):
        panel.set_xlabel("confidence (highest probability)", size=SMALL, color=MUTED)
        panel.set_ylabel(words, size=SMALL, color=MUTED)
        panel.grid(color=GRID, linewidth=0.7)
    axes.text(0.05, 0.93, "too modest", size=SMALL, color=MUTED)
    axes.text(0.97, 0.05, "too sure", size=SMALL, color=MUTED, ha="right")
    foot_legend(figure, entry_handles(labels), labels)
    return figure


def attention_overlay(
    names: Sequence[str],
    classes: Sequence[str],
    colors: Sequence[str],
    dates: Sequence[str],
    attention: np.ndarray,
    place: np.ndarray,
) -> Figure:
    """Draw mean attention (M, K + 1, T) of the entries `names` (M,) by date: first all classes, then each.

    NaN where a class has no correct sample. `place` (M,): the entries' numbers among all that are compared, for
    their look. The dashed line is even attention.
    """
    titles = ("All classes", *map(str, classes))
    layout = Multiples(titles, cell_height=1.2, foot=1.0 + 0.2 * foot_rows(names, _WIDTH))
    figure = layout.figure("Attention by date (mean of the heads, correct test samples)")
    top = 1.06 * float(np.nanmax(attention))
    chips = ("", *map(str, colors))
    for row, cell in enumerate(layout.cells(figure)):
        axes = cell.axes(figure)
        _draw_attention(axes, np.asarray(attention[:, row], float), day_numbers(dates), [int(i) for i in place])
        axes.set_ylim(0, top)
        _label_attention(axes, cell, day_numbers(dates))
        class_title(axes, titles[row], chips[row] or MUTED)
    handles = [_handle(int(index), str(name)) for index, name in zip(place, names)]
    foot_legend(figure, handles, names)
    return figure


def _draw_attention(axes: Axes, attention: np.ndarray, days: np.ndarray, place: list[int]) -> None:
    order = np.argsort(days, kind="stable")
    axes.axhline(1.0 / len(days), color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)))
    for values, index in zip(attention, place):
        if np.isfinite(values).all():
            look = entry_look(index)
            axes.plot(
                days[order], values[order], color=look.color, linestyle=look.dash, linewidth=1.2, marker=look.marker,
                markersize=2.6,
            )  # fmt: skip
    if not np.isfinite(attention).all(axis=1).any():
        axes.text(0.5, 0.5, "no correct sample", transform=axes.transAxes, ha="center", size=SMALL, color=MUTED)


def _label_attention(axes: Axes, cell: Cell, days: np.ndarray) -> None:
    time_axis(axes, days, most=cell.most_ticks)
    axes.locator_params(axis="y", nbins=4)
    axes.grid(axis="y", color=GRID, linewidth=0.7)
    axes.tick_params(axis="y", labelleft=cell.is_first)
    axes.tick_params(axis="x", labelbottom=cell.is_last)
    if cell.is_first:
        axes.set_ylabel("attention", size=SMALL, color=MUTED)


def _handle(index: int, name: str) -> Line2D:
    look = entry_look(index)
    return Line2D(
        [],
        [],
        color=entry_color(index),
        linestyle=look.dash,
        marker=look.marker,
        markersize=4,
        linewidth=1.4,
        label=name,
    )
