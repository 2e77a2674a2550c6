# SPDX-License-Identifier: GPL-2.0-or-later
"""The learning strategy: the settings of training that every network shares, declared once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .catalog import Architecture, Hyperparameter

FEW_SAMPLES = 500  # with fewer to learn from, none can be spared and chance decides much
MOST_SEED = 2**31 - 1

STRATEGY = (
    Hyperparameter("optimizer", "Optimiser", "choice", "adam", "How the weights follow the gradient.",
                   choices=("adam", "adamw", "sgd", "rmsprop")),
    Hyperparameter("learning_rate", "Learning rate", "float", 1e-3, "Step of the optimiser.", 1e-6, 1.0,
                   search=(1e-4, 2e-2)),
    Hyperparameter("momentum", "Momentum", "float", 0.9, "Share of the last step that goes on into the next.",
                   0.0, 0.999, only_if=("optimizer", "sgd"),
                   search=(0.5, 0.99)),
    Hyperparameter("nesterov", "Nesterov momentum", "bool", True,
                   "Take the gradient where momentum will have led; needs some momentum.",
                   only_if=("optimizer", "sgd")),
    Hyperparameter("beta1", "Memory of the gradient", "float", 0.9,
                   "Beta 1: share of the mean gradient kept from step to step.", 0.0, 0.999,
                   only_if=("optimizer", "adam", "adamw"),
                   search=(0.8, 0.95)),
    Hyperparameter("beta2", "Memory of the squared gradient", "float", 0.999,
                   "Beta 2: share of the mean squared gradient kept from step to step.", 0.0, 0.99999,
                   only_if=("optimizer", "adam", "adamw"),
                   search=(0.9, 0.999)),
    Hyperparameter("rmsprop_alpha", "RMSprop memory", "float", 0.99,
                   "Alpha: share of the mean squared gradient kept from step to step.", 0.0, 0.99999,
                   only_if=("optimizer", "rmsprop"),
                   search=(0.9, 0.999)),
    Hyperparameter("weight_decay", "Weight decay", "float", 0.0, "Pull of the weights towards zero (L2).", 0.0, 1.0,
                   search=(1e-6, 1e-1)),
    Hyperparameter("gradient_clip", "Gradient clipping", "float", 0.0,
                   "Largest norm of the gradient; 0 does not clip.", 0.0, 1000.0,
                   search=(0.1, 10.0)),
    Hyperparameter("schedule", "Schedule", "choice", "constant", "How the learning rate changes over the epochs.",
                   choices=("constant", "step", "cosine", "onecycle", "plateau")),
    Hyperparameter("step_epochs", "Step length", "int", 1, "Epochs from one step of the schedule to the next.",
                   1, 10000, only_if=("schedule", "step"), unit="epochs",
                   search=(1, 20)),
    Hyperparameter("step_factor", "Step factor", "float", 0.95,
                   "Gamma: what the learning rate is multiplied by at each step.", 0.01, 1.0,
                   only_if=("schedule", "step"),
                   search=(0.3, 0.99)),
    Hyperparameter("cosine_minimum", "End of the cosine", "float", 0.0,
                   "Share of the learning rate that the cosine falls to in the last epoch.", 0.0, 1.0,
                   only_if=("schedule", "cosine")),
    Hyperparameter("onecycle_peak", "Peak of the cycle", "float", 0.3,
                   "Share of the training after which the one cycle reaches the learning rate.", 0.0, 0.9,
                   only_if=("schedule", "onecycle")),
    Hyperparameter("plateau_factor", "Plateau factor", "float", 0.5,
                   "What the learning rate is multiplied by when the validation loss no longer falls.", 0.01, 0.99,
                   only_if=("schedule", "plateau")),
    Hyperparameter("plateau_patience", "Plateau patience", "int", 5,
                   "Epochs without a better validation loss before the learning rate falls.", 0, 10000,
                   only_if=("schedule", "plateau"), unit="epochs"),
    Hyperparameter("warmup_epochs", "Warm-up", "int", 0,
                   "Epochs in which the learning rate rises from near 0, step by step; the schedule comes after.",
                   0, 1000, only_if=("schedule", "constant", "step", "cosine", "plateau"), unit="epochs",
                   search=(0, 10)),
    Hyperparameter("batch_size", "Batch size", "int", 64, "Series per step.", 2, 65536, unit="series",
                   search=(16, 256)),
    Hyperparameter("epochs", "Epochs", "int", 100, "Passes over the training samples, at most.", 1, 10000),
    Hyperparameter("patience", "Patience", "int", 20,
                   "Epochs in a row worse than the best before training stops; 0 never stops.", 0, 10000,
                   unit="epochs", zero="never stops"),
    Hyperparameter("settling_steps", "Settling", "int", 200,
                   "Steps before which patience ends no training: at first statistics and the mean of the weights lag "
                   "behind. With few samples an epoch is a few steps, and a network that learns slowly needs more.",
                   0, 10**6, only_if=("patience",), unit="steps"),
    Hyperparameter("min_delta", "Least improvement", "float", 0.0,
                   "By how much the validation loss must fall to count for patience; 0: an epoch as good as the best "
                   "counts too.", 0.0, 10.0,
                   only_if=("patience",)),
    Hyperparameter("tolerance", "Tolerance", "float", 1.0,
                   "An epoch is as good as the best one while its validation loss is higher by no more than so many "
                   "standard errors; the last such epoch is kept. Few validation samples cannot tell such epochs "
                   "apart, and longer training mostly knows more. 0 keeps the lowest loss.", 0.0, 5.0),
    Hyperparameter("refit_below", "Refit below", "int", FEW_SAMPLES,
                   "With fewer training and validation samples than this, a new network learns from both in the end, "
                   "for as many epochs as were best: where samples are few, those held back are missed. The validation "
                   "figures are those of the first one. 0 never.", 0, 10**9, unit="samples", zero="never"),
    Hyperparameter("ensemble_below", "Ensemble below", "int", 0,
                   "With fewer training and validation samples than this, where the seed decides much, three networks "
                   "are trained and decide together, unless the number of members is given. 0 never.", 0, 10**9,
                   unit="samples", zero="never"),
    Hyperparameter("weight_averaging", "Weight averaging", "float", 0.98,
                   "Share of their running mean that is kept from step to step. The mean is steadier than the weights "
                   "themselves, and is what is judged and kept; 0 keeps the weights as they are.", 0.0, 0.9999,
                   search=(0.0, 0.995)),
    Hyperparameter("loss", "Loss", "choice", "cross_entropy", "What is minimised.",
                   choices=("cross_entropy", "focal")),
    Hyperparameter("focal_gamma", "Focal gamma", "float", 1.0,
                   "Weight of hard samples in the focal loss; 0 is cross-entropy.", 0.0, 10.0,
                   only_if=("loss", "focal"),
                   search=(0.5, 5.0)),
    Hyperparameter("class_weights", "Class weights", "choice", "none",
                   "balanced: in the loss, rare classes count as much as frequent ones.",
                   choices=("none", "balanced")),
    Hyperparameter("sampling", "Sampling", "choice", "shuffled",
                   "shuffled: each series once per epoch; balanced: rare classes are drawn as often as frequent ones, "
                   "their series several times.", choices=("shuffled", "balanced")),
    Hyperparameter("label_smoothing", "Label smoothing", "float", 0.0,
                   "Share of each label spread over all classes.", 0.0, 0.5,
                   search=(0.0, 0.2)),
    Hyperparameter("date_dropping", "Date dropping", "float", 0.0,
                   "Share of the dates hidden at random in training: makes the model robust to clouds.", 0.0, 0.9,
                   search=(0.0, 0.6)),
    Hyperparameter("block_dropping", "Block dropping", "float", 0.0,
                   "Up to this share of the dates is hidden in one piece, anywhere in the series: makes the model "
                   "robust to long gaps and short seasons.", 0.0, 0.9,
                   search=(0.0, 0.6)),
    Hyperparameter("day_shift", "Day shift", "int", 0,
                   "Series are shifted by up to so many days in training: helps across years.", 0, 60, unit="days",
                   search=(0, 30)),
    Hyperparameter("amplitude_noise", "Amplitude noise", "float", 0.0,
                   "Each band of a series is made stronger or weaker by about this share in training: helps across "
                   "haze, soils and sensors.", 0.0, 1.0,
                   search=(0.0, 0.3)),
    Hyperparameter("seed", "Seed", "int", 0, "The same seed gives the same model.", 0, MOST_SEED),
)  # fmt: skip


def is_refit(strategy: Mapping[str, Any], train: float, validation: float) -> bool:
    """Return whether a network of so many training and validation samples learns from both in the end."""
    return validation > 0 and train + validation < strategy["refit_below"]


def strategy_defaults(architecture: Architecture, preset: str = "") -> dict[str, Any]:
    """Return every setting of the learning strategy with its value in `preset` of `architecture`."""
    chosen = architecture.preset(preset).strategy
    return {setting.name: chosen.get(setting.name, setting.default) for setting in STRATEGY}


# Titles of groups of settings, and the setting with which each begins.
_GROUPS = {
    "optimizer": "Optimiser",
    "schedule": "Learning rate over the epochs",
    "batch_size": "Batches and epochs",
    "loss": "Loss and classes",
    "date_dropping": "Changes to the series in training",
    "seed": "Repeatability",
}


def strategy_of(architecture: Architecture) -> tuple[Hyperparameter, ...]:
    """Return the settings of the learning strategy that matter to `architecture`: a classical model only has a seed."""
    if architecture.kind == "network":
        return STRATEGY
    return tuple(setting for setting in STRATEGY if setting.name == "seed")


def strategy_groups(settings: Iterable[Hyperparameter]) -> list[tuple[str, list[Hyperparameter]]]:
    """Return `settings` of the learning strategy under the titles they are shown with."""
    titles, title = {}, ""
    for setting in STRATEGY:
        title = _GROUPS.get(setting.name, title)
        titles[setting.name] = title
    groups: dict[str, list[Hyperparameter]] = {}
    for setting in settings:
        groups.setdefault(titles[setting.name], []).append(setting)
    return list(groups.items())
