# SPDX-License-Identifier: GPL-2.0-or-later
"""Scores of confusion matrices, many at once; the definitions of core/accuracy.py for whole arrays."""

from __future__ import annotations

import numpy as np

SCORES = ("macro_f1", "balanced_accuracy", "overall_accuracy", "kappa", "mcc")


def scores(confusion: np.ndarray) -> dict[str, np.ndarray]:
    """Return every score in SCORES, each (...), of confusion matrices (..., K, K), rows = reference.

    Cells may be fractions (means over seeds). Means are taken over the classes that have reference samples.
    """
    counts = np.asarray(confusion, np.float64)
    rows, columns = counts.sum(-1), counts.sum(-2)
    hits = np.diagonal(counts, axis1=-2, axis2=-1)
    total, right = rows.sum(-1), hits.sum(-1)
    chance = (rows * columns).sum(-1)
    spread = (total**2 - (columns**2).sum(-1)) * (total**2 - (rows**2).sum(-1))
    return {
        "macro_f1": _mean_of_present(_ratio(2 * hits, rows + columns), rows),
        "balanced_accuracy": _mean_of_present(_ratio(hits, rows), rows),
        "overall_accuracy": _ratio(right, total),
        "kappa": _ratio(total * right - chance, total**2 - chance),
        "mcc": _ratio(total * right - chance, np.sqrt(np.maximum(spread, 0.0))),
    }


def class_f1(confusion: np.ndarray) -> np.ndarray:
    """Return F1 of each class (..., K); NaN where a class has no reference samples."""
    counts = np.asarray(confusion, np.float64)
    rows, columns = counts.sum(-1), counts.sum(-2)
    f1 = _ratio(2 * np.diagonal(counts, axis1=-2, axis2=-1), rows + columns)
    return np.where(rows > 0, f1, np.nan)


def _mean_of_present(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    is_present = rows > 0
    return _ratio((values * is_present).sum(-1), is_present.sum(-1).astype(np.float64))


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return part / whole, 0 where whole is 0."""
    return np.divide(part, whole, out=np.zeros(np.broadcast(part, whole).shape), where=np.asarray(whole) > 0)
