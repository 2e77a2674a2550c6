# SPDX-License-Identifier: GPL-2.0-or-later
"""What a recipe will take, told before it starts: time, memory and disk; measured, not guessed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np

from ..core.catalog import find_architecture
from ..core.cube_spec import CubeSpec
from ..core.ensemble import member_count
from ..core.jobs import TrainJob
from ..core.machine import cores
from ..core.monitor import Event, Monitor
from ..core.products import PRODUCTS
from ..core.recipe import Recipe
from ..core.strategy import is_refit, strategy_defaults
from ..raster.cube import CACHE_SHARE
from .mapping import SLOT_SHARE
from .pipeline import SLOTS
from .workload import Workload, workload

Ask = Callable[[Event], Event]  # sends a request to a worker and waits for the answer

_START_S = 3.0  # a worker loads torch
_SETTLE_S = 4.0  # a map chooses its batch size and its precision
_WORKER_MB, _WORKER_GPU_MB = 350, 1500  # torch alone
_HOST_MB = 60  # beside QGIS itself
_COPIES_OF_SAMPLES = 2  # on either side
_COPIES_OF_WEIGHTS = 6  # weights, gradient, two moments, the best epoch, its copy
_CHECKED_AT_ONCE, _MAPPED_AT_ONCE = 1024, 1024  # series
_FORWARD_SHARE = 0.5  # what a forward pass alone takes of a training step's memory
_CARD_BYTES = 200_000


@dataclass(frozen=True)
class Span:
    """From `low` to `high` seconds."""

    low: float
    high: float


@dataclass(frozen=True)
class Estimate:
    """What a recipe will take.

    `sampling_s`: to read the samples. `training`: as early as patience may end it, up to all epochs and a refit of as
    many; one epoch takes `epoch_s`, 0 for classical models. `mapping_s`: of the map, made at once where `is_mapped`; 0
    without outputs. Memory beside QGIS itself, at most: `host_mb` in QGIS, `worker_mb` in the worker. Disk, at most:
    `model_bytes`, `samples_bytes`, `map_bytes`.
    """

    sampling_s: float
    training: Span
    epoch_s: float
    epochs: int
    mapping_s: float
    is_mapped: bool
    host_mb: float
    worker_mb: float
    model_bytes: int
    samples_bytes: int
    map_bytes: int
    device: str

    @property
    def total(self) -> Span:
        """Seconds of all that runs together: samples, training, and the map where it is made at once."""
        rest = self.sampling_s + (self.mapping_s if self.is_mapped else 0.0)
        return Span(self.training.low + rest, self.training.high + rest)

    @property
    def disk_bytes(self) -> int:
        """Bytes on disk of what runs together, at most."""
        return self.model_bytes + self.samples_bytes + (self.map_bytes if self.is_mapped else 0)


def estimate(recipe: Recipe, ask: Ask, monitor: Monitor, spec: Optional[CubeSpec] = None) -> Estimate:
    """Look at the inputs of `recipe`, let a worker measure its network, and say what all will take.

    `ask`: see run/live.py. `spec`: the cube where it is known already. Takes a few seconds: not for the GUI thread.

    Raises:
        ChronomapError: an input or a setting does not fit, or there is no worker.
        Canceled: the user stopped.
    """
    work = workload(recipe, monitor, spec)
    monitor.check()
    return estimate_of(recipe, work, ask(size_request(recipe.train, work)))


def size_request(job: TrainJob, work: Workload, measure: bool = True) -> Event:
    """Return the request that asks a worker for the size of the network of `job`."""
    return {
        "do": "size",
        "architecture": job.architecture,
        "hyperparameters": job.hyperparameters,
        "strategy": job.strategy,
        "bands": work.bands,
        "dates": work.dates,
        "classes": work.classes,
        "grid_step_days": job.grid_step_days,
        "device": job.device,
        "dtype": work.dtype,
        "samples": round(work.samples * job.split.train),
        "measure": measure,
    }


def estimate_of(recipe: Recipe, work: Workload, size: Event) -> Estimate:
    """Return what `recipe` will take, from its workload and the worker's answer to size_request."""
    job, pace = recipe.train, size["pace"]
    strategy = {**strategy_defaults(find_architecture(job.architecture)), **job.strategy}
    counts = (work.samples * job.split.train, work.samples * job.split.validation)
    epoch_s = counts[0] * pace["step"] + counts[1] * pace["check"]
    refit_s = sum(counts) * pace["step"] if is_refit(strategy, *counts) else 0.0
    epochs = int(strategy["epochs"]) if epoch_s else 0
    is_gpu = not size["device"].startswith("cpu")
    members = member_count(job, sum(counts))
    at_once = 1 if is_gpu else min(members, cores())  # as far as memory goes: see run/crew.py
    rounds = -(-members // at_once)
    fits = 2 + job.split.validation / job.split.train  # a forest: to the train part, then with the validation part
    pixel_s = _pixel_seconds(work, members * pace["pixel"], is_gpu)
    maps = recipe.map.outputs and work.mapped_px
    host_mb, worker_mb = _memory(recipe, work, size, strategy)
    return Estimate(
        sampling_s=work.sampled_px * work.read_s,
        training=_training(
            rounds * epoch_s, rounds * refit_s, counts[0], strategy, _START_S + rounds * fits * pace["fit"]
        ),
        epoch_s=epoch_s,
        epochs=epochs,
        mapping_s=_START_S + _SETTLE_S + work.mapped_px * pixel_s if maps else 0.0,
        is_mapped=recipe.is_mapped,
        host_mb=host_mb,
        worker_mb=at_once * (worker_mb + (_WORKER_GPU_MB if is_gpu else _WORKER_MB)),
        model_bytes=members * (4 * size["parameters"] + pace["model_bytes"] + _CARD_BYTES),
        samples_bytes=work.samples * work.series_bytes,
        map_bytes=work.mapped_px * sum(_pixel_bytes(product, work) for product in recipe.map.outputs),
        device=size["device"],
    )


def _training(epoch_s: float, refit_s: float, samples: float, strategy: dict[str, Any], fixed_s: float) -> Span:
    """Return from the earliest end that patience allows with so many training samples to the last epoch.

    `refit_s`: of one epoch of the refit, which takes from one epoch to all.
    """
    epochs, patience = strategy["epochs"], strategy["patience"]
    settled = math.ceil(strategy["settling_steps"] * strategy["batch_size"] / max(samples, 1.0))
    earliest = min(epochs, max(patience + 1, settled)) if patience else epochs
    return Span(fixed_s + earliest * epoch_s + refit_s, fixed_s + epochs * (epoch_s + refit_s))


def _pixel_seconds(work: Workload, compute_s: float, is_gpu: bool) -> float:
    """Reading and computing share the CPU's cores; beside a GPU they overlap."""
    return max(work.read_s, compute_s) if is_gpu else work.read_s + compute_s


def _memory(recipe: Recipe, work: Workload, size: Event, strategy: dict[str, Any]) -> tuple[float, float]:
    """Return MB in QGIS and in the worker beside torch, for the larger of training and mapping."""
    saved = size["pace"]["saved_bytes"]
    samples = _COPIES_OF_SAMPLES * work.samples * work.series_bytes
    check = min(_CHECKED_AT_ONCE, work.samples) * saved * _FORWARD_SHARE
    training = samples + _COPIES_OF_WEIGHTS * 4 * size["parameters"] + max(strategy["batch_size"] * saved, check)
    series = work.series_bytes + sum(_pixel_bytes(product, work) for product in recipe.map.outputs)
    limit = recipe.map.memory_mb * 1e6
    slots = min(SLOT_SHARE * limit, SLOTS * work.mapped_px * series) if recipe.map.outputs else 0.0
    mapping = slots + _MAPPED_AT_ONCE * saved * _FORWARD_SHARE
    return _HOST_MB + max(samples, slots + limit / CACHE_SHARE) / 1e6, max(training, mapping) / 1e6


def _pixel_bytes(product_id: str, work: Workload) -> int:
    product = PRODUCTS[product_id]
    return product.band_count(work.classes, len(work.dates)) * np.dtype(product.dtype).itemsize
