# SPDX-License-Identifier: GPL-2.0-or-later
"""Questions answered in the background; a newer question makes the answer to the last one void."""

from __future__ import annotations

from typing import Any, Callable, Optional

from qgis.core import QgsApplication, QgsTask
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..core.errors import Canceled, ChronomapError
from ..core.monitor import Event, Monitor
from .task import task_pool, unexpected

Question = Callable[[Monitor], Any]


class Inquiry(QObject):
    """Runs one question at a time in a QGIS task; signals come in the GUI thread and only for the last question.

    A question gets a monitor: its events are told by `heard`, and it must ask it now and then whether to stop. It may
    touch no layer and no widget.
    """

    answered = pyqtSignal(object)
    failed = pyqtSignal(str)
    heard = pyqtSignal(dict)
    _event_came = pyqtSignal(int, dict)

    def __init__(self, title: str, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._title = title
        self._number = 0
        self._task: Optional[QgsTask] = None
        self._event_came.connect(self._pass_on)

    @property
    def is_busy(self) -> bool:
        """Whether an answer is awaited."""
        return self._task is not None

    def ask(self, question: Question) -> None:
        """Run `question` in the background; what was asked before is given up."""
        self.drop()
        number = self._number

        def work(task: QgsTask) -> tuple[Any]:
            monitor = Monitor(lambda event: self._event_came.emit(number, event), task.isCanceled)
            pool = task_pool()
            pool.releaseThread()
            try:
                return (question(monitor),)
            finally:
                pool.reserveThread()

        def finish(error: Optional[Exception], answer: tuple[Any] = (None,)) -> None:
            if number == self._number and not sip.isdeleted(self):
                self._finish(error, answer[0])

        self._task = QgsTask.fromFunction(self._title, work, on_finished=finish, flags=_flags())
        QgsApplication.taskManager().addTask(self._task)

    def drop(self) -> None:
        """Want no answer any more."""
        self._number += 1
        if self._task is not None and not sip.isdeleted(self._task):
            self._task.cancel()
        self._task = None

    def _finish(self, error: Optional[Exception], answer: Any) -> None:
        self._task = None
        if error is None:
            self.answered.emit(answer)
        elif isinstance(error, ChronomapError):
            self.failed.emit("" if isinstance(error, Canceled) else str(error))
        else:
            self.failed.emit(unexpected(error))

    def _pass_on(self, number: int, event: Event) -> None:
        if number == self._number:
            self.heard.emit(event)


def _flags() -> QgsTask.Flag:
    """Return flags of a task that needs no message of its own: newer QGIS can keep it out of sight."""
    quiet = getattr(QgsTask.Flag, "Hidden", QgsTask.Flag.CanCancel)
    return QgsTask.Flag.CanCancel | quiet
