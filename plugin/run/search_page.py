# SPDX-License-Identifier: GPL-2.0-or-later
"""The leaderboard of a search, as CSV and as a page."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from typing import Any

from ..core.catalog import load_catalog
from ..core.help import value_text
from ..core.search import COMPLETE, FAILED, PRUNED, SearchPlaces, TrialRecord, best_record, ranked
from ..core.strategy import STRATEGY
from .html import Tile, bar, page, section, table, tag, tiles

STATES = {COMPLETE: "complete", PRUNED: "ended early", FAILED: "failed"}
_COLUMNS = ("rank", "trial", "architecture", "state", "macro_f1", "overall_accuracy", "missing", "best_epoch",
            "parameters", "seconds", "model", "note")  # fmt: skip
_HOW = (
    "Models are ranked by the macro F1 of the validation samples. The best of many is flattered by this choice, so it "
    "alone was tested, on samples that no trial has seen; the others were not."
)


def write_leaderboard(places: SearchPlaces, records: Sequence[TrialRecord], tested: dict[str, Any]) -> None:
    """Write the leaderboard of `records`, best first; `tested` are the test figures of the best one, or {}."""
    listed = ranked(records)
    names = list(dict.fromkeys(name for record in records for name in record.settings))
    partial = places.table.with_name(places.table.name + ".part")
    with partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*_COLUMNS, *names])
        for rank, record in enumerate(listed, 1):
            fixed = [rank, *(_cell(getattr(record, name)) for name in _COLUMNS[1:])]
            writer.writerow([*fixed, *(record.settings.get(name, "") for name in names)])
    os.replace(partial, places.table)
    partial = places.page.with_name(places.page.name + ".part")
    partial.write_text(leaderboard_page(records, tested), encoding="utf-8")
    os.replace(partial, places.page)


def leaderboard_page(records: Sequence[TrialRecord], tested: dict[str, Any]) -> str:
    """Return the leaderboard as a page."""
    best = best_record(records)
    shown = [Tile("Trials", str(len(records)), _states(records))]
    if best:
        title = f"trial {best.trial}, {_title(best.architecture)}"
        shown.insert(0, Tile("Best validation macro F1", f"{best.macro_f1:.3f}", title))
    if tested:
        shown.insert(1, Tile("Its test macro F1", f"{tested['macro_f1']:.3f}", f"{tested['n']:,} test samples"))
    head = ("Rank", "Trial", "Architecture", "Macro F1", "Overall accuracy", "Epoch", "Learned numbers", "Seconds",
            "State")  # fmt: skip
    listed = ranked(records)
    rows = [_row(rank, record) for rank, record in enumerate(listed, 1)]
    settings = [(f"{record.trial} {_title(record.architecture)}", settings_text(record)) for record in listed]
    body = [
        tiles(shown),
        section("Leaderboard", tag("p", _HOW, kind="note"), table(head, rows)),
        section("Settings of the trials", table(("Trial", "Settings"), settings)),
    ]
    seconds = sum(record.seconds for record in records)
    return page("Chronomap search", "Search for settings", f"{len(records)} models in {seconds:,.0f} s.", body)


def _row(rank: int, record: TrialRecord) -> tuple[Any, ...]:
    state = STATES.get(record.state, record.state)
    if record.missing:
        state += f"; never predicts {', '.join(record.missing)}"
    if record.note:
        state += f": {record.note}" if record.state == FAILED else f"; {record.note}"
    is_judged = record.state != FAILED
    return (
        str(rank),
        record.trial,
        _title(record.architecture),
        bar(record.macro_f1) if is_judged else "-",
        f"{record.overall_accuracy:.3f}" if is_judged else "-",
        str(record.best_epoch or "-"),
        record.parameters,
        f"{record.seconds:.0f}",
        state,
    )


def settings_text(record: TrialRecord) -> str:
    """Return the settings that were varied in a trial: "learning rate 0.0031; dropout 0.2"."""
    architecture = load_catalog()[record.architecture]
    labels = {setting.name: setting.label.lower() for setting in (*architecture.hyperparameters, *STRATEGY)}
    return "; ".join(f"{labels.get(name, name)} {value_text(_short(value))}" for name, value in record.settings.items())


def _short(value: Any) -> Any:
    return float(f"{value:.3g}") if isinstance(value, float) else value


def _states(records: Sequence[TrialRecord]) -> str:
    counts = {state: sum(record.state == state for record in records) for state in STATES}
    return ", ".join(f"{count} {STATES[state]}" for state, count in counts.items() if count)


def _title(architecture: str) -> str:
    catalog = load_catalog()
    return catalog[architecture].title.partition(" (")[0] if architecture in catalog else architecture


def _cell(value: Any) -> Any:
    if isinstance(value, tuple):
        return "; ".join(map(str, value))
    return f"{value:.6g}" if isinstance(value, float) else value
