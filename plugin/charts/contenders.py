# SPDX-License-Identifier: GPL-2.0-or-later
"""How the entries of a comparison look in every figure: a colour, a marker and a dash each, and their legend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ..core.theme import INK, readable
from .style import SMALL, axes_at, text_width, wrap

# Okabe & Ito's colours, those first that stay farthest apart; with markers and dashes no figure needs colour alone.
_COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#332288", "#882255", "#999933", "#5b6875")
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*", "p")
_MOST_WIDTH = 3.6  # inches of a name in a legend
_DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1.5, 1.5)), (0, (5, 1.5, 1, 1.5)))


@dataclass(frozen=True)
class Look:
    """Colour, marker and dash of an entry."""

    color: str
    marker: str
    dash: Any


def entry_look(index: int) -> Look:
    """Return how entry number `index` looks."""
    return Look(entry_color(index), _MARKERS[index % len(_MARKERS)], _DASHES[index % len(_DASHES)])


def entry_color(index: int) -> str:
    """Return the colour of entry number `index`, readable on light and on dark."""
    return readable(_COLORS[index % len(_COLORS)])


def entry_handles(names: Sequence[str], line: bool = True) -> list[Line2D]:
    """Return a legend handle for each entry: its line, or its marker."""
    handles = []
    for index, name in enumerate(names):
        look = entry_look(index)
        style = {"linestyle": look.dash, "linewidth": 1.8} if line else {"linestyle": "none", "marker": look.marker}
        handles.append(
            Line2D([], [], color=look.color, markersize=6, label=wrap(str(name), _MOST_WIDTH, SMALL, 1), **style)
        )
    return handles


def foot_rows(names: Sequence[str], width: float) -> int:
    """Return how many lines the legend of `names` takes below a figure of `width` inches."""
    return -(-len(names) // _columns(names, width))


def foot_legend(figure: Figure, handles: list[Line2D], names: Sequence[str]) -> None:
    """Draw the legend at the bottom of the figure."""
    width = float(figure.get_size_inches()[0])
    axes = axes_at(figure, 0.1, 0.05, width - 0.2, 0.1 + 0.2 * foot_rows(names, width))
    axes.set_axis_off()
    axes.legend(
        handles=handles,
        loc="center",
        ncol=_columns(names, width),
        frameon=False,
        fontsize=SMALL,
        labelcolor=INK,
        handlelength=2.2,
        columnspacing=1.4,
        borderpad=0,
        labelspacing=0.35,
    )


def _columns(names: Sequence[str], width: float) -> int:
    widest = max((text_width(wrap(str(name), _MOST_WIDTH, SMALL, 1), SMALL) for name in names), default=1.0)
    return max(1, min(len(names), int((width - 0.4) / (widest + 0.65))))
