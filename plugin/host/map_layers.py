# SPDX-License-Identifier: GPL-2.0-or-later
"""Brings finished maps into the project: styled in the background, added in one group."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Optional

from qgis.core import QgsProject, QgsRasterLayer
from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from ..core.errors import ChronomapError
from ..core.jobs import MapJob
from ..core.monitor import Monitor
from .inquiry import Inquiry
from .postprocess import LayerPlan, finish_classes
from .queue import DONE, JobQueue, Run
from .results import add_maps, style_maps
from .text import tr

Styled = tuple[MapJob, dict[str, LayerPlan]]


class MapLayers(QObject):
    """Adds the maps of every run of a queue that makes some, and shows previews one at a time."""

    added = pyqtSignal(str)  # the name of the group
    previewed = pyqtSignal()
    failed = pyqtSignal(str)

    def __init__(self, queue: JobQueue, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._preview_id = ""
        self._waiting: list[Inquiry] = []
        self._project_number = 0  # of the projects that were open since QGIS started
        queue.run_finished.connect(self._take_run)
        QgsProject.instance().cleared.connect(self._leave_project)

    def show_preview(self, job: MapJob) -> None:
        """Show the class map of a preview above everything else, in the place of the preview before."""
        self._style(job, self._add_preview)

    def drop_preview(self) -> None:
        """Take the preview off the map and delete its file."""
        layer = QgsProject.instance().mapLayer(self._preview_id) if self._preview_id else None
        self._preview_id = ""
        if layer is not None:
            folder = Path(layer.source()).parent
            QgsProject.instance().removeMapLayer(layer.id())
            shutil.rmtree(folder, ignore_errors=True)

    def _leave_project(self) -> None:
        self._project_number += 1
        self._preview_id = ""

    def _take_run(self, run: Run) -> None:
        if run.state != DONE:
            return
        for job in run.jobs:
            if isinstance(job, MapJob):
                self._style(job, self._add)

    def _style(self, job: MapJob, then) -> None:  # noqa: ANN001 (a slot)
        """Write the styles in the background: they need a look at every raster."""
        inquiry = Inquiry(tr("Chronomap: styling maps"), self)
        self._waiting.append(inquiry)

        def styled(monitor: Monitor) -> Styled:
            return job, style_maps(job)

        inquiry.answered.connect(lambda answer: self._finish(inquiry, then, answer))
        inquiry.failed.connect(lambda sentence: self._give_up(inquiry, sentence))
        inquiry.ask(styled)

    def _finish(self, inquiry: Inquiry, then, answer: Styled) -> None:  # noqa: ANN001
        self._forget(inquiry)
        try:
            then(*answer)
        except ChronomapError as error:
            self.failed.emit(str(error))

    def _give_up(self, inquiry: Inquiry, sentence: str) -> None:
        self._forget(inquiry)
        self.failed.emit(sentence)

    def _forget(self, inquiry: Inquiry) -> None:
        self._waiting.remove(inquiry)
        inquiry.deleteLater()

    def _add(self, job: MapJob, plans: dict[str, LayerPlan]) -> None:
        self._add_next(add_maps(job, plans, QgsProject.instance()), self._project_number)

    def _add_next(self, steps: Iterator[str], project_number: int, group: str = "") -> None:
        """Add one layer and come back for the next, no long pause; never into another project."""
        if project_number != self._project_number:
            return
        try:
            group = next(steps)
        except StopIteration:
            self.added.emit(group)
        except ChronomapError as error:
            self.failed.emit(str(error))
        else:
            QTimer.singleShot(0, lambda: self._add_next(steps, project_number, group))

    def _add_preview(self, job: MapJob, plans: dict[str, LayerPlan]) -> None:
        self.drop_preview()
        project = QgsProject.instance()
        name = tr("Preview: {model}").format(model=Path(job.model).stem)
        layer = QgsRasterLayer(job.outputs["class"], name)
        layer.loadDefaultStyle()
        project.addMapLayer(layer, False)
        project.layerTreeRoot().insertLayer(0, layer)
        finish_classes(project, layer, project.layerTreeRoot())
        self._preview_id = layer.id()
        self.previewed.emit()
