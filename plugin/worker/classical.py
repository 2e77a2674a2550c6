# SPDX-License-Identifier: GPL-2.0-or-later
"""Fitting classical models: the series itself, gaps filled, is their features."""

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
    features = torch.cat(list(_feature_batches(training, preparation))).cpu().numpy()
    model.fit(features, training.label, int(card.strategy.get("seed", 0)), monitor)
    monitor.check()
    validation, test = (_predict(model, samples.only(part), preparation) for part in (VALIDATION, TEST))
    arrays = model.state()
    return Fitted(arrays, validation, test, parameters=sum(array.size for array in arrays.values()))


def series_features(x: Tensor) -> Tensor:
    """Return features (N, T * C) of prepared series (N, T, C + 1): the validity channel is left out."""
    return x[:, :, :-1].flatten(1)


def _feature_batches(samples: Samples, preparation: Preparation) -> list[Tensor]:
    starts = range(0, max(len(samples), 1), _BATCH)
    return [series_features(_prepared(samples, start, preparation)) for start in starts]


def _prepared(samples: Samples, start: int, preparation: Preparation) -> Tensor:
    rows = slice(start, start + _BATCH)
    return preparation.prepare(torch.from_numpy(samples.values[rows]), torch.from_numpy(samples.valid[rows]))[0]


def _predict(model: Any, samples: Samples, preparation: Preparation) -> np.ndarray:
    """Return the most probable class index (N,) of each sample."""
    if not len(samples):
        return np.zeros(0, np.int64)
    answers = [model.predict_proba(features).argmax(1) for features in _feature_batches(samples, preparation)]
    return torch.cat(answers).cpu().numpy()
