# SPDX-License-Identifier: GPL-2.0-or-later
"""Learned filters of a convolutional network and what they answer along one series, layer by layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ..core.classes import palette_color
from ..core.theme import GRID, HEAT, INK, MUTED, readable
from .cells import draw_mesh, mesh_edges
from .style import SMALL, TITLE, axes_at, day_numbers, foot_note, new_figure, time_axis, wrap

_WIDTH = 9.0


def filter_responses(bands: Sequence[str], dates: Sequence[str], **arrays: Any) -> Figure:
    """Draw what each layer of filters answers along one series, the strongest of each layer with their shapes.

    `dates` (G,) of the grid the network reads, `input` (channels, G), `bands` the channels' names; per layer l from 0
    `filters_l` (F, channels, k), `responses_l` (F, T') and `name_l`, as worker.explain_steps.Inside.filters.
    """
    layers = sum(1 for name in arrays if name.startswith("responses_"))
    height = 2.35 + 1.75 * layers
    title = "Filters and what they answer along one series, layer by layer"
    figure = new_figure(_WIDTH, height, wrap(title, 8.6, TITLE, 1, bold=True))
    days, channels = day_numbers(dates), np.asarray(arrays["input"])
    axes = axes_at(figure, 0.75, height - 1.6, 5.45, 0.95)
    for number, channel in enumerate(channels):
        name = str(bands[number]) if number < len(bands) else "nearness of a valid date"
        axes.plot(days, channel, linewidth=1.0, color=readable(palette_color(number)), label=wrap(name, 1.3, SMALL, 1))
    time_axis(axes, days, most=12)
    axes.set_title("input: bands on the regular grid, normalised", size=SMALL, color=INK, loc="left", pad=4)
    columns = 1 if len(channels) <= 6 else 2
    axes.legend(loc="upper left", bbox_to_anchor=(1.03, 1.1), frameon=False, fontsize=SMALL, ncol=columns,
                labelspacing=0.2, handlelength=1.2, columnspacing=0.8)  # fmt: skip
    for layer in range(layers):
        _layer_row(figure, height - 1.95 - 1.75 * (layer + 1), (layer, days), arrays)
    foot_note(figure, "The filters that vary most. Teal above 0, orange below. Before normalisation and ReLU.")
    return figure


def _layer_row(figure: Figure, bottom: float, place: tuple[int, np.ndarray], arrays: dict[str, Any]) -> None:
    layer, days = place
    filters, responses = np.asarray(arrays[f"filters_{layer}"]), np.asarray(arrays[f"responses_{layer}"])
    strongest = np.argsort(-responses.std(axis=1))[:4]
    times = np.linspace(days[0], days[-1], responses.shape[1])  # strides and pooling leave fewer places
    for column, index in enumerate(strongest):
        left = 0.75 + column * 1.42
        shape = axes_at(figure, left, bottom + 1.05, 0.5, 0.4)
        width = filters.shape[2]
        draw_mesh(shape, np.arange(width + 1.0), filters[index])
        shape.set(xlim=(0, width), xticks=[], yticks=[])
        line = axes_at(figure, left, bottom + 0.3, 1.3, 0.65)
        line.axhline(0, color=GRID, linewidth=0.8)
        line.plot(times, responses[index], color=HEAT, linewidth=1.2)
        time_axis(line, days, most=3)
        line.locator_params(axis="y", nbins=3)
        line.tick_params(axis="y", labelleft=False)
    size = f"{filters.shape[1]} channels x {filters.shape[2]} grid days"
    words = wrap(f"layer {layer + 1} ({arrays[f'name_{layer}']}): {size}", 5.6, SMALL, 1)
    figure.text(0.75 / _WIDTH, (bottom + 1.52) / figure.get_size_inches()[1], words, size=SMALL, color=INK)
    every = axes_at(figure, 6.55, bottom + 0.3, _WIDTH - 6.75, 1.15)
    draw_mesh(every, mesh_edges(times), responses)
    every.set_yticks([])
    time_axis(every, days, most=4)
    every.grid(visible=False)
    every.set_title(f"all {len(responses)} filters shown", size=SMALL, color=MUTED, loc="left", pad=3)
