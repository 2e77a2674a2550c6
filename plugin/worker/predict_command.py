# SPDX-License-Identifier: GPL-2.0-or-later
"""The command "predict": a model's answers for samples, as .npy files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from ..core.errors import InputError
from ..core.monitor import Event, Monitor
from .device import choose_device, make_repeatable
from .predictor import Predictor, torch_readable

if TYPE_CHECKING:
    from .session import Session


def predict(session: Session, message: Event) -> Event:
    """Answer ``predict``: write probability (N, K) float32 and, if its path is given, attention (N, heads, T) float32.

    Raises:
        InputError: attention is asked of a model that gives none.
        ModelFileError: the model file cannot be used.
        Canceled: the user stopped the job.
    """
    make_repeatable()
    scale, offset = np.asarray(message["scale"], np.float32), np.asarray(message["offset"], np.float32)
    device = choose_device(message.get("device", "auto"))
    predictor = Predictor(Path(message["model"]), message["days"], scale, offset, device)
    outputs = message["outputs"]
    if "attention" in outputs and not predictor.gives_attention:
        raise InputError(
            f"The model {message['model']} ({predictor.card.architecture}) gives no attention: choose a network with "
            "attention, such as L-TAE."
        )
    arrays = {name: np.load(message["arrays"][name], allow_pickle=False) for name in ("values", "valid")}
    for name, found in _predict_all(predictor, arrays, "attention" in outputs, session.monitor).items():
        np.save(outputs[name], found, allow_pickle=False)
    return {"event": "done", "outputs": dict(outputs)}


def _predict_all(
    predictor: Predictor, arrays: dict[str, np.ndarray], attention: bool, monitor: Monitor
) -> dict[str, np.ndarray]:
    """Return probability and, if wanted, attention of all samples; looks for cancel between batches."""
    values, valid = torch_readable(arrays["values"]), torch.from_numpy(arrays["valid"].astype(bool))
    found: dict[str, list[np.ndarray]] = {"probability": [], "attention": []}
    for start in range(0, max(len(values), 1), predictor.batch):
        monitor.check()
        rows = slice(start, start + predictor.batch)
        probability, weights = predictor.predict(values[rows], valid[rows], attention)
        found["probability"].append(probability.numpy())
        if weights is not None:
            found["attention"].append(weights.float().numpy())
        monitor.progress(min(1.0, (start + predictor.batch) / max(len(values), 1)))
    return {name: np.concatenate(parts) for name, parts in found.items() if parts}
