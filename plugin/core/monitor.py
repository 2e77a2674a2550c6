# SPDX-License-Identifier: GPL-2.0-or-later
"""How a running job talks to whoever waits for it, and how it hears that it shall stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable

from .errors import Canceled

Event = dict[str, Any]


def _ignore(event: Event) -> None:
    """Take an event and do nothing: the default of a job nobody watches."""


def _never() -> bool:
    return False


@dataclass(frozen=True)
class Monitor:
    """Receives events (plain dicts with a key "event") and is asked whether the job is canceled.

    Events: ``progress{fraction, text}``, ``note{text}`` (a line worth reading), ``warning{text}``,
    ``epoch{epoch, epochs, train_loss, train_macro_f1, validation_loss, validation_macro_f1, is_best, seconds}``,
    ``trial{...}`` (a model of a search, see core/search.py), ``window{done, count}``, ``done{outputs}``.
    """

    on_event: Callable[[Event], None] = _ignore
    is_canceled: Callable[[], bool] = _never  # stop and discard
    is_finishing: Callable[[], bool] = _never  # stop training and keep the best epoch so far

    def progress(self, fraction: float, text: str = "") -> None:
        """Tell how far the job is, from 0 to 1."""
        self.on_event({"event": "progress", "fraction": fraction, "text": text})

    def note(self, text: str) -> None:
        """Tell a line worth reading."""
        self.on_event({"event": "note", "text": text})

    def warning(self, text: str) -> None:
        """Tell something doubtful that does not stop the job."""
        self.on_event({"event": "warning", "text": text})

    def check(self) -> None:
        """Stop here if the user asked for it.

        Raises:
            Canceled: the job was canceled.
        """
        if self.is_canceled():
            raise Canceled("The job was canceled.")

    def part(self, start: float, end: float) -> Monitor:
        """Return a monitor whose progress from 0 to 1 fills `start` to `end` of this one's."""

        def forward(event: Event) -> None:
            if event.get("event") == "progress":
                event = {**event, "fraction": start + (end - start) * event["fraction"]}
            self.on_event(event)

        return Monitor(forward, self.is_canceled, self.is_finishing)
