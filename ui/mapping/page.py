# SPDX-License-Identifier: GPL-2.0-or-later
"""The page of the map: model, cube, part, layers to make, where they go; a preview before, the layers after."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any, Optional

from qgis.gui import QgsFileWidget
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QFileDialog, QWidget

from ...plugin.core.card import ModelCard
from ...plugin.core.ensemble import gives_attention
from ...plugin.core.errors import ChronomapError
from ...plugin.core.jobs import DEVICES, PRECISIONS, MapJob
from ...plugin.core.recipe import Recipe
from ...plugin.host.map_layers import MapLayers
from ...plugin.host.map_plan import (
    Unfinished,
    grid_of_map,
    has_rasters,
    map_jobs,
    map_outputs,
    place_of,
    placed_map,
    preview_job,
    start_anew,
    unfinished,
)
from ...plugin.host.preflight import job_problems
from ...plugin.host.project import results_folder
from ...plugin.host.queue import DONE, FAILED, Run
from ...plugin.host.shelf import SUFFIX
from ...plugin.host.text import tr
from ..algorithm_menu import Entry, fill_menu
from ..loading import load_ui
from ..page import Page
from ..times import span
from ..workspace import Workspace
from .part import PartChoice, gap_of_part
from .products import ProductChoice

_TOOLTIP = Qt.ItemDataRole.ToolTipRole
_JUDGES = ("evaluatemap", "samplevalidationpoints", "areaaccuracy", "classareas", "mapdisagreement", "consensusmap")
_MODEL_FILTER = f"Chronomap model (*{SUFFIX})"
_CUBE_FILTER = "Cube description (*.json)"


class MapPage(Page):
    """Edits the recipe's map, previews it and runs it."""

    title = "Map"
    icon = "map.svg"
    topic = "map"

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        load_ui(self, __file__)
        self.cube_file.setFilter(_CUBE_FILTER)
        self.folder_file.setStorageMode(QgsFileWidget.StorageMode.GetDirectory)
        self.device_box.addItems(list(DEVICES))
        self.precision_box.addItems(list(PRECISIONS))
        self.products = ProductChoice(self.products_list, self.product_words)
        self.part = PartChoice(self, workspace.iface.mapCanvas())
        self.layers = MapLayers(workspace.queue, self)
        self._shown: Optional[tuple[Any, ...]] = None  # the parts of the recipe that this page shows
        self._run: Optional[Run] = None
        self._preview: Optional[Run] = None
        self._connect()

    def _connect(self) -> None:
        workspace = self.workspace
        workspace.recipe_changed.connect(self._follow)
        workspace.shelf.changed.connect(self._show_models)
        self.model_box.activated.connect(self._take_model)
        self.model_button.clicked.connect(self._ask_model)
        self.cube_file.fileChanged.connect(lambda path: self._update(cube=path.strip()))
        self.part.chosen.connect(self._take_part)
        self.products.changed.connect(self._take_place)
        self.folder_file.fileChanged.connect(lambda _: self._take_place())
        self.name_edit.editingFinished.connect(self._take_place)
        self.dates_spin.valueChanged.connect(lambda value: self._update(min_valid_dates=value))
        self.cog_check.toggled.connect(lambda is_on: self._update(cloud_optimized=is_on))
        self.byte_check.toggled.connect(lambda is_on: self._update(attention_byte=is_on))
        self.season_edit.editingFinished.connect(
            lambda: self._update(season=tuple(self.season_edit.text().replace(",", " ").split()))
        )
        self.decided_spin.valueChanged.connect(lambda value: self._update(decided_probability=round(value, 2)))
        self.memory_spin.valueChanged.connect(lambda value: self._update(memory_mb=value))
        self.device_box.activated.connect(lambda _: self._update(device=self.device_box.currentText()))
        self.precision_box.activated.connect(lambda _: self._update(precision=self.precision_box.currentText()))
        self.scheduler_edit.editingFinished.connect(lambda: self._update(scheduler=self.scheduler_edit.text().strip()))
        self.preview_button.clicked.connect(self.preview)
        self.map_button.clicked.connect(self.run)
        self.stop_button.clicked.connect(self._stop)
        fill_menu(self.judge_button, workspace.open_algorithm, self._algorithms)
        workspace.checked.connect(self._enable)
        self.layers.added.connect(lambda group: workspace.messages.success(tr("Added: {group}").format(group=group)))
        self.layers.failed.connect(workspace.messages.failure)

    # ---- the recipe ----

    def show_recipe(self) -> None:
        """Show the map's job as it is now."""
        recipe = self.workspace.recipe
        job = recipe.map
        self._show_models()
        _set_path(self.cube_file, job.cube)
        self.cube_file.lineEdit().setPlaceholderText(tr("the rasters of the page Data"))
        self.part.show(job, grid_of_map(recipe))
        card = self._card()
        self.products.show(tuple(job.outputs), card is None or gives_attention(card))
        self._show_place(job)
        self._show_settings(job)
        self._show_unfinished()
        self._shown = _parts(recipe)
        self._show_run()
        self._enable()

    def gaps(self) -> dict[QWidget, str]:
        """Return what is missing or wrong; model and cube may be still to come where a training makes them."""
        recipe = self.workspace.recipe
        found: dict[QWidget, str] = {}
        if not recipe.is_mapped:
            if not recipe.map.model:
                found[self.model_box] = tr("Choose a model, or train one.")
            if not recipe.map.cube and not has_rasters(recipe):
                found[self.cube_file] = tr("Choose a cube, or rasters on the page Data.")
        if not recipe.map.outputs:
            found[self.products_list] = tr("Check at least one layer, such as the class map.")
        part = gap_of_part(recipe.map, self.part)
        if part:
            found[self.part_box] = part
        if not found and not recipe.is_mapped:
            sentences = [text for _, texts in job_problems(map_jobs(recipe)) for text in texts]
            if sentences:
                found[self.problem_row] = "\n".join(sentences)
        return found

    def doubts(self) -> list[str]:
        """Return which files would be written over."""
        outputs = self.workspace.recipe.map.outputs.values()
        return [tr("{path} is there and would be replaced.").format(path=path) for path in outputs if _exists(path)]

    def _follow(self) -> None:
        """Show changes of other pages that matter here."""
        if self._shown != _parts(self.workspace.recipe):
            self.show_recipe()

    def _update(self, **fields: Any) -> None:
        self.workspace.update(map=replace(self.workspace.recipe.map, **fields))

    def _card(self) -> Optional[ModelCard]:
        """Return the card of the chosen model; what is wrong with it is told by gaps()."""
        model = Path(self.workspace.recipe.map.model)
        known = (entry.card for entry in self.workspace.shelf.models() if entry.path == model)
        return next(known, None)

    def _show_models(self) -> None:
        """List the models of the project, and the one of the recipe where it is another."""
        chosen = self.workspace.recipe.map.model
        models = [model for model in self.workspace.shelf.models() if model.card is not None]
        paths = [str(model.path) for model in models]
        self.model_box.clear()
        for path in paths if chosen in paths or not chosen else [chosen, *paths]:
            self.model_box.addItem(Path(path).stem, path)
            self.model_box.setItemData(self.model_box.count() - 1, path, _TOOLTIP)
        self.model_box.setCurrentIndex(self.model_box.findData(chosen) if chosen else -1)

    def _show_place(self, job: MapJob) -> None:
        """Show folder and name; where none is chosen, what they would be."""
        folder, name = place_of(job)
        _set_path(self.folder_file, folder)
        if self.name_edit.text() != name:
            self.name_edit.setText(name)
        coming = place_of(placed_map(self.workspace.recipe)) if job.outputs else ("", "")
        self.folder_file.lineEdit().setPlaceholderText(coming[0] or str(results_folder()))
        self.name_edit.setPlaceholderText(coming[1])

    def _show_settings(self, job: MapJob) -> None:
        for widget, value in (
            (self.dates_spin, job.min_valid_dates),
            (self.decided_spin, job.decided_probability),
            (self.memory_spin, job.memory_mb),
        ):
            if widget.value() != value:
                widget.setValue(value)
        self.cog_check.setChecked(job.cloud_optimized)
        self.byte_check.setChecked(job.attention_byte)
        if self.season_edit.text().split() != list(job.season):
            self.season_edit.setText(" ".join(job.season))
        self.device_box.setCurrentText(job.device)
        self.precision_box.setCurrentText(job.precision)
        self.scheduler_edit.setText(job.scheduler)

    def _show_unfinished(self) -> None:
        left = self._unfinished()
        self.resume_row.setVisible(left is not None)
        if left is not None:
            sentence = tr("This map was stopped: {done} of {count} windows are finished.")
            self.resume_words.setText(sentence.format(done=left.done, count=left.count))

    def _unfinished(self) -> Optional[Unfinished]:
        """Return how far a stopped run of this map came; a run that is under way is no stopped one."""
        if self._run is not None and not self._run.is_over:
            return None
        return unfinished(placed_map(self.workspace.recipe))

    def _take_model(self, *_: object) -> None:
        self._update(model=str(self.model_box.currentData() or ""))

    def _ask_model(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, tr("Choose a model"), str(results_folder()), _MODEL_FILTER)
        if not path:
            return
        try:
            self.workspace.shelf.add(Path(path))
        except ChronomapError as error:
            self.workspace.messages.failure(str(error))
            return
        self._update(model=path)

    def _take_part(self, fields: dict[str, Any]) -> None:
        self._update(**fields)
        self.show_recipe()  # also where only the trouble is new
        self.gaps_changed.emit()

    def _take_place(self) -> None:
        """Take layers, folder and name; without folder and name the files are named when the map starts."""
        products = self.products.chosen()
        folder, name = self.folder_file.filePath().strip(), self.name_edit.text().strip()
        if not folder and not name:
            self._update(outputs=dict.fromkeys(products, ""))
            return
        chosen = Path(folder) if folder else results_folder()
        self._update(outputs=map_outputs(products, chosen, name or self.name_edit.placeholderText() or "map"))

    # ---- the run ----

    def run(self) -> Optional[Run]:
        """Map, or go on with a map that was stopped; the layers are added at the end."""
        recipe = self.workspace.recipe
        job = placed_map(recipe)
        if self._unfinished() is not None and self.anew_choice.isChecked():
            start_anew(job)
        self.layers.drop_preview()
        self._run = self.workspace.queue.submit(map_jobs(recipe), tr("Map: {name}").format(name=place_of(job)[1]))
        self._run.changed.connect(self._show_run)
        self._run.finished.connect(self.show_recipe)
        self.show_recipe()
        return self._run

    def preview(self) -> Optional[Run]:
        """Map the middle of the view into a temporary layer, beside whatever else runs."""
        try:
            job = placed_map(self.workspace.recipe)
            if self.part.grid is None:
                return None
            preview = preview_job(job, self.part.grid, self.part.view())
        except ChronomapError as error:
            self.workspace.messages.warning(str(error))
            return None
        self._preview = run = self.workspace.queue.start_beside(preview, tr("Preview"))
        run.changed.connect(self._show_run)
        run.finished.connect(lambda: self._end_preview(run, preview))
        self._show_run()
        self._enable()
        return run

    def _end_preview(self, run: Run, job: MapJob) -> None:
        self._preview = None
        if run.state == DONE:
            self.layers.show_preview(job)
            self.workspace.messages.info(tr("The preview is on the map, as a temporary layer."))
        else:
            shutil.rmtree(Path(job.outputs["class"]).parent, ignore_errors=True)
        if run.state == FAILED:
            self.workspace.messages.failure(run.error)
        self._show_run()
        self._enable()

    def _algorithms(self) -> list[Entry]:
        """Return what judges a map: the last one of this session is filled in."""
        made = str(self._run.output("class") or "") if self._run is not None else ""
        return [Entry(name, {"map": made, "maps": [made] if made else []}) for name in _JUDGES]

    def _stop(self) -> None:
        if self._preview is not None:
            self._preview.stop()
        elif self._run is not None:
            self._run.stop()

    def _show_run(self) -> None:
        run = self._preview or self._run
        is_live = run is not None and not run.is_over
        self.stop_button.setVisible(is_live)
        self.run_words.setText(_run_words(run) if run is not None else "")

    def _enable(self) -> None:
        """Let the user start what can be started."""
        recipe = self.workspace.recipe
        is_mapping = self._run is not None and not self._run.is_over
        is_there = bool(recipe.map.model) and bool(recipe.map.cube) and self.part.grid is not None
        self.preview_button.setEnabled(is_there and self._preview is None)
        self.map_button.setEnabled(not is_mapping and not self.gaps())


def _parts(recipe: Recipe) -> tuple[Any, ...]:
    return recipe.map, recipe.cube, recipe.train.model, recipe.is_mapped


def _run_words(run: Run) -> str:
    if run.is_over:
        return {DONE: tr("{title}: done"), FAILED: run.error}.get(run.state, tr("{title}: stopped")).format(
            title=run.title
        )
    left = run.seconds_left
    time = tr(", about {time} left").format(time=span(left)) if left is not None and left > 1 else ""
    return f"{run.title}: {run.progress:.0%}{time}"


def _set_path(widget: QgsFileWidget, path: str) -> None:
    """Show `path` without telling it as a change."""
    if widget.filePath() != path:
        widget.blockSignals(True)
        widget.setFilePath(path)
        widget.blockSignals(False)


def _exists(path: str) -> bool:
    return bool(path) and Path(path).exists()
