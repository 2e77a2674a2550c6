# SPDX-License-Identifier: GPL-2.0-or-later
"""Accuracy in HTML: headline figures, the table of classes and the confusion matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .html import Markup, Tile, bar, class_name, join, table, tag, tiles

_GOOD, _BAD = (15, 122, 112), (201, 84, 26)  # of core/theme.py, laid over the page with the share as opacity


def accuracy_tiles(metrics: dict[str, Any], of_what: str) -> Markup:
    """Return the headline figures; macro F1 first, as overall accuracy hides rare classes."""
    present = sum(1 for entry in metrics["classes"] if entry["n"])
    shown = [
        Tile("Macro F1", f"{metrics['macro_f1']:.3f}", f"mean of {present} classes"),
        Tile("Balanced accuracy", f"{metrics['balanced_accuracy']:.3f}", "mean recall"),
        Tile("Overall accuracy", f"{metrics['overall_accuracy']:.3f}", "share of samples"),
        Tile("Kappa", f"{metrics['kappa']:.3f}", "agreement beyond chance"),
    ]
    words = f"Measured on {metrics['n']:,} {of_what}."
    return join((tiles(shown), tag("p", words, kind="note")))


def class_table(metrics: dict[str, Any], colors: Mapping[str, str]) -> Markup:
    """Return n, precision, recall and F1 of every class."""
    rows = []
    for entry in metrics["classes"]:
        scores = [bar(entry[key]) for key in ("precision", "recall", "f1")] if entry["n"] else ["no samples", "", ""]
        rows.append((class_name(entry["name"], colors.get(entry["name"], "")), int(entry["n"]), *scores))
    words = (
        "Precision (user's accuracy): how much of what the map calls the class is the class. Recall (producer's): how "
        "much of the class the map finds. F1: their harmonic mean."
    )
    return join((tag("p", words, kind="note"), table(("Class", "n", "Precision", "Recall", "F1"), rows)))


def confusion_table(metrics: dict[str, Any]) -> Markup:
    """Return the confusion matrix: counts on cells coloured by their share of the row."""
    words = "Rows: reference. Columns: predicted. Colour: share of the row, teal where correct, orange where confused."
    return matrix_table([entry["name"] for entry in metrics["classes"]], metrics["confusion"], words)


def matrix_table(names: Sequence[str], matrix: Sequence[Sequence[int]], words: str) -> Markup:
    """Return a square matrix of counts (K, K) under a line of `words`."""
    room = min(8 * max(map(len, names), default=0) + 8, 190)  # longer names are cut: the rows name them in full
    turned = [_turned(name, room) for name in names]
    head = tag("tr", tag("th"), *turned, tag("th", "n", scope="col", kind="number"))
    rows = [
        tag("tr", tag("th", name, scope="row"), *_cells(counts, index), tag("td", f"{sum(counts):,}", kind="number"))
        for index, (name, counts) in enumerate(zip(names, matrix))
    ]
    body = tag("table", tag("thead", head), tag("tbody", *rows), kind="matrix")
    return join((tag("p", words, kind="note"), tag("div", body, kind="scroll")))


def _turned(name: str, room_px: int) -> Markup:
    shown = tag("span", name, style=f"width:{room_px}px", title=name)
    return tag("th", shown, scope="col", kind="turned", style=f"height:{room_px + 8}px")


def _cells(counts: Sequence[int], diagonal: int) -> list[Markup]:
    total = max(sum(counts), 1)
    return [_cell(count, count / total, _GOOD if column == diagonal else _BAD) for column, count in enumerate(counts)]


def _cell(count: int, share: float, color: tuple[int, int, int]) -> Markup:
    if not count:
        return tag("td", "0", kind="none")
    opacity = 0.12 + 0.88 * share
    style = f"background:rgba({color[0]},{color[1]},{color[2]},{opacity:.2f})"
    return tag("td", f"{count:,}", kind="strong" if opacity > 0.8 else "", style=style, title=f"{share:.1%} of the row")
