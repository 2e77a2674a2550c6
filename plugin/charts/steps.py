# SPDX-License-Identifier: GPL-2.0-or-later
"""How attention comes about, as one would draw it on a board: query, keys, similarity, softmax; and who asks whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..core.theme import GRID, HEAT, INK, MUTED, PAPER
from .cells import color_bar, draw_mesh, mesh_edges
from .style import SMALL, TEXT, TITLE, axes_at, day_numbers, foot_note, new_figure, plain, time_axis, wrap

_FORMULAS = {
    "cosine": "q k cos = q k / (|q| |k|), times a learned factor",
    "dot product": "q k = sum over features",
    "scaled dot product": "q k / sqrt(d)",
}
_WIDTH, _LEFT = 9.0, 1.35


@dataclass(frozen=True)
class OneQuery:
    """What attention_steps draws: the `query` (d,) of one head for one series of T dates.

    `keys` (T, d), `scores` (T,), `weights` (T,) after softmax, `valid` (T,); `asking` says whose query it is.
    """

    similarity: str
    query: np.ndarray
    keys: np.ndarray
    scores: np.ndarray
    weights: np.ndarray
    dates: Sequence[str]
    valid: np.ndarray
    head: int = 1
    asking: str = "the learned query"


def attention_steps(**arrays: Any) -> Figure:
    """Draw the steps of attention for one query of one head and one series.

    The arguments are the fields of OneQuery.
    """
    shown = OneQuery(**arrays)
    kind, scores = str(shown.similarity), np.asarray(shown.scores, dtype=float)
    title = f"Attention step by step: {kind}, head {int(shown.head)}"
    figure = new_figure(_WIDTH, 6.3, wrap(title, 8.6, TITLE, 1, bold=True))
    days, seen = day_numbers(shown.dates), np.asarray(shown.valid, dtype=bool)
    strip = axes_at(figure, 0.75, 4.25, 0.22, 1.45)
    draw_mesh(strip, np.array([0.0, 1.0]), np.asarray(shown.query)[:, None])
    strip.set(xlim=(0, 1), xticks=[], yticks=[])
    strip.set_title("q", size=TEXT, color=INK, pad=4)
    panels = [axes_at(figure, _LEFT, bottom, _WIDTH - _LEFT - 0.2, height)
              for bottom, height in ((4.25, 1.45), (2.95, 0.95), (1.8, 0.8), (0.65, 0.8))]  # fmt: skip
    draw_mesh(panels[0], mesh_edges(days), np.where(seen, np.asarray(shown.keys).T, np.nan))
    panels[0].set_yticks([])
    shifted = np.exp(scores - scores[seen].max()) if seen.any() else np.zeros_like(scores)
    for panel, values in zip(panels[1:], (scores, shifted, shown.weights)):
        _stems(panel, days, np.asarray(values, dtype=float), seen)
    words = (
        f"1  keys k, {len(shown.query)} features of each date; the query q at the left is {shown.asking}",
        f"2  similarity of q and each k: {_FORMULAS.get(kind, kind)}",
        "3  exp of the similarity (minus the largest); masked dates are left out",
        "4  divided by their sum: attention, which sums to 1",
    )
    for panel, text in zip(panels, words):
        panel.set_title(plain(text), size=SMALL, color=INK, loc="left", pad=4)
        time_axis(panel, days, most=12)
        panel.tick_params(axis="x", labelbottom=panel is panels[-1])
    foot_note(figure, "Teal above 0, orange below. Hollow or blank: masked dates.")
    return figure


def _stems(axes: Axes, days: np.ndarray, values: np.ndarray, seen: np.ndarray) -> None:
    axes.axhline(0, color=GRID, linewidth=0.8)
    axes.vlines(days[seen], 0, values[seen], color=HEAT, linewidth=1.4)
    axes.plot(days[seen], values[seen], "o", color=HEAT, markersize=3.2, clip_on=False)
    axes.plot(days[~seen], np.zeros((~seen).sum()), "o", markerfacecolor=PAPER, markeredgecolor=MUTED, markersize=3.0,
              markeredgewidth=0.7, gid="masked", clip_on=False)  # fmt: skip
    axes.locator_params(axis="y", nbins=3)


def attention_matrix(
    matrix: np.ndarray, dates: Sequence[str], valid: np.ndarray, similarity: str = "scaled dot product"
) -> Figure:
    """Draw who asks whom: attention (H, T, T) of one series, a panel per head, rows ask and columns are asked.

    Dates that `valid` (T,) masks stay blank, as rows and as columns.
    """
    heads = len(matrix)
    columns = min(heads, 4)
    rows = -(-heads // columns)
    size = min(3.6, (_WIDTH - 1.75) / columns - 0.15)
    height = rows * (size + 0.3) + 1.15
    title = f"Attention of every date to every date ({similarity})"
    figure = new_figure(_WIDTH, height, wrap(title, 8.6, TITLE, 1, bold=True))
    days, seen = day_numbers(dates), np.asarray(valid, dtype=bool)
    top = float(np.max(np.asarray(matrix), initial=1e-6))
    for head in range(heads):
        row, column = divmod(head, columns)
        bottom = height - 0.45 - (row + 1) * (size + 0.3) + 0.1
        axes = axes_at(figure, 0.8 + column * (size + 0.15), bottom, size, size)
        draw_mesh(axes, mesh_edges(days), np.where(np.outer(seen, seen), matrix[head], np.nan), top)
        time_axis(axes, days, most=max(3, int(size / 0.45)))
        axes.grid(visible=False)
        axes.tick_params(axis="x", labelbottom=head + columns >= heads)
        _name_rows(axes, dates, column == 0, size)
        axes.set_title(f"head {head + 1}", size=SMALL, color=INK, loc="left", pad=3)
    color_bar(figure, top, "attention", (_WIDTH - 0.75, height - 0.6 - min(size, 2.0), min(size, 2.0)))
    foot_note(
        figure, "A row is the date that asks, a column the date that is asked; each row sums to 1. Blank: masked."
    )
    return figure


def _name_rows(axes: Axes, dates: Sequence[str], is_first: bool, size: float) -> None:
    step = max(1, round(len(dates) / (size / 0.22)))
    places = range(0, len(dates), step)
    axes.set_yticks(list(places))
    axes.set_yticklabels([str(dates[place])[5:10] for place in places] if is_first else [], size=SMALL)
