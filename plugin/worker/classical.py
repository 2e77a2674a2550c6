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
    """Fit the classical model of `card` and predict the validation and the test part.

    A classical model needs no validation to stop in time, so it learns from these samples too in the end: what it
    predicts for them is told by a first fit, to the train part alone.

    Raises:
        Canceled: the user stopped the job.
    """
    validation = samples.only(VALIDATION)
    first = _fitted_to(samples.only(TRAIN), card, preparation, monitor)
    predicted = _predict(first, card, validation, preparation)
    learned = samples.only(TRAIN, VALIDATION)
    model = _fitted_to(learned, card, preparation, monitor) if len(validation) else first
    test = _predict(model, card, samples.only(TEST), preparation)
    arrays = model.state()
    parameters = sum(array.size for array in arrays.values())
    return Fitted(arrays, predicted, test, parameters, is_refit=len(validation) > 0)


def _fitted_to(samples: Samples, card: ModelCard, preparation: Preparation, monitor: Monitor) -> Any:
    """Return a new model of `card` that has learned from `samples`."""
    monitor.check()
    model = registry()[card.architecture].model(len(card.classes), **card.hyperparameters)
    features = torch.cat(_feature_batches(model, card, samples, preparation)).cpu().numpy()
    model.fit(features, samples.label, int(card.strategy.get("seed", 0)), monitor)
    return model


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
