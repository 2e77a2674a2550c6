# SPDX-License-Identifier: GPL-2.0-or-later
"""The page of the network: which architecture, with which settings, taught how."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from html import escape
from typing import Any

from qgis.PyQt.QtCore import QUrl
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import QWidget

from ...plugin.core.catalog import Architecture, load_catalog
from ...plugin.core.errors import ChronomapError
from ...plugin.core.help_pages import architecture_page
from ...plugin.core.jobs import TrainJob
from ...plugin.core.settings import (
    BASE_MODEL,
    DEVICE,
    ENSEMBLE,
    GRID_STEP,
    completed,
    continued,
    nearest_preset,
    needs_grid,
    preset_values,
    values_of,
    with_preset,
    with_value,
)
from ...plugin.core.strategy import strategy_groups, strategy_of
from ...plugin.host.text import tr
from ...plugin.run.continuation import base_problems
from ..gaps import is_dark
from ..loading import load_ui
from ..page import Page
from ..workspace import Workspace
from .architecture_list import ArchitectureList
from .diagram import Diagram
from .form import SettingForm
from .size import SizeMeter
from .stages import stages

_LEAST_LINES = 9  # of the form
_LINK_ON_DARK = "#6fd0df"  # as in the help; a theme's style sheet leaves links dark blue


class NetworkPage(Page):
    """Edits the training job: architecture, hyperparameters, strategy, device."""

    title = "Network"
    icon = "network.svg"
    topic = "network"

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        load_ui(self, __file__)
        self.architecture_list = ArchitectureList()
        self.list_layout.addWidget(self.architecture_list)
        self.diagram = Diagram()
        self.diagram_layout.addWidget(self.diagram)
        self.network_form, self.strategy_form = SettingForm(), SettingForm()
        self.network_area.setWidget(self.network_form)
        self.strategy_area.setWidget(self.strategy_form)
        self.tabs.setMinimumHeight(_LEAST_LINES * self.fontMetrics().lineSpacing())
        self._meter = SizeMeter(workspace.live, self)
        self._shown = TrainJob("", "", "")
        self._preset = ""
        self._refusal = ""
        self._left: dict[str, tuple[TrainJob, str]] = {}  # what other architectures were set to, in this session
        self._connect()

    def show_recipe(self) -> None:
        """Show the training job of the recipe, written out in full."""
        job = self.workspace.recipe.train
        if job.architecture not in load_catalog():
            job = with_preset(job, next(iter(load_catalog().values())))
        job = completed(job)
        self._preset = nearest_preset(job).name
        self._left.clear()
        self._take(job)

    def gaps(self) -> dict[QWidget, str]:
        """Return why the network cannot be built or cannot continue from the model that was chosen."""
        unfit = base_problems(self._shown) if self._shown.base_model else []
        sentence = " ".join([*unfit[:1], self._refusal]).strip()
        return {self.size_label: sentence} if sentence else {}

    def _connect(self) -> None:
        self.workspace.recipe_changed.connect(self._follow)
        self.workspace.series_changed.connect(self._weigh)
        self.architecture_list.chosen.connect(self._choose_architecture)
        self.preset_combo.activated.connect(lambda index: self._choose_preset(self.preset_combo.itemData(index)))
        self.reset_button.clicked.connect(lambda: self._choose_preset(self._preset))
        self.links_label.linkActivated.connect(lambda link: QDesktopServices.openUrl(QUrl(link)))
        for form in (self.network_form, self.strategy_form):
            form.edited.connect(self._take_value)
        self._meter.told.connect(lambda sentence: self._tell_size(sentence, ""))
        self._meter.refused.connect(lambda sentence: self._tell_size("", sentence))

    # ---- what the user does ----

    def _choose_architecture(self, architecture_id: str) -> None:
        self._left[self._shown.architecture] = (self._shown, self._preset)
        architecture = load_catalog()[architecture_id]
        former = self._left.get(architecture_id)
        job, self._preset = former or (with_preset(self._shown, architecture), architecture.presets[0].name)
        self._take(self._placed(job))

    def _choose_preset(self, preset: str) -> None:
        self._preset = preset
        self._take(with_preset(self._shown, self._architecture, preset))

    def _take_value(self, name: str, value: Any) -> None:
        """Take a setting; a model to continue from brings its architecture and its settings with it."""
        job = with_value(self._shown, name, value)
        if name == BASE_MODEL.name and value:
            with suppress(ChronomapError):  # gaps() says what is wrong with it
                job = continued(self._shown, value)
                self._preset = nearest_preset(job).name
        self._take(job)

    def _placed(self, job: TrainJob) -> TrainJob:
        """Return `job` with the paths, the split and the seed of what is shown now."""
        shown = self._shown
        strategy = {**job.strategy, "seed": shown.strategy.get("seed", job.strategy["seed"])}
        return replace(
            job, samples=shown.samples, model=shown.model, report=shown.report, split=shown.split, strategy=strategy
        )

    # ---- what is shown ----

    @property
    def _architecture(self) -> Architecture:
        return load_catalog()[self._shown.architecture]

    def _follow(self) -> None:
        """Another page changed the recipe: perhaps the training job."""
        job = completed(self.workspace.recipe.train)
        if job.architecture != self._shown.architecture:
            self._preset = nearest_preset(job).name
        if job != self._shown:
            self._take(job)

    def _take(self, job: TrainJob) -> None:
        """Show `job`, write it to the recipe, and ask for its size."""
        is_new = job.architecture != self._shown.architecture
        self._shown = job
        if is_new:
            self._show_architecture()
        values, preset = values_of(job), preset_values(self._architecture, self._preset)
        self.network_form.show_values(values, preset)
        self.strategy_form.show_values(values, preset)
        self.preset_combo.setCurrentIndex(self.preset_combo.findData(self._preset))
        self.reset_button.setEnabled(any(values[name] != preset[name] for name in preset if name != "seed"))
        self.diagram.show_stages(stages(self._architecture, values))
        self.workspace.update(train=job)
        self._weigh()

    def _weigh(self) -> None:
        self._meter.weigh(self._shown, self.workspace.series)

    def _show_architecture(self) -> None:
        """Show another architecture: its texts, its presets, its form."""
        architecture = self._architecture
        self.architecture_list.show_choice(architecture.id)
        self.title_label.setText(tr(architecture.title))
        self.summary_label.setText(_description(architecture))
        self.links_label.setText(_links(architecture, _LINK_ON_DARK if is_dark(self.palette()) else ""))
        self.preset_combo.clear()
        for preset in architecture.presets:
            self.preset_combo.addItem(f"{preset.name} – {tr(preset.title)}", preset.name)
        grid = [("", [GRID_STEP])] if needs_grid(architecture) else []
        self.network_form.set_groups([("", architecture.hyperparameters), *grid])
        is_network = architecture.kind == "network"
        extra = [("Start and members", [BASE_MODEL, ENSEMBLE]), ("Computation", [DEVICE])]
        self.strategy_form.set_groups(
            [*strategy_groups(strategy_of(architecture)), *(extra if is_network else [("Members", [ENSEMBLE])])]
        )
        self.tabs.setTabText(0, tr("Ne&twork") if is_network else tr("Mo&del"))

    def _tell_size(self, sentence: str, refusal: str) -> None:
        self.size_label.setText(sentence)
        if refusal != self._refusal:
            self._refusal = refusal
            self.gaps_changed.emit()


def _links(architecture: Architecture, color: str) -> str:
    """Return links to the paper and to the help, as rich text, in `color` ('': the usual one)."""
    page = QUrl.fromLocalFile(str(architecture_page(architecture.id))).toString()
    targets = {tr("Help"): page}
    if architecture.doi:
        targets = {tr("Paper"): f"https://doi.org/{architecture.doi}", **targets}
    style = f' style="color: {color}"' if color else ""
    return " · ".join(f'<a href="{escape(target)}"{style}>{title}</a>' for title, target in targets.items())


def _description(architecture: Architecture) -> str:
    """Return the summary, and whether it shows what it looks at."""
    attention = tr("Gives attention: shows which dates weigh most.") if architecture.gives_attention else ""
    return " ".join(part for part in (tr(architecture.summary), attention) if part)
