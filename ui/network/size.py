# SPDX-License-Identifier: GPL-2.0-or-later
"""The size of a network, asked of the live worker while its settings change."""

from __future__ import annotations

from typing import Optional

from qgis.PyQt.QtCore import QLocale, QObject, QTimer, pyqtSignal

from ...plugin.core.catalog import find_architecture
from ...plugin.core.jobs import TrainJob
from ...plugin.core.monitor import Event
from ...plugin.host.replies import Replies
from ...plugin.host.text import tr
from ...plugin.run.estimate import size_request
from ...plugin.run.live import LiveWorker
from ...plugin.run.workload import Workload

_DELAY_MS = 250  # one question when the user pauses
_TOPIC = "network size"
EXAMPLE = Workload(
    bands=tuple(f"B{number:02}" for number in range(1, 11)),
    dates=tuple(f"2021-{month:02}-{day:02}" for month in range(1, 13) for day in (5, 20)),
    classes=8,
    samples=0,
)


class SizeMeter(QObject):
    """Tells in a sentence how large a network is; `refused` where its settings do not fit each other."""

    told = pyqtSignal(str)
    refused = pyqtSignal(str)

    def __init__(self, live: LiveWorker, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._live = live
        self._job: Optional[TrainJob] = None
        self._work = EXAMPLE
        self._replies = Replies(self)
        self._replies.answered.connect(self._answered)
        self._replies.failed.connect(self._failed)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_DELAY_MS)
        self._timer.timeout.connect(self._ask)

    def weigh(self, job: TrainJob, work: Optional[Workload]) -> None:
        """Ask for the size of the network of `job` on the series of `work` (None: an example's)."""
        self._job, self._work = job, work or EXAMPLE
        self._replies.drop()
        if find_architecture(job.architecture).kind == "classical":
            self._timer.stop()
            self.told.emit(tr("No fixed size: it grows with the training samples. No epochs, no graphics card."))
            return
        self._timer.start()

    def _ask(self) -> None:
        if self._job is not None:
            self._replies.expect(self._live.ask(size_request(self._job, self._work, measure=False), _TOPIC))

    def _answered(self, answer: Event) -> None:
        self.told.emit(size_text(answer) + " " + _basis(self._work))

    def _failed(self, sentence: str, is_input: bool) -> None:
        if is_input:
            self.refused.emit(sentence)
        else:
            self.told.emit(tr("The size is told once the worker's environment is set up (page Environment)."))


def size_text(answer: Event) -> str:
    """Return the worker's answer in words."""
    return tr("{parameters} parameters, {operations} operations per pixel").format(
        parameters=QLocale().toString(int(answer["parameters"])), operations=_rounded(int(answer["flops"]))
    )


def _basis(work: Workload) -> str:
    known = tr("(with {bands} bands, {dates} dates, {classes} classes)")
    example = tr("(if there are {bands} bands, {dates} dates, {classes} classes)")
    text = example if work is EXAMPLE else known
    return text.format(bands=len(work.bands), dates=len(work.dates), classes=work.classes)


def _rounded(count: int) -> str:
    for unit, name in ((10**9, tr("billion")), (10**6, tr("million")), (10**3, tr("thousand"))):
        if count >= unit:
            return f"{QLocale().toString(count / unit, 'g', 3)} {name}"
    return str(count)
