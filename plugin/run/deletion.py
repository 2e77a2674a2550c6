# SPDX-License-Identifier: GPL-2.0-or-later
"""The honesty check: whether a model loses more by losing its most important dates than by losing random ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core.monitor import Monitor
from ..core.worker import Worker
from ..raster.samples import SampleSet
from .explanation import Asked, deletion

DRAWS = 10
_COUNTS = (1, 2, 3, 5, 8, 12, 20)
_MOST_SHARE = 0.6  # of the dates a series has at least, typically; beyond, hardly anything is left for anyone
_RESAMPLED = 1000


@dataclass(frozen=True)
class DeletionTest:
    """Balanced accuracy of M models without dates: see charts.honesty.Deletion; `verdict` in words."""

    counts: np.ndarray
    top: np.ndarray
    random: np.ndarray
    whole: np.ndarray
    low: np.ndarray
    high: np.ndarray
    separates: bool
    verdict: str

    def arrays(self, measure: str) -> dict[str, Any]:
        """Return the arguments of the figure."""
        names = ("counts", "top", "random", "whole", "low", "high", "verdict")
        return {**{name: getattr(self, name) for name in names}, "measure": measure}

    def rows(self) -> list[list[Any]]:
        """Return the rows of the table HEAD."""
        rows = []
        for column, count in enumerate(self.counts):
            random, top = self.random[:, :, column], self.top[:, column]
            low, high = np.percentile(random, (10, 90))
            figures = (top.mean(), random.mean(), low, high, random.mean() - top.mean(), self.low[column])
            rows.append([int(count), *map(float, figures), float(self.high[column])])
        return rows


HEAD = ("deleted", "most_important", "random", "random_p10", "random_p90", "difference", "low95", "high95")


@dataclass(frozen=True)
class Judged:
    """One model on labelled test samples: its classes with all dates (N,), and the importance of the dates (N, T)."""

    asked: Asked
    samples: SampleSet
    predicted: np.ndarray
    importance: np.ndarray


def deletion_test(
    worker: Worker, models: Sequence[Judged], monitor: Monitor, draws: int = DRAWS, seed: int = 0
) -> DeletionTest:
    """Delete the most important dates of every test series, and as many at random, and compare what is lost.

    All models see the same samples. The interval of the difference resamples groups (polygons) and models.
    """
    samples = models[0].samples
    counts = np.array(deleted_counts(samples.valid))
    settings = {"counts": counts.tolist(), "draws": draws, "seed": seed}
    hits = []  # per model (1 + draws, P, N)
    for number, model in enumerate(models):
        part = monitor.part(number / len(models), (number + 1) / len(models))
        hits.append(deletion(worker, model.asked, model.importance, settings, part) == samples.label)
    judge = _Judge.of(samples.label, samples.group)
    recalls = judge.by_group(np.stack(hits))  # (M, 1 + draws, P, G, K)
    balanced = judge.balanced(recalls.sum(axis=3))  # (M, 1 + draws, P)
    whole = judge.balanced(judge.by_group(np.stack([model.predicted == samples.label for model in models])).sum(axis=1))
    low, high = judge.difference_intervals(recalls)
    return DeletionTest(counts, balanced[:, 0], balanced[:, 1:], whole, low, high, *_verdict(counts, balanced, low))


def deleted_counts(valid: np.ndarray) -> list[int]:
    """Return how many dates to delete in turn, from the valid dates (N, T) that series typically have."""
    typical = float(np.percentile(valid.sum(axis=1), 25)) if len(valid) else 1.0
    return [count for count in _COUNTS if count <= max(1.0, _MOST_SHARE * typical)]


@dataclass(frozen=True)
class _Judge:
    """Counts what is right by group and class: `cell` (N,) is group * K + class, `size` (G, K) samples of each."""

    cell: np.ndarray
    size: np.ndarray

    @classmethod
    def of(cls, label: np.ndarray, group: np.ndarray) -> _Judge:
        """Number the groups and leave out classes without samples."""
        _, groups = np.unique(group, return_inverse=True)
        present, classes = np.unique(label, return_inverse=True)
        cell = groups.ravel() * len(present) + classes.ravel()
        size = np.bincount(cell, minlength=(int(groups.max()) + 1) * len(present))
        return cls(cell, size.reshape(-1, len(present)))

    def by_group(self, hits: np.ndarray) -> np.ndarray:
        """Return how many of `hits` (..., N) fall to each group and class: (..., G, K)."""
        flat = hits.reshape(-1, hits.shape[-1])
        counted = [np.bincount(self.cell, row, minlength=self.size.size) for row in flat]
        return np.array(counted, np.float32).reshape(*hits.shape[:-1], *self.size.shape)

    def balanced(self, hits: np.ndarray) -> np.ndarray:
        """Return balanced accuracy (...) of hits by class (..., K) over all groups."""
        return (hits / self.size.sum(axis=0)).mean(axis=-1)

    def difference_intervals(self, hits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the 95 % interval of balanced accuracy, random minus most important, for each count: (P,) each.

        `hits` (M, 1 + draws, P, G, K). Groups and models are drawn with replacement (paired, clustered bootstrap).
        """
        lost = hits[:, 1:].mean(axis=1) - hits[:, 0]  # (M, P, G, K)
        generator = np.random.default_rng(0)
        groups, models = len(self.size), len(lost)
        weight = generator.multinomial(groups, np.full(groups, 1.0 / groups), _RESAMPLED).astype(np.float32)  # (B, G)
        rows = weight @ self.size  # (B, K)
        share = generator.multinomial(models, np.full(models, 1.0 / models), _RESAMPLED) / models  # (B, M)
        drawn = np.einsum("bg,mpgk->bmpk", weight, lost, optimize=True)
        recall = np.divide(drawn, rows[:, None, None], out=np.zeros_like(drawn), where=rows[:, None, None] > 0)
        balanced = recall.sum(axis=-1) / np.maximum((rows > 0).sum(axis=1), 1)[:, None, None]  # (B, M, P)
        low, high = np.percentile((balanced * share[:, :, None]).sum(axis=1), (2.5, 97.5), axis=0)
        return low, high


def _verdict(counts: np.ndarray, balanced: np.ndarray, low: np.ndarray) -> tuple[bool, str]:
    """Return whether the curves separate, and a sentence that says so."""
    difference = balanced[:, 1:].mean(axis=(0, 1)) - balanced[:, 0].mean(axis=0)  # (P,)
    apart = low > 0
    best = int(difference.argmax())
    if apart.mean() > 0.5:
        return True, (
            f"These dates matter: without the {counts[best]} most important ones balanced accuracy is "
            f"{difference[best]:.2f} lower than without {counts[best]} random ones, and the difference is sure for "
            f"{int(apart.sum())} of {len(counts)} numbers of deleted dates."
        )
    where = "for none" if not apart.any() else f"for only {int(apart.sum())}"
    return False, (
        "No proof that these dates matter: as far as these samples can tell, deleting them costs no more than deleting "
        f"random ones (difference up to {max(float(difference[best]), 0.0):.2f}, but sure {where} of {len(counts)} "
        "numbers of deleted dates). Do not read the charts as what the decision rests on."
    )
