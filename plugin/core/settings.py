# SPDX-License-Identifier: GPL-2.0-or-later
"""All settings of a training, whole: what a form shows and what Processing builds alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from .card import read_card
from .catalog import Architecture, Hyperparameter, Preset, find_architecture
from .ensemble import MOST_MEMBERS, lead_of
from .jobs import DEVICES, TrainJob
from .strategy import strategy_defaults

GRID_STEP = Hyperparameter(
    "grid_step_days", "Grid step", "float", 0.0,
    "Step of the regular, gap-filled series this network reads; 0: as many steps as there are dates.", 0.0, 366.0,
    unit="days",
)  # fmt: skip
DEVICE = Hyperparameter(
    "device", "Device", "choice", "auto",
    "auto: the graphics card where there is one that torch can use, else the processor.", choices=DEVICES,
)  # fmt: skip
ENSEMBLE = Hyperparameter(
    "ensemble", "Members", "int", 0,
    "So many models of different seeds are trained and put into one file; their mean probabilities decide. 1: a "
    "single model. 0: three with fewer samples than 'Ensemble below' says, else one; as many as the model to continue "
    "from has.", 0, MOST_MEMBERS, zero="automatic",
)  # fmt: skip
BASE_MODEL = Hyperparameter(
    "base_model", "Continue from", "model", "",
    "A model to go on from: its architecture, settings, bands and classes stay, new classes are added. Empty: a new "
    "model.",
)  # fmt: skip
_OF_THE_JOB = (GRID_STEP, DEVICE, ENSEMBLE, BASE_MODEL)  # fields of TrainJob by these names


def needs_grid(architecture: Architecture) -> bool:
    """Return whether GRID_STEP matters: to networks on a regular grid."""
    return architecture.kind == "network" and not architecture.reads_gaps


def completed(job: TrainJob) -> TrainJob:
    """Return `job` with every setting written out, those it leaves out as in the default preset.

    Raises:
        InputError: there is no such architecture.
    """
    architecture = find_architecture(job.architecture)
    return replace(
        job,
        hyperparameters={**architecture.defaults(), **job.hyperparameters},
        strategy={**strategy_defaults(architecture), **job.strategy},
    )


def with_preset(job: TrainJob, architecture: Architecture, preset: str = "") -> TrainJob:
    """Return `job` for `architecture` with the values of `preset` (the first by default); the seed stays.

    What has no meaning for the architecture goes back to its default.
    """
    strategy = strategy_defaults(architecture, preset)
    strategy["seed"] = job.strategy.get("seed", strategy["seed"])
    return replace(
        job,
        architecture=architecture.id,
        hyperparameters=architecture.defaults(preset),
        strategy=strategy,
        grid_step_days=job.grid_step_days if needs_grid(architecture) else 0.0,
        base_model="",
        ensemble=0,
        keep_on_cancel=job.keep_on_cancel and architecture.kind == "network",
        device=job.device if architecture.kind == "network" else "auto",
    )


def preset_values(architecture: Architecture, preset: str) -> dict[str, Any]:
    """Return every setting by name as `preset` has it: hyperparameters, strategy, and those of the job itself."""
    extra = {setting.name: setting.default for setting in _OF_THE_JOB}
    return {**extra, **strategy_defaults(architecture, preset), **architecture.defaults(preset)}


def values_of(job: TrainJob) -> dict[str, Any]:
    """Return every setting of a completed `job` by name."""
    extra = {setting.name: getattr(job, setting.name) for setting in _OF_THE_JOB}
    return {**extra, **job.strategy, **job.hyperparameters}


def with_value(job: TrainJob, name: str, value: Any) -> TrainJob:
    """Return a completed `job` with one setting changed."""
    if name in {setting.name for setting in _OF_THE_JOB}:
        return replace(job, **{name: value})
    if name in job.hyperparameters:
        return replace(job, hyperparameters={**job.hyperparameters, name: value})
    return replace(job, strategy={**job.strategy, name: value})


def with_settings(job: TrainJob, architecture: Architecture, settings: Mapping[str, Any]) -> TrainJob:
    """Return `job` for `architecture`: its default preset, and on top `settings` by name, those of its strategy too."""
    job = with_preset(job, architecture)
    for name, value in settings.items():
        job = with_value(job, name, value)
    return job


def continued(job: TrainJob, path: str) -> TrainJob:
    """Return a completed `job` that continues from the model in `path`, whose architecture and settings it takes.

    Raises:
        ChronomapError: the file is no model, or none that is known here.
    """
    card = lead_of(read_card(Path(path)))
    if card.architecture != job.architecture:
        job = with_preset(job, find_architecture(card.architecture))
    return replace(job, base_model=path, hyperparameters=dict(card.hyperparameters), grid_step_days=0.0)


def nearest_preset(job: TrainJob) -> Preset:
    """Return the preset from which a completed `job` differs in the fewest settings.

    Raises:
        InputError: there is no such architecture.
    """
    architecture = find_architecture(job.architecture)
    values = values_of(job)

    def distance(preset: Preset) -> int:
        return sum(values.get(name) != value for name, value in preset_values(architecture, preset.name).items())

    return min(architecture.presets, key=distance)
