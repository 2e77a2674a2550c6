# SPDX-License-Identifier: GPL-2.0-or-later
"""The command "train": arrays and settings in, a model file with its card out."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

import numpy as np

from ..core.accuracy import collapse_warning
from ..core.card import ModelCard, read_card
from ..core.catalog import Architecture, value_problems
from ..core.errors import InputError, ModelFileError
from ..core.monitor import Event, Monitor
from ..core.records import from_plain, to_plain
from ..core.strategy import STRATEGY, strategy_defaults
from .architectures import registry
from .checkpoint import Checkpoint
from .cost import cost_of
from .device import choose_device, make_repeatable, training_threads
from .fitting import TEST, TRAIN, VALIDATION, Fitted, Samples, load_samples, part_metrics
from .model_file import check_writable, load_member, save_model
from .network_fit import fit_network
from .normalisation import band_ranges
from .parallel import joined_group, own_device
from .series import Preparation, regular_grid
from .training import NEW, Start
from .transfer import continued_weights

if TYPE_CHECKING:
    from .session import Session


def train(session: Session, message: Event) -> Event:
    """Train a model as the request says; emits epochs and warnings, answers done{outputs, card}.

    With a `checkpoint` (a path) the training is kept there after its epochs and resumed from there, if it is the same
    one; with `keep_finished` a model that the same training has already written is left as it is. With a `base` (a
    model file) it continues from that model, of an ensemble from `base_member` (beyond the last one from the first on);
    the `card` then has its classes first.

    Raises:
        ChronomapError: a setting or the samples do not fit, or the model cannot be written.
        Canceled: the user stopped the job.
    """
    started = time.perf_counter()
    check_writable(Path(message["model"]))
    samples = load_samples(message["arrays"])
    base = load_member(Path(message["base"]), message.get("base_member", 0)) if message.get("base") else None
    identity = _identity(message, samples)
    if message.get("keep_finished") and _is_finished(Path(message["model"]), identity):
        session.monitor.note("This model is trained already.")
        return {"event": "done", "outputs": {"model": message["model"]}}
    card = replace(start_card(message, samples, base[0] if base else None), identity=identity)
    device = own_device(choose_device(message.get("device", "auto")))
    training_threads(card.strategy["batch_size"] * samples.values.shape[1], message.get("threads", 0))
    make_repeatable()
    preparation = Preparation(card, message["days"], message["scale"], message["offset"], device)
    checkpoint = Checkpoint(Path(message["checkpoint"]), identity) if message.get("checkpoint") else None
    weights = continued_weights(*base, card) if base else {}
    with joined_group(device) as group:
        checkpoint = checkpoint if group.size == 1 else None  # to resume, all would have to be stopped at one step
        fitted = fit_model(card, samples, preparation, session.monitor, Start(weights, checkpoint, group))
    card = finished_card(card, samples, fitted, time.perf_counter() - started)
    _warn(card, session.monitor)
    save_model(Path(message["model"]), card, fitted.arrays)
    if checkpoint:
        checkpoint.clear()
    return {"event": "done", "outputs": {"model": message["model"]}, "card": to_plain(card)}


def _identity(message: Event, samples: Samples) -> str:
    """Return a digest of all in a request that decides on the model."""
    left_out = ("arrays", "model", "checkpoint", "keep_finished", "base", "base_member", "card", "threads")
    telling = {key: value for key, value in message.items() if key not in left_out}
    telling["card"] = {key: value for key, value in message["card"].items() if key not in ("created", "samples")}
    digest = hashlib.sha256(json.dumps(telling, sort_keys=True).encode())
    for array in (samples.values, samples.valid, samples.label, samples.part):
        digest.update(np.ascontiguousarray(array).tobytes())
    if message.get("base"):
        digest.update(Path(message["base"]).read_bytes())
        digest.update(b"%d" % message.get("base_member", 0))
    return digest.hexdigest()


def _is_finished(model: Path, identity: str) -> bool:
    try:
        return read_card(model).identity == identity
    except ModelFileError:
        return False


def start_card(message: Event, samples: Samples, base: Optional[ModelCard] = None) -> ModelCard:
    """Return the card as it is known before training: settings checked and complete, ranges from the train part.

    A training that continues from `base` keeps its architecture, its ranges and its grid.

    Raises:
        InputError: a setting is not allowed, or a band has no range.
    """
    architecture = find_declared(message["architecture"])
    plain = message["card"]
    hyperparameters, strategy = settings_of(architecture, message)
    if base:
        kept = {
            name: getattr(base, name) for name in ("architecture", "hyperparameters", "lower", "upper", "grid_days")
        }
        return from_plain(ModelCard, {**plain, **to_plain(kept), "strategy": strategy})
    train_part = samples.only(TRAIN)
    lower, upper = band_ranges(train_part.values, train_part.valid, message["scale"], message["offset"], plain["bands"])
    grid = () if architecture.reads_gaps else regular_grid(message["days"], message.get("grid_step_days", 0.0))
    known = {
        "architecture": architecture.id,
        "hyperparameters": hyperparameters,
        "strategy": strategy,
        "lower": lower,
        "upper": upper,
        "grid_days": grid,
    }
    return from_plain(ModelCard, {**plain, **known})


def settings_of(architecture: Architecture, message: Event) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return all hyperparameters and the whole strategy of a request, typed as declared.

    Raises:
        InputError: a value is not allowed.
    """
    hyperparameters = {**architecture.defaults(), **message.get("hyperparameters", {})}
    strategy = {**strategy_defaults(architecture), **message.get("strategy", {})}
    problems = architecture.problems(hyperparameters) + value_problems(STRATEGY, strategy, "Learning strategy")
    if problems:
        raise InputError(" ".join(problems))
    return _typed(architecture.hyperparameters, hyperparameters), _typed(STRATEGY, strategy)


