# SPDX-License-Identifier: GPL-2.0-or-later
"""A running worker, seen from the host: start it, send requests, wait for events, stop it."""

from __future__ import annotations

import queue
import signal
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Optional

from .errors import Canceled, InputError, WorkerError
from .interpreter import find_interpreter
from .messages import PROTOCOL, decode, encode
from .monitor import Event, Monitor
from .process import start

_POLL_S = 0.1
_GRACE_S = 5.0  # how long a canceled worker may take to leave by itself
_START_S = 180.0
_LOG_LINES = 200


class Worker:
    """The worker process. Use ``with running_worker(...) as worker``."""

    def __init__(self, python: str, log: Optional[Path] = None) -> None:
        """Start `python -m plugin.worker`; its log lines are appended to the file `log`."""
        self._process = start([python, "-m", "plugin.worker"])
        self._events: queue.Queue[Optional[Event]] = queue.Queue()
        self._log_path = log
        self._log: deque[str] = deque(maxlen=_LOG_LINES)
        self._threads = [
            threading.Thread(target=self._read_events, daemon=True),
            threading.Thread(target=self._read_log, daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        self.device = ""  # what "auto" is in it, in words
        self.threads = 0  # that a training may use; 0: all
        self._canceled_at = 0.0
        self._is_finishing = False

    @property
    def pid(self) -> int:
        """Process id of the worker."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def send(self, message: dict[str, Any]) -> None:
        """Send one request.

        Raises:
            WorkerError: the worker is gone.
        """
        try:
            self._process.stdin.write(encode(message))  # type: ignore[union-attr]
            self._process.stdin.flush()  # type: ignore[union-attr]
        except (OSError, ValueError) as error:
            raise self._death() from error

    def receive(self, monitor: Monitor, timeout_s: float = 0.0) -> Event:
        """Return the next event that is an answer; progress, notes and epochs go to `monitor` on the way.

        Raises:
            Canceled: the job was canceled (the worker is stopped by then).
            WorkerError: the worker died, or did not answer within `timeout_s` (0: no limit).
        """
        deadline = time.monotonic() + timeout_s if timeout_s else float("inf")
        while True:
            self._pass_on_stop(monitor)
            try:
                event = self._events.get(timeout=_POLL_S)
            except queue.Empty:
                if time.monotonic() > deadline:
                    raise WorkerError(f"The worker gave no answer within {timeout_s:g} s.") from None
                continue
            if event is None:
                if self._canceled_at:
                    raise Canceled("The job was canceled.")
                raise self._death()
            answer = self._sort(event, monitor)
            if answer is not None:
                return answer

    def request(self, message: dict[str, Any], monitor: Monitor) -> Event:
        """Send a request and return its ``done`` event; raises as receive does."""
        self.send(message)
        return self.receive(monitor)

    def stop(self, grace_s: float = _GRACE_S) -> None:
        """Close the worker's stdin, wait a short grace, then kill it."""
        if self._process.stdin and not self._process.stdin.closed:
            try:
                self._process.stdin.close()
            except OSError:  # it was gone already, with a line unread
                self._log.append("(the worker left before its input was closed)")
        give_up = time.monotonic() + grace_s
        while self._process.poll() is None and time.monotonic() < give_up:
            time.sleep(0.02)
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        for thread, stream in zip(self._threads, (self._process.stdout, self._process.stderr)):
            thread.join(timeout=2.0)
            if stream and not thread.is_alive():
                stream.close()

    def _sort(self, event: Event, monitor: Monitor) -> Optional[Event]:
        """Pass reports on and return None; return answers; raise failures."""
        kind = event.get("event")
        if kind in ("progress", "note", "warning", "epoch", "trial"):
            monitor.on_event(event)
            return None
        if kind == "canceled":
            raise Canceled("The job was canceled.")
        if kind == "failed" and event.get("expected"):
            raise InputError(str(event.get("message")))
        if kind == "failed":
            raise WorkerError(f"The worker met an unexpected error: {event.get('message')} {self._log_hint()}")
        return event

    def _pass_on_stop(self, monitor: Monitor) -> None:
        if monitor.is_canceled():
            if not self._canceled_at:
                self._canceled_at = time.monotonic()
                self.send({"do": "cancel"})
            elif time.monotonic() - self._canceled_at > _GRACE_S:
                self.stop(grace_s=0.0)
                raise Canceled("The job was canceled.")
        elif not self._is_finishing and monitor.is_finishing():
            self._is_finishing = True
            self.send({"do": "finish"})

    def _read_events(self) -> None:
        for line in self._process.stdout:  # type: ignore[union-attr]
            try:
                self._events.put(decode(line))
            except ValueError:
                self._log.append(f"(no message: {line.strip()[:200]})")
        self._events.put(None)

    def _read_log(self) -> None:
        if self._log_path is None:
            self._log.extend(self._process.stderr)  # type: ignore[arg-type]
            return
        with self._log_path.open("a", encoding="utf-8") as file:
            for line in self._process.stderr:  # type: ignore[union-attr]
                self._log.append(line)
                file.write(line)
                file.flush()

    def _death(self) -> WorkerError:
        """Say in words how the worker ended, with the log's tail."""
        self.stop()
        code = self._process.returncode
        if code is not None and code < 0:
            name = signal.Signals(-code).name
            cause = f"The worker was killed by the system ({name})"
            if name == "SIGKILL":
                cause += (
                    "; most often because memory ran out: lower the batch size or the memory setting, or close programs"
                )
        else:
            cause = f"The worker ended unexpectedly (exit code {code})"
        tail = "".join(list(self._log)[-5:]).strip()
        return WorkerError(f"{cause}. {self._log_hint()}" + (f" Last lines: {tail}" if tail else ""))

    def _log_hint(self) -> str:
        return f"The log is in {self._log_path}." if self._log_path else ""


@contextmanager
def running_worker(setting: str = "", log: Optional[Path] = None) -> Iterator[Worker]:
    """Start a worker with the best interpreter, say hello, and stop it at the end, whatever happens.

    Raises:
        WorkerError: no interpreter was found, or the worker speaks another protocol.
    """
    worker = Worker(find_interpreter(setting), log)
    try:
        hello = worker.receive(Monitor(), timeout_s=_START_S)
        if hello.get("protocol") != PROTOCOL:
            raise WorkerError("The worker speaks another protocol: reinstall the plugin.")
        worker.device = hello.get("device", "")
        yield worker
    finally:
        worker.stop()
