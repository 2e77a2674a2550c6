# SPDX-License-Identifier: GPL-2.0-or-later
"""The command "search": models of many settings, judged on validation samples; the best is tested at the end."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

import numpy as np
import torch

from ..core.card import ModelCard
from ..core.errors import InputError
from ..core.monitor import Event, Monitor
from ..core.records import from_plain, to_plain
from ..core.search import COMPLETE, FAILED, PRUNED, TrialRecord, best_record
from ..core.search_space import axes_of
from ..core.strategy import strategy_defaults
from .device import choose_device, make_repeatable, training_threads
from .ensemble_command import predicted_classes
from .fitting import TEST, Samples, load_samples, part_metrics
from .model_file import check_writable, load_arrays, save_model
from .predictor import Predictor
from .search_study import Study, Subject
from .series import Preparation
from .train_command import find_declared, finished_card, fit_model, start_card

if TYPE_CHECKING:
    from optuna.trial import Trial

    from .session import Session


def search(session: Session, message: Event) -> Event:
    """Answer ``search``: trial{...} for each model tried (see core/search.py), then done{outputs, trial}.

    The request is that of ``train``, with `architectures`, `settings`, `vary_architecture` and `ranges` as in the job,
    `strategy` for all networks, `trials` (in all), `seconds` (0: no limit), `prune`, `seed`, `former` (records of a
    search that goes on), `folder` for the trials' models and `best`, the file of the best one.

    Raises:
        InputError: no trial was completed, or the worker's Python has no Optuna.
        Canceled: the user stopped the job; what was told stays.
    """
    check_writable(Path(message["best"]))
    make_repeatable()
    run = _Search(message, session.monitor)
    run.run()
    best = best_record(run.records)
    if best is None:
        reasons = "; ".join(dict.fromkeys(record.note for record in run.records if record.note))
        raise InputError(f"None of {len(run.records)} trials was completed: {reasons or 'give more time'}.")
    _write_best(best, len(run.records), run.samples, message, session.monitor)
    return {"event": "done", "outputs": {"model": message["best"]}, "trial": best.trial}


class _Search:
    """Trials until there are enough or the time is over."""

    def __init__(self, message: Event, monitor: Monitor) -> None:
        self.samples = load_samples(message["arrays"])
        self.records = [from_plain(TrialRecord, plain) for plain in message["former"]]
        self._message, self._monitor = message, monitor
        self._device = choose_device(message.get("device", "auto"))
        self._subjects = [_subject(name, message) for name in message["architectures"]]
        self._study = Study(self._subjects, int(message["seed"]) + len(self.records), bool(message["prune"]))
        for record in self.records:
            self._study.tell(None, record)
        self._seconds = float(message["seconds"]) or math.inf
        self._started = time.monotonic()

    def run(self) -> None:
        """Try the default preset of each architecture, then what the study asks for.

        Raises:
            Canceled: the user stopped the job.
        """
        total, begun = int(self._message["trials"]), len(self.records)
        while len(self.records) < total and (not self._is_over() or len(self.records) == begun == 0):
            self._monitor.check()
            number = len(self.records) + 1
            subject, varied, trial = self._next()
            self._monitor.progress(max(len(self.records) / total, self._time_spent()), f"Trial {number} of {total}")
            record = self._try(number, subject, varied, trial)
            self._study.tell(trial, record)
            self.records.append(record)
            self._monitor.on_event({"event": "trial", **to_plain(record)})

    def _is_over(self) -> bool:
        return self._time_spent() > 1.0 or self._monitor.is_finishing()

    def _time_spent(self) -> float:
        """Return the share of the time that is over."""
        return (time.monotonic() - self._started) / self._seconds

    def _next(self) -> tuple[Subject, dict[str, Any], Optional[Trial]]:
        tried = {record.architecture for record in self.records}
        for subject in self._subjects:
            if subject.architecture.id not in tried:
                return subject, {axis.setting.name: subject.defaults[axis.setting.name] for axis in subject.axes}, None
        return self._study.ask()

    def _try(self, number: int, subject: Subject, varied: dict[str, Any], trial: Optional[Trial]) -> TrialRecord:
        """Train one model and write it; what a user may meet fails the trial, not the search."""
        started = time.monotonic()
        watch = _Watch(self._monitor, trial, self._is_over)
        record = TrialRecord(number, subject.architecture.id, FAILED, varied)
        try:
            card = self._train(subject, varied, watch, Path(self._message["folder"]) / f"trial{number:04d}.safetensors")
        except InputError as error:
            return replace(record, note=str(error), seconds=time.monotonic() - started)
        except torch.cuda.OutOfMemoryError:
            return replace(record, note="Memory ran out on the device.", seconds=time.monotonic() - started)
        metrics = card.validation_metrics
        return replace(
            record,
            state=PRUNED if watch.is_pruned else COMPLETE,
            macro_f1=metrics.get("macro_f1", 0.0),
            overall_accuracy=metrics.get("overall_accuracy", 0.0),
            missing=tuple(metrics.get("missing", ())),
            course=tuple(watch.course),
            best_epoch=card.best_epoch,
            parameters=card.parameters,
            seconds=time.monotonic() - started,
            model=f"trial{number:04d}.safetensors",
            note="Ended by the time that was given." if self._is_over() and not watch.is_pruned else "",
        )

    def _train(self, subject: Subject, varied: dict[str, Any], watch: _Watch, path: Path) -> ModelCard:
        settings = {**subject.defaults, **varied}
        names = {setting.name for setting in subject.architecture.hyperparameters}
        request = {
            **self._message,
            "architecture": subject.architecture.id,
            "hyperparameters": {name: value for name, value in settings.items() if name in names},
            "strategy": {name: value for name, value in settings.items() if name not in names},
        }
        started = time.perf_counter()
        card = start_card(request, self.samples)
        training_threads(card.strategy["batch_size"] * self.samples.values.shape[1])
        scale, offset = np.asarray(request["scale"]), np.asarray(request["offset"])
        preparation = Preparation(card, request["days"], scale, offset, self._device)
        fitted = fit_model(card, self.samples, preparation, watch.monitor)
        card = finished_card(card, self.samples, fitted, time.perf_counter() - started)
        card = replace(card, metrics={}, notes=(*card.notes, "A trial of a search: it was not tested."))
        save_model(path, card, fitted.arrays)
        return card


class _Watch:
    """Follows the epochs of one trial: tells the study, and ends the trial where it falls behind or time is over."""

    def __init__(self, monitor: Monitor, trial: Optional[Trial], is_over: Any) -> None:
        self.course: list[float] = []
        self.is_pruned = False
        self._trial = trial
        self.monitor = Monitor(self._take, monitor.is_canceled, lambda: self.is_pruned or is_over())

    def _take(self, event: Event) -> None:
        if event.get("event") != "epoch" or event.get("validation_macro_f1") is None:
            return
        self.course.append(event["validation_macro_f1"])
        if self._trial is not None:
            self._trial.report(self.course[-1], len(self.course))
            self.is_pruned = self._trial.should_prune()


def _subject(architecture_id: str, message: Event) -> Subject:
    architecture = find_declared(architecture_id)
    axes = axes_of(architecture, tuple(message["settings"]), message["vary_architecture"], message["ranges"])
    strategy = {**strategy_defaults(architecture), **message["strategy"]}
    return Subject(architecture, axes, {**architecture.defaults(), **strategy})


def _write_best(best: TrialRecord, count: int, samples: Samples, message: Event, monitor: Monitor) -> None:
    """Test the best trial and write it to its place."""
    path = Path(message["folder"]) / best.model
    card, arrays = load_arrays(path)
    scale, offset = np.asarray(message["scale"], np.float32), np.asarray(message["offset"], np.float32)
    predictor = Predictor(path, message["days"], scale, offset, choose_device(message.get("device", "auto")))
    test = samples.only(TEST)
    metrics = part_metrics(test.label, predicted_classes(predictor, test, monitor), card.classes)
    note = f"Best of {count} trials by the macro F1 of validation samples, whose figures are therefore optimistic."
    save_model(Path(message["best"]), replace(card, metrics=metrics, notes=(*_own_notes(card.notes), note)), arrays)


def _own_notes(notes: Sequence[str]) -> tuple[str, ...]:
    return tuple(note for note in notes if not note.startswith("A trial of a search"))
