# SPDX-License-Identifier: GPL-2.0-or-later
"""Lines of text that can be pasted into a paper: how models were compared, and with what result."""

from __future__ import annotations

from ..core.board import NO_EVIDENCE, Board


def paper_lines(board: Board) -> list[str]:
    """Return method and result, a paragraph each."""
    return [_method(board), _result(board)]


def _method(board: Board) -> str:
    seeds = max(entry.seeds for entry in board.entries)
    trained = f" Each model was trained with {seeds} seeds." if seeds > 1 else ""
    return (
        f"{len(board.entries)} models were compared on {board.samples:,} test samples of {board.polygons:,} polygons "
        f"({len(board.classes)} classes; split {board.split}).{trained} Intervals (95 %) come from {board.draws:,} "
        "bootstrap draws of whole polygons; differences of macro F1 were tested with the paired polygon bootstrap and "
        "corrected for the number of pairs (Holm)."
    )


def _result(board: Board) -> str:
    scores = "; ".join(f"{entry.name} {entry.scores['macro_f1'].text()}" for entry in board.entries)
    names = [entry.name for entry in board.entries]
    sure = [
        f"{names[pair.first]} was {pair.verdict} than {names[pair.second]} ({pair.difference.value:+.3f}, "
        f"{p_text(pair.p_holm)})"
        for pair in board.pairs
        if pair.verdict != NO_EVIDENCE
    ]
    found = "; ".join(sure) if sure else "no difference was significant"
    rest = (
        "; for the other pairs there was no evidence of a difference" if sure and len(sure) < len(board.pairs) else ""
    )
    return f"Macro F1: {scores}. {found[0].upper()}{found[1:]}{rest}."


def p_text(value: float) -> str:
    """Return a p-value as papers write it."""
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"
