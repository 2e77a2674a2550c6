# SPDX-License-Identifier: GPL-2.0-or-later
"""How quick a model would learn and map on this machine: measured in about a second, on series that are made up."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..core.card import ModelCard
from ..core.monitor import Monitor
from ..core.season import days_since, parse_date
from .architectures import build_network, find_entry
from .classical import fit_classical
from .compute import lanes, pixels_per_second
from .cost import cost_of
from .device import lanes_of, training_threads
from .evaluation import predict_logits
from .fitting import TRAIN, Samples
from .model_file import network_arrays, save_model
from .precision import has_bfloat16
from .predictor import Predictor
from .series import Preparation
from .training import Series, Trainer

_TRAIN_S = 0.35  # for the steps that are timed
_MOST_STEPS = 40
_CHECKED = 512  # series
_MAPPED, _MAPPED_HEAVY, _MAPPED_FOREST, _MAPPED_GPU = (128, 512), (128,), (4096,), (16384,)  # series at once
_HEAVY_FLOPS = 5e6
_FEWEST_SAMPLES, _FEW_SAMPLES, _FEW_TREES = 100, 600, 100  # of which forests are grown to tell of the whole one


@dataclass(frozen=True)
class Pace:
    """Seconds, at the batch sizes of the job. `step`: of training, for one series; `check`: to judge one series.

    `pixel`: to map one, all cores at work. `fit`: to fit a classical model to all samples, once. `saved_bytes`: what a
    training step keeps for its way back, for one series. `model_bytes`: of a classical model, fitted to all samples.
    """

    step: float = 0.0
    check: float = 0.0
    pixel: float = 0.0
    fit: float = 0.0
    saved_bytes: int = 0
    model_bytes: int = 0


@dataclass(frozen=True)
class Trial:
    """A model that is tried: its `card` as it is before training, the numpy type of stored values, the device."""

    card: ModelCard
    dtype: str
    device: torch.device

    @property
    def scale(self) -> np.ndarray:
        """Physical = stored * scale, (T, C)."""
        unit = 1e-4 if np.dtype(self.dtype).kind in "iu" else 1.0
        return np.full((len(self.card.dates), len(self.card.bands)), unit)

    @property
    def days(self) -> list[float]:
        """Days of the dates since the season's start."""
        return days_since(parse_date(self.card.season_start), self.card.dates)

    def preparation(self) -> Preparation:
        """Return what turns the series into the model's input."""
        return Preparation(self.card, self.days, self.scale, 0 * self.scale, self.device)

    def samples(self, count: int) -> Samples:
        """Return `count` training series of classes that overlap, a third of their dates clouded."""
        generator = np.random.default_rng(0)
        label = np.arange(count) % len(self.card.classes)
        prototypes = generator.uniform(0.2, 0.6, (len(self.card.classes), *self.scale.shape))
        physical = prototypes[label] + generator.normal(0.0, 0.15, (count, *self.scale.shape))
        stored = physical.clip(0.0, 1.0) / self.scale
        if np.dtype(self.dtype).kind in "iu":
            stored = stored.clip(0, np.iinfo(self.dtype).max)
        valid = generator.random((count, len(self.card.dates))) < 0.67
        return Samples(stored.astype(self.dtype), valid, label, np.full(count, TRAIN, np.uint8))

    def series(self, count: int) -> Series:
        """Return the same on the device."""
        return Series.of(self.samples(count), self.device)

    def pixel_seconds(self, arrays: dict[str, np.ndarray], batches: Sequence[int]) -> float:
        """Return the seconds to map one pixel with a model of `arrays`, with as many threads as a map would use.

        The quickest of the `batches` (series at once) counts, as for a map. Whether a map may be computed in bfloat16
        is known once the model is trained: the mean of both is told.
        """
        with tempfile.TemporaryDirectory(prefix="chronomap-pace-") as folder:
            model = Path(folder) / "model.safetensors"
            save_model(model, self.card, arrays)
            predictor = Predictor(model, self.days, self.scale, 0 * self.scale, self.device)
        threads = lanes_of(self.device)
        with lanes(threads, self.device) as lanes_:
            seconds = {}
            for predictor.batch in batches:
                seconds[predictor.batch] = 1.0 / pixels_per_second(predictor, self.dtype, threads, lanes_)
            predictor.batch = min(seconds, key=lambda batch: seconds[batch])
            precise = seconds[predictor.batch]
            if not (predictor.can_reduce and has_bfloat16(self.device)):
                return precise
            predictor.compute_in(torch.bfloat16)
            reduced = 1.0 / pixels_per_second(predictor, self.dtype, threads, lanes_)
        return (precise + min(precise, reduced)) / 2


