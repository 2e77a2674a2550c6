# SPDX-License-Identifier: GPL-2.0-or-later
"""The command "ensemble": trained models are put into one file, and tested where their samples are at hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ..core.accuracy import collapse_warning
from ..core.card import ModelCard
from ..core.monitor import Event, Monitor
from ..core.records import from_plain, to_plain
from .device import choose_device, make_repeatable
from .fitting import TEST, VALIDATION, Samples, load_samples, part_metrics
from .model_file import check_writable, ensemble_arrays, load_arrays, member_arrays, save_model
from .predictor import Predictor, torch_readable

if TYPE_CHECKING:
    from .session import Session


def ensemble(session: Session, message: Event) -> Event:
    """Join `models` into the file `model` with the `card` of the whole (see core/ensemble.py); done{outputs, card}.

    With `arrays` (values, valid, label, part of samples, with `scale`, `offset` and `days` since the card's season
    start) it is judged on the validation and the test part.

    Raises:
        ChronomapError: a model file cannot be used, or the ensemble cannot be written.
        Canceled: the user stopped the job.
    """
    path = Path(message["model"])
    check_writable(path)
    make_repeatable()
    card = from_plain(ModelCard, message["card"])
    arrays = ensemble_arrays([part for model in message["models"] for part in _parts(Path(model))])
    if "arrays" in message:
        trial = path.with_name(path.name + ".trial")
        save_model(trial, card, arrays)
        try:
            card = _judged(card, trial, message, session.monitor)
        finally:
            trial.unlink()
        warning = collapse_warning(card.metrics) if card.metrics else ""
        if warning:
            session.monitor.warning(warning)
    save_model(path, card, arrays)
    return {"event": "done", "outputs": {"model": str(path)}, "card": to_plain(card)}


def _parts(model: Path) -> list[dict[str, np.ndarray]]:
    """Return the arrays of a single model, or of each member of an ensemble."""
    card, arrays = load_arrays(model)
    if not card.members:
        return [arrays]
    return [member_arrays(arrays, number) for number in range(len(card.members))]


def _judged(card: ModelCard, model: Path, message: Event, monitor: Monitor) -> ModelCard:
    """Return the card with what the ensemble says of samples that no member has learned from.

    Those of the validation part are none where a member was refit with them.
    """
    samples = load_samples(message["arrays"])
    scale, offset = np.asarray(message["scale"], np.float32), np.asarray(message["offset"], np.float32)
    device = choose_device(message.get("device", "auto"))
    predictor = Predictor(model, message["days"], scale, offset, device)
    found: list[dict[str, Any]] = []
    for part in (VALIDATION, TEST):
        chosen = samples.only(part)
        found.append(part_metrics(chosen.label, predicted_classes(predictor, chosen, monitor), card.classes))
    has_learned_all = any(member.is_refit for member in card.members)
    return replace(card, validation_metrics={} if has_learned_all else found[0], metrics=found[1])


def predicted_classes(predictor: Predictor, samples: Samples, monitor: Monitor) -> np.ndarray:
    """Return the most probable class index (N,) of each sample; looks for cancel between batches."""
    values, valid = torch_readable(samples.values), torch.from_numpy(samples.valid)
    found = [np.zeros(0, np.int64)]
    for start in range(0, len(samples), predictor.batch):
        monitor.check()
        rows = slice(start, start + predictor.batch)
        found.append(predictor.predict(values[rows], valid[rows])[0].argmax(1).numpy())
    return np.concatenate(found)
