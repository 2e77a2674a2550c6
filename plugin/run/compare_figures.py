# SPDX-License-Identifier: GPL-2.0-or-later
"""The figures of a board: which chart is drawn of which numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np

from ..core.board import BETTER, WORSE, Board, Score

SCORE_TITLES = {
    "macro_f1": "Macro F1",
    "balanced_accuracy": "Balanced accuracy",
    "overall_accuracy": "Overall accuracy",
    "kappa": "Kappa",
    "mcc": "MCC",
}


@dataclass(frozen=True)
class BoardFigure:
    """A figure of plugin/charts: file name without suffix, title, chart function and its arrays."""

    id: str
    title: str
    chart: str
    arrays: dict[str, Any]


def board_figures(board: Board) -> list[BoardFigure]:
    """Return every figure that the board has numbers for, in reading order."""
    made = [
        _scores(board), _verdicts(board), _classes(board), _confusion(board), _differences(board), _cost(board),
        _reliability(board), _learning(board), _attention(board),
    ]  # fmt: skip
    return [figure for figure in made if figure is not None]


def _names(board: Board) -> list[str]:
    return [entry.name for entry in board.entries]


def _scores(board: Board) -> BoardFigure:
    shown = [[entry.scores[name] for name in SCORE_TITLES] for entry in board.entries]
    arrays = {"names": _names(board), "scores": list(SCORE_TITLES.values()), **_bounds(shown)}
    return BoardFigure("scores", "Accuracy", "score_intervals", arrays)


def _verdicts(board: Board) -> Optional[BoardFigure]:
    count = len(board.entries)
    if count < 2:
        return None
    difference, p, verdict = np.zeros((count, count)), np.ones((count, count)), np.zeros((count, count), np.int8)
    for i in range(count):
        for j in range(count):
            if i != j:
                pair = board.pair(i, j)
                difference[i, j], p[i, j] = pair.difference.value, pair.p_holm
                verdict[i, j] = {BETTER: 1, WORSE: -1}.get(pair.verdict, 0)
    arrays = {"names": _names(board), "difference": difference, "p": p, "verdict": verdict}
    return BoardFigure("verdicts", "Pairs", "verdict_matrix", arrays)


def _classes(board: Board) -> BoardFigure:
    arrays = {
        "names": _names(board),
        "classes": [info.name for info in board.classes],
        "n": board.class_polygons,
        **_bounds([entry.class_f1 for entry in board.entries], ("f1", "low", "high")),
    }
    return BoardFigure("classes", "F1 by class", "class_dots", arrays)


def _confusion(board: Board) -> BoardFigure:
    return BoardFigure("confusion", "Confusion matrices", "confusion_panels", _matrices(board))


def _differences(board: Board) -> Optional[BoardFigure]:
    if len(board.entries) < 2:
        return None
    return BoardFigure("differences", "Differences of confusion", "confusion_differences", _matrices(board))


def _matrices(board: Board) -> dict[str, Any]:
    return {
        "names": _names(board),
        "classes": [info.name for info in board.classes],
        "confusion": [entry.confusion for entry in board.entries],
    }


def _cost(board: Board) -> BoardFigure:
    price = board.price_per_hour
    costs = {
        "price of a billion pixels" if price else "hours per billion pixels": [
            entry.hours_per_billion * (price or 1.0) for entry in board.entries
        ],
        "seconds of training": [entry.seconds for entry in board.entries],
        "parameters": [entry.parameters for entry in board.entries],
        "operations per series": [entry.flops for entry in board.entries],
    }
    known = {words: values for words, values in costs.items() if any(values)}
    arrays = {
        "names": _names(board),
        "cost": np.array(list(known.values()), float).T.reshape(len(board.entries), len(known)),
        "costs": list(known),
        **_bounds([entry.scores["macro_f1"] for entry in board.entries], ("f1", "low", "high")),
    }
    return BoardFigure("cost", "Accuracy against cost", "accuracy_cost", arrays)


def _reliability(board: Board) -> BoardFigure:
    shown = [entry.reliability for entry in board.entries]
    arrays = {
        "names": _names(board),
        **{name: _padded([getattr(item, name) for item in shown]) for name in ("confidence", "accuracy", "share")},
        "error": [item.error for item in shown],
    }
    return BoardFigure("reliability", "Reliability", "reliability_diagram", arrays)


def _learning(board: Board) -> Optional[BoardFigure]:
    curves = [(index, curve) for index, entry in enumerate(board.entries) for curve in entry.curves]
    if not curves:
        return None
    arrays = {
        "names": _names(board),
        "owner": [index for index, _ in curves],
        "loss": _padded([curve.validation_loss for _, curve in curves]),
        "f1": _padded([curve.validation_macro_f1 for _, curve in curves]),
        "best": [curve.best for _, curve in curves],
    }
    return BoardFigure("learning", "Learning curves", "learning_overlay", arrays)


def _attention(board: Board) -> Optional[BoardFigure]:
    giving = [index for index, entry in enumerate(board.entries) if entry.attention]
    if not giving:
        return None
    dates = len(board.dates)
    rows = [[row or (np.nan,) * dates for row in board.entries[index].attention] for index in giving]
    arrays = {
        "names": [board.entries[index].name for index in giving],
        "classes": [info.name for info in board.classes],
        "colors": [info.color for info in board.classes],
        "dates": board.dates,
        "attention": np.array(rows, float),
        "place": giving,
    }
    return BoardFigure("attention", "Attention by date", "attention_overlay", arrays)


def _bounds(scores: Sequence[Any], keys: tuple[str, str, str] = ("value", "low", "high")) -> dict[str, np.ndarray]:
    """Return values and limits of scores, however nested, as arrays; NaN where there is none."""

    def figure(score: Any, name: str) -> Any:
        if isinstance(score, Score):
            return getattr(score, name)
        return np.nan if score is None else [figure(item, name) for item in score]

    return {key: np.array(figure(scores, name), float) for key, name in zip(keys, ("value", "low", "high"))}


def _padded(rows: Sequence[Sequence[Optional[float]]]) -> np.ndarray:
    """Return rows of unequal length as one array, NaN behind their end and for None."""
    padded = np.full((len(rows), max(map(len, rows), default=0)), np.nan)
    for place, row in enumerate(rows):
        padded[place, : len(row)] = [np.nan if value is None else value for value in row]
    return padded