def measured_pace(trial: Trial, samples: int, monitor: Monitor) -> Pace:
    """Measure a model; `samples`: how many a classical one would be fitted to.

    Raises:
        Canceled: the user stopped the job.
    """
    quiet = Monitor(is_canceled=monitor.is_canceled)
    if find_entry(trial.card).architecture.kind == "classical":
        return _classical_pace(trial, max(samples, 2 * len(trial.card.classes)), quiet)
    return _network_pace(trial, quiet)


def _network_pace(trial: Trial, monitor: Monitor) -> Pace:
    torch.manual_seed(0)
    network, preparation = build_network(trial.card).to(trial.device), trial.preparation()
    step = _step_seconds(trial, network, monitor)
    checked = trial.series(_CHECKED)
    check = _seconds(lambda: predict_logits(network, preparation, checked.values, checked.valid).cpu())
    saved = _saved_bytes(trial, network)
    monitor.check()
    is_heavy = cost_of(trial.card).flops > _HEAVY_FLOPS
    batches = _MAPPED_GPU if trial.device.type != "cpu" else _MAPPED_HEAVY if is_heavy else _MAPPED
    return Pace(step, check / _CHECKED, trial.pixel_seconds(network_arrays(network), batches), saved_bytes=saved)


def _step_seconds(trial: Trial, network: torch.nn.Module, monitor: Monitor) -> float:
    """Return the seconds of a training step for one series: real steps, so small that they change next to nothing."""
    batch = trial.card.strategy["batch_size"]
    training_threads(batch * len(trial.card.dates))
    strategy = {**trial.card.strategy, "epochs": 1, "patience": 0, "learning_rate": 1e-6}
    trainer = Trainer(replace(trial.card, strategy=strategy), network, trial.preparation(), monitor)

    def epoch_seconds(steps: int) -> float:
        return float(trainer.run(trial.series(batch * steps), trial.series(0)).history[-1]["seconds"])

    first = epoch_seconds(1)  # prepares kernels as well
    if first > _TRAIN_S:
        return first / batch
    steps = max(1, min(_MOST_STEPS, int(_TRAIN_S / first)))
    return epoch_seconds(steps) / (steps * batch)


def _saved_bytes(trial: Trial, network: torch.nn.Module) -> int:
    """Return the bytes of one series that a forward pass keeps for the backward pass."""
    weights = {weight.data_ptr() for weight in network.parameters()}
    sizes: dict[int, int] = {}

    def note(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.data_ptr() not in weights:
            sizes[tensor.data_ptr()] = tensor.numel() * tensor.element_size()
        return tensor

    series = trial.series(16)
    inputs = trial.preparation().prepare(series.values, series.valid)
    network.train()
    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        kept = network(*inputs)  # keeps what it saved alive, so that no address is used twice
    del kept
    return sum(sizes.values()) // len(series)


def _classical_pace(trial: Trial, samples: int, monitor: Monitor) -> Pace:
    """Fit few samples twice: what grows with them does so as n log n, the rest stays."""
    trees = int(trial.card.hyperparameters["trees"])
    fewer = min(trees, _FEW_TREES)
    card = replace(trial.card, hyperparameters={**trial.card.hyperparameters, "trees": fewer})
    small = replace(trial, card=card, device=torch.device("cpu"))

    def fit(count: int) -> tuple[float, dict[str, np.ndarray]]:
        series, started = small.samples(count), time.perf_counter()
        fitted = fit_classical(card, series, small.preparation(), monitor)
        return time.perf_counter() - started, fitted.arrays

    fit(_FEWEST_SAMPLES)  # imports scikit-learn
    least, arrays = fit(_FEWEST_SAMPLES)
    if samples > _FEWEST_SAMPLES:
        most, arrays = fit(min(samples, _FEW_SAMPLES))
        works = [n * math.log(n) for n in (_FEWEST_SAMPLES, min(samples, _FEW_SAMPLES), samples)]
        least = max(least, most + (most - least) * (works[2] - works[1]) / (works[1] - works[0]))
    nodes = sum(array.nbytes for array in arrays.values()) * samples / max(_FEWEST_SAMPLES, min(samples, _FEW_SAMPLES))
    pixel = small.pixel_seconds(arrays, _MAPPED_FOREST)
    more = trees / fewer
    return Pace(pixel=pixel * more, fit=least * more, model_bytes=round(nodes * more))


def _seconds(work: Callable[[], Any]) -> float:
    """Return the seconds that `work` takes the second time."""
    work()
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
