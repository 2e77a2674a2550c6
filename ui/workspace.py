# SPDX-License-Identifier: GPL-2.0-or-later
"""What the pages of the window share: the recipe, the queue of runs, the shelf of models, messages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Optional

from qgis.core import QgsProject
from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import QWidget

from ..plugin.core.errors import ChronomapError
from ..plugin.core.jobs import SearchJob
from ..plugin.core.recipe import Recipe
from ..plugin.host.project import store_recipe, stored_recipe
from ..plugin.host.queue import DONE, FAILED, JobQueue, Run
from ..plugin.host.settings import interpreter
from ..plugin.host.shelf import ModelShelf
from ..plugin.host.text import tr
from ..plugin.run.live import LiveWorker
from ..plugin.run.workload import Workload
from .algorithm_menu import OpenAlgorithm
from .messages import Messages

_STORE_MS = 400  # a user who types stores once


class Workspace(QObject):
    """Holds the recipe of the open project; the one place where pages read and write it."""

    recipe_changed = pyqtSignal()  # a part of the recipe has another value
    recipe_loaded = pyqtSignal()  # another recipe altogether: pages show it anew
    page_wanted = pyqtSignal(str)  # the topic of the page to show
    run_wanted = pyqtSignal()  # show what runs, on the page Train
    model_wanted = pyqtSignal(object)  # the Path of a model to show on the page Models
    field_wanted = pyqtSignal(QWidget)  # the field of a page to show and type into
    series_changed = pyqtSignal()  # `series` is known anew
    checked = pyqtSignal()  # `gaps`, `doubts` and `notes` are known anew

    def __init__(self, iface: Any, open_algorithm: Optional[OpenAlgorithm] = None) -> None:
        super().__init__()
        self.iface = iface
        self.open_algorithm = open_algorithm  # shows the dialog of a Processing algorithm; None: there is none
        self.queue = JobQueue(self)
        self.shelf = ModelShelf(self)
        self.live = LiveWorker(interpreter)
        self.messages = Messages(iface)
        self.gaps: dict[str, dict[QWidget, str]] = {}  # by topic of the page
        self.doubts: dict[str, list[str]] = {}
        self.notes: dict[str, list[str]] = {}
        self.series: Optional[Workload] = None  # bands, dates and classes of the recipe's inputs, where known
        self._recipe = Recipe()
        self._storing = QTimer(self)
        self._storing.setSingleShot(True)
        self._storing.setInterval(_STORE_MS)
        self._storing.timeout.connect(self._store)
        self.recipe_changed.connect(self._storing.start)
        self.recipe_loaded.connect(self._storing.start)
        self.queue.run_finished.connect(self._tell_end)
        project = QgsProject.instance()
        project.writeProject.connect(self._store)
        project.readProject.connect(self._read_project)
        project.cleared.connect(self._read_project)
        self._read_project()

    @property
    def recipe(self) -> Recipe:
        """The jobs as they are now."""
        return self._recipe

    def update(self, **parts: Any) -> None:
        """Put other jobs into the recipe: ``update(train=job)``; tells the other pages when something changed."""
        changed = replace(self._recipe, **parts)
        if changed != self._recipe:
            self._recipe = changed
            self.recipe_changed.emit()

    def load(self, recipe: Recipe) -> None:
        """Take another recipe, of a file or a project."""
        self._recipe = recipe
        self.recipe_loaded.emit()

    def tell_series(self, series: Optional[Workload]) -> None:
        """Take what became known of the recipe's series; tells the other pages when it is news."""
        if series != self.series:
            self.series = series
            self.series_changed.emit()

    def show_model(self, path: Path) -> None:
        """Put a model onto the shelf and show it."""
        if self._shelve(path):
            self.page_wanted.emit("models")
            self.model_wanted.emit(path)

    def close(self) -> None:
        """Stop what runs and let go of the project: the plugin is unloaded."""
        if self._storing.isActive():
            self._store()
        self.recipe_changed.disconnect(self._storing.start)
        self.recipe_loaded.disconnect(self._storing.start)
        self.queue.close()
        self.live.close()
        project = QgsProject.instance()
        project.writeProject.disconnect(self._store)
        project.readProject.disconnect(self._read_project)
        project.cleared.disconnect(self._read_project)
        self.shelf.close()

    def _store(self, *_: object) -> None:
        self._storing.stop()
        store_recipe(self._recipe)

    def _read_project(self, *_: object) -> None:
        try:
            recipe = stored_recipe()
        except ChronomapError as error:
            self.messages.warning(str(error))
            recipe = None
        self._storing.stop()
        self._recipe = recipe or Recipe()
        self.recipe_loaded.emit()
        self._storing.stop()  # it is what the project holds

    def _tell_end(self, run: Run) -> None:
        if run.state == FAILED:
            self.messages.failure(run.error, "\n".join(run.lines))
        model = run.output("model")
        if model:
            self._shelve(Path(model))  # also where the map after it failed
        if run.state == DONE and model:
            sentence = tr("{title} is done.") if isinstance(run.job, SearchJob) else tr("{title} is trained.")
            self.messages.success(sentence.format(title=run.title), "\n".join(run.lines))

    def _shelve(self, model: Path) -> bool:
        try:
            self.shelf.add(model)
        except ChronomapError as error:  # moved or deleted in the meantime
            self.messages.warning(str(error))
            return False
        return True
