# SPDX-License-Identifier: GPL-2.0-or-later
"""The page of trained models: their cards, and what can be done with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Optional

from qgis.PyQt.QtCore import Qt, QUrl
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import QFileDialog, QListWidgetItem

from ...plugin.core.ensemble import lead_of, model_title
from ...plugin.core.errors import ChronomapError
from ...plugin.core.settings import completed, continued
from ...plugin.host.project import results_folder
from ...plugin.host.shelf import SUFFIX, ShelfModel
from ...plugin.host.text import tr
from ..algorithm_menu import Entries, Entry, Step, fill_menu
from ..loading import load_ui
from ..page import Page
from ..training.curves import Curves
from ..training.scores import Scores
from ..workspace import Workspace
from .card_text import card_text

_ABOUT_MODEL = ("attentionbyclass", "attentionfeatures", "explainseries", "earlyseason", "evaluatemodel")
_FILTER = f"Chronomap model (*{SUFFIX})"


class ModelsPage(Page):
    """Lists the models of the project, newest first, beside the card of the chosen one."""

    title = "Models"
    icon = "models.svg"
    topic = "models"

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        load_ui(self, __file__)
        self.scores, self.curves = Scores(), Curves()
        self.scores_place.addWidget(self.scores)
        self.curves_place.addWidget(self.curves)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([240, 600])
        workspace.shelf.changed.connect(self.show_recipe)
        workspace.model_wanted.connect(self.choose)
        self.model_list.currentItemChanged.connect(self._show_chosen)
        self.name_edit.editingFinished.connect(self._rename)
        self.import_button.clicked.connect(self._import)
        self.export_button.clicked.connect(self._export)
        self.forget_button.clicked.connect(lambda: workspace.shelf.forget(self._path()))
        self.delete_button.clicked.connect(self._ask_delete)
        self.report_button.clicked.connect(self._open_report)
        self.map_button.clicked.connect(self._use_for_map)
        fill_menu(self.more_button, workspace.open_algorithm, self._algorithms)

    def show_recipe(self) -> None:
        """List the models; the one that was chosen stays so."""
        chosen = self._chosen()
        models = self.workspace.shelf.models()
        self.model_list.blockSignals(True)
        self.model_list.clear()
        for model in models:
            item = QListWidgetItem(_item_text(model))
            item.setData(Qt.ItemDataRole.UserRole, model)
            item.setToolTip(str(model.path))
            self.model_list.addItem(item)
        self.model_list.blockSignals(False)
        paths = [model.path for model in models]
        self.model_list.setCurrentRow(paths.index(chosen.path) if chosen and chosen.path in paths else 0)
        self._show_chosen()

    def choose(self, path: Path) -> None:
        """Choose the model `path`."""
        paths = [model.path for model in self.workspace.shelf.models()]
        if path in paths:
            self.model_list.setCurrentRow(paths.index(path))

    def import_models(self, paths: Sequence[Path]) -> None:
        """Put model files onto the shelf and tell those that are none."""
        for path in paths:
            try:
                self.workspace.shelf.add(path)
            except ChronomapError as error:
                self.workspace.messages.failure(str(error))
            else:
                self.choose(path)

    def _chosen(self) -> Optional[ShelfModel]:
        item = self.model_list.currentItem()
        return item.data(Qt.ItemDataRole.UserRole) if item is not None else None

    def _path(self) -> Path:
        model = self._chosen()
        return model.path if model is not None else Path()

    def _show_chosen(self, *_: object) -> None:
        model = self._chosen()
        card = model.card if model is not None else None
        for widget in (self.name_edit, self.export_button, self.map_button, self.more_button):
            widget.setEnabled(card is not None)
        for widget in (self.forget_button, self.delete_button):
            widget.setEnabled(model is not None)
        self.delete_button.setEnabled(model is not None and model.path.exists())
        self.report_button.setEnabled(bool(self._report()))
        self.name_edit.setText(model.name if model is not None else "")
        none_yet = tr("No model yet: train one on the page Train, or import a model file.")
        self.card_view.setHtml(card_text(model) if model is not None else f"<p>{none_yet}</p>")
        self.tabs.setTabEnabled(1, card is not None)
        lead = lead_of(card) if card is not None else None
        self.tabs.setTabEnabled(2, lead is not None and bool(lead.history))
        if card is not None and lead is not None:
            self.scores.show_card(card)
            self.curves.show_epochs(lead.history, lead.best_epoch)

    def _algorithms(self) -> Entries:
        """Return what else can be done with the chosen model."""
        model = self._chosen()
        card = model.card if model is not None else None
        if model is None or card is None:
            return []
        given = {"model": str(model.path), "samples": card.samples, "cube": self.workspace.recipe.map.cube}
        all_models = [str(other.path) for other in self.workspace.shelf.models() if other.card is not None]
        return [
            *(Entry(name, given) for name in _ABOUT_MODEL),
            Step(tr("Train it further"), tr("Sets the page Network to continue from this model."), self._continue),
            Entry("ensemble", {"models": all_models, "samples": card.samples}, tr("Join models into one")),
            Entry("importancetest", {"models": all_models, "samples": card.samples}),
        ]

    def _continue(self) -> None:
        try:
            job = continued(completed(self.workspace.recipe.train), str(self._path()))
        except ChronomapError as error:
            self.workspace.messages.failure(str(error))
            return
        self.workspace.update(train=job)
        self.workspace.page_wanted.emit("network")

    def _rename(self) -> None:
        model = self._chosen()
        if model is None or not self.name_edit.isModified() or self.name_edit.text() == model.name:
            return
        self.name_edit.setModified(False)
        try:
            path = self.workspace.shelf.rename(model.path, self.name_edit.text())
        except ChronomapError as error:
            self.workspace.messages.failure(str(error))
            self.name_edit.setText(model.name)
            return
        self._follow_rename(model.path, path)
        self.choose(path)

    def _follow_rename(self, old: Path, new: Path) -> None:
        recipe = self.workspace.recipe
        if recipe.map.model == str(old):
            self.workspace.update(map=replace(recipe.map, model=str(new)))

    def _import(self) -> None:
        chosen, _ = QFileDialog.getOpenFileNames(self, tr("Import models"), str(results_folder()), _FILTER)
        self.import_models([Path(path) for path in chosen])

    def _export(self) -> None:
        path = self._path()
        chosen, _ = QFileDialog.getSaveFileName(self, tr("Export model"), path.name, _FILTER)
        if chosen:
            try:
                self.workspace.shelf.export(path, Path(chosen).with_suffix(SUFFIX))
            except ChronomapError as error:
                self.workspace.messages.failure(str(error))

    def _ask_delete(self) -> None:
        model = self._chosen()
        if model is None:
            return
        names = ", ".join(path.name for path in (model.path, *model.companions))
        question = tr("Delete {names} for good?").format(names=names)
        self.workspace.messages.ask(question, tr("Delete"), lambda: self._delete(model.path))

    def _delete(self, path: Path) -> None:
        try:
            self.workspace.shelf.delete(path)
        except ChronomapError as error:
            self.workspace.messages.failure(str(error))

    def _report(self) -> str:
        report = self._path().with_suffix(".html") if self._chosen() is not None else Path()
        return str(report) if report.is_file() else ""

    def _open_report(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(self._report()))

    def _use_for_map(self) -> None:
        self.workspace.update(map=replace(self.workspace.recipe.map, model=str(self._path())))
        self.workspace.page_wanted.emit("map")


def _item_text(model: ShelfModel) -> str:
    card = model.card
    if card is None:
        return f"{model.name}\n" + tr("cannot be read")
    quality = f", F1 {card.metrics['macro_f1']:.3f}" if card.metrics.get("n") else ""
    return f"{model.name}\n{model_title(card)}{quality}"
