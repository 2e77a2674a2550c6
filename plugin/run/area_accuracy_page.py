# SPDX-License-Identifier: GPL-2.0-or-later
"""Area-weighted accuracy and areas in HTML: figures with intervals, the error matrix, strata, how it was estimated."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .accuracy_page import matrix_table
from .area_points import LabelledPoints
from .html import Markup, Tile, bullets, class_name, details, figure, html, join, page, section, table, tag, tiles
from .olofsson import AreaAccuracy, Estimate

_METHOD = (
    "Points were drawn at random within strata and labelled; each stands for its stratum's share of the area. "
    "Intervals are 95 %, from the sampling alone: they do not hold errors of labelling. Samples that trained the "
    "model, or polygons chosen by hand, are no such sample, and must not be used here."
)
_PAPERS = (
    ("Olofsson et al. 2014", "10.1016/j.rse.2014.02.015"),
    ("Stehman 2014", "10.1080/01431161.2014.930207"),
)


def area_accuracy_page(
    points: LabelledPoints, found: AreaAccuracy, notes: Sequence[str] = (), chart: Path | None = None
) -> str:
    """Return the report.

    Raises:
        InputError: the chart cannot be read.
    """
    count = int(points.counts.sum())
    body: list[Any] = [
        _headline(points, found),
        section("Area by class", _areas(points, found), figure("Area by class", chart) if chart else Markup()),
        section("Accuracy by class", _accuracies(points, found)),
        section("Error matrix", *_matrices(points, found)),
        section("Strata", _strata(points)),
        section("Notes", bullets(notes)),
        section("How it was estimated", tag("p", _METHOD, kind="note"), tag("p", _papers(), kind="note")),
    ]
    lead = f"{count:,} labelled points, {found.total_ha:,.1f} ha, {len(points.names)} classes."
    return page("Chronomap accuracy", "How good is the map", lead, body)


def _headline(points: LabelledPoints, found: AreaAccuracy) -> Markup:
    wrong = None if found.overall.value is None else Estimate(1 - found.overall.value, found.overall.error)
    shown = [Tile("Overall accuracy", _text(found.overall), "share of the area that is mapped right, 95 % interval")]
    if wrong is not None:
        shown.append(Tile("Area mapped wrong (ha)", _text(wrong.scaled(found.total_ha), 0), "95 % interval"))
    shown.append(Tile("Points", f"{int(points.counts.sum()):,}", f"in {len(points.strata)} strata"))
    return tiles(shown)


def _areas(points: LabelledPoints, found: AreaAccuracy) -> Markup:
    rows = []
    for k, name in enumerate(points.names):
        area, mapped = found.area[k].scaled(found.total_ha), float(points.mapped_ha[k])
        difference = f"{100 * (mapped / area.value - 1):+.1f} %" if area.value else "-"
        rows.append((_class(points, k, name), f"{mapped:,.1f}", _text(area, 1), difference))
    words = (
        "Counting pixels carries the map's errors into the areas; the estimate takes them out. Map against estimate: "
        "how far the counted area is off."
    )
    head = ("Class", "Counted on the map (ha)", "Estimated (ha)", "Map against estimate")
    return join((tag("p", words, kind="note"), table(head, rows)))


def _accuracies(points: LabelledPoints, found: AreaAccuracy) -> Markup:
    matrix = points.counts.sum(axis=0)
    rows = [
        (
            _class(points, k, name),
            int(matrix[k].sum()),
            int(matrix[:, k].sum()),
            _text(found.users[k]),
            _text(found.producers[k]),
        )
        for k, name in enumerate(points.names)
    ]
    words = (
        "User's accuracy: how much of the area mapped as the class is the class. Producer's: how much of the class's "
        "area the map finds."
    )
    head = ("Class", "Points mapped so", "Points truly so", "User's accuracy", "Producer's accuracy")
    return join((tag("p", words, kind="note"), table(head, rows)))


def _matrices(points: LabelledPoints, found: AreaAccuracy) -> list[Markup]:
    words = "Points. Rows: class on the map. Columns: reference class. Teal where they agree, orange where not."
    shares = [
        (_class(points, k, name), *(f"{100 * value:.2f}" if value else "·" for value in found.proportion[k]))
        for k, name in enumerate(points.names)
    ]
    proportions = table(("Map, reference", *points.names), shares)
    return [
        matrix_table(points.names, points.counts.sum(axis=0).astype(int).tolist(), words),
        details("Estimated share of the area in each cell, percent", proportions),
    ]


def _strata(points: LabelledPoints) -> Markup:
    total = points.stratum_ha.sum()
    rows = [
        (name, f"{area:,.1f}", f"{100 * area / total:.2f} %", int(counts.sum()))
        for name, area, counts in zip(points.strata, points.stratum_ha, points.counts)
    ]
    return table(("Stratum", "Area (ha)", "Share", "Points"), rows)


def _class(points: LabelledPoints, index: int, name: str) -> Markup:
    return class_name(name, points.colors[index])


def _text(one: Estimate, decimals: int = 3) -> str:
    if one.value is None or one.half_width is None:
        return "unknown"
    return f"{one.value:,.{decimals}f} ± {one.half_width:,.{decimals}f}"


def _papers() -> Markup:
    return join((tag("a", name, href=f"https://doi.org/{html(doi)}") for name, doi in _PAPERS), "; ")
