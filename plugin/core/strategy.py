# SPDX-License-Identifier: GPL-2.0-or-later
"""The learning strategy: the settings of training that every network shares, declared once."""

from __future__ import annotations

from typing import Any

from .catalog import Architecture, Hyperparameter

STRATEGY = (
    Hyperparameter("optimizer", "Optimiser", "choice", "adam", "How the weights follow the gradient.",
                   choices=("adam", "adamw", "sgd", "rmsprop")),
    Hyperparameter("learning_rate", "Learning rate", "float", 1e-3, "Step of the optimiser.", 1e-6, 1.0),
    Hyperparameter("schedule", "Schedule", "choice", "constant", "How the learning rate changes over the epochs.",
                   choices=("constant", "step", "cosine", "onecycle", "plateau")),
    Hyperparameter("weight_decay", "Weight decay", "float", 0.0, "Pull of the weights towards zero (L2).", 0.0, 1.0),
    Hyperparameter("batch_size", "Batch size", "int", 64, "Series per step.", 2, 65536),
    Hyperparameter("epochs", "Epochs", "int", 100, "Passes over the training samples, at most.", 1, 10000),
    Hyperparameter("patience", "Patience", "int", 20,
                   "Epochs without a better validation loss before training stops; 0 never stops.", 0, 10000),
    Hyperparameter("min_delta", "Least improvement", "float", 0.0,
                   "By how much the validation loss must fall to count as better.", 0.0, 10.0),
    Hyperparameter("loss", "Loss", "choice", "cross_entropy", "What is minimised.",
                   choices=("cross_entropy", "focal")),
    Hyperparameter("focal_gamma", "Focal gamma", "float", 1.0,
                   "Weight of hard samples in the focal loss; 0 is cross-entropy.", 0.0, 10.0),
    Hyperparameter("class_weights", "Class weights", "choice", "none",
                   "balanced: rare classes count as much as frequent ones.", choices=("none", "balanced")),
    Hyperparameter("label_smoothing", "Label smoothing", "float", 0.0,
                   "Share of each label spread over all classes.", 0.0, 0.5),
    Hyperparameter("gradient_clip", "Gradient clipping", "float", 0.0,
                   "Largest norm of the gradient; 0 does not clip.", 0.0, 1000.0),
    Hyperparameter("date_dropping", "Date dropping", "float", 0.0,
                   "Share of the dates hidden at random in training: makes the model robust to clouds.", 0.0, 0.9),
    Hyperparameter("day_shift", "Day shift", "int", 0,
                   "Series are shifted by up to so many days in training: helps across years.", 0, 60),
    Hyperparameter("seed", "Seed", "int", 0, "The same seed gives the same model.", 0, 2**31 - 1),
)  # fmt: skip


def strategy_defaults(architecture: Architecture, preset: str = "") -> dict[str, Any]:
    """Return every setting of the learning strategy with its value in `preset` of `architecture`."""
    chosen = architecture.preset(preset).strategy
    return {setting.name: chosen.get(setting.name, setting.default) for setting in STRATEGY}
