# SPDX-License-Identifier: GPL-2.0-or-later
"""How good and how trained: confusion matrix, scores by class, learning curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from ..core.theme import BAD, GOOD, GRID, INK, MUTED, PAPER, luminance
from .style import SMALL, TEXT, axes_at, class_colors, foot_note, new_figure, text_width, wrap

_CELL_DARK, _CELL_LIGHT = "#10161c", "#ffffff"  # counts on coloured cells: never swapped by a dark page
_RIGHT = LinearSegmentedColormap.from_list("right", ["#f1f6f5", "#7fbdb3", GOOD])
_WRONG = LinearSegmentedColormap.from_list("wrong", ["#f5f5f4", "#eba77f", BAD])


def confusion_matrix(confusion: np.ndarray, classes: Sequence[str]) -> Figure:
    """Draw the confusion matrix (K, K), rows = reference, columns = predicted.

    Counts stand on cells coloured by the share of their row: correct in teal, confused in orange.
    """
    counts = np.asarray(confusion, dtype=np.int64)
    rows = [wrap(name, 1.9) for name in classes]
    columns = [wrap(name, 1.5) for name in classes]
    digits = max(len(f"{int(counts.max(initial=0)):,}"), 3)
    cell = max(0.36, 0.075 * digits + 0.12)
    left = 0.55 + max(text_width(label) for label in rows)
    top, side = 0.8 + max(text_width(label) for label in columns), cell * len(classes)
    figure = new_figure(max(left + side + 0.8, 5.6), top + side + 0.55, "Confusion matrix")
    axes = axes_at(figure, left, 0.5, side, side)
    _draw_counts(axes, counts)
    _label_matrix(axes, rows, columns, counts)
    foot_note(figure, "Colour: share of the row; teal is correct, orange confused (small shares stressed).")
    return figure


def _draw_counts(axes: Axes, counts: np.ndarray) -> None:
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    for (row, column), count in np.ndenumerate(counts):
        share = float(shares[row, column])
        color = _RIGHT(share) if row == column else _WRONG(share**0.5)
        axes.add_patch(Rectangle((column - 0.47, row - 0.47), 0.94, 0.94, facecolor=color, linewidth=0))
        ink = _CELL_LIGHT if luminance(to_hex(color)) < 0.3 else _CELL_DARK
        text = f"{int(count):,}" if count else "·"
        axes.text(column, row, text, ha="center", va="center", size=SMALL, color=ink, alpha=1.0 if count else 0.45)


def _label_matrix(axes: Axes, rows: list[str], columns: list[str], counts: np.ndarray) -> None:
    k = len(rows)
    axes.set(xlim=(-0.5, k - 0.5), ylim=(k - 0.5, -0.5))
    axes.xaxis.tick_top()
    axes.set_xticks(range(k))
    axes.set_yticks(range(k))
    axes.set_xticklabels(columns, size=TEXT, color=INK, rotation=90)
    axes.set_yticklabels(rows, size=TEXT, color=INK)
    axes.tick_params(length=0, pad=4)
    axes.xaxis.set_label_position("top")
    axes.set_xlabel("predicted", size=TEXT, color=MUTED, labelpad=6)
    axes.set_ylabel("reference", size=TEXT, color=MUTED, labelpad=6)
    for spine in axes.spines.values():
        spine.set_visible(False)
    for row, total in enumerate(counts.sum(axis=1)):
        axes.text(k - 0.38, row, f"n = {int(total):,}", va="center", size=SMALL, color=MUTED)


def class_scores(
    classes: Sequence[str],
    colors: Sequence[str],
    f1: np.ndarray,
    n: np.ndarray,
    precision: Optional[np.ndarray] = None,
    recall: Optional[np.ndarray] = None,
) -> Figure:
    """Draw F1 (K,) by class as dots, best first, with the number of reference samples `n` (K,).

    A line spans from precision (user's) to recall (producer's) where they are given. Classes without reference
    samples get no dot and no part in the macro F1.
    """
    labels = [wrap(name, 2.3) for name in classes]
    row = 0.42 if any("\n" in label for label in labels) else 0.3
    left, width = 0.3 + max(text_width(label) for label in labels), 7.6
    figure = new_figure(width, row * len(labels) + 1.5, "F1 by class")
    axes = axes_at(figure, left, 0.95, width - left - 1.05, row * len(labels))
    scores, counts = np.asarray(f1, dtype=float), np.asarray(n)
    order = np.argsort(np.where(counts > 0, -scores, np.inf), kind="stable")
    kept = order[counts[order] > 0]
    if precision is not None and recall is not None and kept.size:
        _draw_spans(axes, np.asarray(precision)[kept], np.asarray(recall)[kept])
    _draw_dots(axes, scores[order], counts[order], [class_colors(colors)[index] for index in order])
    if (counts > 0).any():
        axes.axvline(scores[counts > 0].mean(), color=INK, linewidth=0.9, linestyle=(0, (4, 3)), label="macro F1")
    _label_scores(axes, [labels[index] for index in order])
    return figure


def _draw_dots(axes: Axes, scores: np.ndarray, counts: np.ndarray, colors: list[str]) -> None:
    style: dict[str, Any] = {"markeredgecolor": INK, "markeredgewidth": 0.7, "markersize": 8, "clip_on": False}
    for place, (score, count, color) in enumerate(zip(scores, counts, colors)):
        axes.text(1.035, place, f"n = {int(count):,}", va="center", size=SMALL, color=MUTED)
        if count:
            axes.plot(score, place, "o", color=color, gid="f1", **style)


def _draw_spans(axes: Axes, precision: np.ndarray, recall: np.ndarray) -> None:
    places = np.arange(len(precision))
    axes.hlines(places, precision, recall, color=MUTED, linewidth=1.6, alpha=0.6)
    style: dict[str, Any] = {"linestyle": "none", "color": MUTED, "markersize": 6, "clip_on": False}
    axes.plot(precision, places, marker="|", label="precision (user's)", markeredgewidth=1.6, **style)
    axes.plot(recall, places, marker="d", label="recall (producer's)", markerfacecolor=PAPER, **style)


def _label_scores(axes: Axes, labels: list[str]) -> None:
    axes.set(xlim=(0, 1), ylim=(len(labels) - 0.5, -0.5))
    axes.set_yticks(range(len(labels)))
    axes.set_yticklabels(labels, size=TEXT, color=INK)
    axes.tick_params(axis="y", length=0, pad=8)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="both", color=GRID, linewidth=0.7)
    axes.plot([], [], "o", color=PAPER, markeredgecolor=INK, markeredgewidth=0.7, markersize=7, label="F1")
    below = -0.42 / (axes.get_position().height * axes.figure.get_size_inches()[1])
    axes.legend(
        loc="upper center",
        bbox_to_anchor=(0.5, below),
        ncol=4,
        frameon=False,
        fontsize=SMALL,
        labelcolor=INK,
        columnspacing=1.4,
        handletextpad=0.5,
    )


def learning_curves(
    epoch: np.ndarray,
    train_loss: np.ndarray,
    validation_loss: np.ndarray,
    validation_macro_f1: np.ndarray,
    best_epoch: int,
) -> Figure:
    """Draw losses and validation macro F1 by epoch (E,), NaN where unknown; a line marks the epoch that was kept."""
    epochs = np.asarray(epoch, dtype=float)
    figure = new_figure(9.0, 3.3, "Learning curves")
    losses, scores = axes_at(figure, 0.65, 0.55, 3.7, 2.15), axes_at(figure, 5.05, 0.55, 3.7, 2.15)
    _draw_curve(losses, epochs, train_loss, (MUTED, "training loss"))
    _draw_curve(losses, epochs, validation_loss, (BAD, "validation loss"))
    _draw_curve(scores, epochs, validation_macro_f1, (GOOD, "validation macro F1"))
    finite = np.concatenate([np.ravel(train_loss), np.ravel(validation_loss)]).astype(float)
    losses.set_ylim(0, _loss_limit(finite[np.isfinite(finite)]))
    scores.set_ylim(0, 1)
    for axes in (losses, scores):
        _finish_curves(axes, epochs, float(best_epoch))
    return figure


def _loss_limit(losses: np.ndarray) -> float:
    """Return the top of the loss axis: all of it, unless a few first epochs dwarf the rest."""
    if losses.size == 0:
        return 1.0
    return 1.05 * max(float(min(losses.max(), 3 * np.percentile(losses, 90))), 1e-6)


def _draw_curve(axes: Axes, epochs: np.ndarray, values: np.ndarray, style: tuple[str, str]) -> None:
    color, label = style
    marker = "o" if len(epochs) < 15 else ""
    axes.plot(
        epochs, np.asarray(values, dtype=float), color=color, linewidth=1.6, marker=marker, markersize=3.5, label=label
    )


def _finish_curves(axes: Axes, epochs: np.ndarray, best: float) -> None:
    first, last = float(epochs.min(initial=1.0)), float(epochs.max(initial=1.0))
    margin = max(0.5, 0.02 * (last - first))
    axes.set_xlim(first - margin, last + margin)
    axes.axvline(best, color=INK, linewidth=0.9, linestyle=(0, (4, 3)), label=f"kept: epoch {best:g}")
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.grid(color=GRID, linewidth=0.7)
    axes.set_xlabel("epoch", size=SMALL, color=MUTED)
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        ncol=3,
        frameon=False,
        fontsize=SMALL,
        labelcolor=INK,
        borderpad=0,
        columnspacing=1.2,
        handlelength=1.5,
    )
