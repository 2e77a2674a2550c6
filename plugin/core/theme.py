# SPDX-License-Identifier: GPL-2.0-or-later
"""Colours that charts and reports share: a report shown on a dark screen swaps the first five (see run/html.py)."""

from __future__ import annotations

PAPER = "#fefefe"  # background
INK = "#1d2733"  # text
MUTED = "#5b6875"  # second text, axes
GRID = "#dfe4e9"  # lines that guide the eye
HEAT = "#00545f"  # cells of heat maps: its opacity is the value, so that it reads on light and on dark

GOOD = "#0f7a70"  # correct; teal and orange stay apart for colour-blind readers
BAD = "#c9541a"  # confused
FALLBACK = "#808080"  # a class whose colour cannot be read


def mix(first: str, second: str, share: float) -> str:
    """Return #rrggbb of `first` with `share` (0 to 1) of `second` in it."""
    pairs = zip(_channels(first), _channels(second))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def is_hex(color: str) -> bool:
    """Return whether `color` is #rrggbb."""
    return len(color) == 7 and color[0] == "#" and all(c in "0123456789abcdefABCDEF" for c in color[1:])


def luminance(color: str) -> float:
    """Return the relative luminance of #rrggbb (WCAG 2), 0 black to 1 white."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in _channels(color))]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def readable(color: str) -> str:
    """Return `color` darkened or lightened until a line of it can be seen on white and on a dark page (contrast 3)."""
    if not is_hex(color):
        return readable(FALLBACK)
    end = "#000000" if luminance(color) > 0.30 else "#ffffff"
    for step in range(21):
        candidate = mix(color, end, step / 20)
        if 0.11 <= luminance(candidate) <= 0.30:
            return candidate
    return FALLBACK


def _channels(color: str) -> list[int]:
    return [int(color[i : i + 2], 16) for i in (1, 3, 5)]
