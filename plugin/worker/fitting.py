# SPDX-License-Identifier: GPL-2.0-or-later
"""What goes into fitting a model, of either kind, and what comes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..core.accuracy import accuracy
from ..core.classes import ClassInfo

TRAIN, VALIDATION, TEST = 0, 1, 2


@dataclass(frozen=True)
class Samples:
    """values (N, T, C) as stored, valid (N, T) bool, label (N,) class index, part (N,) TRAIN, VALIDATION or TEST."""

    values: np.ndarray
    valid: np.ndarray
    label: np.ndarray
    part: np.ndarray

    def only(self, *parts: int) -> Samples:
        """Return the samples of these parts."""
        chosen = np.isin(self.part, parts)
        return Samples(self.values[chosen], self.valid[chosen], self.label[chosen], self.part[chosen])

    def __len__(self) -> int:
        return len(self.label)


def load_samples(paths: dict[str, str]) -> Samples:
    """Read the arrays of a request: "values", "valid", "label" and "part", each an .npy file."""
    values, valid, label, part = (np.load(paths[name]) for name in ("values", "valid", "label", "part"))
    return Samples(values, valid.astype(bool), label.astype(np.int64), part)


@dataclass(frozen=True)
class Fitted:
    """A fitted model: its arrays, and the classes it predicts for the validation and the test part.

    `history` has a dict per epoch, `best_epoch` counts from 1; both stay empty for classical models. `is_refit`: the
    model has learned from the validation samples too, and what is predicted for them is told by one that has not.
    `epoch_seconds`: of all epochs, those before a resumption and of a refit as well.
    """

    arrays: dict[str, np.ndarray]
    validation_prediction: np.ndarray  # (N,) class index
    test_prediction: np.ndarray
    parameters: int
    temperature: float = 1.0
    history: tuple[dict[str, Any], ...] = ()
    best_epoch: int = 0
    is_refit: bool = False
    epoch_seconds: float = 0.0
    notes: tuple[str, ...] = field(default=())


def part_metrics(label: np.ndarray, prediction: np.ndarray, classes: Sequence[ClassInfo]) -> dict[str, Any]:
    """Return the accuracy of one part (see core/accuracy.py), or {} when it has no samples."""
    if not len(label):
        return {}
    return accuracy(confusion_matrix(label, prediction, len(classes)).tolist(), [info.name for info in classes])


def confusion_matrix(label: np.ndarray, prediction: np.ndarray, num_classes: int) -> np.ndarray:
    """Return the confusion matrix (K, K) of class indices: rows = reference, columns = predicted."""
    cells = np.bincount(label * num_classes + prediction, minlength=num_classes**2)
    return cells.reshape(num_classes, num_classes)
