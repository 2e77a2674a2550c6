# SPDX-License-Identifier: GPL-2.0-or-later
"""What a search asks of Optuna: the next settings to try, and whether a trial falls behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Optional

from ..core.catalog import Architecture
from ..core.errors import InputError
from ..core.search import COMPLETE, PRUNED, TrialRecord
from ..core.search_space import Axis

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.trial import FrozenTrial, Trial

_STARTUP_TRIALS = 5  # before trials are compared with the median of others
_WARMUP_EPOCHS = 10
_ARCHITECTURE = "architecture"


@dataclass(frozen=True)
class Subject:
    """An architecture that is searched: its axes, and every setting where nothing is varied."""

    architecture: Architecture
    axes: tuple[Axis, ...]
    defaults: dict[str, Any]

    def name(self, axis: Axis) -> str:
        """Return what Optuna calls an axis: what is good for one architecture says nothing of another."""
        return f"{self.architecture.id}.{axis.setting.name}"


class Study:
    """Settings of the trials to come, from those that were tried (tree-structured Parzen estimators, median pruning).

    Bergstra et al. 2011 (10.5555/2986459.2986743), Akiba et al. 2019 (10.1145/3292500.3330701).
    """

    def __init__(self, subjects: Sequence[Subject], seed: int, prune: bool) -> None:
        """Begin a study; the same seed tries the same settings.

        Raises:
            InputError: the worker's Python has no Optuna.
        """
        try:
            import optuna  # noqa: PLC0415 (only where it is used)
        except ImportError as error:
            raise InputError(
                "The worker's Python has no Optuna, which a search needs: install it there with 'pip install optuna', "
                "or set up the environment again."
            ) from error
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._optuna = optuna
        self._subjects = {subject.architecture.id: subject for subject in subjects}
        pruner = optuna.pruners.MedianPruner(_STARTUP_TRIALS, _WARMUP_EPOCHS) if prune else optuna.pruners.NopPruner()
        sampler = optuna.samplers.TPESampler(seed=seed)
        self._study = optuna.create_study(direction="maximize", sampler=sampler, pruner=pruner)

    def ask(self) -> tuple[Subject, dict[str, Any], Trial]:
        """Return what to try next: the subject, the settings that are varied, and Optuna's trial."""
        trial = self._study.ask()
        subject = self._subjects[trial.suggest_categorical(_ARCHITECTURE, list(self._subjects))]
        varied: dict[str, Any] = {}
        for axis in subject.axes:
            if axis.setting.matters({**subject.defaults, **varied}):
                varied[axis.setting.name] = _suggested(trial, subject.name(axis), axis)
        return subject, varied, trial

    def tell(self, trial: Optional[Trial], record: TrialRecord) -> None:
        """Take note of how a trial went; `trial` None where Optuna did not choose its settings."""
        states = self._optuna.trial.TrialState
        state = {COMPLETE: states.COMPLETE, PRUNED: states.PRUNED}.get(record.state, states.FAIL)
        if trial is not None:
            self._study.tell(trial, record.macro_f1 if state == states.COMPLETE else None, state)
        else:
            self._study.add_trial(self._frozen(record, state))

    def _frozen(self, record: TrialRecord, state: Any) -> FrozenTrial:
        subject = self._subjects[record.architecture]
        params: dict[str, Any] = {_ARCHITECTURE: record.architecture}
        distributions: dict[str, BaseDistribution] = {
            _ARCHITECTURE: self._optuna.distributions.CategoricalDistribution(list(self._subjects))
        }
        for axis in subject.axes:
            value = _on_axis(axis, record.settings)
            if value is not None:
                params[subject.name(axis)] = value
                distributions[subject.name(axis)] = self._distribution(axis)
        return self._optuna.trial.create_trial(
            state=state,
            value=record.macro_f1 if record.state == COMPLETE else None,
            params=params,
            distributions=distributions,
            intermediate_values=dict(enumerate(record.course, 1)),
        )

    def _distribution(self, axis: Axis) -> BaseDistribution:
        kinds = self._optuna.distributions
        if axis.choices:
            return kinds.CategoricalDistribution(list(axis.choices))
        if axis.is_by_powers:
            return kinds.IntDistribution(_exponent(axis.low), _exponent(axis.high))
        if axis.setting.kind == "int":
            return kinds.IntDistribution(int(axis.low), int(axis.high), log=axis.is_log)
        return kinds.FloatDistribution(axis.low, axis.high, log=axis.is_log)


def _suggested(trial: Trial, name: str, axis: Axis) -> Any:
    """Return the value on `axis` that Optuna suggests."""
    if axis.choices:
        return trial.suggest_categorical(name, list(axis.choices))
    if axis.is_by_powers:
        return 2 ** trial.suggest_int(name, _exponent(axis.low), _exponent(axis.high))
    if axis.setting.kind == "int":
        return trial.suggest_int(name, int(axis.low), int(axis.high), log=axis.is_log)
    return trial.suggest_float(name, axis.low, axis.high, log=axis.is_log)


def _on_axis(axis: Axis, settings: Mapping[str, Any]) -> Any:
    """Return where a trial's setting lies on `axis`, None where it does not."""
    value = settings.get(axis.setting.name)
    if value is None or (axis.choices and value not in axis.choices):
        return None
    if axis.choices:
        return value
    if not axis.low <= value <= axis.high:
        return None
    return _exponent(value) if axis.is_by_powers else value


def _exponent(value: float) -> int:
    return int(value).bit_length() - 1
