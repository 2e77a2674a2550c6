# SPDX-License-Identifier: GPL-2.0-or-later
"""What changes the arithmetic of a map: chosen once by measurement, kept, and reused by resume and shards."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..core.monitor import Monitor
from .device import choose_device, kernels_on, lanes_of
from .openvino_form import openvino_version
from .predictor import OPENVINO, TORCH, Predictor, torch_readable

# Multiples of 64, see Predictor; larger ones leave the cache, and OpenVINO keeps all that it computes of a batch.
_CPU_BATCHES = {TORCH: (128, 256, 512, 1024), OPENVINO: (128, 256, 512)}
_FOREST_BATCHES = (512, 1024, 2048, 4096)  # calls cost more than the cache wins
_GPU_BATCHES = (4096, 16384, 65536)
_MEASURE_S = 0.12  # for each batch size
_SLOW_S = 0.5  # a single batch that takes longer ends the search


@dataclass(frozen=True)
class Compute:
    """How a map is computed. `threads` batches are in work at once, see lanes_of: results do not depend on it.

    `engine` computes the networks (TORCH, OPENVINO or GRAPH), `dtype` is their number type. `kernels` names what
    computed, to tell when that changes.
    """

    device: str = "cpu"
    engine: str = TORCH
    dtype: str = "float32"
    batch: int = 256
    threads: int = 1
    kernels: str = ""


class Lanes:
    """Threads that each compute batches of their own: on one core, or in a stream of their own on the card."""

    def __init__(self, threads: int, device: torch.device) -> None:
        self._is_cuda = device.type == "cuda"
        self._pool = ThreadPoolExecutor(threads, "lane", _take_stream if self._is_cuda else None)

    def run(self, work: Callable[[Any], None], items: Iterable[Any]) -> None:
        """Do `work` on every item; at the first error the rest is dropped, and the error raised once all are still."""
        if self._is_cuda:
            torch.cuda.current_stream().synchronize()  # weights may still be on their way: streams do not wait
        futures = [self._pool.submit(work, item) for item in items]
        wait(futures, return_when=FIRST_EXCEPTION)
        for future in futures:
            future.cancel()
        wait(futures)
        failed = next((future for future in futures if not future.cancelled() and future.exception()), None)
        del futures  # error, traceback and futures would hold each other, and with them the mapped slots
        try:
            if failed:
                failed.result()
        finally:
            del failed

    def close(self) -> None:
        """Let the threads go."""
        self._pool.shutdown()


def _take_stream() -> None:
    torch.cuda.set_stream(torch.cuda.Stream())


@contextmanager
def lanes(threads: int, device: torch.device | str = "cpu") -> Iterator[Lanes]:
    """Yield Lanes, torch itself held to one thread meanwhile."""
    former = torch.get_num_threads()
    torch.set_num_threads(1)
    made = Lanes(threads, torch.device(device))
    try:
        yield made
    finally:
        made.close()
        torch.set_num_threads(former)


def start_compute(device_name: str, former: dict[str, Any], monitor: Monitor) -> Compute:
    """Return the settings of a `former` run, or new ones on the device called `device_name`, yet without batch.

    Raises:
        InputError: this machine has no such device.
    """
    if not former:
        device = choose_device(device_name)
        return Compute(device.type, batch=0, threads=lanes_of(device), kernels=kernels_of(device))
    kept = Compute(**{name: former[name] for name in Compute.__dataclass_fields__ if name in former})
    best = choose_device("auto").type
    device = torch.device(kept.device if kept.device in ("cpu", best) else "cpu")
    if kernels_of(device, kept.engine) != kept.kernels:
        kernels = kernels_of(device)
        monitor.warning(
            f"This map was begun on {kept.kernels} in {kept.dtype} and goes on with {kernels} in float32: "
            "numbers may differ in their last digit from what is already mapped."
        )
        kept = replace(kept, engine=TORCH, dtype="float32", kernels=kernels)
    return replace(kept, device=device.type, threads=lanes_of(device))


def settle(compute: Compute, predictor: Predictor, dtype: str, lanes_: Lanes, monitor: Monitor) -> Compute:
    """Choose the quickest batch size for series stored as `dtype`, by a second's measurement, and set it.

    A size is taken only if the answer for a series does not depend on its place in the batch.
    """
    pace = {}
    for batch in _batches(compute, predictor):
        monitor.check()
        predictor.batch = batch
        try:
            pace[batch], slowest_s = _measure(predictor, dtype, compute.threads, lanes_)
        except torch.cuda.OutOfMemoryError:
            if not pace:
                raise
            break
        if slowest_s > _SLOW_S:
            break
    for batch in sorted(pace, key=lambda size: -pace[size]):
        predictor.batch = batch
        if is_position_free(predictor, dtype):
            return replace(compute, batch=batch)
    predictor.batch = max(pace, key=lambda size: pace[size])
    monitor.warning(
        "On this machine the last digits of a pixel depend on its place in a batch: maps of other window sizes may "
        "differ by rounding."
    )
    return replace(compute, batch=predictor.batch)


def is_position_free(predictor: Predictor, dtype: str) -> bool:
    """Return whether shuffled and partly padded batches give every series the same bits."""
    generator = np.random.default_rng(0)
    values, valid = _series_like(predictor, dtype, generator)
    expected = predictor.answer(values, valid, predictor.gives_attention)
    for count in (predictor.batch, 2 * predictor.batch // 3, predictor.batch // 3, 1):
        kept = generator.permutation(predictor.batch)[:count]
        found = predictor.answer(values[kept], valid[kept], predictor.gives_attention)
        if not torch.equal(found.probability, expected.probability[kept]):
            return False
        if expected.attention is not None and not torch.equal(found.attention, expected.attention[kept]):
            return False
    return True


def pixels_per_second(predictor: Predictor, dtype: str, threads: int, lanes_: Lanes) -> float:
    """Return how many series stored as `dtype` the `threads` compute in a second at the predictor's batch size."""
    return _measure(predictor, dtype, threads, lanes_)[0]


