# SPDX-License-Identifier: GPL-2.0-or-later
"""Spans of time as a person says them."""

from __future__ import annotations

from ..plugin.host.text import tr


def span(seconds: float) -> str:
    """Return `seconds` as "8 s", "3 min", "2 h 10 min"."""
    whole = round(seconds)
    if whole < 90:
        return tr("{count} s").format(count=whole)
    minutes = round(seconds / 60)
    if minutes < 90:
        return tr("{count} min").format(count=minutes)
    return tr("{hours} h {minutes} min").format(hours=minutes // 60, minutes=minutes % 60)
