# SPDX-License-Identifier: GPL-2.0-or-later
"""Fitting a network: trained until its validation samples say enough and, where samples are few, anew from all."""

from __future__ import annotations

import torch

from ..core.card import ModelCard
from ..core.monitor import Monitor
from ..core.strategy import is_refit
from .architectures import build_network
from .evaluation import fit_temperature
from .fitting import TEST, TRAIN, VALIDATION, Fitted, Samples
from .model_file import network_arrays
from .series import Preparation
from .training import NEW, Series, Start, Trainer


def fit_network(
    card: ModelCard,
    samples: Samples,
    preparation: Preparation,
    monitor: Monitor,
    start: Start = NEW,
) -> Fitted:
    """Train the network of `card` with its strategy on the samples' own parts.

    Where the strategy says so, another network then learns from the validation samples too. What is told of these, and
    the temperature, are of the first one, which has not learned from them.

    Raises:
        InputError: too few samples, or the loss is no number any more.
        Canceled: the user stopped the job.
    """

    def series(*parts: int) -> Series:
        return Series.of(samples.only(*parts), preparation.device)

    train, validation, test = series(TRAIN), series(VALIDATION), series(TEST)
    if not len(validation):
        monitor.warning("There are no validation samples: the last epoch is kept, whether it is best or not.")
    has_refit = is_refit(card.strategy, len(train), len(validation))
    first = _trainer(card, preparation, monitor.part(0.0, 0.5) if has_refit else monitor, start)
    progress = first.run(train, validation)
    epochs, final = progress.history, first
    if has_refit and not first.is_finishing():
        known = series(TRAIN, VALIDATION)
        monitor.note(f"Refit: learning anew from all {len(known)} samples, epochs: {progress.best_epoch}.")
        again = _trainer(card, preparation, monitor.part(0.5, 1.0), start.of_refit())
        repeated = again.run(known, series(), progress).history
        epochs = epochs + repeated
        final = again if len(repeated) == progress.best_epoch else first  # else the user ended it
    logits = first.logits(validation)
    return Fitted(
        arrays=network_arrays(final.network),
        validation_prediction=logits.argmax(1).cpu().numpy(),
        test_prediction=final.logits(test).argmax(1).cpu().numpy(),
        parameters=sum(weight.numel() for weight in final.network.parameters()),
        temperature=fit_temperature(logits, validation.label) if len(validation) else 1.0,
        history=tuple(progress.history),
        best_epoch=progress.best_epoch,
        is_refit=final is not first,
        epoch_seconds=sum(record["seconds"] for record in epochs),
    )


def _trainer(card: ModelCard, preparation: Preparation, monitor: Monitor, start: Start) -> Trainer:
    """Return the trainer of a network with the weights that the seed gives, or with those to go on from."""
    torch.manual_seed(card.strategy["seed"])
    network = build_network(card).to(preparation.device)
    network.load_state_dict({**network.state_dict(), **start.weights})
    return Trainer(card, network, preparation, monitor, start)
