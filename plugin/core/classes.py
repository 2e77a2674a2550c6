# SPDX-License-Identifier: GPL-2.0-or-later
"""Classes of a map: value, name, colour and how many samples stand behind them."""

from __future__ import annotations

from dataclasses import dataclass

# Qualitative colours that stay apart for colour-blind readers (Okabe & Ito, then Tol's muted set).
PALETTE = (
    "#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7",
    "#332288", "#88ccee", "#44aa99", "#117733", "#999933", "#ddcc77", "#cc6677", "#882255", "#aa4499",
)  # fmt: skip


@dataclass(frozen=True)
class ClassInfo:
    """One class: `value` as the user has it (0, 311, ...), its `name`, `color` (#rrggbb), polygons and samples."""

    value: int
    name: str
    color: str = "#808080"
    polygons: int = 0
    samples: int = 0


def palette_color(index: int) -> str:
    """Return the colour of the class at `index` where the user gave none."""
    return PALETTE[index % len(PALETTE)]
