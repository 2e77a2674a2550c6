# SPDX-License-Identifier: GPL-2.0-or-later
"""The board as one HTML page: what to believe first, then every figure, and lines for a paper."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..core.board import NO_EVIDENCE, Board, Entry, Gap, Pair, Score, pareto
from .compare_figures import SCORE_TITLES
from .compare_paper import paper_lines
from .html import Markup, bullets, details, facts, figure, join, page, script, section, table, tag, warnings

_SCORES = (
    "Macro F1 is the mean of the classes' F1, so that rare classes count as much as frequent ones. Intervals: whole "
    "polygons were drawn with replacement, as pixels of a polygon are alike and would make any interval too narrow."
)
_PAIRS = (
    "The same draws of polygons serve both models of a pair. A pair gets a verdict only where the difference of macro "
    "F1 is more than luck at 5 % after Holm's correction for the number of pairs; no evidence does not mean equal. "
    "McNemar asks another question: are the polygons that only one model has right (more than half of their samples) "
    "more on one side?"
)
_COST = (
    "Pixels per second: measured on this machine, computing only, without reading and writing rasters. Operations: "
    "multiplications and additions; of a forest: comparisons. The dashed line joins the models that none beats "
    "in both accuracy and cost."
)
_CALIBRATION = (
    "A calibrated model is right in 80 % of the cases where it says 80 %. Calibration error: the mean distance, "
    "weighted by the samples of each bin."
)
_ATTENTION = (
    "Dates that models of different kinds share are worth a look; where they differ, attention says more about the "
    "model than about the classes. It is a mixing weight, not a cause."
)
_FLATTERING = 0.02
_DIFFERENCES = "Where a model makes other mistakes than the best one."


def board_report(board: Board, charts: Mapping[str, Path]) -> str:
    """Return the report; `charts` maps the ids of compare_figures to .svg files.

    Raises:
        InputError: a chart cannot be read.
    """
    lead = (
        f"{len(board.entries)} models on the same {board.samples:,} test samples of {board.polygons:,} polygons, "
        f"{len(board.classes)} classes, {len(board.dates)} dates."
    )
    notes = [*board.notes, *([] if is_flattering(board.gap) else gap_words(board.gap))]
    body = [
        warnings([*(gap_words(board.gap) if is_flattering(board.gap) else []), *board.warnings]),
        section("Which one is better", tag("p", verdict_words(board)), *_shown(charts, "scores"), _score_table(board)),
        section("Is the difference more than luck?", *_shown(charts, "verdicts"), *_pairs(board)),
        section("Classes", *_shown(charts, "classes")),
        section("Confusion", *_shown(charts, "confusion"), tag("p", _DIFFERENCES), *_shown(charts, "differences")),
        section("Accuracy against cost", *_shown(charts, "cost"), tag("p", _COST, kind="note"), _cost_table(board)),
        section("Can the probabilities be believed?", *_shown(charts, "reliability"), _note(_CALIBRATION)),
        section("Learning", *_shown(charts, "learning")) if "learning" in charts else "",
        section("What the models look at", *_shown(charts, "attention"), _note(_ATTENTION))
        if "attention" in charts
        else "",
        section("For a paper", *(tag("p", line, kind="quote") for line in paper_lines(board))),
        section("Samples and notes", _facts(board), bullets(notes), _files(board)),
        script("sort.js"),
    ]
    return page("Chronomap comparison", "Models compared", lead, body, _origin(board))


def verdict_words(board: Board) -> str:
    """Return in a sentence or two whether there is a best model."""
    best = board.entries[0]
    others = [board.pair(0, index) for index in range(1, len(board.entries))]
    beaten = [board.entries[pair.second].name for pair in others if pair.verdict != NO_EVIDENCE]
    open_ = [board.entries[pair.second].name for pair in others if pair.verdict == NO_EVIDENCE]
    score = best.scores["macro_f1"].text()
    words = f"{best.name} has the highest macro F1, {score}."
    if not others:
        return words
    if not open_:
        return f"{words} It is better than every other model, and more than luck would give."
    if not beaten:
        return (
            f"{words} But there is no evidence that it is better than any other: choose by cost, or test more polygons."
        )
    return f"{words} It is better than {_listed(beaten)}; there is no evidence that it is better than {_listed(open_)}."


def is_flattering(gap: Gap | None) -> bool:
    """Return whether a random split promises more than it keeps, by more than two points."""
    return gap is not None and gap.size > _FLATTERING


def gap_words(gap: Gap | None) -> list[str]:
    """Return how far a random split would have flattered, in a sentence."""
    if gap is None:
        return []
    how = {"polygon": "by polygon", "block": "by block", "field": "by the fold field"}.get(gap.method, gap.method)
    words = (
        f"Split by single pixels, {gap.model} would have shown a macro F1 of {gap.random.value:.3f}; split {how} it "
        f"has {gap.honest.value:.3f}."
    )
    if is_flattering(gap):
        return [f"{words} The random split flatters by {gap.size:.3f}: do not compare with figures from such splits."]
    return [f"{words} Here the random split hardly flatters."]


def _score_table(board: Board) -> Markup:
    head = ("Model", *SCORE_TITLES.values(), "Calibration error")
    rows = [
        (
            entry.name,
            *(_score(entry.scores[name]) for name in SCORE_TITLES),
            f"{entry.reliability.error:.3f}",
        )
        for entry in board.entries
    ]
    spread = [f"{entry.name} {entry.spread:.3f}" for entry in board.entries if entry.seeds > 1]
    words = f" Standard deviation of macro F1 over the seeds: {', '.join(spread)}." if spread else ""
    return join((table(head, rows, kind="wide sortable"), _note(_SCORES + words)))


def _score(score: Score) -> Markup:
    return tag("span", f"{score.value:.3f}", tag("small", f"{score.low:.3f} to {score.high:.3f}"), kind="score")


def _pairs(board: Board) -> list[Markup]:
    head = (
        "Pair",
        "Difference of macro F1",
        "p",
        "p (Holm)",
        "Only the first right",
        "Only the second",
        "McNemar p (Holm)",
    )
    rows = [_pair_row(pair, board) for pair in board.pairs]
    return [_note(_PAIRS), details("All pairs in figures", table(head, rows, kind="wide sortable"))] if rows else []


def _pair_row(pair: Pair, board: Board) -> tuple[Any, ...]:
    names = [entry.name for entry in board.entries]
    gap = pair.difference
    return (
        f"{names[pair.first]} - {names[pair.second]}",
        f"{gap.value:+.3f} ({gap.low:+.3f} to {gap.high:+.3f})",
        pair.p,
        pair.p_holm,
        pair.only_first,
        pair.only_second,
        pair.mcnemar_holm,
    )


def _cost_table(board: Board) -> Markup:
    price = board.price_per_hour
    head = ["Model", "Macro F1", "Training (s)", "Parameters", "Operations per series", "Pixels per second"]
    head += ["Hours per billion pixels", *(["Price of a billion pixels"] if price else []), "Not beaten"]
    rows = []
    for entry, is_front in zip(board.entries, pareto(board.entries)):
        hours = entry.hours_per_billion
        rows.append((entry.name, entry.scores["macro_f1"].value, *_costs(entry), _figure(hours) if hours else "",
                     *([_figure(hours * price)] if price else []), is_front))  # fmt: skip
    measured = [_note(f"Measured on {board.device}.")] if board.device else []
    return join((table(head, rows, kind="wide sortable"), *measured))


def _costs(entry: Entry) -> tuple[str, ...]:
    return (
        f"{entry.seconds:,.1f}",
        f"{entry.parameters:,.0f}",
        f"{entry.flops:,.0f}" if entry.flops else "",
        f"{entry.pixels_per_second:,.0f}" if entry.pixels_per_second else "",
    )


def _facts(board: Board) -> Markup:
    classes = ", ".join(
        f"{info.name} {samples:,} of {polygons:,} polygons"
        for info, samples, polygons in zip(board.classes, board.class_samples, board.class_polygons)
    )
    return facts({
        "Sample file": board.source,
        "Split": board.split,
        "Test samples": classes,
        "Intervals": f"{board.draws:,} draws of polygons",
    })  # fmt: skip


def _files(board: Board) -> Markup:
    rows = [(entry.name, ", ".join(entry.models)) for entry in board.entries]
    return details("Model files", table(("Model", "Files"), rows))


def _shown(charts: Mapping[str, Path], *ids: str) -> Iterable[Markup]:
    return [figure(name, charts[name]) for name in ids if name in charts]


def _note(words: str) -> Markup:
    return tag("p", words, kind="note")


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _figure(value: float) -> str:
    return f"{value:,.3g}"


def _origin(board: Board) -> str:
    moment = board.created[:16].replace("T", " ")
    return f"Made by Chronomap {board.plugin_version} on {moment} UTC."
