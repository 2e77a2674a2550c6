# SPDX-License-Identifier: GPL-2.0-or-later
"""The commands "importance", "deletion", "growth" and "explain_series": which dates a model decides by.

All name a model and stored series: model, days (T,), scale and offset (T, C), device, and arrays {values (N, T, C),
valid (N, T)} as .npy. A model that was opened stays open for the next request: a second click is quick.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from ..core.errors import InputError
from ..core.importance import ATTENTION, GRADIENTS, MEASURES, OCCLUSION
from ..core.monitor import Event, Monitor
from .device import choose_device, make_repeatable
from .explain import effects, growth, importance, middle_series, shares, without_dates
from .explain_steps import Inside
from .predictor import Predictor, torch_readable

if TYPE_CHECKING:
    from .session import Session

_STATE = "explain"
_MOST_OPEN = 8  # models kept open at once


def explain_samples(session: Session, message: Event) -> Event:
    """Answer ``importance``: write probability (N, K) and importance (N, rows, T) by `method`, `reach_days`.

    Raises:
        InputError: the model cannot be explained by this method.
        ModelFileError: the model file cannot be used.
        Canceled: the user stopped the job.
    """
    predictor = open_predictor(session, message)
    values, valid = _series(message)
    reach = float(message.get("reach_days", 0.0))
    probability, weight = importance(predictor, values, valid, message["method"], session.monitor, reach)
    np.save(message["outputs"]["probability"], probability.numpy(), allow_pickle=False)
    np.save(message["outputs"]["importance"], weight.float().numpy(), allow_pickle=False)
    return {"event": "done", "outputs": dict(message["outputs"])}


def delete_dates(session: Session, message: Event) -> Event:
    """Answer ``deletion``: write the class (1 + draws, counts, N) chosen without so many dates of each series.

    Row 0 deletes the `counts` most important dates by arrays["importance"] (N, T), the others as many valid dates at
    random (`draws` of them, by `seed`). A series keeps at least one date.

    Raises:
        ModelFileError: the model file cannot be used.
        Canceled: the user stopped the job.
    """
    predictor = open_predictor(session, message)
    values, valid = _series(message)
    ranks = [torch.from_numpy(np.load(message["arrays"]["importance"], allow_pickle=False))]
    generator = torch.Generator().manual_seed(int(message["seed"]))
    ranks += [torch.rand(valid.shape, generator=generator) for _ in range(int(message["draws"]))]
    counts = [int(count) for count in message["counts"]]
    predicted = np.zeros((len(ranks), len(counts), len(values)), np.int16)
    for row, rank in enumerate(ranks):
        for column, count in enumerate(counts):
            session.monitor.check()
            left = without_dates(rank, valid, count)
            predicted[row, column] = predictor.predict(values, left)[0].argmax(1).numpy()
        session.monitor.progress((row + 1) / len(ranks))
    np.save(message["outputs"]["predicted"], predicted, allow_pickle=False)
    return {"event": "done", "outputs": dict(message["outputs"])}


def grow_season(session: Session, message: Event) -> Event:
    """Answer ``growth``: write probability (T, N, K) of series that end with each date, NaN before the first valid.

    Raises:
        ModelFileError: the model file cannot be used.
        Canceled: the user stopped the job.
    """
    found = growth(open_predictor(session, message), *_series(message), session.monitor)
    np.save(message["outputs"]["probability"], found, allow_pickle=False)
    return {"event": "done", "outputs": dict(message["outputs"])}


def explain_series(session: Session, message: Event) -> Event:
    """Answer ``explain_series``: write all that `parts` ask of one series (the first) to outputs["series"], an .npz.

    Always: probability (K,). Parts, each left out where the model cannot give it: "attention" -> attention (heads, T);
    "occlusion", "gradients" -> that name (T,) shares, and the name + "_effect" (T,) in log odds; "growth" ->
    growth (T, K); "steps" -> steps_* as Inside.steps; "filters" -> filters_* as Inside.filters, both of an ensemble's
    first member. arrays["baseline"] (T, C; as stored) may be given for gradients. Without "arrays" the series come
    inline: values (T, C), valid (T,).

    Raises:
        ModelFileError: the model file cannot be used.
    """
    predictor = _kept(session, "single", message, partial(Predictor, batch=1))  # nothing is computed for padding
    values, valid = _series(message)
    values, valid = values[:1], valid[:1]
    parts = set(message["parts"])
    probability, attention = predictor.predict(values, valid, ATTENTION in parts and predictor.gives_attention)
    found: dict[str, Any] = {"probability": probability[0].numpy()}
    if attention is not None:
        found[ATTENTION] = attention[0].float().numpy()
    for method in parts & {OCCLUSION, GRADIENTS}:
        found.update(_effects(predictor, message, (values, valid, probability.argmax(1)), method))
    if "growth" in parts:
        found["growth"] = growth(predictor, values, valid, Monitor())[:, 0]
    if parts & {"steps", "filters"}:
        found.update(_inside(_open_inside(session, message), values, valid, parts))
    np.savez(message["outputs"]["series"], **found)
    return {"event": "done", "outputs": dict(message["outputs"])}


def _effects(
    predictor: Predictor, message: Event, series: tuple[Tensor, Tensor, Tensor], method: str
) -> dict[str, np.ndarray]:
    baseline = None
    if method == GRADIENTS:
        if not predictor.is_differentiable:
            return {}
        path = message.get("arrays", {}).get("baseline")
        baseline = torch.from_numpy(np.load(path).astype(np.float32)) if path else middle_series(predictor)
    effect = effects(predictor, *series, baseline, float(message.get("reach_days", 0.0)))
    return {method: shares(effect)[0].numpy(), f"{method}_effect": effect[0].numpy()}


def _inside(inside: Inside, values: Tensor, valid: Tensor, parts: set[str]) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    if "steps" in parts and inside.has_steps:
        found.update({f"steps_{name}": array for name, array in inside.steps(values, valid).items()})
    if "filters" in parts and inside.has_filters:
        found.update({f"filters_{name}": array for name, array in inside.filters(values, valid).items()})
    return found


def open_predictor(session: Session, message: Event) -> Predictor:
    """Return the predictor of a request, open from an earlier one where model and cube are the same.

    Raises:
        ModelFileError: the model file cannot be used.
        InputError: the device is not there, or the request names an unknown method.
    """
    if message.get("method", ATTENTION) not in MEASURES:
        raise InputError(f"There is no method '{message['method']}': choose one of {', '.join(MEASURES)}.")
    return _kept(session, "predictor", message, Predictor)


def _open_inside(session: Session, message: Event) -> Inside:
    return _kept(session, "inside", message, Inside)


def _kept(session: Session, kind: str, message: Event, make: Any) -> Any:
    """Return what `make` opens for the model and cube of `message`; the oldest goes where there are too many."""
    path, device = Path(message["model"]), message.get("device", "auto")
    changed = path.stat().st_mtime_ns if path.exists() else 0
    key = repr((kind, str(path), changed, device, message["days"], message["scale"], message["offset"]))
    opened: dict[str, Any] = session.state.setdefault(_STATE, {})
    if key not in opened:
        make_repeatable()
        scale, offset = np.asarray(message["scale"], np.float32), np.asarray(message["offset"], np.float32)
        made = make(path, message["days"], scale, offset, choose_device(device))
        while len(opened) >= _MOST_OPEN:
            opened.pop(next(iter(opened)))
        opened[key] = made
    return opened[key]


def _series(message: Event) -> tuple[Tensor, Tensor]:
    """Return values (N, T, C) and valid (N, T) bool of a request, from files or inline."""
    if "arrays" in message:
        values, valid = (np.load(message["arrays"][name], allow_pickle=False) for name in ("values", "valid"))
    else:
        values, valid = np.asarray([message["values"]], np.float32), np.asarray([message["valid"]])
    return torch_readable(values), torch.from_numpy(valid.astype(bool))
