# SPDX-License-Identifier: GPL-2.0-or-later
"""The page of rasters and training data."""

from __future__ import annotations

from qgis.PyQt.QtWidgets import QStyle, QWidget

from ..loading import load_ui
from ..page import Page
from ..workspace import Workspace
from .findings import Findings
from .masks import MasksSection
from .rasters import RastersSection
from .samples import SamplesSection
from .section import Section, narrow_boxes
from .split import SplitSection


class DataPage(Page):
    """Edits the jobs that make cube and samples, and the split; a tab for each step."""

    title = "Data"
    icon = "cube.svg"
    topic = "data"

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        load_ui(self, __file__)
        self.findings = Findings(workspace)
        self.rasters = RastersSection(workspace, self.findings)
        self.masks = MasksSection(workspace, self.findings)
        self.samples = SamplesSection(workspace, self.findings)
        self.split = SplitSection(workspace, self.findings)
        for section in (self.masks, self.samples, self.split):
            narrow_boxes(section)
        for section in self.sections:
            self.tabs.addTab(section, section.title)
        workspace.recipe_changed.connect(self.show_recipe)
        workspace.field_wanted.connect(self._show_field)
        for told in (self.findings.surveyed, self.findings.counted, self.findings.dealt):
            told.connect(self._mark_tabs)

    @property
    def sections(self) -> tuple[Section, ...]:
        """The tabs, in the order of the work."""
        return (self.rasters, self.masks, self.samples, self.split)

    def show_recipe(self) -> None:
        """Show the recipe in all tabs."""
        for section in self.sections:
            section.show_recipe()
        self._mark_tabs()

    def gaps(self) -> dict[QWidget, str]:
        """Return what is missing in any tab."""
        return {widget: sentence for section in self.sections for widget, sentence in section.gaps().items()}

    def doubts(self) -> list[str]:
        """Return what is doubtful about the split."""
        return self.split.doubts()

    def notes(self) -> list[str]:
        """Return what background reads noticed."""
        found = [*self.findings.survey.notes, *self.samples.notes()]
        return list(dict.fromkeys(found))

    def _mark_tabs(self) -> None:
        """Put a warning sign on tabs where something is missing."""
        sign = self.style().standardIcon(QStyle.StandardPixmap.SP_MessageBoxWarning)
        for index, section in enumerate(self.sections):
            self.tabs.setTabIcon(index, sign if section.gaps() else type(sign)())
        self.gaps_changed.emit()
        self.workspace.tell_series(self.findings.series())

    def _show_field(self, field: QWidget) -> None:
        section = next((section for section in self.sections if section.isAncestorOf(field)), None)
        if section is not None:
            self.tabs.setCurrentWidget(section)