def find_declared(architecture_id: str) -> Architecture:
    """Return the declaration of an architecture.

    Raises:
        InputError: there is no such architecture.
    """
    if architecture_id not in registry():
        raise InputError(f"There is no architecture '{architecture_id}': choose one of {', '.join(registry())}.")
    return registry()[architecture_id].architecture


def _typed(declared: Any, values: dict[str, Any]) -> dict[str, Any]:
    """Return `values` as the types they are declared with: whole numbers may arrive as 64.0."""
    casts: dict[str, Any] = {"int": int, "float": float, "bool": bool, "choice": str}
    kinds = {setting.name: casts[setting.kind] for setting in declared}
    return {name: kinds[name](value) for name, value in values.items()}


def fit_model(
    card: ModelCard,
    samples: Samples,
    preparation: Preparation,
    monitor: Monitor,
    start: Start = NEW,
) -> Fitted:
    """Fit the model of `card`, a network or a classical one (which has no `start`).

    Raises:
        InputError: too few samples, or the loss is no number any more.
        Canceled: the user stopped the job.
    """
    if registry()[card.architecture].architecture.kind == "classical":
        from .classical import fit_classical  # noqa: PLC0415 (scikit-learn only where it is used)

        return fit_classical(card, samples, preparation, monitor)
    return fit_network(card, samples, preparation, monitor, start)


def finished_card(card: ModelCard, samples: Samples, fitted: Fitted, seconds: float) -> ModelCard:
    """Return the card of a fitted model, with what it says of the validation and the test part."""
    validation, test = samples.only(VALIDATION), samples.only(TEST)
    return replace(
        card,
        history=fitted.history,
        best_epoch=fitted.best_epoch,
        temperature=fitted.temperature,
        parameters=fitted.parameters,
        flops=cost_of(card, fitted.arrays).flops,
        validation_metrics=part_metrics(validation.label, fitted.validation_prediction, card.classes),
        metrics=part_metrics(test.label, fitted.test_prediction, card.classes),
        is_refit=fitted.is_refit,
        seconds=max(seconds, fitted.epoch_seconds),
        notes=(*card.notes, *fitted.notes),
    )


def _warn(card: ModelCard, monitor: Monitor) -> None:
    metrics = card.metrics or card.validation_metrics
    sentence = (
        collapse_warning(metrics) if metrics else "There are no validation and test samples: accuracy is unknown."
    )
    if sentence:
        monitor.warning(sentence)
