# SPDX-License-Identifier: GPL-2.0-or-later
"""The worker's environment as the desktop knows it: checked, set up and removed in the background."""

from __future__ import annotations

import os
import threading
from functools import lru_cache
from typing import Optional

from qgis.core import Qgis
from qgis.PyQt.QtCore import QT_VERSION_STR, QObject, pyqtSignal

from ..core.diagnostics import diagnostics
from ..core.environment import Environment, managed_environment, remove_environments
from ..core.errors import OutputError
from ..core.interpreter import ENVIRONMENT_VARIABLE, Probe, candidates, probe
from ..core.monitor import Event, Monitor
from ..core.setup import set_up
from ..core.wheels import Wheels
from .inquiry import Inquiry
from .settings import interpreter, set_interpreter
from .text import tr

_LEAVE_S = 12.0  # how long QGIS waits for a set-up to clean up when it closes


class WorkerEnvironment(QObject):
    """Which Python runs the worker, and the set-up that may be under way; pages show it and outlive nothing of it.

    `answer`: what the first candidate that works said, or the last that does not; None until `check` has answered.
    """

    changed = pyqtSignal()  # answer, or whether a set-up runs
    moved = pyqtSignal()  # fraction and text of the set-up
    noted = pyqtSignal(str)  # a line of its log
    ended = pyqtSignal(str)  # '' after success, else why not
    setting_changed = pyqtSignal()  # the user's own Python was named or taken back

    def __init__(self, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self.answer: Optional[Probe] = None
        self.fraction, self.text = 0.0, ""
        self.lines: list[str] = []
        self.is_setting_up = False
        self._stop = threading.Event()
        self._left = threading.Event()
        self._checking = Inquiry(tr("Chronomap: looking for the worker's Python"), self)
        self._checking.answered.connect(self._checked)
        self._building = Inquiry(tr("Chronomap: setting up the worker's Python"), self)
        self._building.answered.connect(self._built)
        self._building.failed.connect(self._failed)
        self._building.heard.connect(self._hear)

    @property
    def is_ready(self) -> bool:
        """Whether a Python that can run the worker is known."""
        return self.answer is not None and not self.answer.problem

    @property
    def chosen(self) -> str:
        """The Python the user named, '' where the plugin looks for one."""
        return interpreter()

    @property
    def from_variable(self) -> str:
        """The Python that CHRONOMAP_PYTHON names; a setting wins over it."""
        return "" if self.chosen else os.environ.get(ENVIRONMENT_VARIABLE, "")

    @property
    def managed(self) -> Optional[Environment]:
        """The environment the plugin made."""
        return managed_environment()

    def check(self, anew: bool = False) -> None:
        """Ask the candidates in the background; `anew` forgets what they said before."""
        if anew:
            probe.cache_clear()
        setting = self.chosen
        self._checking.ask(lambda monitor: first_that_works(setting))

    def set_up(self, wheels: Wheels) -> None:
        """Set the environment up in the background; `ended` tells the end. Nothing happens while one is under way."""
        if self.is_setting_up:
            return
        self.is_setting_up = True
        self.fraction, self.text, self.lines = 0.0, tr("Starting"), []
        self._stop.clear()
        self._left.clear()
        self._building.ask(lambda monitor: self._build(wheels, monitor))
        self.changed.emit()
        self.moved.emit()

    def cancel(self) -> None:
        """Stop the set-up; nothing of it is left."""
        self._stop.set()
        self.text = tr("Stopping")
        self.moved.emit()

    def use(self, python: str) -> None:
        """Let this Python run the worker; '' looks for one."""
        set_interpreter(python)
        self.setting_changed.emit()
        self.check(anew=True)

    def remove(self) -> None:
        """Remove what the plugin set up.

        Raises:
            OutputError: a set-up is under way, or files are in use.
        """
        if self.is_setting_up:
            raise OutputError("A set-up is under way: cancel it first.")
        try:
            remove_environments()
        finally:
            self.check(anew=True)

    def diagnostics(self) -> str:
        """Return the page of text for a report; takes a second or more: call it in the background."""
        return diagnostics(self.chosen, {"QGIS": Qgis.QGIS_VERSION, "Qt": QT_VERSION_STR})

    def close(self) -> None:
        """Stop what runs and wait until it has cleaned up: the plugin is unloaded."""
        self._checking.drop()
        if self.is_setting_up:
            self._stop.set()
            self._left.wait(_LEAVE_S)
            self._building.drop()
            self.is_setting_up = False

    def _build(self, wheels: Wheels, monitor: Monitor) -> Environment:
        def is_stopped() -> bool:
            return self._stop.is_set() or monitor.is_canceled()

        try:
            return set_up(wheels, Monitor(monitor.on_event, is_stopped))
        finally:
            self._left.set()

    def _hear(self, event: Event) -> None:
        if event["event"] == "progress":
            self.fraction, self.text = event["fraction"], event["text"]
            self.moved.emit()
        elif event["event"] == "note":
            self.lines.append(event["text"])
            self.noted.emit(event["text"])

    def _built(self, environment: Environment) -> None:
        self.is_setting_up = False
        if self.chosen:  # else it would stand before what the user has just asked for
            set_interpreter("")
            self.setting_changed.emit()
        self.check(anew=True)
        self.changed.emit()
        self.ended.emit("")

    def _failed(self, sentence: str) -> None:
        self.is_setting_up = False
        self.changed.emit()
        self.ended.emit(sentence or tr("The set-up was canceled; nothing of it is left."))

    def _checked(self, answer: Probe) -> None:
        self.answer = answer
        self.changed.emit()


def first_that_works(setting: str) -> Probe:
    """Return the answer of the first candidate that can run the worker, or of the best-placed that cannot."""
    answers = []
    for python in candidates(setting):
        answers.append(probe(python))
        if not answers[-1].problem:
            return answers[-1]
    return answers[0] if answers else Probe("", {}, tr("no Python was found"))


@lru_cache(maxsize=1)
def worker_environment() -> WorkerEnvironment:
    """Return the one worker environment of this QGIS; main.py closes it."""
    return WorkerEnvironment()
