# SPDX-License-Identifier: GPL-2.0-or-later
"""Training a network: seeded batches, early stopping on the validation loss, the best epoch restored."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Optional

import torch
from torch import Tensor, nn

from ..core.accuracy import accuracy
from ..core.card import ModelCard
from ..core.errors import InputError
from ..core.monitor import Monitor
from .augmentation import augmented
from .averaging import RunningMean
from .checkpoint import Checkpoint, TrainingState
from .device import kernels_on, tensor_cores
from .evaluation import fit_temperature, predict_logits
from .fitting import Samples, confusion_matrix
from .losses import Criterion, balanced_weights, make_criterion
from .optimisation import Schedule, make_optimizer
from .parallel import ALONE, Group
from .progress import Progress
from .series import Preparation
from .training_layers import quicken

_AHEAD = 512  # series that are prepared at once: a small batch costs its calls, not its arithmetic


@dataclass(frozen=True)
class Series:
    """Samples of one part on the device: values (N, T, C) as stored, valid (N, T), label (N,)."""

    values: Tensor
    valid: Tensor
    label: Tensor

    @classmethod
    def of(cls, samples: Samples, device: torch.device) -> Series:
        """Move the samples of one part to `device`."""
        arrays = (samples.values, samples.valid, samples.label)
        return cls(*(torch.as_tensor(array, device=device) for array in arrays))

    def __len__(self) -> int:
        return len(self.label)


@dataclass(frozen=True)
class Batch:
    """Some training samples as the network reads them, beside their `index` (N,) and label (N,)."""

    index: Tensor
    x: Tensor
    days: Tensor
    valid: Tensor
    label: Tensor


@dataclass(frozen=True)
class Start:
    """Where a training begins: weights to go on from ({}: new ones), a checkpoint to keep (or None), who takes part."""

    weights: dict[str, Tensor] = field(default_factory=dict)
    checkpoint: Optional[Checkpoint] = None
    group: Group = ALONE

    def of_refit(self) -> Start:
        """Return the same start with a checkpoint of its own."""
        return replace(self, checkpoint=self.checkpoint and self.checkpoint.of_refit())


NEW = Start()


class Trainer:
    """Trains one network with the strategy of its card."""

    def __init__(
        self,
        card: ModelCard,
        network: nn.Module,
        preparation: Preparation,
        monitor: Monitor,
        start: Start = NEW,
    ) -> None:
        quicken(network)
        self.network, self.preparation, self.monitor = network, preparation, monitor
        self.checkpoint, self.group = start.checkpoint, start.group
        self.strategy = card.strategy
        self.names = [info.name for info in card.classes]
        self.generator = torch.Generator().manual_seed(card.strategy["seed"] + self.group.rank)
        if not self.group.is_first:
            torch.manual_seed(card.strategy["seed"] + self.group.rank)  # other features hidden than the first one hides

    @tensor_cores()
    def run(self, train: Series, validation: Series, former: Optional[Progress] = None) -> Progress:
        """Train until the epochs or the patience end, or the user wants to keep what there is; restore the best epoch.

        A refit, after the `former` training, takes as many epochs as were best then, with the learning rates of then,
        and tells none of them.

        Raises:
            InputError: too few samples, or the loss is no number any more.
            Canceled: the user stopped the job.
        """
        if len(train) < 2:
            raise InputError(f"There are {len(train)} training samples: give at least 2, better 50 per class.")
        self.group.same_weights(self.network)
        criterion = make_criterion(self.strategy, train.label, len(self.names))
        optimizer = make_optimizer(self.strategy, self.network.parameters())
        schedule = Schedule(self.strategy, optimizer, self._batches_per_epoch(len(train)))
        device = self.preparation.device
        mean = RunningMean(self.network, self.strategy["weight_averaging"])
        state = TrainingState(self.network, optimizer, schedule, self.generator, device, Progress(), mean)
        tell = self._report_progress if former else self._report
        epochs = former.best_epoch if former else self.strategy["epochs"]
        self._resume(state, tell)
        progress = state.progress
        for epoch in range(len(progress.history) + 1, epochs + 1):
            started = time.perf_counter()
            record = {"epoch": epoch, "epochs": epochs}
            record.update(self._epoch(train, criterion, state))
            self._check_loss(record["train_loss"], epoch)
            with mean.in_place():
                losses, figures = self._validate(validation, criterion)
                record.update(figures)
                record["is_best"] = progress.note(self.network, epoch, losses, self.strategy)
            record["learning_rate"] = schedule.rate
            record["seconds"] = time.perf_counter() - started
            progress.history.append(record)
            schedule.after_epoch((former or progress).history[epoch - 1]["validation_loss"])
            tell(record)
            if self.is_finishing() or (not former and self._is_out_of_patience(state)):
                break
            if self.checkpoint:
                self.checkpoint.save(state)
        self.network.load_state_dict(progress.best_weights)
        return progress

    def _resume(self, state: TrainingState, tell: Callable[[dict[str, Any]], None]) -> None:
        """Go on where the same training was stopped, if it was, and tell its epochs again."""
        former = self.checkpoint.restore(state) if self.checkpoint else None
        if former is None:
            return
        self.monitor.note(f"Resuming: the training was stopped after epoch {len(state.progress.history)}.")
        if former != kernels_on(state.device):
            self.monitor.warning(
                f"This training was begun on {former} and goes on with {kernels_on(state.device)}: the model may "
                "differ a little from that of an unbroken training."
            )
        for record in state.progress.history:
            tell(record)

    def logits(self, series: Series) -> Tensor:
        """Return logits (N, K) of the network as it is."""
        if not len(series):
            return torch.zeros(0, len(self.names))
        return predict_logits(self.network, self.preparation, series.values, series.valid)

    def _epoch(self, train: Series, criterion: Criterion, state: TrainingState) -> dict[str, float]:
        """Pass over the training samples once and return mean loss and macro F1, both as they were while it learned."""
        self.network.train()
        total = torch.zeros((), device=train.label.device)
        seen, predicted = [], []
        for batch in self.prepared(train, [self.group.share(batch) for batch in self.batches(train.label)]):
            loss, prediction = self.step(batch, criterion, state.optimizer)
            total += loss * len(batch.index)
            state.mean.update()
            state.schedule.after_batch()
            seen.append(batch.index)
            predicted.append(prediction)
            if self.monitor.is_finishing() and self.group.size == 1:
                break
        label = train.label.cpu()[torch.cat(seen)]
        return {
            "train_loss": float(total) / len(label),
            "train_macro_f1": self._macro_f1(label, torch.cat(predicted)),
        }

    def step(self, batch: Batch, criterion: Criterion, optimizer: torch.optim.Optimizer) -> tuple[Tensor, Tensor]:
        """Learn from one `batch` and return its loss and the classes (N,) the network gave before it did.

        Raises:
            Canceled: the user stopped the job.
        """
        self.monitor.check()
        logits = self.network(batch.x, batch.days, batch.valid)
        loss = criterion(logits, batch.label)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.group.average(self.network, len(batch.index))
        if self.strategy["gradient_clip"]:
            nn.utils.clip_grad_norm_(self.network.parameters(), self.strategy["gradient_clip"])
        optimizer.step()
        return loss.detach(), logits.detach().argmax(1)

    def prepared(self, train: Series, batches: Sequence[Tensor]) -> Iterator[Batch]:
        """Yield `batches` of indices as the network reads them, changed as the strategy says.

        Several are prepared together, unless each is to be shifted by days of its own.
        """
        together = 1 if self.strategy["day_shift"] else max(1, _AHEAD // self.strategy["batch_size"])
        for first in range(0, len(batches), together):
            some = batches[first : first + together]
            chosen = torch.cat(some).to(train.label.device)
            values, valid, label = train.values[chosen], train.valid[chosen], train.label[chosen]
            x, days, valid = augmented(self.preparation, values, valid, self.strategy, self.generator)
            parts = (each.split([len(batch) for batch in some]) for each in (x, valid, label))
            for index, x_, valid_, label_ in zip(some, *parts):
                yield Batch(index, x_, days, valid_, label_)

    def batches(self, label: Tensor) -> list[Tensor]:
        """Return batches of indices into the training samples, as many as there are samples in all.

        A last batch of a single series joins the one before (batch statistics).
        """
        order = self.group.same(self._order(label.cpu()))
        batches = list(order.split(self.strategy["batch_size"]))
        if len(batches) > 1 and len(batches[-1]) == 1:
            batches[-2:] = [torch.cat(batches[-2:])]
        return batches

    def _order(self, label: Tensor) -> Tensor:
        """Return indices (N,) in random order: each once, or drawn with repeats so that classes come equally often."""
        if self.strategy["sampling"] == "balanced":
            weights = balanced_weights(label, len(self.names))[label]
            return torch.multinomial(weights, len(label), replacement=True, generator=self.generator)
        return torch.randperm(len(label), generator=self.generator)

    def _batches_per_epoch(self, count: int) -> int:
        size = self.strategy["batch_size"]
        return max(1, count // size + (count % size > 1))

    def _validate(self, validation: Series, criterion: Criterion) -> tuple[Optional[Tensor], dict[str, Any]]:
        """Return losses (N,) of the validation samples, their mean and the macro F1.

        A network that is too sure of itself is cooled down for it.

        The model that is kept gets a temperature all the same. Without it a training would end at an epoch that knew
        little yet, while the later ones, however sure, told classes apart (Berta et al. 2025, arXiv 2501.19195).
        """
        if not len(validation):
            return None, {"validation_loss": None, "validation_macro_f1": None}
        losses, macro_f1 = torch.zeros(len(validation), device=validation.label.device), math.nan
        if self.group.is_first:
            logits = self.logits(validation)
            temperature = max(1.0, fit_temperature(logits, validation.label))
            losses = criterion.of_each(logits / temperature, validation.label)
            macro_f1 = self._macro_f1(validation.label, logits.argmax(1))
        losses = self.group.same(losses)
        macro_f1 = self.group.same_figures([macro_f1])[0]
        return losses, {"validation_loss": float(losses.mean()), "validation_macro_f1": macro_f1}

    def _macro_f1(self, label: Tensor, prediction: Tensor) -> float:
        confusion = confusion_matrix(label.cpu().numpy(), prediction.cpu().numpy(), len(self.names))
        return accuracy(confusion.tolist(), self.names)["macro_f1"]

    def is_finishing(self) -> bool:
        """Return whether the user wants to keep what there is; all processes answer the same."""
        return self.group.same_figures([float(self.monitor.is_finishing())])[0] > 0

    def _is_out_of_patience(self, state: TrainingState) -> bool:
        patience, progress = self.strategy["patience"], state.progress
        is_settled = state.mean.steps >= self.strategy["settling_steps"]
        waited = len(progress.history) - progress.patience_epoch
        return bool(patience and is_settled and waited >= patience)

    def _report(self, record: dict[str, Any]) -> None:
        self.monitor.on_event({"event": "epoch", **record})
        self._report_progress(record)

    def _report_progress(self, record: dict[str, Any]) -> None:
        self.monitor.progress(record["epoch"] / record["epochs"], f"Epoch {record['epoch']} of {record['epochs']}")

    def _check_loss(self, loss: float, epoch: int) -> None:
        if not math.isfinite(loss):
            raise InputError(
                f"The loss is no number any more in epoch {epoch}: lower the learning rate (now "
                f"{self.strategy['learning_rate']:g}) or clip the gradient."
            )
