# SPDX-License-Identifier: GPL-2.0-or-later
"""Arguments of the figures that explain a model, for any number of classes."""

from __future__ import annotations

import numpy as np


def explained_arguments(dates: list[str], classes: np.ndarray, colors: np.ndarray) -> dict[str, dict]:
    count, length = len(classes), len(dates)
    generator = np.random.default_rng(count)
    days = {"dates": np.array(dates)}
    valid = np.array([True, False, True, True, True])
    weights = np.where(valid, 0.25, 0.0)
    keys = generator.normal(size=(length, 8))
    matrix = np.where(valid, generator.dirichlet(np.ones(length), (count, length)), 0.0)
    f1 = np.clip(generator.uniform(0, 1, (count, length)), 0, 1)
    f1[:, 0] = np.nan
    return {
        "series_explained": {
            **days, "bands": np.array(["B04", "B08"]), "values": generator.uniform(0, 1, (length, 2)), "valid": valid,
            "classes": classes, "colors": colors, "probability": generator.dirichlet(np.ones(count)),
            "measures": np.array(["attention", "effect of hiding"]), "importance": np.stack([weights, weights]),
            "growth": generator.dirichlet(np.ones(count), length), "title": np.array("A field of barley"),
        },
        "attention_steps": {
            **days, "similarity": np.array("scaled dot product"), "query": generator.normal(size=8), "keys": keys,
            "scores": keys.sum(1), "weights": weights, "valid": valid, "head": np.array(3),
        },
        "attention_matrix": {**days, "matrix": matrix, "valid": valid},
        "filter_responses": {
            **days, "bands": np.array(["B04", "B08"]), "input": generator.normal(size=(3, length)),
            **{f"filters_{layer}": generator.normal(size=(6, 3, 3)) for layer in range(2)},
            **{f"responses_{layer}": generator.normal(size=(6, length - layer)) for layer in range(2)},
            **{f"name_{layer}": np.array(f"convolutions.{layer}.0") for layer in range(2)},
        },
        "deletion_curves": {
            "counts": np.array([1, 2, 4]), "top": np.array([[0.8, 0.6, 0.4]] * 2), "whole": np.array([0.9, 0.92]),
            "random": generator.uniform(0.8, 0.9, (2, 5, 3)), "low": np.full(3, 0.1), "high": np.full(3, 0.3),
            "verdict": np.array("Deleting them costs more than deleting random dates."),
        },
        "seed_agreement": {
            **days, "classes": classes, "colors": colors, "models": np.array(["a", "b"]),
            "importance": generator.dirichlet(np.ones(length), (2, count)), "agreement": np.full(count, 0.5),
        },
        "early_season": {
            **days, "classes": classes, "colors": colors, "f1": f1, "macro_f1": f1.mean(axis=0),
            "counts": np.arange(count),
        },
    }  # fmt: skip
