# SPDX-License-Identifier: GPL-2.0-or-later
"""The page of comparisons: which models or architectures, what runs, and the board."""

from __future__ import annotations

from pathlib import Path
from typing import Optional, Union

from qgis.core import QgsProject
from qgis.gui import QgsFileWidget
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QListWidget, QListWidgetItem

from ...plugin.core.catalog import load_catalog
from ...plugin.core.jobs import Candidate, CompareJob, CompareTrainJob, Job
from ...plugin.core.recipe import Recipe, placed
from ...plugin.host.preflight import chain_problems
from ...plugin.host.project import results_folder
from ...plugin.host.queue import DONE, Run
from ...plugin.host.shelf import SCOPE
from ...plugin.host.steps import named, sampling_jobs
from ...plugin.host.text import tr
from ...plugin.run.compare_members import split_words
from ..loading import load_ui
from ..page import Page
from ..workspace import Workspace
from .board_view import BoardView

_ENTRY = "comparison"  # of the project: the board that was shown last
_FIRST = ("ltae", "tempcnn")  # ticked at the start
_KEY = Qt.ItemDataRole.UserRole


class ComparePage(Page):
    """Setup at the left, board at the right."""

    title = "Compare"
    icon = "compare.svg"
    topic = "compare"

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        load_ui(self, __file__)
        self._run: Optional[Run] = None
        self.board_view = BoardView(workspace)
        self.board_place.addWidget(self.board_view)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([270, 700])
        self.samples_widget.setFilter(tr("Sample file") + " (*.npz)")
        self.folder_widget.setStorageMode(QgsFileWidget.StorageMode.GetDirectory)
        self._list_architectures()
        self.compare_button.clicked.connect(self.compare)
        self.stop_button.clicked.connect(self._stop)
        self.board_view.shown.connect(self._remember)
        workspace.shelf.changed.connect(self._list_models)
        workspace.recipe_changed.connect(self._tell_source)
        self._show_run()

    def show_recipe(self) -> None:
        """List the models of the project and show the comparison it knows."""
        self._list_models()
        self._tell_source()
        if not self.folder_widget.filePath():
            self.folder_widget.setFilePath(str(results_folder() / "comparison"))
        stored, _ = QgsProject.instance().readEntry(SCOPE, _ENTRY, "")
        board = Path(QgsProject.instance().readPath(stored)) if stored else None
        if board is not None and board.is_file() and self.board_view.board is None:
            self.board_view.open(board)

    def job(self) -> Union[CompareJob, CompareTrainJob]:
        """Return the comparison as it is set up."""
        folder = Path(self.folder_widget.filePath())
        if self.tabs.currentWidget() is self.train_tab:
            return self._train_job(placed(named(self.workspace.recipe)), folder)
        return CompareJob(
            models=tuple(_ticked(self.model_list)),
            samples=self.samples_widget.filePath(),
            board=str(folder / "board.json"),
            report=str(folder / "report.html"),
            table=str(folder / "models.csv"),
            pairs=str(folder / "pairs.csv"),
            charts=str(folder / "charts"),
        )

    def compare(self) -> Optional[Run]:
        """Start the comparison, or tell why it cannot start."""
        job = self.job()
        jobs: list[Job] = [*self._before(job), job]
        found = chain_problems(jobs) if self.folder_widget.filePath() else [tr("Choose a folder for the comparison.")]
        if found:
            self.workspace.messages.failure(found[0], "\n".join(found) if found[1:] else "")
            return None
        self._run = run = self.workspace.queue.submit(jobs, tr("Comparison"))
        run.changed.connect(self._show_run)
        run.finished.connect(lambda: self._show_result(run))
        self._show_run()
        return run

    def _before(self, job: Job) -> list[Job]:
        """Return the jobs that make the samples, where a training needs them and they are not there or out of date."""
        if not isinstance(job, CompareTrainJob):
            return []
        return sampling_jobs(self.workspace.recipe)

    def _train_job(self, recipe: Recipe, folder: Path) -> CompareTrainJob:
        epochs = self.epochs_box.value()
        parted = [name.partition(":") for name in _ticked(self.architecture_list)]
        return CompareTrainJob(
            samples=recipe.train.samples,
            folder=str(folder),
            candidates=tuple(Candidate(architecture, preset) for architecture, _, preset in parted),
            split=recipe.train.split,
            folds=self.folds_box.value(),
            seeds=self.seeds_box.value(),
            strategy={"epochs": epochs} if epochs else {},
            device=recipe.train.device,
        )

    def _list_models(self) -> None:
        chosen = set(_ticked(self.model_list))
        self.model_list.clear()
        for model in self.workspace.shelf.models():
            if model.card is None:
                continue
            score = f", F1 {model.card.metrics['macro_f1']:.3f}" if model.card.metrics.get("n") else ""
            text = f"{model.name}{score}\n{split_words(model.card.split)}"
            _add(self.model_list, text, str(model.path), str(model.path) in chosen)

    def _list_architectures(self) -> None:
        for entry in load_catalog().values():
            for index, preset in enumerate(entry.presets):
                key = entry.id if index == 0 else f"{entry.id}:{preset.name}"
                item = _add(
                    self.architecture_list, f"{entry.title.partition(' (')[0]}: {preset.name}", key, key in _FIRST
                )
                item.setToolTip(preset.title)

    def _tell_source(self) -> None:
        """Say which samples and which split the training would use."""
        recipe = placed(named(self.workspace.recipe))
        samples = Path(recipe.train.samples)
        words = split_words(recipe.train.split)
        self.source_label.setText(tr("Samples: {name}, split {words}.").format(name=samples.name, words=words))

    def _show_run(self) -> None:
        run = self._run
        is_live = run is not None and not run.is_over
        self.compare_button.setEnabled(not is_live)
        self.stop_button.setVisible(is_live)
        self.progress_bar.setVisible(is_live)
        if run is None:
            self.state_label.setText("")
        elif is_live:
            self.progress_bar.setValue(round(1000 * run.progress))
            self.state_label.setText(run.lines[-1] if run.lines else run.text)
        else:
            self.state_label.setText(run.error)

    def _show_result(self, run: Run) -> None:
        self._show_run()
        if run.state != DONE:
            return
        job = run.jobs[-1]
        if isinstance(job, CompareTrainJob) and not job.folds:  # a model of a fold has seen too little to be used
            for model in run.output("models"):
                self.workspace.shelf.add(Path(model))
        self.board_view.open(Path(run.output("board")))

    def _stop(self) -> None:
        if self._run is not None:
            self._run.stop()

    def _remember(self, board: str) -> None:
        QgsProject.instance().writeEntry(SCOPE, _ENTRY, QgsProject.instance().writePath(board))


def _add(target: QListWidget, text: str, key: str, is_ticked: bool) -> QListWidgetItem:
    item = QListWidgetItem(text, target)
    item.setData(_KEY, key)
    item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
    item.setCheckState(Qt.CheckState.Checked if is_ticked else Qt.CheckState.Unchecked)
    return item


def _ticked(source: QListWidget) -> list[str]:
    items = [source.item(row) for row in range(source.count())]
    return [item.data(_KEY) for item in items if item.checkState() == Qt.CheckState.Checked]
