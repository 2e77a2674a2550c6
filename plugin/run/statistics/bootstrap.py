# SPDX-License-Identifier: GPL-2.0-or-later
"""Bootstrap over groups: whole polygons are drawn with replacement, for all models the same ones (paired).

Pixels of a polygon are alike, so they are no independent witnesses; resampling them one by one gives intervals far too
narrow. Cluster bootstrap: Field & Welsh 2007 (10.1111/j.1467-9868.2007.00593.x). Where a model was trained with
several seeds, each draw also draws seeds, so that the luck of a seed is part of the interval.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...core.board import Score
from .scores import scores

DRAWS = 2000
LEVEL = 0.95


def group_confusions(label: np.ndarray, predicted: np.ndarray, group: np.ndarray, classes: int) -> np.ndarray:
    """Return the confusion matrix of each group, (G, K, K); `label`, `predicted` (N,), `group` (N,) from 0 to G - 1."""
    groups = int(group.max()) + 1 if len(group) else 0
    cells = (group * classes + label) * classes + predicted
    return np.bincount(cells, minlength=groups * classes**2).reshape(groups, classes, classes)


def draw_confusions(counts: Sequence[np.ndarray], draws: int = DRAWS, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Resample groups `draws` times; return the confusion of each model over all groups, and over each draw.

    Args:
        counts: per model (S, G, K, K), S seeds and the same G groups for all models.
        draws: how often.
        seed: of the generator.

    Returns:
        (M, K, K), the mean over seeds, and (draws, M, K, K).

    """
    generator = np.random.default_rng(seed)
    groups, classes = counts[0].shape[1], counts[0].shape[-1]
    weight = generator.multinomial(groups, np.full(groups, 1.0 / groups), draws).astype(np.float64)  # (draws, G)
    whole = np.stack([model.mean(axis=0).sum(axis=0) for model in counts])
    drawn = np.empty((draws, len(counts), classes, classes))
    for index, model in enumerate(counts):
        seeds = len(model)
        share = generator.multinomial(seeds, np.full(seeds, 1.0 / seeds), draws) / seeds  # (draws, S)
        for number in range(seeds):
            part = (weight @ model[number].reshape(groups, -1)) * share[:, number : number + 1]
            drawn[:, index] = (drawn[:, index] if number else 0.0) + part.reshape(draws, classes, classes)
    return whole, drawn


def intervals(whole: np.ndarray, drawn: np.ndarray) -> list[dict[str, Score]]:
    """Return the scores of each model with percentile intervals; arguments as draw_confusions returns them."""
    values, samples = scores(whole), scores(drawn)
    return [
        {name: interval(values[name][model], samples[name][:, model]) for name in values} for model in range(len(whole))
    ]


def interval(value: float, sample: np.ndarray) -> Score:
    """Return `value` with the percentile interval of its draws (B,); NaN draws do not count."""
    known = sample[np.isfinite(sample)]
    if not len(known):
        return Score(float(value), float(value), float(value))
    tail = 50.0 * (1.0 - LEVEL)
    low, high = np.percentile(known, (tail, 100.0 - tail))
    return Score(float(value), float(min(low, value)), float(max(high, value)))
