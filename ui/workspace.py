# SPDX-License-Identifier: GPL-2.0-or-later
"""What the pages of the window share: the recipe, the queue of runs, the shelf of models."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..plugin.core.recipe import Recipe
from ..plugin.host.queue import JobQueue
from ..plugin.host.shelf import ModelShelf


class Workspace(QObject):
    """Holds the recipe of the open project; the one place where pages read and write it."""

    recipe_changed = pyqtSignal()  # a part of the recipe has another value
    recipe_loaded = pyqtSignal()  # another recipe altogether: pages show it anew

    def __init__(self, iface: Any) -> None:
        super().__init__()
        self.iface = iface
        self.queue = JobQueue(self)
        self.shelf = ModelShelf(self)
        self._recipe = Recipe()

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
