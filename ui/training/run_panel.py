# SPDX-License-Identifier: GPL-2.0-or-later
"""One run as it goes: what it does, its curves, its log, how to stop it; and its results once it is over."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

from qgis.PyQt.QtCore import QUrl, pyqtSignal
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import QWidget

from ...plugin.core.card import read_card
from ...plugin.core.ensemble import lead_of
from ...plugin.core.errors import ChronomapError
from ...plugin.core.jobs import SearchJob, TrainJob
from ...plugin.host.queue import DONE, FAILED, RUNNING, STOPPED, WAITING, Run
from ...plugin.host.text import tr
from ..loading import load_ui
from ..search.rate_view import RateView, is_rate_run
from ..times import span
from ..workspace import Workspace
from .curves import Curves
from .scores import Scores

_STEPS = {
    "cube": "Finding the acquisitions",
    "extract": "Reading the samples",
    "table": "Reading the table",
    "train": "Training",
    "find_learning_rate": "Finding a learning rate",
    "search": "Searching settings",
    "compare_train": "Training for the comparison",
    "compare": "Comparing",
    "map": "Making the map",
}
_LEAST_LINES = 12  # of the tabs: what is higher scrolls in them


class RunPanel(QWidget):
    """Shows the run it is given; never keeps one that is forgotten."""

    map_wanted = pyqtSignal(object)  # the Run whose model shall make a map

    def __init__(self, workspace: Workspace, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        load_ui(self, __file__)
        self._queue = workspace.queue
        self._run: Optional[Run] = None
        self._lines = 0
        self._shown_model = ""
        self.curves, self.rate_view, self.scores = Curves(), RateView(workspace), Scores()
        self.learning_stack.addWidget(self.curves)
        self.learning_stack.addWidget(self.rate_view)
        self.scores_place.addWidget(self.scores)
        self.tabs.setMinimumHeight(_LEAST_LINES * self.fontMetrics().lineSpacing())
        self.keep_button.clicked.connect(lambda: self._run and self._run.stop(keep=True))
        self.discard_button.clicked.connect(lambda: self._run and self._run.stop())
        self.report_button.clicked.connect(self._open_report)
        self.map_button.clicked.connect(lambda: self.map_wanted.emit(self._run))
        self.forget_button.clicked.connect(lambda: self._run and self._queue.forget(self._run))
        self._queue.run_changed.connect(self._refresh_if_shown)

    def show_run(self, run: Optional[Run]) -> None:
        """Show `run`, or nothing."""
        self._run = run
        self._lines, self._shown_model = 0, ""
        self.log_view.clear()
        self.setEnabled(run is not None)
        self.curves.show_epochs(())
        is_search = run is not None and isinstance(run.jobs[-1], SearchJob)
        self.tabs.setTabEnabled(0, not is_search)  # its many trainings have no one curve
        self.tabs.setCurrentIndex(2 if is_search else 0)
        self.learning_stack.setCurrentWidget(self.rate_view if run is not None and is_rate_run(run) else self.curves)
        self.tabs.setTabEnabled(1, False)
        self._refresh()

    def _refresh_if_shown(self, run: Run) -> None:
        if run is self._run:
            self._refresh()

    def _refresh(self) -> None:
        run = self._run
        self.progress_bar.setVisible(run is not None and run.state == RUNNING)
        self.state_label.setText(state_line(run) if run is not None else tr("No run yet."))
        is_live = run is not None and not run.is_over
        self.discard_button.setVisible(is_live)
        is_learning = is_live and (isinstance(run.job, SearchJob) or bool(run.epochs))
        self.keep_button.setVisible(is_learning and isinstance(run.job, (TrainJob, SearchJob)))
        report = _report(run)
        self.report_button.setVisible(bool(report))
        self.map_button.setVisible(run is not None and run.is_over and bool(run.output("model")))
        self.forget_button.setVisible(run is not None and run.is_over)
        if run is None:
            return
        self.progress_bar.setValue(round(1000 * run.progress))
        self.curves.show_epochs(run.epochs)
        if is_rate_run(run):
            self.rate_view.show_run(run)
        self._show_lines(run)
        self._show_scores(run)

    def _show_lines(self, run: Run) -> None:
        new = run.lines[self._lines :]
        if new:
            self.log_view.appendPlainText("\n".join(new))
            self._lines = len(run.lines)

    def _show_scores(self, run: Run) -> None:
        model = run.output("model")
        if not model or model == self._shown_model:
            return
        self._shown_model = model
        try:
            card = read_card(Path(model))
        except ChronomapError:  # deleted or moved since; the page Models says so
            return
        self.scores.show_card(card)
        lead = lead_of(card)
        self.curves.show_epochs(lead.history or run.epochs, lead.best_epoch)
        self.tabs.setTabEnabled(1, True)
        self.tabs.setCurrentIndex(1)

    def _open_report(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(_report(self._run)))


def state_line(run: Run) -> str:
    """Return in words how far a run is."""
    if run.state == WAITING:
        return tr("{title}: waits for the runs before it.").format(title=run.title)
    if run.state == FAILED:
        return tr("{title} failed: {reason}").format(title=run.title, reason=run.error)
    if run.state == STOPPED:
        stays, left_none = tr("{title} was stopped; its models stay."), tr("{title} was stopped; it left no model.")
        return (stays if isinstance(run.jobs[-1], SearchJob) else left_none).format(title=run.title)
    if run.state == DONE:
        return tr("{title} is done.").format(title=run.title)
    left = run.seconds_left
    parts = [f"{run.title}: {tr(_STEPS.get(run.job.kind, run.job.kind))}", run.text]
    if left is not None:
        at_most = isinstance(run.job, TrainJob)  # training may end early
        parts.append((tr("at most {time} left") if at_most else tr("{time} left")).format(time=span(left)))
    return " · ".join(part for part in parts if part)


def _report(run: Optional[Run]) -> str:
    """Return the report of a run where it is there."""
    path = run.output("report") if run is not None else None
    return str(path) if path and Path(path).exists() else ""