def _batches(compute: Compute, predictor: Predictor) -> tuple[int, ...]:
    """Return the batch sizes that are worth a trial."""
    if compute.device != "cpu":
        return _GPU_BATCHES
    return _CPU_BATCHES[compute.engine] if predictor.can_reduce else _FOREST_BATCHES


def _measure(predictor: Predictor, dtype: str, threads: int, lanes_: Lanes) -> tuple[float, float]:
    """Return series per second at the predictor's batch size, and the seconds a round of batches takes."""
    values, valid = _series_like(predictor, dtype, np.random.default_rng(0))

    def work(_: int) -> None:
        predictor.answer(values, valid)
        if predictor.device.type == "cuda":
            torch.cuda.current_stream().synchronize()

    lanes_.run(work, range(threads))  # the first time, kernels are prepared
    started, quickest = time.perf_counter(), float("inf")
    while time.perf_counter() - started < _MEASURE_S:
        begun = time.perf_counter()
        lanes_.run(work, range(threads))
        quickest = min(quickest, time.perf_counter() - begun)
    return threads * predictor.batch / quickest, quickest


def _series_like(predictor: Predictor, dtype: str, generator: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Return made-up stored series, as many as a batch holds: values (n, T, C) in the model's range, valid (n, T)."""
    shape = (predictor.batch, *predictor.scale.shape)
    physical = generator.uniform(predictor.card.lower, predictor.card.upper, shape)
    stored = (physical - predictor.offset) / predictor.scale
    if np.dtype(dtype).kind in "iu":
        stored = stored.clip(np.iinfo(dtype).min, np.iinfo(dtype).max)
    return torch_readable(stored.astype(dtype)), torch.from_numpy(generator.random(shape[:2]) < 0.7)


def kernels_of(device: torch.device, engine: str = TORCH) -> str:
    """Return what computes there, with versions."""
    return f"{kernels_on(device)}, OpenVINO {openvino_version()}" if engine == OPENVINO else kernels_on(device)
