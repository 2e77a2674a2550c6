# SPDX-License-Identifier: GPL-2.0-or-later
"""A search for settings: what is tried and for how long at the left, the leaderboard at the right."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Optional

from qgis.gui import QgsFileWidget
from qgis.PyQt.QtCore import QSignalBlocker, Qt
from qgis.PyQt.QtWidgets import QListWidgetItem, QWidget

from ...plugin.core.catalog import find_architecture, load_catalog
from ...plugin.core.errors import InputError, OutputError
from ...plugin.core.jobs import SearchJob
from ...plugin.core.recipe import placed
from ...plugin.core.search import SearchPlaces, TrialRecord
from ...plugin.core.settings import with_settings
from ...plugin.host.environment import worker_environment
from ...plugin.host.preflight import chain_problems
from ...plugin.host.queue import FAILED, RUNNING, STOPPED, WAITING, Run
from ...plugin.host.shelf import SUFFIX
from ...plugin.host.steps import free_path, named, search_jobs, unnumbered
from ...plugin.host.text import tr
from ...plugin.run.search import all_range_problems, folder_problem, former_search, varies
from ..gaps import GapMarks
from ..loading import load_ui
from ..network.architecture_list import short_title
from ..workspace import Workspace
from .board import TrialBoard
from .ranges import RangeTable

_ID = Qt.ItemDataRole.UserRole
_OPTUNA = "optuna"


class SearchPanel(QWidget):
    """Edits the recipe's search, runs it, and shows the search that its folder holds."""

    def __init__(self, workspace: Workspace, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        load_ui(self, __file__)
        self.workspace = workspace
        self._marks = GapMarks()
        self.range_table, self.board = RangeTable(), TrialBoard()
        self.ranges_place.addWidget(self.range_table)
        self.board_place.addWidget(self.board)
        QWidget.setTabOrder(self.vary_check, self.range_table)
        QWidget.setTabOrder(self.range_table, self.minutes_box)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([300, 620])
        self.folder_widget.setStorageMode(QgsFileWidget.StorageMode.GetDirectory)
        for entry in load_catalog().values():
            item = QListWidgetItem(short_title(entry), self.architecture_list)
            item.setData(_ID, entry.id)
            item.setToolTip(tr(entry.summary))
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        self._connect()

    def _connect(self) -> None:
        workspace = self.workspace
        self.architecture_list.itemChanged.connect(lambda _: self._take())
        self.range_table.edited.connect(self._take)
        self.vary_check.toggled.connect(lambda _: self._take())
        for box in (self.minutes_box, self.trials_box, self.epochs_box):
            box.setKeyboardTracking(False)
            box.valueChanged.connect(lambda _: self._take())
        self.folder_widget.fileChanged.connect(self._take_folder)
        self.folder_button.clicked.connect(self._take_new_folder)
        self.search_button.clicked.connect(self.search)
        self.end_button.clicked.connect(lambda: self._stop(keep=True))
        self.stop_button.clicked.connect(lambda: self._stop(keep=False))
        self.environment_button.clicked.connect(lambda: workspace.page_wanted.emit("environment"))
        self.board.settings_wanted.connect(self._use_settings)
        self.board.model_wanted.connect(self._open_model)
        workspace.recipe_changed.connect(self.show_recipe)
        workspace.queue.changed.connect(self._show_state)
        workspace.queue.run_changed.connect(lambda run: run is self.run and self._show_state())
        worker_environment().changed.connect(self._show_state)

    # ---- the recipe ----

    @property
    def job(self) -> SearchJob:
        """The recipe's search, on the samples of its training."""
        return placed(named(self.workspace.recipe)).search

    @property
    def run(self) -> Optional[Run]:
        """The last run of the search in this folder."""
        folder = self.job.folder
        runs = reversed(self.workspace.queue.runs)
        return next((r for r in runs if isinstance(r.jobs[-1], SearchJob) and r.jobs[-1].folder == folder), None)

    def show_recipe(self) -> None:
        """Show the recipe's search and the leaderboard of its folder."""
        job = self.job
        fields = (self.architecture_list, self.vary_check, self.minutes_box, self.trials_box, self.epochs_box)
        blockers = [QSignalBlocker(field) for field in (*fields, self.folder_widget)]
        for row in range(self.architecture_list.count()):
            item = self.architecture_list.item(row)
            is_ticked = item.data(_ID) in job.architectures
            item.setCheckState(Qt.CheckState.Checked if is_ticked else Qt.CheckState.Unchecked)
        self.vary_check.setChecked(job.vary_architecture)
        self.minutes_box.setValue(round(job.minutes))
        self.trials_box.setValue(job.trials)
        self.epochs_box.setValue(int(job.strategy.get("epochs", 0)))
        if self.folder_widget.filePath() != job.folder:
            self.folder_widget.setFilePath(job.folder)
        del blockers
        self.range_table.show_choice(job.settings, job.ranges)
        self._show_state()

    def _take(self) -> None:
        """Take what is set into the recipe."""
        items = [self.architecture_list.item(row) for row in range(self.architecture_list.count())]
        epochs, former = self.epochs_box.value(), self.workspace.recipe.search
        strategy = {name: value for name, value in former.strategy.items() if name != "epochs"}
        self._update(
            architectures=tuple(item.data(_ID) for item in items if item.checkState() == Qt.CheckState.Checked),
            settings=self.range_table.settings(),
            vary_architecture=self.vary_check.isChecked(),
            ranges=self.range_table.ranges(former.ranges),
            strategy={**strategy, "epochs": epochs} if epochs else strategy,
            trials=self.trials_box.value(),
            minutes=float(self.minutes_box.value()),
        )

    def _take_folder(self, folder: str) -> None:
        """Take another folder; a search that it holds brings its settings."""
        now = self.workspace.recipe.search
        try:
            found = former_search(Path(folder)) if folder else None
        except InputError as error:
            self.workspace.messages.failure(str(error))
            return
        kept = found or now
        self.workspace.update(search=replace(kept, folder=folder, trials=now.trials, minutes=now.minutes))

    def _take_new_folder(self) -> None:
        """Take a folder beside this one that holds nothing."""
        folder = Path(self.job.folder)
        self._update(folder=str(free_path(folder.parent, unnumbered(folder.name), "")))

    def _update(self, **fields: Any) -> None:
        self.workspace.update(search=replace(self.workspace.recipe.search, **fields))

    def problems(self) -> dict[QWidget, str]:
        """Return what is wrong with the search, a sentence by the field it belongs to."""
        job = self.job
        found: dict[QWidget, str] = {}
        wrong_ranges = all_range_problems(job) if job.architectures else []
        if not job.architectures:
            found[self.architecture_list] = tr("Tick at least one network.")
        elif wrong_ranges:
            found[self.range_table] = wrong_ranges[0]
        elif not varies(job):
            found[self.range_table] = tr("Nothing is varied: tick a setting, or vary depth and width.")
        different = folder_problem(job)
        if different:
            found[self.folder_widget] = different
        return found

    # ---- the run ----

    def search(self) -> Optional[Run]:
        """Start the search, or tell why it cannot start."""
        jobs = search_jobs(self.workspace.recipe)
        found = chain_problems(jobs)
        if found:
            self.workspace.messages.failure(found[0], "\n".join(found) if found[1:] else "")
            return None
        return self.workspace.queue.submit(jobs, tr("Search for settings"))

    def _stop(self, keep: bool) -> None:
        if self.run is not None:
            self.run.stop(keep=keep)

    def _show_state(self, *_: object) -> None:
        """Show the leaderboard, what is wrong, and how far the run is."""
        job, run = self.job, self.run
        try:
            self.board.show_folder(Path(job.folder))
        except InputError as error:
            self.workspace.messages.failure(str(error))
        is_live = run is not None and not run.is_over
        wrong = {} if is_live else self.problems()
        lacks_optuna, is_full = _lacks_optuna(), len(self.board.records) >= job.trials
        self._marks.show(wrong)
        self.folder_button.setVisible(self.folder_widget in wrong)
        for widget in (self.tabs, self.minutes_box, self.trials_box, self.epochs_box, self.folder_widget):
            widget.setEnabled(not is_live)
        self.search_button.setVisible(not is_live)
        self.search_button.setEnabled(not (wrong or lacks_optuna or is_full))
        self.search_button.setText(tr("&Go on with the search") if self.board.records and not wrong else tr("&Search"))
        self.end_button.setVisible(is_live)
        self.end_button.setEnabled(is_live and run.job is run.jobs[-1])
        self.stop_button.setVisible(is_live)
        self.progress_bar.setVisible(is_live)
        self.progress_bar.setValue(round(1000 * run.progress) if is_live else 0)
        self.environment_button.setVisible(lacks_optuna)
        full = _full_text(len(self.board.records)) if is_full else ""
        self.state_label.setText(_state_text(run, lacks_optuna) or full)
        self.state_label.setVisible(bool(self.state_label.text()))

    # ---- what a trial gives ----

    def _use_settings(self, record: TrialRecord) -> None:
        recipe = self.workspace.recipe
        settings = {**recipe.search.strategy, **record.settings}
        self.workspace.update(train=with_settings(recipe.train, find_architecture(record.architecture), settings))
        sentence = tr("The page Network has the settings of trial {number} now.")
        self.workspace.messages.info(sentence.format(number=record.trial))

    def _open_model(self, record: TrialRecord) -> None:
        """Show a copy of a trial's model: renamed or deleted, it leaves the search as it is."""
        folder = Path(self.job.folder)
        copy = folder.with_name(f"{folder.name}_trial{record.trial}{SUFFIX}")
        try:
            if not copy.exists():
                self.workspace.shelf.export(SearchPlaces(folder).models / record.model, copy)
        except OutputError as error:
            self.workspace.messages.failure(str(error))
            return
        self.workspace.show_model(copy)


def _lacks_optuna() -> bool:
    answer = worker_environment().answer
    return answer is not None and not answer.problem and _OPTUNA in answer.absent


def _full_text(count: int) -> str:
    return tr("{count} models are trained: give a higher number to go on.").format(count=count)


def _state_text(run: Optional[Run], lacks_optuna: bool) -> str:
    if run is not None and run.state == WAITING:
        return tr("Waits for the runs before it.")
    if run is not None and run.state == RUNNING:
        return run.text if isinstance(run.job, SearchJob) else tr("Reads the samples first.")
    if lacks_optuna:
        return tr("A search needs Optuna, which the worker's Python lacks: set it up again on the page Environment.")
    if run is not None and run.state == FAILED:
        return run.error
    return tr("Stopped; the models stay.") if run is not None and run.state == STOPPED else ""
