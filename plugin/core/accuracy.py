# SPDX-License-Identifier: GPL-2.0-or-later
"""Accuracy from a confusion matrix (rows = reference, columns = predicted); pure Python, shared by both sides.

Definitions follow Sokolova & Lapalme 2009 (10.1016/j.ipm.2009.03.002) and Cohen 1960 (10.1177/001316446002000104).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Matrix = Sequence[Sequence[int]]


def accuracy(confusion: Matrix, names: Sequence[str]) -> dict[str, Any]:
    """Return macro F1, balanced accuracy, OA, kappa, MCC and per-class figures of a (K, K) confusion matrix.

    Means are taken over the classes that have reference samples; a class that is never predicted has precision 0.
    ``classes`` lists name, n (reference), precision (user's), recall (producer's) and F1; ``missing`` the classes that
    have reference samples but were never predicted.
    """
    total = sum(map(sum, confusion))
    rows = [sum(row) for row in confusion]
    columns = [sum(column) for column in zip(*confusion)]
    hits = [confusion[k][k] for k in range(len(names))]
    classes = [_class_figures(names[k], hits[k], rows[k], columns[k]) for k in range(len(names))]
    present = [figures for figures in classes if figures["n"]]
    return {
        "macro_f1": _mean([figures["f1"] for figures in present]),
        "balanced_accuracy": _mean([figures["recall"] for figures in present]),
        "overall_accuracy": _ratio(sum(hits), total),
        "kappa": _kappa(hits, rows, columns, total),
        "mcc": _mcc(hits, rows, columns, total),
        "n": total,
        "classes": classes,
        "missing": [figures["name"] for figures, column in zip(classes, columns) if figures["n"] and not column],
        "confusion": [list(map(int, row)) for row in confusion],
    }


def collapse_warning(metrics: dict[str, Any]) -> str:
    """Return a sentence when fewer classes are predicted than exist, else ''."""
    missing = metrics["missing"]
    if not missing:
        return ""
    present = sum(1 for figures in metrics["classes"] if figures["n"])
    return (
        f"The model predicts only {present - len(missing)} of {present} classes; never predicted: {', '.join(missing)}."
        " Overall accuracy hides this: look at macro F1, and try class weights or more samples of these classes."
    )


def _class_figures(name: str, hit: int, row: int, column: int) -> dict[str, Any]:
    precision, recall = _ratio(hit, column), _ratio(hit, row)
    return {"name": name, "n": row, "precision": precision, "recall": recall, "f1": _ratio(2 * hit, row + column)}


def _kappa(hits: Sequence[int], rows: Sequence[int], columns: Sequence[int], total: int) -> float:
    expected = sum(row * column for row, column in zip(rows, columns))
    return _ratio(total * sum(hits) - expected, total * total - expected)


def _mcc(hits: Sequence[int], rows: Sequence[int], columns: Sequence[int], total: int) -> float:
    """Matthews correlation for K classes (Gorodkin 2004, 10.1016/j.compbiolchem.2004.09.006)."""
    covariance = total * sum(hits) - sum(row * column for row, column in zip(rows, columns))
    spread = (total**2 - sum(column**2 for column in columns)) * (total**2 - sum(row**2 for row in rows))
    return covariance / spread**0.5 if spread > 0 else 0.0


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
