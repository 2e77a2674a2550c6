# SPDX-License-Identifier: GPL-2.0-or-later
"""The command "find_rate": a short training in which the learning rate rises until the loss breaks loose."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from ..core.errors import InputError
from ..core.monitor import Event
from .architectures import build_network
from .device import choose_device, make_repeatable, training_threads
from .fitting import TRAIN, load_samples
from .losses import make_criterion
from .optimisation import make_optimizer
from .series import Preparation
from .train_command import start_card
from .training import Batch, Series, Trainer

if TYPE_CHECKING:
    from .session import Session

_SMOOTHING = 0.9  # share of the mean loss kept from step to step, to see it break loose
_WIDTH = 0.2  # decades of the learning rate that the smoothed curve and its slope are taken over
_BREAKS_LOOSE = 4.0  # times the lowest loss
_LEAST_STEPS = 10


@dataclass(frozen=True)
class Sweep:
    """Losses over rising learning rates, each (S,); S is less than asked where the loss broke loose.

    `loss` as each step made it, `smoothed` as a curve through them, `slope` of that curve by decade of the rate.
    """

    rate: np.ndarray
    loss: np.ndarray
    smoothed: np.ndarray
    slope: np.ndarray


def find_rate(session: Session, message: Event) -> Event:
    """Answer ``find_rate``: done{rate, loss, smoothed, suggestion}; the request is that of ``train`` with `rates`.

    `rates` are the learning rates of the steps, rising. Range test after Smith 2017 (10.1109/WACV.2017.58).

    Raises:
        InputError: a setting or the samples do not fit, or no rate makes the loss fall.
        Canceled: the user stopped the job.
    """
    samples = load_samples(message["arrays"])
    card = start_card(message, samples)
    device = choose_device(message.get("device", "auto"))
    training_threads(card.strategy["batch_size"] * samples.values.shape[1])
    make_repeatable()
    preparation = Preparation(card, message["days"], message["scale"], message["offset"], device)
    torch.manual_seed(card.strategy["seed"])
    network = build_network(card).to(device)
    trainer = Trainer(card, network, preparation, session.monitor)
    sweep = sweep_rates(trainer, Series.of(samples.only(TRAIN), device), message["rates"])
    return {
        "event": "done",
        "rate": sweep.rate.tolist(),
        "loss": sweep.loss.tolist(),
        "smoothed": sweep.smoothed.tolist(),
        "suggestion": suggested_rate(sweep),
    }


def sweep_rates(trainer: Trainer, train: Series, rates: list[float]) -> Sweep:
    """Take a training step at each of the rising `rates`, until the loss breaks loose.

    Raises:
        Canceled: the user stopped the job.
    """
    criterion = make_criterion(trainer.strategy, train.label, len(trainer.names))
    optimizer = make_optimizer(trainer.strategy, trainer.network.parameters())
    losses: list[float] = []
    mean, lowest = 0.0, math.inf
    trainer.network.train()
    for step, (rate, batch) in enumerate(zip(rates, _endless_batches(trainer, train)), 1):
        for group in optimizer.param_groups:
            group["lr"] = rate
        loss = float(trainer.step(batch, criterion, optimizer)[0])
        mean = _SMOOTHING * mean + (1 - _SMOOTHING) * loss
        level = mean / (1 - _SMOOTHING**step)  # without the pull of the 0 it began with
        if not math.isfinite(loss) or (step > _LEAST_STEPS and level > _BREAKS_LOOSE * lowest):
            break
        losses.append(loss)
        lowest = min(lowest, level)
        trainer.monitor.progress(step / len(rates))
    rate, loss_of_step = np.array(rates[: len(losses)]), np.array(losses)
    return Sweep(rate, loss_of_step, *smooth(np.log10(rate), loss_of_step))


def smooth(place: np.ndarray, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return level and slope, (S,) each, of lines fitted around every place (S,): they do not lag behind."""
    level, slope = np.empty_like(value), np.empty_like(value)
    for index, centre in enumerate(place):
        weight = np.exp(-0.5 * ((place - centre) / _WIDTH) ** 2)
        middle, mean = (np.average(each, weights=weight) for each in (place, value))
        spread = np.average((place - middle) ** 2, weights=weight)
        slope[index] = np.average((place - middle) * (value - mean), weights=weight) / max(spread, 1e-12)
        level[index] = mean + slope[index] * (centre - middle)
    return level, slope


def _endless_batches(trainer: Trainer, train: Series) -> Iterator[Batch]:
    return itertools.chain.from_iterable(
        trainer.prepared(train, trainer.batches(train.label)) for _ in itertools.repeat(None)
    )


def suggested_rate(sweep: Sweep) -> float:
    """Return the rate at which the smoothed loss falls fastest before its lowest point.

    Raises:
        InputError: the loss does not fall.
    """
    lowest = int(np.argmin(sweep.smoothed)) if len(sweep.smoothed) else 0
    first = int(np.searchsorted(sweep.rate, sweep.rate[0] * 10 ** (2 * _WIDTH))) if lowest else 0  # edges are unsure
    falls = sweep.slope[first:lowest]
    if not len(falls) or falls.min() >= 0:
        raise InputError(
            "The loss falls at none of these learning rates: begin with a lower one, or look at the samples and "
            "settings."
        )
    return float(sweep.rate[first + int(np.argmin(falls))])
