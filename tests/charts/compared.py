# SPDX-License-Identifier: GPL-2.0-or-later
"""Arguments of the figures that compare models: as many entries as classes."""

from __future__ import annotations

import numpy as np


def compared_arguments(dates: list[str], names: np.ndarray, colors: np.ndarray) -> dict[str, dict]:
    count = len(names)
    generator = np.random.default_rng(count)
    score, f1 = generator.uniform(0.3, 0.9, (count, 5)), generator.uniform(0.3, 0.9, (count, count))
    f1[:, -1] = np.nan
    difference = score[:, :1] - score[:, :1].T
    attention = generator.dirichlet(np.ones(len(dates)), (count, count + 1))
    attention[:, -1] = np.nan
    loss = generator.uniform(0.2, 2.0, (2 * count, 6))
    loss[0, 3:] = np.nan
    matrices = {"names": names, "classes": names, "confusion": generator.integers(0, 99, (count, count, count))}
    bins = np.tile(np.linspace(0.3, 0.9, 4), (count, 1))
    bins[:, 1] = np.nan
    return {
        "score_intervals": {
            "names": names, "scores": np.array(["Macro F1", "Balanced accuracy", "Overall accuracy", "Kappa", "MCC"]),
            "value": score, "low": score - 0.1, "high": score + 0.1,
        },
        "verdict_matrix": {
            "names": names, "difference": difference, "p": np.abs(difference),
            "verdict": np.where(np.abs(difference) < 0.05, 0, np.sign(difference)).astype(np.int8),
        },
        "class_dots": {
            "names": names, "classes": names, "f1": f1, "low": f1 - 0.1, "high": f1 + 0.1, "n": np.arange(count),
        },
        "confusion_panels": matrices,
        "confusion_differences": {**matrices, "confusion": np.concatenate([matrices["confusion"]] * 2)[: count + 1],
                                  "names": np.append(names, "GRU")},
        "accuracy_cost": {
            "names": names, "f1": score[:, 0], "low": score[:, 0] - 0.1, "high": score[:, 0] + 0.1,
            "cost": np.stack([10.0 ** np.arange(count), np.zeros(count), generator.uniform(1, 9, count)], axis=1),
            "costs": np.array(["hours per billion pixels", "price of a billion pixels", "seconds of training"]),
        },
        "reliability_diagram": {
            "names": names, "confidence": bins, "accuracy": bins**2, "share": bins / 4, "error": score[:, 0],
        },
        "learning_overlay": {
            "names": names, "owner": np.arange(2 * count) // 2, "loss": loss, "f1": np.clip(1 - loss / 2, 0, 1),
            "best": np.full(2 * count, 3),
        },
        "attention_overlay": {
            "names": names, "classes": names, "colors": colors, "dates": np.array(dates), "attention": attention,
            "place": np.arange(count),
        },
    }  # fmt: skip
