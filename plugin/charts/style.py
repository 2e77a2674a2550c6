# SPDX-License-Identifier: GPL-2.0-or-later
"""The look that all figures share: sizes, colours, time axes, wrapped labels, saving. No pyplot, no display."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import date2num, num2date
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.textpath import TextPath
from matplotlib.ticker import FixedLocator

from ..core.season import parse_date
from ..core.theme import FALLBACK, GRID, INK, MUTED, PAPER, is_hex

TITLE, TEXT, SMALL = 11.0, 9.0, 8.0  # points
_TITLE_ROOM = 0.9  # inches beside a class title: its chip and its note
POINTS = 72.0  # per inch
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SVG = {"svg.fonttype": "path", "svg.hashsalt": "chronomap"}  # the same picture on every machine, twice the same file


def new_figure(width: float, height: float, title: str = "") -> Figure:
    """Return an empty figure of `width` by `height` inches with its title at the upper left."""
    figure = Figure(figsize=(width, height), dpi=110, facecolor=PAPER)
    FigureCanvasAgg(figure)
    if title:
        figure.text(0.12 / width, 1 - 0.1 / height, title, size=TITLE, weight="bold", color=INK, va="top", ha="left")
    return figure


def axes_at(figure: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    """Add styled axes at a place given in inches from the lower left corner."""
    across, up = figure.get_size_inches()
    axes = figure.add_axes([left / across, bottom / up, width / across, height / up], facecolor=PAPER)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set(color=MUTED, linewidth=0.8)
    axes.tick_params(labelsize=SMALL, color=MUTED, labelcolor=MUTED, width=0.8, length=3, which="both")
    axes.set_axisbelow(True)
    return axes


def foot_note(figure: Figure, text: str) -> None:
    """Write a small line at the lower left."""
    width, height = figure.get_size_inches()
    figure.text(0.12 / width, 0.12 / height, text, size=SMALL, color=MUTED, va="bottom")


@lru_cache(maxsize=4096)
def text_width(text: str, size: float = TEXT, bold: bool = False) -> float:
    """Return the width of the widest line of `text` in inches."""
    weight = {"weight": "bold"} if bold else {}
    lines = [line for line in text.split("\n") if line.strip()]
    widths = [TextPath((0, 0), line, size=size, prop=weight or None).get_extents().width for line in lines]
    return max(widths, default=0.0) / POINTS


def wrap(text: str, width: float, size: float = TEXT, lines: int = 2, bold: bool = False) -> str:
    """Break `text` into at most `lines` lines of at most `width` inches; what does not fit ends in an ellipsis."""
    clean = " ".join(plain(text).split())
    letters = max(6, int(width * POINTS / (0.45 * size)))  # a line of narrow letters; fewer until it fits
    while True:
        wrapped = "\n".join(textwrap.wrap(clean, letters, max_lines=lines, placeholder="…")) or " "
        if letters <= 6 or text_width(wrapped, size, bold) <= width:
            return wrapped
        letters -= 1


def plain(text: Any) -> str:
    """Return `text` so that matplotlib reads no formula in it."""
    return str(text).replace("$", r"\$")


def class_colors(colors: Iterable[Any]) -> list[str]:
    """Return the colours as #rrggbb strings; what is no colour becomes grey."""
    return [str(color) if is_hex(str(color)) else FALLBACK for color in colors]


def class_title(axes: Axes, name: str, color: str, note: str = "") -> None:
    """Write a class's name with a chip of its colour above `axes`, and a `note` at the right."""
    width, height = axes.get_position().width * axes.figure.get_size_inches()[0], _height(axes)
    chip = Rectangle(
        (0, 1 + 0.07 / height),
        0.11 / width,
        0.11 / height,
        transform=axes.transAxes,
        facecolor=color,
        edgecolor=MUTED,
        linewidth=0.5,
        clip_on=False,
    )
    axes.add_patch(chip)
    place: dict[str, Any] = {"transform": axes.transAxes, "va": "bottom"}
    axes.text(0.18 / width, 1 + 0.045 / height, _wrap_title(name, width), size=TEXT, weight="bold", color=INK, **place)
    if note:
        axes.text(1, 1 + 0.05 / height, note, size=SMALL, color=MUTED, ha="right", **place)


def title_lines(name: str, width: float) -> int:
    """Return how many lines the title of class `name` takes above axes of `width` inches."""
    return _wrap_title(name, width).count("\n") + 1


def _wrap_title(name: str, width: float) -> str:
    return wrap(name, width - _TITLE_ROOM, lines=3, bold=True)


def _height(axes: Axes) -> float:
    return axes.get_position().height * axes.figure.get_size_inches()[1]


def day_numbers(dates: Sequence[Any]) -> np.ndarray:
    """Return matplotlib's date numbers (T,) of ISO dates: the x positions on every time axis."""
    return date2num([parse_date(str(text)) for text in dates])


def time_axis(axes: Axes, days: np.ndarray, most: int = 8) -> None:
    """Give `axes` a true time axis over date numbers `days`: ticks on the first of months, at most `most` labels."""
    first, last = float(np.min(days)), float(np.max(days))
    margin = max(4.0, 0.03 * (last - first))
    axes.set_xlim(first - margin, last + margin)
    ticks = _tick_dates(_as_date(first - margin), _as_date(last + margin), most)
    numbers = date2num(ticks) if ticks else days[:1]
    axes.xaxis.set_major_locator(FixedLocator(numbers))
    axes.set_xticklabels(_tick_labels(ticks or [_as_date(first)]))
    axes.grid(axis="x", color=GRID, linewidth=0.7)


def _as_date(number: float) -> date:
    day: date = num2date(number).date()
    return day


def _tick_dates(first: date, last: date, most: int) -> list[date]:
    """Return firsts of months (of every 2nd, 3rd, 6th, 12th... where crowded); days in steps for short seasons."""
    months = [date(year, month, 1) for year in range(first.year, last.year + 1) for month in range(1, 13)]
    inside = [day for day in months if first <= day <= last]
    if len(inside) < 2:
        step = max(1, -(-(last - first).days // most))
        return [date.fromordinal(n) for n in range(first.toordinal() + 1, last.toordinal(), step)]
    for step in (1, 2, 3, 4, 6, 12, 24, 60, 120):
        kept = [day for day in inside if (day.year * 12 + day.month - 1) % step == 0]
        if len(kept) <= most:
            return kept if len(kept) > 1 else inside[:: max(1, len(inside) // most)]
    return inside[:: max(1, len(inside) // most)]


def _tick_labels(ticks: Sequence[date]) -> list[str]:
    """Label ticks "Mar", or "12 Mar" where days count; the year stands under the first and at each change."""
    labels: list[str] = []
    for index, day in enumerate(ticks):
        name = _MONTHS[day.month - 1] if all(tick.day == 1 for tick in ticks) else f"{day.day} {_MONTHS[day.month - 1]}"
        is_new = index == 0 or ticks[index - 1].year != day.year
        labels.append(f"{name}\n{day.year}" if is_new else name)
    return labels


def save_figure(figure: Figure, paths: Iterable[Path]) -> None:
    """Write the figure to `paths` (.svg, .png, .pdf by suffix).

    Raises:
        OSError: a path cannot be written.
    """
    with matplotlib.rc_context(_SVG):
        for path in paths:
            metadata = {"Date": None} if Path(path).suffix.lower() == ".svg" else {}
            figure.savefig(path, dpi=160, facecolor=figure.get_facecolor(), metadata=metadata)
