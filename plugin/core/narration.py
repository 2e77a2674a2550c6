# SPDX-License-Identifier: GPL-2.0-or-later
"""Events as lines worth reading, the same in Processing's log, the dialog and the terminal."""

from __future__ import annotations

from .monitor import Event


def narrate(event: Event) -> str:
    """Return the line for an event, or '' for those that only move a progress bar."""
    kind = event.get("event")
    if kind in ("note", "warning"):
        return ("Warning: " if kind == "warning" else "") + str(event["text"])
    if kind == "epoch":
        return _epoch_line(event)
    if kind == "done" and event.get("seconds") is not None:
        return f"Done in {event['seconds']:.1f} s."
    return ""


def _epoch_line(event: Event) -> str:
    figures = (
        ("loss", event.get("train_loss"), ".4f"),
        ("validation loss", event.get("validation_loss"), ".4f"),
        ("validation macro F1", event.get("validation_macro_f1"), ".3f"),
    )
    told = [f"{name} {format(value, spec)}" for name, value, spec in figures if value is not None]
    best = "  (kept so far)" if event.get("is_best") else ""
    return f"Epoch {event['epoch']}/{event['epochs']}: " + ", ".join(told) + best
