# SPDX-License-Identifier: GPL-2.0-or-later
"""Several trainings at once, each in a worker of its own with its share of the cores.

Small networks gain little from a second thread, so that two trainings side by side are nearly twice as quick as one
after the other. Each is the same training as alone with so many threads.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

from ..core.errors import Canceled
from ..core.machine import available_memory, cores
from ..core.monitor import Event, Monitor
from ..core.worker import Worker, running_worker

Training = Callable[[Worker, Monitor], None]

_POLL_S = 0.05
_WORKER_BYTES = 600 * 2**20  # torch, a small network and its batches
_COPIES = 4  # of the samples: here, on their way, as tensors, and as they are split


@dataclass(frozen=True)
class Crew:
    """Workers for several trainings: `first`, which is there already, and others that are hired for the time."""

    first: Worker
    python: str
    log: Path
    size: int = 1

    def work_off(self, trainings: Sequence[Training], monitor: Monitor) -> None:
        """Run `trainings` in their order, several at once; none is begun any more when the user wants to finish.

        All that `monitor` is told and asked happens in this thread. Epochs are told of the eldest training that runs,
        from its first one on.

        Raises:
            ChronomapError: what the first of them raised that failed; the others are canceled.
        """
        shared = _Shared(deque(enumerate(trainings)))
        news = _News(monitor, len(trainings))
        with ThreadPoolExecutor(self.size) as pool:
            runs = [pool.submit(self._work, number, shared) for number in range(self.size)]
            try:
                while not all(run.done() for run in runs):
                    news.pass_on(shared.events)
                    if monitor.is_canceled() or _failures(runs):
                        shared.canceled.set()
                    if monitor.is_finishing():
                        shared.finishing.set()
            finally:
                shared.canceled.set()  # where the monitor raised
        news.pass_on(shared.events)
        failures = _failures(runs)
        if failures:
            raise next((error for error in failures if not isinstance(error, Canceled)), failures[0])

    def _work(self, number: int, shared: _Shared) -> None:
        """Take one training after the other; runs in a thread of its own."""
        with self._worker(number) as worker, self._share(worker):
            for index, training in shared.trainings():
                shared.events.put((index, {"event": "begun"}))
                training(worker, shared.monitor(index))
                shared.events.put((index, {"event": "ended"}))

    @contextmanager
    def _share(self, worker: Worker) -> Iterator[None]:
        """Give `worker` its share of the cores for the time; one that works alone keeps what it has."""
        former = worker.threads
        worker.threads = max(1, cores() // self.size) if self.size > 1 else former
        try:
            yield
        finally:
            worker.threads = former

    @contextmanager
    def _worker(self, number: int) -> Iterator[Worker]:
        if number == 0:
            yield self.first
        else:
            with running_worker(self.python, self.log) as worker:
                yield worker


def crew_size(trainings: int, samples_bytes: int, worker: Worker, device: str) -> int:
    """Return how many trainings to run at once: on CPUs one per core, as far as memory goes; one on other devices."""
    if (worker.device if device == "auto" else device) != "cpu":
        return 1
    memory = available_memory()
    fitting = memory // (_WORKER_BYTES + _COPIES * samples_bytes) if memory else trainings
    return max(1, min(trainings, cores(), fitting))


@dataclass(frozen=True)
class _Shared:
    """What the threads of a crew share."""

    waiting: deque[tuple[int, Training]]
    events: queue.Queue[tuple[int, Event]] = field(default_factory=queue.Queue)
    canceled: threading.Event = field(default_factory=threading.Event)
    finishing: threading.Event = field(default_factory=threading.Event)

    def trainings(self) -> Iterator[tuple[int, Training]]:
        """Yield what is still to be done, numbered; the first always, others as long as nobody wants to stop."""
        while True:
            try:
                index, training = self.waiting.popleft()
            except IndexError:
                return
            if index and (self.canceled.is_set() or self.finishing.is_set()):
                return
            yield index, training

    def monitor(self, index: int) -> Monitor:
        """Return the monitor of training `index`."""
        return Monitor(lambda event: self.events.put((index, event)), self.canceled.is_set, self.finishing.is_set)


class _News:
    """Makes one story of what several trainings tell."""

    def __init__(self, monitor: Monitor, trainings: int) -> None:
        self._monitor = monitor
        self._fractions = [0.0] * trainings
        self._running: set[int] = set()
        self._held: dict[int, list[Event]] = {}  # epochs of trainings beside the eldest, told when their turn comes

    def pass_on(self, events: queue.Queue[tuple[int, Event]]) -> None:
        """Tell the monitor all that waits; wait a moment for more."""
        try:
            self._tell(*events.get(timeout=_POLL_S))
            while True:
                self._tell(*events.get_nowait())
        except queue.Empty:
            return

    def _tell(self, index: int, event: Event) -> None:
        kind = event["event"]
        if kind == "begun":
            self._running.add(index)
        elif kind == "ended":
            self._running.discard(index)
            self._fractions[index] = 1.0
            for held in self._held.pop(min(self._running, default=index), ()):
                self._monitor.on_event(held)
        elif kind == "progress":
            self._fractions[index] = event["fraction"]
            self._monitor.progress(sum(self._fractions) / len(self._fractions), event["text"])
        elif kind == "epoch" and index != min(self._running, default=index):
            self._held.setdefault(index, []).append(event)
        else:
            self._monitor.on_event(event)


def _failures(runs: Sequence[Future[None]]) -> list[BaseException]:
    """Return what ended runs raised."""
    raised = [run.exception() for run in runs if run.done()]
    return [error for error in raised if error is not None]
