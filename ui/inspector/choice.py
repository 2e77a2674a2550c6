# SPDX-License-Identifier: GPL-2.0-or-later
"""What the inspector can look at: cubes of the recipe or of files, and the models of the project."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Optional

from qgis.PyQt.QtCore import QObject, QSignalBlocker, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QComboBox, QListWidget, QListWidgetItem

from ...plugin.core.recipe import Recipe
from ...plugin.host.map_plan import has_rasters
from ...plugin.host.shelf import ShelfModel
from ...plugin.host.text import tr
from ...plugin.run.inspect import CubeSource


class CubeChoice(QObject):
    """The box of cubes: the rasters of the page Data, the cube of the page Map, files the user opened."""

    changed = pyqtSignal()

    def __init__(self, box: QComboBox) -> None:
        super().__init__(box)
        self._box = box
        self._opened: list[Path] = []
        self._sources: list[CubeSource] = []
        box.activated.connect(lambda _: self.changed.emit())

    @property
    def source(self) -> Optional[CubeSource]:
        """What is chosen, None where there is nothing to choose."""
        index = self._box.currentIndex()
        return self._sources[index] if 0 <= index < len(self._sources) else None

    def show_recipe(self, recipe: Recipe) -> None:
        """Offer what `recipe` knows beside the opened files."""
        offered: list[tuple[str, CubeSource]] = [(path.name, path) for path in self._opened]
        if recipe.map.cube and Path(recipe.map.cube) not in self._opened:
            offered.append((Path(recipe.map.cube).name, Path(recipe.map.cube)))
        if has_rasters(recipe):
            offered.append((tr("Rasters of the page Data"), recipe.cube))
        before = self.source
        sources = [source for _, source in offered]
        if sources == self._sources:
            return
        self._sources = sources
        with QSignalBlocker(self._box):
            self._box.clear()
            for name, source in offered:
                self._box.addItem(name)
                tip = str(source) if isinstance(source, Path) else ""
                self._box.setItemData(self._box.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
            self._box.setCurrentIndex(sources.index(before) if before in sources else 0)
        if self.source != before:
            self.changed.emit()

    def open(self, path: Path, recipe: Recipe) -> None:
        """Add a cube description and choose it."""
        self._opened = [path, *(known for known in self._opened if known != path)]
        self._box.setCurrentIndex(-1)
        self.show_recipe(recipe)


class ModelChoice(QObject):
    """The list of models with ticks; the newest one that can be read has one at first."""

    changed = pyqtSignal()

    def __init__(self, model_list: QListWidget) -> None:
        super().__init__(model_list)
        self._list = model_list
        model_list.itemChanged.connect(lambda _: self.changed.emit())

    @property
    def chosen(self) -> tuple[Path, ...]:
        """The models to ask, in the order of the list."""
        items = [self._list.item(row) for row in range(self._list.count())]
        return tuple(
            item.data(Qt.ItemDataRole.UserRole) for item in items if item.checkState() == Qt.CheckState.Checked
        )

    def show_models(self, models: Sequence[ShelfModel], ticked: Sequence[Path] = ()) -> None:
        """List `models`; ticks stay, and `ticked` get one."""
        wanted = {*self.chosen, *ticked}
        readable = [model.path for model in models if model.card is not None]
        if wanted.isdisjoint(readable):
            wanted = set(readable[:1])
        before = self.chosen
        with QSignalBlocker(self._list):
            self._list.clear()
            for model in models:
                self._list.addItem(_item(model, model.path in wanted))
        if self.chosen != before:
            self.changed.emit()


def _item(model: ShelfModel, is_ticked: bool) -> QListWidgetItem:
    item = QListWidgetItem(model.name)
    item.setData(Qt.ItemDataRole.UserRole, model.path)
    item.setToolTip(model.problem or str(model.path))
    if model.card is None:
        item.setFlags(Qt.ItemFlag.NoItemFlags)
    item.setCheckState(Qt.CheckState.Checked if is_ticked and model.card is not None else Qt.CheckState.Unchecked)
    return item
