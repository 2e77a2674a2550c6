# SPDX-License-Identifier: GPL-2.0-or-later
"""Answers of a live worker, told in the GUI thread; only the last question's counts."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any, Optional

from qgis.PyQt import sip
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..core.errors import Canceled, ChronomapError, InputError
from .task import unexpected


class Replies(QObject):
    """Waits for one future of run/live.py at a time: ``replies.expect(live.ask(message, topic))``."""

    answered = pyqtSignal(object)
    failed = pyqtSignal(str, bool)  # a sentence, and whether the question itself was at fault
    _came = pyqtSignal(int)

    def __init__(self, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._number = 0
        self._future: Optional[Future] = None
        self._came.connect(self._tell)

    @property
    def is_waiting(self) -> bool:
        """Whether an answer is still awaited."""
        return self._future is not None

    def expect(self, future: Future[Any]) -> None:
        """Tell the result of `future` when it comes; what was expected before is told no more."""
        self._number += 1
        self._future = future
        number = self._number

        def came(_: Future[Any]) -> None:
            if not sip.isdeleted(self):
                self._came.emit(number)

        future.add_done_callback(came)

    def drop(self) -> None:
        """Want no answer any more."""
        self._number += 1
        self._future = None

    def _tell(self, number: int) -> None:
        if number != self._number or self._future is None:
            return
        future, self._future = self._future, None
        if future.cancelled():
            return
        error = future.exception()
        if error is None:
            self.answered.emit(future.result())
        elif isinstance(error, Canceled):
            return  # its owner closed the worker
        elif isinstance(error, ChronomapError):
            self.failed.emit(str(error), isinstance(error, InputError))
        else:
            self.failed.emit(unexpected(error), False)
