# SPDX-License-Identifier: GPL-2.0-or-later
"""Small cards, samples and preparations for the worker's tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from chronomap.plugin.core.card import ModelCard
from chronomap.plugin.core.classes import ClassInfo
from chronomap.plugin.core.strategy import strategy_defaults
from chronomap.plugin.worker.architectures import registry
from chronomap.plugin.worker.fitting import Samples
from chronomap.plugin.worker.normalisation import band_ranges
from chronomap.plugin.worker.series import Preparation, regular_grid
from synthetic import SCALE, series, some_dates

BANDS = ("B04", "B08", "B11")
SMALL = {  # hyperparameters that make each network quick to train in a test
    "ltae": {"input_width": 16, "d_model": 16, "heads": 4, "d_k": 4, "mlp_width": 16, "decoder_width": 8},
    "tempcnn": {"filters": 8, "dense_width": 16, "dropout": 0.1, "dense_dropout": 0.1},
    "gru": {"width": 8, "layers": 2},
    "self_attention": {"width": 16, "heads": 2, "d_k": 4, "mlp_width": 16},
    "tae": {"input_width": 16, "d_model": 16, "d_k": 8, "mlp_width": 32, "decoder_width": 16},
    "transformer": {"width": 16, "layers": 2, "feed_forward": 16},
    "forest_features": {"trees": 12},
    "quant": {"trees": 12, "depth": 3},
    "rnn": {"width": 8},
    "lstm": {"width": 8},
    "starrnn": {"width": 8, "layers": 2, "dropout": 0.1},
    "cnn": {"filters": 8, "kernel_size": 3, "dense_width": 16},
    "resnet": {"width": 8, "blocks": 2},
    "inceptiontime": {"filters": 4, "depth": 4, "bottleneck": 4},
    "lstm_fcn": {"filters": 8},
    "mlp": {"width": 32},
}


def make_samples(count: int = 20, classes: int = 3, dates: int = 8, seed: int = 0) -> Samples:
    """Return series of which every fifth is for validation and every fifth for test."""
    made = series(count, classes, dates, len(BANDS), seed=seed)
    part = np.array([0, 0, 0, 1, 2], np.uint8)[np.arange(len(made["label"])) % 5]
    return Samples(made["values"], made["valid"], made["label"], part)


def make_card(architecture: str = "ltae", classes: int = 3, dates: int = 8, **strategy: Any) -> ModelCard:
    """Return the card of a small model as it is before training."""
    declared = registry()[architecture].architecture
    days = series(1, classes, dates)["days"].tolist()
    return ModelCard(
        architecture=architecture,
        hyperparameters={**declared.defaults(), **SMALL.get(architecture, {})},
        bands=BANDS,
        dates=some_dates(dates),
        season_start=some_dates(1)[0],
        classes=tuple(ClassInfo(10 * k, f"class {k}") for k in range(classes)),
        lower=(0.0,) * len(BANDS),
        upper=(0.5,) * len(BANDS),
        strategy={**strategy_defaults(declared), "epochs": 5, "batch_size": 8, "refit_below": 0, **strategy},
        grid_days=() if declared.reads_gaps else regular_grid(days),
    )


def make_preparation(card: ModelCard, device: str = "cpu") -> Preparation:
    """Return the preparation of the synthetic cube for a model."""
    dates = len(card.dates)
    scale = np.full((dates, len(card.bands)), SCALE)
    return Preparation(card, series(1, 2, dates)["days"].tolist(), scale, np.zeros_like(scale), device)


def ranged(card: ModelCard, samples: Samples) -> ModelCard:
    """Return the card with the ranges of the training samples."""
    train = samples.only(0)
    scale = np.full(train.values.shape[1:], SCALE)
    lower, upper = band_ranges(train.values, train.valid, scale, np.zeros_like(scale), card.bands)
    return replace(card, lower=lower, upper=upper)
