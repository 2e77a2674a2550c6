# SPDX-License-Identifier: GPL-2.0-or-later
"""The page of the training: what is wrong before, what happens meanwhile, how good the model is after."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Optional

from qgis.gui import QgsFileWidget
from qgis.PyQt.QtCore import Qt, QTimer
from qgis.PyQt.QtGui import QShowEvent
from qgis.PyQt.QtWidgets import QListWidgetItem, QWidget

from ...plugin.core.catalog import load_catalog
from ...plugin.core.ensemble import FEW_MEMBERS
from ...plugin.core.jobs import SearchJob, TrainJob
from ...plugin.core.recipe import Recipe, placed
from ...plugin.host.preflight import ANEW, DOUBTFUL, NOTED, RENAME, WRONG, Finding, findings
from ...plugin.host.queue import Run
from ...plugin.host.shelf import SUFFIX
from ...plugin.host.steps import due_jobs, free_model, named, rate_jobs, run_jobs, unnumbered
from ...plugin.host.text import tr
from ..algorithm_menu import Entry, fill_menu
from ..loading import load_ui
from ..network.architecture_list import short_title
from ..page import Page
from ..search.panel import SearchPanel
from ..workspace import Workspace
from .checklist import Checklist, Line
from .forecast import Forecast
from .run_panel import RunPanel

_CHECK_MS = 200
_OWN = "train"
_FORBIDDEN = '/\\:*?"<>|'


class TrainPage(Page):
    """Name, folder and start of a run; the list before it; the runs. Beside them, searches for settings."""

    title = "Train"
    icon = "train.svg"
    topic = _OWN

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        load_ui(self, __file__)
        self.folder_widget.setStorageMode(QgsFileWidget.StorageMode.GetDirectory)
        self.checklist = Checklist()
        self.check_layout.addWidget(self.checklist)
        self.forecast = Forecast(workspace.live, self)
        self.run_panel = RunPanel(workspace)
        self.runs_splitter.addWidget(self.run_panel)
        self.runs_splitter.setStretchFactor(1, 1)
        self.runs_splitter.setSizes([190, 640])
        self.search_panel = SearchPanel(workspace)
        self.search_place.addWidget(self.search_panel)
        self._checking = QTimer(self)
        self._checking.setSingleShot(True)
        self._checking.setInterval(_CHECK_MS)
        self._checking.timeout.connect(self.check)
        self._connect()
        self._list_runs()

    def _connect(self) -> None:
        workspace = self.workspace
        self.name_edit.editingFinished.connect(self._place)
        self.folder_widget.fileChanged.connect(lambda _: self._place())
        self.map_check.toggled.connect(lambda is_on: workspace.update(is_mapped=is_on))
        self.train_button.clicked.connect(self.train)
        self.run_list.currentItemChanged.connect(self._show_chosen)
        self.run_panel.map_wanted.connect(self._use_for_map)
        self.rate_button.clicked.connect(self.find_rate)
        fill_menu(self.more_button, workspace.open_algorithm, self._algorithms)
        workspace.run_wanted.connect(self.show_active)
        workspace.recipe_changed.connect(self._follow)
        workspace.recipe_loaded.connect(self._checking.start)
        workspace.checked.connect(self._checking.start)
        workspace.queue.changed.connect(self._list_runs)
        workspace.queue.changed.connect(self._checking.start)
        self.forecast.told.connect(self._checking.start)
        workspace.queue.run_changed.connect(self._rename_item)

    # ---- the recipe ----

    def show_recipe(self) -> None:
        """Show name, folder and whether a map follows."""
        model = Path(self._named().train.model)
        if self.name_edit.text() != model.stem:
            self.name_edit.setText(model.stem)
        if self.folder_widget.filePath() != str(model.parent):
            self.folder_widget.setFilePath(str(model.parent))
        self.map_check.setChecked(self.workspace.recipe.is_mapped)
        self.search_panel.show_recipe()
        self._checking.start()

    def gaps(self) -> dict[QWidget, str]:
        """Return what is wrong with name and folder."""
        found: dict[QWidget, str] = {}
        name = self.name_edit.text().strip()
        if not name:
            found[self.name_edit] = tr("Give the model a name.")
        elif any(letter in _FORBIDDEN for letter in name):
            found[self.name_edit] = tr("The name becomes a file name: leave out {letters}").format(
                letters=" ".join(_FORBIDDEN)
            )
        if not self.folder_widget.filePath():
            found[self.folder_widget] = tr("Choose a folder for the results.")
        if self.workspace.recipe.is_mapped and not self.workspace.recipe.map.outputs:
            found[self.map_check] = tr("No layer is chosen on the page Map.")
        return found

    def _follow(self) -> None:
        """Follow changes of the other pages: a run without a name is called after its architecture."""
        if not self.workspace.recipe.train.model:
            self.show_recipe()
        self._checking.start()

    def _place(self) -> None:
        """Take name and folder into the recipe; a name that no one chose stays open."""
        shown = Path(self.folder_widget.filePath()) / (self.name_edit.text().strip() + SUFFIX)
        recipe = self.workspace.recipe
        if self.gaps().keys() & {self.name_edit, self.folder_widget} or str(shown) == self._named().train.model:
            self.workspace.checked.emit()
            return
        self.workspace.update(train=replace(recipe.train, model=str(shown)))

    # ---- before the start ----

    def check(self) -> None:
        """List what is wrong or doubtful and enable the start accordingly."""
        workspace = self.workspace
        told = {topic: gaps for topic, gaps in workspace.gaps.items() if gaps}
        lines = [
            Line(WRONG, sentence, tr("Show"), self._leading(topic, field))
            for topic, gaps in told.items()
            if topic != _OWN and self._matters(topic)
            for field, sentence in gaps.items()
        ]
        lines += [Line(WRONG, sentence) for sentence in told.get(_OWN, {}).values()]
        lines += [self._line(finding) for finding in findings(workspace.recipe, told, self._coming())]
        lines += [
            Line(DOUBTFUL, sentence, tr("Show"), self._leading(topic))
            for topic, doubts in workspace.doubts.items()
            if self._matters(topic)
            for sentence in doubts
        ]
        lines += [Line(DOUBTFUL, sentence) for sentence in self.forecast.doubts]
        lines += [
            Line(NOTED, sentence, tr("Show"), self._leading(topic))
            for topic, notes in workspace.notes.items()
            if self._matters(topic)
            for sentence in notes
        ]
        if self.forecast.advice:
            lines.append(self._members_line())
        self.checklist.show_lines(lines)
        self.train_button.setEnabled(self.checklist.is_ready)
        is_network = load_catalog()[workspace.recipe.train.architecture].kind == "network"
        self.rate_button.setEnabled(self.checklist.is_ready and is_network)
        self._show_forecast()

    def _show_forecast(self) -> None:
        """Tell how long a run takes that can start; while another runs the pace cannot be told."""
        if self.checklist.is_ready and self.isVisible() and self.workspace.queue.active is None:
            self.forecast.want(self.workspace.recipe)
        elif not self.checklist.is_ready:
            self.forecast.drop()
        self.estimate_label.setText(self.forecast.words or tr("Before the start"))

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 (Qt's name)
        """Check anew: what a file was may have changed."""
        super().showEvent(event)
        self._checking.start()

    def _matters(self, topic: str) -> bool:
        """Return whether what is missing on the page about `topic` stops a training."""
        return topic in ("data", "network", "environment") or (topic == "map" and self.workspace.recipe.is_mapped)

    def _line(self, finding: Finding) -> Line:
        if finding.fix == RENAME:
            return Line(finding.severity, finding.sentence, tr("Take a free name"), self._take_free_name)
        if finding.fix == ANEW:
            return Line(finding.severity, finding.sentence, tr("Begin anew"), self._begin_anew)
        return Line(finding.severity, finding.sentence, tr("Show"), self._leading(finding.fix))

    def _leading(self, topic: str, field: Optional[QWidget] = None):  # noqa: ANN202 (a slot)
        def lead() -> None:
            self.workspace.page_wanted.emit(topic)
            if field is not None:
                self.workspace.field_wanted.emit(field)

        return lead

    def _take_free_name(self) -> None:
        recipe = self.workspace.recipe
        shown = Path(self._named().train.model)
        model = free_model(shown.parent, unnumbered(shown.stem), self._coming())
        self.workspace.update(train=replace(recipe.train, model=str(model)))
        self.show_recipe()

    def _members_line(self) -> Line:
        """Return what is to be said of the members, with a button that has it the other way."""
        if self.forecast.members > 1:
            return Line(NOTED, self.forecast.advice, tr("Train one"), partial(self._take_members, 1))
        return Line(NOTED, self.forecast.advice, tr("Train several"), partial(self._take_members, FEW_MEMBERS))

    def _take_members(self, count: int) -> None:
        self.workspace.update(train=replace(self.workspace.recipe.train, ensemble=count))

    def _begin_anew(self) -> None:
        self.workspace.update(train=replace(self.workspace.recipe.train, fresh=True))

    def _algorithms(self) -> list[Entry]:
        """Return what can be asked of the samples; those of the last run are filled in where they are there."""
        samples = placed(self._named()).train.samples
        return [Entry("splitgap", {"samples": samples if Path(samples).is_file() else ""})]

    def _named(self) -> Recipe:
        """Return the recipe with the name that the next run would have."""
        return named(self.workspace.recipe, self._coming())

    def _coming(self) -> set[str]:
        """Return the models of runs that are not over."""
        live = [run for run in self.workspace.queue.runs if not run.is_over]
        return {job.model for run in live for job in run.jobs if isinstance(job, TrainJob)}

    # ---- the run ----

    def train(self) -> Run:
        """Start the run, or queue it behind others."""
        self._place()
        recipe = self._named()
        jobs = run_jobs(recipe)
        model = Path(recipe.train.model)
        short = short_title(load_catalog()[recipe.train.architecture])
        run = self.workspace.queue.submit(due_jobs(jobs), f"{model.stem} ({short})")
        following = replace(self.workspace.recipe.train, fresh=False)
        if following.model:  # the user's own name: the next run gets one like it
            following = replace(following, model=str(free_model(model.parent, unnumbered(model.stem), self._coming())))
        self.workspace.update(train=following)
        self.show_recipe()
        run.finished.connect(lambda: self._take_end(run, recipe, following.model))
        self.run_list.setCurrentRow(0)
        return run

    def find_rate(self) -> Run:
        """Look for a learning rate for the network; the run's panel shows it."""
        self._place()
        title = short_title(load_catalog()[self.workspace.recipe.train.architecture])
        run = self.workspace.queue.submit(
            rate_jobs(self.workspace.recipe), tr("Learning rate ({network})").format(network=title)
        )
        self.run_list.setCurrentRow(0)
        return run

    def show_active(self) -> None:
        """Bring what runs to the front: the leaderboard of a search, or the first of the runs."""
        run = self.workspace.queue.active
        if run is not None:
            is_search = isinstance(run.jobs[-1], SearchJob)
            self.tabs.setCurrentWidget(self.search_tab if is_search else self.training_tab)
            self.run_list.setCurrentRow(list(reversed(self.workspace.queue.runs)).index(run))

    def _take_end(self, run: Run, recipe: Recipe, following: str) -> None:
        """Have the page Map ready for a model; after a run that made none its name is free again."""
        train = self.workspace.recipe.train
        if run.output("model") is not None:
            self._offer_map(recipe)
        elif following and train.model == following:
            self.workspace.update(train=replace(train, model=recipe.train.model))
            self.show_recipe()

    def _offer_map(self, recipe: Recipe) -> None:
        now = self.workspace.recipe
        cube = run_jobs(replace(recipe, is_mapped=False))[0]
        parts = {"map": replace(now.map, model=recipe.train.model)}
        if recipe.table is None:
            parts["map"] = replace(parts["map"], cube=cube.output)
        self.workspace.update(**parts)

    def _use_for_map(self, run: Run) -> None:
        self.workspace.update(map=replace(self.workspace.recipe.map, model=str(run.output("model"))))
        self.workspace.page_wanted.emit("map")

    def _list_runs(self) -> None:
        """List the runs, newest first; the one that was chosen stays so."""
        chosen = self._chosen()
        runs = list(reversed(self.workspace.queue.runs))
        self.run_list.blockSignals(True)
        self.run_list.clear()
        for run in runs:
            item = QListWidgetItem(_item_text(run))
            item.setData(Qt.ItemDataRole.UserRole, run)
            self.run_list.addItem(item)
        self.run_list.blockSignals(False)
        self.run_list.setCurrentRow(runs.index(chosen) if chosen in runs else 0)
        if not runs:
            self.run_panel.show_run(None)

    def _rename_item(self, run: Run) -> None:
        for row in range(self.run_list.count()):
            item = self.run_list.item(row)
            if item.data(Qt.ItemDataRole.UserRole) is run:
                item.setText(_item_text(run))

    def _chosen(self) -> Optional[Run]:
        item = self.run_list.currentItem()
        return item.data(Qt.ItemDataRole.UserRole) if item is not None else None

    def _show_chosen(self, item: Optional[QListWidgetItem], _: Optional[QListWidgetItem] = None) -> None:
        self.run_panel.show_run(item.data(Qt.ItemDataRole.UserRole) if item is not None else None)


def _item_text(run: Run) -> str:
    states = {
        "waiting": tr("waits"),
        "running": f"{run.progress:.0%}",
        "done": tr("done"),
        "failed": tr("failed"),
        "stopped": tr("stopped"),
    }
    return f"{run.title}\n{states[run.state]}"
