# SPDX-License-Identifier: GPL-2.0-or-later
"""What background reads found out about the recipe's rasters and training features; asked anew when jobs change."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Optional, Union

from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from ...plugin.core.cube_spec import Acquisition, CubeSpec
from ...plugin.core.jobs import CubeJob, ExtractJob, TableJob
from ...plugin.core.monitor import Event, Monitor
from ...plugin.core.recipe import Recipe
from ...plugin.host.inquiry import Inquiry
from ...plugin.host.text import tr
from ...plugin.run.census import Census, SplitOutlook, census, split_outlook, table_census
from ...plugin.run.outlook import DateOutlook, date_outlook
from ...plugin.run.survey import Survey, SurveyRow, survey
from ...plugin.run.workload import Workload

if TYPE_CHECKING:
    from ..workspace import Workspace

_DELAY_MS = 150  # a user who types or ticks asks once
_AT_ONCE = 8  # dates told together


@dataclass(frozen=True)
class MeanPoint:
    """One acquisition of the mean series: ISO date, share of valid pixels, physical mean by band (None: unknown)."""

    date: str
    outlook: DateOutlook


class Findings(QObject):
    """Survey of the rasters, outlook of each date, census of the training features and outlook of the split."""

    surveyed = pyqtSignal()
    looked = pyqtSignal()  # more dates have a share of valid pixels
    counted = pyqtSignal()
    dealt = pyqtSignal()

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace = workspace
        self.survey = Survey()
        self.census: Optional[Census] = None
        self.census_problem = ""
        self.split: Optional[SplitOutlook] = None
        self.split_problem = ""
        self._outlooks: dict[Any, DateOutlook] = {}
        self._shown: dict[tuple[str, str], DateOutlook] = {}
        self._keys: dict[str, Any] = {}
        self._surveying = self._inquiry(tr("Reading dates of rasters"), self._take_survey, self._survey_failed)
        self._looking = self._inquiry(tr("Looking at valid pixels"), lambda _: None, self._look_failed)
        self._looking.heard.connect(self._take_outlooks)
        self._counting = self._inquiry(tr("Counting training features"), self._take_census, self._census_failed)
        self._dealing = self._inquiry(tr("Splitting training features"), self._take_split, self._split_failed)
        self.delay = QTimer(self)
        self.delay.setSingleShot(True)
        self.delay.setInterval(_DELAY_MS)
        self.delay.timeout.connect(self._ask)
        workspace.recipe_changed.connect(self.delay.start)
        workspace.recipe_loaded.connect(self.delay.start)
        self.delay.start()

    @property
    def is_surveying(self) -> bool:
        """Whether dates are being read."""
        return self._surveying.is_busy or self.delay.isActive()

    @property
    def is_busy(self) -> bool:
        """Whether any answer is awaited."""
        inquiries = (self._surveying, self._looking, self._counting, self._dealing)
        return self.delay.isActive() or any(inquiry.is_busy for inquiry in inquiries)

    def outlook_of(self, row: SurveyRow) -> Optional[DateOutlook]:
        """Return what is known of the pixels of a row, None where nothing is yet."""
        return self._shown.get((row.date, row.label))

    def mean_series(self) -> list[MeanPoint]:
        """Return the acquisitions that are used and known so far, in the order of time."""
        spec = self.survey.spec
        known = [(item, self._shown.get((item.date, item.label))) for item in spec.acquisitions] if spec else []
        return [MeanPoint(item.date, outlook) for item, outlook in known if outlook is not None]

    def series(self) -> Optional[Workload]:
        """Return bands, dates and classes of the series there will be, None while they are not known."""
        spec, counted = self.survey.spec, self.census
        recipe = self._workspace.recipe
        if recipe.table is not None or spec is None or counted is None:
            return None
        days = sorted({acquisition.date[:10] for acquisition in spec.acquisitions})
        names = {recipe.extract.rename.get(name, name) for name in counted.features} - {""}
        return Workload(spec.band_names, tuple(days), len(names), 0) if days and names else None

    def count_anew(self) -> None:
        """Count the training features again: their layer was edited."""
        self._keys.pop("census", None)
        self.delay.start()

    def close(self) -> None:
        """Want no answers any more."""
        self.delay.stop()
        for inquiry in (self._surveying, self._looking, self._counting, self._dealing):
            inquiry.drop()

    def _inquiry(self, title: str, answered: Any, failed: Any) -> Inquiry:
        inquiry = Inquiry(title, self)
        inquiry.answered.connect(answered)
        inquiry.failed.connect(failed)
        return inquiry

    def _is_new(self, name: str, key: Any) -> bool:
        if name in self._keys and self._keys[name] == key:
            return False
        self._keys[name] = key
        return True

    def _ask(self) -> None:
        recipe = self._workspace.recipe
        job = replace(recipe.cube, output="", report="")
        if self._is_new("survey", job):
            self._ask_survey(job)
        self._ask_census()

    # ---- rasters ----

    def _ask_survey(self, job: CubeJob) -> None:
        self._looking.drop()
        if job.rasters or job.folder:
            self._surveying.ask(lambda monitor: survey(job))
        else:
            self._surveying.drop()
            self._take_survey(Survey())

    def _survey_failed(self, sentence: str) -> None:
        if sentence:
            self._take_survey(replace(self.survey, problem=sentence, spec=None))

    def _take_survey(self, found: Survey) -> None:
        self.survey = found
        spec = found.spec
        wanted = self._keep_known(spec) if spec else []
        self.surveyed.emit()
        if spec and wanted:
            self._looking.ask(lambda monitor: _look(spec, wanted, monitor))
        else:
            self.looked.emit()
        self._ask_census()

    def _keep_known(self, spec: CubeSpec) -> list[Acquisition]:
        """Show what is known of the cube's dates; return those that must be looked at."""
        used = {(item.date, item.label): self._outlooks.get(_look_key(spec, item)) for item in spec.acquisitions}
        known = {key: outlook for key, outlook in used.items() if outlook is not None}
        self._shown = {**{key: old for key, old in self._shown.items() if key not in used}, **known}
        return [item for item in spec.acquisitions if used[item.date, item.label] is None]

    def _take_outlooks(self, event: Event) -> None:
        if event["event"] != "outlooks":
            return
        for item, outlook in event["found"]:
            self._outlooks[_look_key(event["spec"], item)] = outlook
            self._shown[item.date, item.label] = outlook
        self.looked.emit()

    def _look_failed(self, sentence: str) -> None:
        if sentence:
            self._workspace.messages.warning(sentence)

    # ---- training features ----

    def _ask_census(self) -> None:
        job, grid = _census_job(self._workspace.recipe), self.survey.grid
        if self._is_new("census", (job, grid)):
            self._keys.pop("split", None)
            self._dealing.drop()
            if job is None:
                self._counting.drop()
                self._take_census(None)
            elif isinstance(job, TableJob):
                self._counting.ask(lambda monitor: table_census(job, monitor))
            else:
                self._counting.ask(lambda monitor: census(job, grid))
        elif not self._counting.is_busy:
            self._ask_split()

    def _census_failed(self, sentence: str) -> None:
        if sentence:
            self._take_census(None, sentence)

    def _take_census(self, found: Optional[Census], problem: str = "") -> None:
        self.census, self.census_problem = found, problem or (found.problem if found else "")
        self.counted.emit()
        self._ask_split()

    def _ask_split(self) -> None:
        recipe = self._workspace.recipe
        found = self.census.found if self.census else None
        spec, title = recipe.train.split, _title(recipe.extract)
        if not self._is_new("split", (spec, found is None)):
            return
        if found is None:
            self._dealing.drop()
            self._take_split(None)
        else:
            self._dealing.ask(lambda monitor: split_outlook(found, spec, title))

    def _split_failed(self, sentence: str) -> None:
        self._take_split(None, sentence)

    def _take_split(self, found: Optional[SplitOutlook], problem: str = "") -> None:
        self.split, self.split_problem = found, problem
        self.dealt.emit()


def _census_job(recipe: Recipe) -> Optional[Union[ExtractJob, TableJob]]:
    """Return the part of the samples' job that counts depend on, None where nothing can be counted yet."""
    job = replace(recipe.samples, output="", colors={})
    if isinstance(job, ExtractJob):
        job = replace(job, cube="")
        return job if job.vectors and job.class_field else None
    return job if job.table and job.class_field else None


def _look(spec: CubeSpec, wanted: list[Acquisition], monitor: Monitor) -> None:
    """Look at one acquisition after the other; tell some at a time."""
    for start in range(0, len(wanted), _AT_ONCE):
        found = []
        for item in wanted[start : start + _AT_ONCE]:
            monitor.check()
            found.append((item, date_outlook(spec, item, monitor)))
        monitor.on_event({"event": "outlooks", "spec": spec, "found": found})


def _look_key(spec: CubeSpec, item: Acquisition) -> Any:
    """Return what an outlook depends on; dates and labels do not matter."""
    grid = spec.grid or spec.acquisitions[0].bands[0].dataset
    return item.bands, item.mask, spec.mask_rule, grid, spec.resampling


def _title(job: ExtractJob) -> str:
    return job.layer or job.vectors
