# SPDX-License-Identifier: GPL-2.0-or-later
"""What the worker can be asked to do: the value of "do" in a request, and the function that answers it.

A command takes the session and the request and returns the answering event; it may emit others before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from ..core.monitor import Event
from .draw_command import draw_figure
from .ensemble_command import ensemble
from .explain_command import delete_dates, explain_samples, explain_series, grow_season
from .mapping import map_close, map_open, window
from .pace_command import pace
from .predict_command import predict
from .rate_finder import find_rate
from .search_command import search
from .size_command import size
from .train_command import train

if TYPE_CHECKING:
    from .session import Session

Command = Callable[["Session", Event], Event]

COMMANDS: dict[str, Command] = {
    "train": train,
    "ensemble": ensemble,
    "find_rate": find_rate,
    "search": search,
    "predict": predict,
    "map_open": map_open,
    "window": window,
    "map_close": map_close,
    "draw": draw_figure,
    "importance": explain_samples,
    "deletion": delete_dates,
    "growth": grow_season,
    "explain_series": explain_series,
    "size": size,
    "pace": pace,
}
