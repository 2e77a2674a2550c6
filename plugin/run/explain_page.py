# SPDX-License-Identifier: GPL-2.0-or-later
"""HTML pages that explain a model: which dates matter, whether that is proven, how early classes are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..core.card import ModelCard
from ..core.ensemble import model_title
from ..core.importance import MEASURES
from .deletion import DeletionTest
from .html import Markup, bullets, class_name, details, figure, join, page, section, table, tag, warnings

_FOLDED, _FILES_ONLY = "Heads by dates", "Each head of"  # a chart per class: folded, or in the folder only


def importance_report(
    card: ModelCard,
    method: str,
    charts: Mapping[str, Path],
    notes: Sequence[str],
    tested: DeletionTest,
    leading: Mapping[str, Sequence[tuple[str, float]]],
) -> str:
    """Return the report of the dates a model decides by.

    `leading`: class name -> its dates (ISO, mean importance), largest first.

    Raises:
        InputError: a chart cannot be read.
    """
    measure = MEASURES[method]
    colors = {info.name: info.color for info in card.classes}
    rows = [
        (class_name(name, colors.get(name, "")), ", ".join(f"{date} ({share:.2f})" for date, share in dates))
        for name, dates in leading.items()
    ]
    open_charts = [figure(n, path) for n, path in charts.items() if not n.startswith((_FOLDED, _FILES_ONLY))]
    folded = [figure(name, path) for name, path in charts.items() if name.startswith(_FOLDED)]
    body = [
        warnings([] if tested.separates else [tested.verdict]),
        tag("p", measure.meaning),
        *open_charts,
        section("Dates that weigh most", table(("Class", f"Dates (mean {measure.axis})"), rows)),
        details("Heads, class by class", join(folded)) if folded else Markup(),
        section("Notes", bullets(notes)),
    ]
    lead = f"{model_title(card)}, {len(card.dates)} dates; importance of dates by {measure.title.lower()}."
    return page(f"Chronomap {measure.title.lower()}", "Which dates the model decides by", lead, body)


def importance_test_report(
    title: str, meaning: str, charts: Mapping[str, Path], sentences: Sequence[str], is_proven: bool
) -> str:
    """Return the report of a test of importance; `sentences` say what was found, the verdict first."""
    body = [
        warnings([] if is_proven else [sentences[0]]),
        section("What was found", bullets(sentences)),
        *(figure(name, path) for name, path in charts.items()),
        tag("p", meaning),
    ]
    return page("Chronomap test of importance", "Do the important dates matter?", title, body)


def series_report(title: str, lead: str, charts: Mapping[str, Path], notes: Sequence[str]) -> str:
    """Return the report of one explained series."""
    body = [*(figure(name, path) for name, path in charts.items()), section("Notes", bullets(notes))]
    return page("Chronomap one series", title, lead, body)


def early_report(
    card: ModelCard, charts: Mapping[str, Path], rows: Sequence[Sequence[str]], cautions: Sequence[str]
) -> str:
    """Return the report of a model's early season; `rows`: class, date of 9/10, F1 there, F1 of the whole season."""
    colors = {info.name: info.color for info in card.classes}
    named = [(class_name(name, colors.get(name, "")), *rest) for name, *rest in rows]
    head = ("Class", "Known since (9/10 of the final F1)", "F1 then", "F1 of the whole season")
    body = [
        warnings(cautions),
        *(figure(name, path) for name, path in charts.items()),
        section("How early each class is known", table(head, named)),
    ]
    return page("Chronomap early season", "How early the classes are known", model_title(card), body)
