# SPDX-License-Identifier: GPL-2.0-or-later
"""A worker that is kept up for questions which want a quick answer, without Qt and without blocking whoever asks."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any, Callable, Optional, TypeVar

from ..core.errors import WorkerError
from ..core.monitor import Event, Monitor
from ..core.worker import Worker, running_worker

Result = TypeVar("Result")
_IDLE_S = 600.0  # a worker that nobody asked for so long gives its memory back


def _no_choice() -> str:
    return ""


class LiveWorker:
    """Answers requests one after another, in a thread of its own.

    The worker starts with the first request, again after a crash, and again after a long idle time. Close it with its
    owner. Futures end in that thread: hand their results on to the GUI thread by a signal.
    """

    def __init__(self, setting: Callable[[], str] = _no_choice, idle_s: float = _IDLE_S) -> None:
        """Take what tells the interpreter of the user's choice ('' finds one), asked whenever a worker starts."""
        self._setting = setting
        self._idle_s = idle_s
        self._executor = ThreadPoolExecutor(1, "chronomap-live")
        self._closing = threading.Event()
        self._monitor = Monitor(is_canceled=self._closing.is_set)
        self._waiting: dict[str, Future] = {}
        self._idle: Optional[threading.Timer] = None
        self._process = ExitStack()
        self._worker: Optional[Worker] = None

    def ask(self, message: dict[str, Any], topic: str = "") -> Future[Event]:
        """Send a request; the future's result is the answer, see `call`."""
        return self.call(lambda worker, monitor: worker.request(message, monitor), topic)

    def call(self, work: Callable[[Worker, Monitor], Result], topic: str = "") -> Future[Result]:
        """Do `work` with the worker once all earlier requests are answered; call this from one thread only.

        With a `topic` the latest wins: an earlier request of the same topic that still waits is canceled. The future
        fails with ChronomapError where the worker cannot be started, dies or refuses; once closed it is canceled.
        """
        former = self._waiting.get(topic)
        if topic and former:
            former.cancel()
        if self._closing.is_set():
            asked: Future[Result] = Future()
            asked.cancel()
            return asked
        self._pause_idle()
        asked = self._executor.submit(self._answer, work)
        if topic:
            self._waiting[topic] = asked
        return asked

    def restart(self) -> None:
        """Let the worker go, so that the next request starts a new one: another interpreter was chosen."""
        if not self._closing.is_set():
            self._executor.submit(self._stop)

    def close(self, wait: bool = False) -> None:
        """Cancel what waits or runs and stop the worker; with `wait` return only when its process is gone."""
        if not self._closing.is_set():
            self._closing.set()
            self._pause_idle()
            for asked in self._waiting.values():
                asked.cancel()
            self._executor.submit(self._stop)
        self._executor.shutdown(wait=wait)

    @property
    def pid(self) -> int:
        """Process id of the worker, 0 while there is none."""
        return self._worker.pid if self._worker and self._worker.is_alive else 0

    def _answer(self, work: Callable[[Worker, Monitor], Result]) -> Result:
        """Do one piece of work; runs in the thread."""
        self._monitor.check()
        self._start()
        try:
            return work(self._worker, self._monitor)  # type: ignore[arg-type]
        finally:
            self._watch_idle()

    def _start(self) -> None:
        if self._worker and self._worker.is_alive:
            return
        self._stop()
        try:
            self._worker = self._process.enter_context(running_worker(self._setting()))
        except OSError as error:  # it was found, and is gone now
            raise WorkerError(f"The worker cannot be started ({error.strerror}): check its environment.") from error

    def _stop(self) -> None:
        self._worker = None
        self._process.close()

    def _watch_idle(self) -> None:
        self._pause_idle()
        if self._idle_s and not self._closing.is_set():
            self._idle = threading.Timer(self._idle_s, self.restart)
            self._idle.daemon = True
            self._idle.start()

    def _pause_idle(self) -> None:
        if self._idle:
            self._idle.cancel()
