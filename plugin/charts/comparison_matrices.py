# SPDX-License-Identifier: GPL-2.0-or-later
"""Confusion matrices of models side by side, and how they differ from the first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ..core.theme import BAD, GOOD, INK, MUTED, luminance
from .style import SMALL, TEXT, axes_at, foot_note, new_figure, text_width, wrap

_MOST_LETTERS = 1.3  # inches of a class's name
_WIDTH = 9.0
_DARK, _LIGHT = "#10161c", "#ffffff"
_RIGHT = LinearSegmentedColormap.from_list("right", ["#f1f6f5", "#7fbdb3", GOOD])
_WRONG = LinearSegmentedColormap.from_list("wrong", ["#f5f5f4", "#eba77f", BAD])


def confusion_panels(names: Sequence[str], classes: Sequence[str], confusion: np.ndarray) -> Figure:
    """Draw confusion matrices (M, K, K) side by side, rows = reference, in percent of the row."""
    counts = np.asarray(confusion, float)
    share = counts / np.maximum(counts.sum(axis=2, keepdims=True), 1e-12)

    def shade(value: float, is_right: bool) -> str:
        return to_hex(_RIGHT(value) if is_right else _WRONG(value**0.5))

    figure = _panels("Confusion matrices (percent of the row)", names, classes, share, (shade, "{:.0f}"))
    foot_note(figure, "Rows: reference, columns: predicted, in the same order. Teal is correct, orange confused.")
    return figure


def confusion_differences(names: Sequence[str], classes: Sequence[str], confusion: np.ndarray) -> Figure:
    """Draw how the confusion (M, K, K) of each entry differs from the first one's, in points of percent of the row."""
    counts = np.asarray(confusion, float)
    share = counts / np.maximum(counts.sum(axis=2, keepdims=True), 1e-12)
    gap = share[1:] - share[:1]

    def shade(value: float, is_right: bool) -> str:
        is_good = (value > 0) == is_right
        return to_hex((_RIGHT if is_good else _WRONG)(min(1.0, abs(value) * 2)))

    title = f"Differences from {names[0]} (percentage points)"
    figure = _panels(title, names[1:], classes, gap, (shade, "{:+.0f}"))
    foot_note(figure, "Teal: fewer errors than the first; orange: more. Rows: reference, columns: predicted.")
    return figure


def _panels(title: str, names: Sequence[str], classes: Sequence[str], shares: np.ndarray, style: tuple) -> Figure:
    labels = [wrap(name, _MOST_LETTERS, SMALL, 1) for name in classes]
    room = max(text_width(label, SMALL) for label in labels)
    k = len(labels)
    third = (_WIDTH - room - 0.45) / 3 - 0.25
    cell = float(np.clip(third / k, 0.2, 0.42))
    side = cell * k
    columns = max(1, min(len(names), int((_WIDTH - room - 0.45) / (side + 0.25) + 1e-6)))
    rows = -(-len(names) // columns)
    above = room + 0.42
    figure = new_figure(_WIDTH, 0.5 + above + rows * (side + 0.36) + 0.3, wrap(title, 8.6, 11.0, 1, bold=True))
    top = float(figure.get_size_inches()[1]) - 0.4 - above
    for index, name in enumerate(names):
        row, column = divmod(index, columns)
        left, bottom = room + 0.35 + column * (side + 0.25), top - (row + 1) * side - row * 0.36
        axes = axes_at(figure, left, bottom, side, side)
        _cells(axes, shares[index], style, cell)
        _labels(axes, labels, column == 0, row == 0)
        place = 1 + ((above - 0.12) / side if row == 0 else 0.07)
        axes.text(
            0, place, wrap(str(name), side, TEXT, 1, bold=True), transform=axes.transAxes, size=TEXT, weight="bold",
            color=INK, va="top" if row == 0 else "bottom",
        )  # fmt: skip
    return figure


def _cells(axes: Axes, share: np.ndarray, style: tuple, cell: float) -> None:
    shade, form = style
    for (row, column), value in np.ndenumerate(share):
        is_shown = abs(value) >= 0.005
        color = shade(float(value), row == column) if is_shown else "#f5f5f4"
        axes.add_patch(Rectangle((column - 0.47, row - 0.47), 0.94, 0.94, facecolor=color, linewidth=0))
        if is_shown and cell >= 0.24:
            ink = _LIGHT if luminance(color) < 0.3 else _DARK
            axes.text(column, row, form.format(100 * value), ha="center", va="center", size=6.5, color=ink)
    axes.set(xlim=(-0.5, len(share) - 0.5), ylim=(len(share) - 0.5, -0.5))


def _labels(axes: Axes, labels: Sequence[str], is_first: bool, is_top: bool) -> None:
    axes.xaxis.tick_top()
    axes.set_xticks(range(len(labels)))
    axes.set_yticks(range(len(labels)))
    axes.set_xticklabels(labels if is_top else [], size=SMALL, color=MUTED, rotation=90)
    axes.set_yticklabels(labels if is_first else [], size=SMALL, color=INK)
    axes.tick_params(length=0, pad=3)
    for spine in axes.spines.values():
        spine.set_visible(False)
