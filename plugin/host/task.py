# SPDX-License-Identifier: GPL-2.0-or-later
"""A job as a QGIS task: it runs in a thread, its events wait in a mailbox until the window takes them."""

from __future__ import annotations

import tempfile
import threading
import traceback
from pathlib import Path
from typing import Any, Optional

from qgis.core import QgsApplication, QgsTask
from qgis.PyQt.QtCore import QThreadPool, pyqtSignal

from ..core.errors import Canceled, ChronomapError
from ..core.jobs import Job
from ..core.monitor import Event, Monitor
from ..run.dispatch import run_job
from .settings import interpreter
from .text import tr

_LATEST = ("progress", "window")  # of these only the newest matters
_MOST_AT_ONCE = 100  # events taken in one turn of the event loop


class Mailbox:
    """Events on their way from the job's thread to the window; progress overtakes itself, nothing else is lost."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: list[Event] = []
        self._latest: dict[str, Event] = {}

    def put(self, event: Event) -> None:
        """Add an event; any thread."""
        with self._lock:
            if event.get("event") in _LATEST:
                self._latest[event["event"]] = event
            else:
                self._events.append(event)

    def take(self, most: int = _MOST_AT_ONCE) -> list[Event]:
        """Return the newest progress, then the next events in order, at most `most`: the end of a job comes last."""
        with self._lock:
            taken, self._events = self._events[:most], self._events[most:]
            latest, self._latest = list(self._latest.values()), {}
        return latest + taken


class JobTask(QgsTask):
    """Runs one job; `done` or `failed` tell the end in the GUI thread (`failed` with '' after a stop).

    Keep a reference until then and none after: QGIS deletes the task. Cancel discards; `finish` keeps what is best.
    """

    done = pyqtSignal(dict)  # the job's outputs
    failed = pyqtSignal(str)  # a sentence; '' where the user stopped the job

    def __init__(self, job: Job, title: str) -> None:
        super().__init__(title, QgsTask.Flag.CanCancel)
        self.job = job
        self.mailbox = Mailbox()
        self._python = interpreter()
        self._finishing = threading.Event()
        self._ended = threading.Event()
        self._started = False
        self._percent = -1
        self._outputs: Optional[dict[str, Any]] = None
        self._error = ""

    def finish(self) -> None:
        """Ask a training to end and keep its best epoch."""
        self._finishing.set()

    def wait(self, timeout_s: float) -> bool:
        """Wait until the job's thread has nothing left to do; return whether it came so far."""
        return not self._started or self._ended.wait(timeout_s)

    def run(self) -> bool:
        """Run the job, in a thread; this is one of the two places where any error ends."""
        self._started = True
        pool = task_pool()
        pool.releaseThread()  # QGIS before 3.34 draws maps with the same threads
        try:
            self._outputs = run_job(
                self.job, Monitor(self._report, self.isCanceled, self._finishing.is_set), self._python
            )
        except Canceled:
            self._error = ""
        except ChronomapError as error:
            self._error = str(error)
        except Exception as error:  # noqa: BLE001 (the edge)
            self._error = unexpected(error)
        finally:
            pool.reserveThread()
            self._ended.set()
        return self._outputs is not None

    def finished(self, result: bool) -> None:
        """Tell the end; QGIS calls it in the GUI thread."""
        if result and self._outputs is not None:
            self.done.emit(self._outputs)
        else:
            self.failed.emit(self._error)

    def _report(self, event: Event) -> None:
        self.mailbox.put(event)
        percent = int(100 * event["fraction"]) if event.get("event") == "progress" else self._percent
        if percent != self._percent:  # each call is an event of the GUI thread
            self._percent = percent
            self.setProgress(percent)


def task_pool() -> QThreadPool:
    """Return the threads that tasks run in; before QGIS 3.34 maps are drawn by the same ones."""
    manager = QgsApplication.taskManager()
    return manager.threadPool() if hasattr(manager, "threadPool") else QThreadPool.globalInstance()


def unexpected(error: BaseException) -> str:
    """Write the traceback to a file and return the sentence that names it."""
    with tempfile.NamedTemporaryFile("w", prefix="chronomap-", suffix=".log", delete=False, encoding="utf-8") as file:
        traceback.print_exception(type(error), error, error.__traceback__, file=file)
    return tr("Something unexpected went wrong ({kind}). Please report it with the log {path}.").format(
        kind=type(error).__name__, path=Path(file.name)
    )
