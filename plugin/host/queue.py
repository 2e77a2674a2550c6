# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs one after the other: a run is a chain of jobs, such as cube, samples, training."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Optional

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from ..core.jobs import Job, SearchJob, TrainJob
from ..core.monitor import Event
from ..core.narration import narrate
from .task import JobTask
from .text import tr

WAITING, RUNNING, DONE, FAILED, STOPPED = "waiting", "running", "done", "failed", "stopped"
_TICK_MS = 100  # how often events reach the window
_WEIGHTS = {
    "cube": 1.0,
    "extract": 3.0,
    "table": 1.0,
    "train": 12.0,
    "map": 12.0,
    "find_learning_rate": 6.0,
    "search": 60.0,
    "compare_train": 60.0,
}  # shares of the progress bar
_LEAVE_S = 12.0  # how long QGIS waits for a run when it closes: more than the worker's grace


class Run(QObject):
    """A chain of jobs; keeps what it reported, so that a page opened later can show it."""

    reported = pyqtSignal(dict)  # an event of core/monitor.py, or job{index, kind}; never called `event`: Qt has that
    changed = pyqtSignal()  # state, job or progress
    finished = pyqtSignal()  # state is DONE, FAILED or STOPPED

    def __init__(self, jobs: Sequence[Job], title: str, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self.jobs = tuple(jobs)
        self.title = title
        self.state = WAITING
        self.outputs: list[dict[str, Any]] = []  # of the jobs that are done
        self.error = ""
        self.epochs: list[Event] = []
        self.lines: list[str] = []
        self.fraction = 0.0  # of the job that runs
        self.text = ""
        self._job_started = 0.0
        self._is_ending = False  # after the training that runs now
        self._task: Optional[JobTask] = None
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._deliver)

    @property
    def is_over(self) -> bool:
        """Whether nothing will happen any more."""
        return self.state in (DONE, FAILED, STOPPED)

    @property
    def job(self) -> Job:
        """The job that runs, ran last, or will run first."""
        return self.jobs[min(len(self.outputs), len(self.jobs) - 1)]

    @property
    def progress(self) -> float:
        """How far the whole run is, from 0 to 1."""
        weights = [_WEIGHTS.get(job.kind, 1.0) for job in self.jobs]
        done = len(self.outputs)
        part = weights[done] * self.fraction if done < len(weights) else 0.0
        return (sum(weights[:done]) + part) / sum(weights)

    @property
    def seconds_left(self) -> Optional[float]:
        """How long the job that runs takes yet at its present pace (training may stop earlier); None: unknown."""
        if self.state != RUNNING or self.fraction < 0.01:
            return None
        return (time.monotonic() - self._job_started) * (1.0 - self.fraction) / self.fraction

    def output(self, name: str) -> Any:
        """Return the output called `name` of the last job that has one, or None."""
        return next((outputs[name] for outputs in reversed(self.outputs) if name in outputs), None)

    def start(self) -> None:
        """Start the next job."""
        self.state = RUNNING
        self.fraction, self.text, self._job_started = 0.0, "", time.monotonic()
        self._task = JobTask(self.job, tr("Chronomap: {title} ({kind})").format(title=self.title, kind=self.job.kind))
        self._task.done.connect(self._job_done)
        self._task.failed.connect(self._job_failed)
        self._timer.start()
        self.reported.emit({"event": "job", "index": len(self.outputs), "kind": self.job.kind})
        self.changed.emit()
        QgsApplication.taskManager().addTask(self._task)

    def stop(self, keep: bool = False) -> None:
        """Stop. `keep`: a training or a search ends with the best it has so far; else, and for other jobs, with none.

        A map or a search can be gone on with after either. Jobs that wait in this run do not start.
        """
        self._is_ending = True
        if self.state == WAITING:
            self._end(STOPPED)
        elif self._task is not None and keep and isinstance(self.job, (TrainJob, SearchJob)):
            self._task.finish()
        elif self._task is not None:
            self._task.cancel()

    def leave(self) -> None:
        """Stop at once and wait until the job's thread and its worker are gone: the plugin or QGIS closes."""
        task = self._task
        self.stop()
        if task is not None:
            task.wait(_LEAVE_S)

    def _job_done(self, outputs: dict[str, Any]) -> None:
        self._take_all()
        self.outputs.append(outputs)
        self.fraction = 0.0
        if len(self.outputs) == len(self.jobs) or self._is_ending:
            self._end(DONE)
        else:
            self.start()

    def _job_failed(self, sentence: str) -> None:
        self._take_all()
        self.error = sentence
        self._end(FAILED if sentence else STOPPED)

    def _end(self, state: str) -> None:
        self._timer.stop()
        self._task = None
        self.state = state
        self.changed.emit()
        self.finished.emit()

    def _take_all(self) -> None:
        while self._deliver():
            pass

    def _deliver(self) -> bool:
        """Pass on what waits in the mailbox; return whether there was anything."""
        events = self._task.mailbox.take() if self._task is not None else []
        for event in events:
            self._note(event)
            self.reported.emit(event)
        if events:
            self.changed.emit()
        return bool(events)

    def _note(self, event: Event) -> None:
        if event["event"] == "progress":
            self.fraction, self.text = event["fraction"], event.get("text") or self.text
        elif event["event"] == "epoch":
            if self.epochs and event["epoch"] <= self.epochs[-1]["epoch"]:  # another member, or the refit
                self.epochs = []
            self.epochs.append(event)
        line = narrate(event)
        if line:
            self.lines.append(line)


class JobQueue(QObject):
    """Runs in the order they came, one at a time."""

    changed = pyqtSignal()  # a run came, started, or ended
    run_changed = pyqtSignal(object)  # a Run: its state, job, progress or log
    run_finished = pyqtSignal(object)  # the Run

    def __init__(self, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self.runs: list[Run] = []
        self._beside: list[Run] = []

    @property
    def active(self) -> Optional[Run]:
        """The run that runs now."""
        return next((run for run in self.runs if run.state == RUNNING), None)

    def submit(self, jobs: Sequence[Job], title: str) -> Run:
        """Queue a run and return it; it starts once those before it are over."""
        run = Run(jobs, title, self)
        self.runs.append(run)
        run.changed.connect(lambda: self.run_changed.emit(run))
        run.finished.connect(lambda: self._over(run))
        self.changed.emit()
        QTimer.singleShot(0, self._start_next)  # the caller connects to the run first
        return run

    def start_beside(self, job: Job, title: str) -> Run:
        """Start a short job at once beside the queue, such as a preview; it is in no list."""
        run = Run([job], title, self)
        self._beside.append(run)
        run.finished.connect(lambda: self._beside.remove(run))
        QTimer.singleShot(0, run.start)
        return run

    def forget(self, run: Run) -> None:
        """Take a run that is over off the list."""
        if run.is_over and run in self.runs:
            self.runs.remove(run)
            run.deleteLater()
            self.changed.emit()

    def close(self) -> None:
        """Stop everything and wait for it: no worker is left when this returns."""
        for run in reversed([*self._beside, *self.runs]):  # those that wait first: none starts on the way
            if not run.is_over:
                run.leave()

    def _start_next(self) -> None:
        if self.active is None:
            waiting = next((run for run in self.runs if run.state == WAITING), None)
            if waiting is not None:
                waiting.start()
                self.changed.emit()

    def _over(self, run: Run) -> None:
        self.changed.emit()
        self.run_finished.emit(run)
        QTimer.singleShot(0, self._start_next)
