# SPDX-License-Identifier: GPL-2.0-or-later
"""A job's events as Processing shows them: progress bar, log lines, warnings, cancel."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsProcessingFeedback

from ..core.monitor import Event, Monitor


def feedback_monitor(feedback: QgsProcessingFeedback) -> Monitor:
    """Return a monitor that forwards to `feedback` and listens to its cancel button."""
    shown = {"text": "", "epochs": False}

    def show(event: Event) -> None:
        kind = event.get("event")
        if kind == "progress":
            feedback.setProgress(100.0 * event["fraction"])
            text = event.get("text", "")
            if text and text != shown["text"] and not shown["epochs"]:  # the lines of epochs say it better
                shown["text"] = text
                feedback.setProgressText(text)
        elif kind == "epoch":
            shown["epochs"] = True
            feedback.pushInfo(epoch_line(event))
        elif kind == "note":
            feedback.pushInfo(event["text"])
        elif kind == "warning":
            feedback.pushWarning(event["text"])

    return Monitor(show, feedback.isCanceled)


def epoch_line(event: Event) -> str:
    """Return an epoch as a line of the log: ``Epoch 12/100  loss 0.412  validation 0.377  macro F1 0.842  best``."""
    parts = [f"Epoch {event['epoch']}/{event['epochs']}"]
    for key, label in (("train_loss", "loss"), ("validation_loss", "validation"), ("validation_macro_f1", "macro F1")):
        parts.append(f"{label} {_figure(event.get(key))}")
    if event.get("is_best"):
        parts.append("best")
    return "  ".join(parts)


def _figure(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, (int, float)) else "-"
