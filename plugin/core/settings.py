# SPDX-License-Identifier: GPL-2.0-or-later
"""All settings of a training, whole: what a form shows and what Processing builds alike."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .catalog import Architecture, Hyperparameter, Preset, find_architecture
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
        keep_on_cancel=job.keep_on_cancel and architecture.kind == "network",
        device=job.device if architecture.kind == "network" else "auto",
    )


def preset_values(architecture: Architecture, preset: str) -> dict[str, Any]:
    """Return every setting by name as `preset` has it: hyperparameters, strategy, grid step and device."""
    extra = {GRID_STEP.name: GRID_STEP.default, DEVICE.name: DEVICE.default}
    return {**extra, **strategy_defaults(architecture, preset), **architecture.defaults(preset)}


def values_of(job: TrainJob) -> dict[str, Any]:
    """Return every setting of a completed `job` by name."""
    extra = {GRID_STEP.name: job.grid_step_days, DEVICE.name: job.device}
    return {**extra, **job.strategy, **job.hyperparameters}


def with_value(job: TrainJob, name: str, value: Any) -> TrainJob:
    """Return a completed `job` with one setting changed."""
    if name in (GRID_STEP.name, DEVICE.name):
        return replace(job, **{name: value})
    if name in job.hyperparameters:
        return replace(job, hyperparameters={**job.hyperparameters, name: value})
    return replace(job, strategy={**job.strategy, name: value})


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
