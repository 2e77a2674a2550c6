# SPDX-License-Identifier: GPL-2.0-or-later
"""Fitting classical models: on features that each makes of the gap-filled series."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..core.card import ModelCard
from ..core.monitor import Monitor
from .architectures import registry
from .fitting import TEST, TRAIN, VALIDATION, Fitted, Samples
from .series import Preparation

_BATCH = 4096


def fit_classical(card: ModelCard, samples: Samples, preparation: Preparation, monitor: Monitor) -> Fitted:
    """Fit the classical model of `card` on the train part and predict the two others.

    The validation part is not needed to stop and not used to fit: all models learn from the same series.

    Raises:
        Canceled: the user stopped the job.
    """
    model = registry()[card.architecture].model(len(card.classes), **card.hyperparameters)
    training = samples.only(TRAIN)
    features = torch.cat(_feature_batches(model, card, training, preparation)).cpu().numpy()
    model.fit(features, training.label, int(card.strategy.get("seed", 0)), monitor)
    monitor.check()
    validation, test = (_predict(model, card, samples.only(part), preparation) for part in (VALIDATION, TEST))
    arrays = model.state()
    return Fitted(arrays, validation, test, parameters=sum(array.size for array in arrays.values()))


def _feature_batches(model: Any, card: ModelCard, samples: Samples, preparation: Preparation) -> list[Tensor]:
    starts = range(0, max(len(samples), 1), _BATCH)
    return [model.features(_prepared(samples, start, preparation), card) for start in starts]


def _prepared(samples: Samples, start: int, preparation: Preparation) -> Tensor:
    rows = slice(start, start + _BATCH)
    return preparation.prepare(torch.from_numpy(samples.values[rows]), torch.from_numpy(samples.valid[rows]))[0]


def _predict(model: Any, card: ModelCard, samples: Samples, preparation: Preparation) -> np.ndarray:
    """Return the most probable class index (N,) of each sample."""
    if not len(samples):
        return np.zeros(0, np.int64)
    answers = [
        model.predict_proba(features).argmax(1) for features in _feature_batches(model, card, samples, preparation)
    ]
    return torch.cat(answers).cpu().numpy()
