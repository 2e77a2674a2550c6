# SPDX-License-Identifier: GPL-2.0-or-later
"""The command "size": what a model of these settings would cost, before there are samples."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from ..core.card import ModelCard
from ..core.classes import ClassInfo
from ..core.monitor import Event
from ..core.season import days_since, parse_date
from .cost import cost_of
from .device import choose_device, describe_device, make_repeatable
from .pace import Trial, measured_pace
from .series import regular_grid
from .train_command import find_declared, settings_of

if TYPE_CHECKING:
    from .session import Session


def size(session: Session, message: Event) -> Event:
    """Answer ``size``: done{parameters, flops}, and with "measure" true also device and pace (see worker/pace.py).

    Of the request: `architecture`, `hyperparameters`, `strategy` (what is left out keeps the default preset's value),
    `bands` (names), `dates` (ISO), `classes` (how many), `grid_step_days`; to measure also `device`, `dtype` of the
    stored values and `samples` (how many a classical model is fitted to).

    Raises:
        InputError: a setting does not fit, or this machine has no such device.
        Canceled: the user stopped the job.
    """
    card = _card(message)
    cost = cost_of(card)
    answer = {"event": "done", "parameters": cost.parameters, "flops": cost.flops}
    if not message.get("measure"):
        return answer
    device = choose_device(message.get("device", "auto"))
    make_repeatable()
    trial = Trial(card, str(message.get("dtype", "int16")), device)
    pace = measured_pace(trial, int(message.get("samples", 0)), session.monitor)
    return {**answer, "device": describe_device(device), "pace": asdict(pace)}


def _card(message: Event) -> ModelCard:
    """Return the card of a model as it would be trained, its bands from 0 to 1."""
    architecture = find_declared(message["architecture"])
    hyperparameters, strategy = settings_of(architecture, message)
    bands, dates = tuple(message["bands"]), tuple(message["dates"])
    start = min(dates)
    days = days_since(parse_date(start), dates)
    return ModelCard(
        architecture=architecture.id,
        hyperparameters=hyperparameters,
        strategy=strategy,
        bands=bands,
        dates=dates,
        season_start=start,
        classes=tuple(ClassInfo(number, str(number)) for number in range(int(message["classes"]))),
        lower=(0.0,) * len(bands),
        upper=(1.0,) * len(bands),
        grid_days=() if architecture.reads_gaps else regular_grid(days, message.get("grid_step_days", 0.0)),
    )
