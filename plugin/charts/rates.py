# SPDX-License-Identifier: GPL-2.0-or-later
"""The loss over rising learning rates, with the rate that is suggested."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from ..core.theme import BAD, GRID, INK, MUTED
from .style import SMALL, axes_at, foot_note, new_figure

_ROOM = 0.15  # above the highest loss that matters, as a share of the range


def rate_sweep(rate: np.ndarray, loss: np.ndarray, smoothed: np.ndarray, suggestion: float) -> Figure:
    """Draw the loss of each step (S,), as measured and smoothed, over its learning rate; a line marks the suggestion.

    The axis ends where the smoothed loss has climbed back to where it began: what comes after says nothing more.
    """
    rates, levels, measured = (np.asarray(each, float) for each in (rate, smoothed, loss))
    figure = new_figure(7.2, 3.7, "Learning rate")
    axes = axes_at(figure, 0.75, 0.85, 6.1, 2.2)
    axes.set_xscale("log")
    axes.plot(rates, measured, ".", color=MUTED, markersize=3.5, alpha=0.6, label="a step's loss")
    axes.plot(rates, levels, color=BAD, linewidth=1.8, label="smoothed")
    label = f"suggested: {float(suggestion):.2g}"
    axes.axvline(float(suggestion), color=INK, linewidth=0.9, linestyle=(0, (4, 3)), label=label)
    low, high = float(levels.min()), float(max(levels[0], levels.min() * 1.05))
    axes.set_ylim(low - _ROOM * (high - low), high + 2 * _ROOM * (high - low))
    axes.set_xlim(rates[0], rates[-1])
    axes.grid(color=GRID, linewidth=0.7)
    axes.set_xlabel("learning rate", size=SMALL, color=MUTED)
    axes.set_ylabel("training loss", size=SMALL, color=MUTED)
    axes.legend(
        loc="lower left", bbox_to_anchor=(0, 1.0), ncol=3, frameon=False, fontsize=SMALL, labelcolor=INK, borderpad=0
    )
    foot_note(figure, "Suggested where the smoothed loss falls fastest. Validation and test samples are not looked at.")
    return figure
