# SPDX-License-Identifier: GPL-2.0-or-later
"""The inspector: click a place on the map, read what the models say of it and why."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

from qgis.core import QgsCoordinateReferenceSystem, QgsGeometry, QgsPointXY
from qgis.gui import QgsMapCanvas, QgsMapTool, QgsRubberBand
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import QApplication, QFileDialog, QPushButton, QWidget

from ...plugin.core.errors import ChronomapError
from ...plugin.host.project import results_folder
from ...plugin.host.replies import Replies
from ...plugin.host.settings import interpreter
from ...plugin.host.shelf import SUFFIX
from ...plugin.host.text import tr
from ...plugin.run.inspect import Inspection, Inspector, ModelAnswer
from ...plugin.run.inspect_place import Place
from ...plugin.run.inspect_table import as_csv
from ...plugin.run.live import LiveWorker
from ..band_lines import offer_bands
from ..loading import load_ui
from ..window import help_url
from ..workspace import Workspace
from .choice import CubeChoice, ModelChoice
from .figure import InspectorFigure
from .nearest import fill_nearest, sample_in_row
from .tool import InspectTool, outline_band


class InspectorPanel(QWidget):
    """Chooses cube and models, owns tool, worker and open rasters, shows the last place.

    The worker starts with the first click and stays until `leave`.
    """

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        load_ui(self, __file__)
        self._workspace = workspace
        self._live: Optional[LiveWorker] = None
        self._inspector: Optional[Inspector] = None
        self._place: Optional[Place] = None
        self._outline: Optional[QgsRubberBand] = None
        self._tool: Optional[InspectTool] = None
        self._tool_before: Optional[QgsMapTool] = None
        self.figure = InspectorFigure()
        self.figure_area.setWidget(self.figure)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setSizes([700, 120])
        self.cubes, self.models = CubeChoice(self.cube_box), ModelChoice(self.model_list)
        self._replies = Replies(self)
        self._connect()
        self._show_recipe()
        self._show(None)

    def pick(self, geometry: QgsGeometry, crs: QgsCoordinateReferenceSystem) -> None:
        """Look at a point or polygon of the map."""
        self._place = Place(geometry.asWkt(12), crs.toWkt(QgsCoordinateReferenceSystem.WktVariant.WKT1_GDAL))
        self._look()

    def leave(self) -> None:
        """Give the map its tool back, let the worker go and close the rasters."""
        self._replies.drop()
        self._put_tool_away()
        self._drop_outline()
        if self._live is not None:
            self._live.close()
            self._live = None
        self._drop_inspector()

    @property
    def is_waiting(self) -> bool:
        """Whether a click is still to be answered."""
        return self._replies.is_waiting

    @property
    def worker_pid(self) -> int:
        """Process id of the worker, 0 while there is none."""
        return self._live.pid if self._live is not None else 0

    # ---- asking ----

    def _connect(self) -> None:
        self._replies.answered.connect(self._show)
        self._replies.failed.connect(lambda sentence, _: self._tell(sentence))
        self._workspace.recipe_changed.connect(self._show_recipe)
        self._workspace.recipe_loaded.connect(self._show_recipe)
        self._workspace.shelf.changed.connect(self._show_recipe)
        self.cubes.changed.connect(self._take_cube)
        self.models.changed.connect(self._look)
        self.cube_button.clicked.connect(self._open_cube)
        self.model_button.clicked.connect(self._add_models)
        self.pixel_button.toggled.connect(lambda is_on: self._take_tool(self.pixel_button, is_on))
        self.polygon_button.toggled.connect(lambda is_on: self._take_tool(self.polygon_button, is_on))
        self.bands_box.activated.connect(lambda _: self.figure.show_place(self.figure.found, self._bands()))
        self.nearest_box.activated.connect(lambda _: self._show_nearest())
        self.nearest_table.cellDoubleClicked.connect(lambda row, _: self._go_to_sample(row))
        self.copy_button.clicked.connect(self._copy)
        self.save_button.clicked.connect(self._ask_save)
        self.help_button.clicked.connect(lambda: QDesktopServices.openUrl(help_url("inspector")))

    def _show_recipe(self) -> None:
        self.cubes.show_recipe(self._workspace.recipe)
        self.models.show_models(self._workspace.shelf.models())
        if self.figure.found is None:
            self._show(None)

    def _take_cube(self) -> None:
        self._drop_inspector()
        self._look()

    def _look(self) -> None:
        """Ask about the last place; the answer to an earlier click is not waited for."""
        source, models = self.cubes.source, self.models.chosen
        if self._place is None or source is None or not models:
            self._replies.drop()
            self._show(None)
            return
        if self._inspector is None:
            self._inspector = Inspector(source)
        if self._live is None:
            self._live = LiveWorker(interpreter)
        if not self.worker_pid:
            self._tell(tr("Starting the worker and opening the rasters…"))
        inspector, place = self._inspector, self._place
        self._replies.expect(
            self._live.call(lambda worker, monitor: inspector.look(worker, models, place, monitor), "click")
        )

    def _drop_inspector(self) -> None:
        if self._inspector is not None:
            self._inspector.close()
            self._inspector = None

    # ---- showing ----

    def _show(self, found: Optional[Inspection]) -> None:
        self._tell("")
        if found is not None:
            offer_bands(self.bands_box, found.place.series.bands)
            self._draw_outline(found)
        self.bands_box.setVisible(found is not None and self.bands_box.count() > 1)
        self.figure.show_place(found, self._bands(), self._invitation())
        for button in (self.copy_button, self.save_button):
            button.setEnabled(found is not None)
        self._offer_nearest(found)

    def _invitation(self) -> str:
        """Return what to do next, in words."""
        if self.cubes.source is None:
            return tr("Open a cube, or choose rasters on the page Data of the Chronomap window.")
        if not self.models.chosen:
            return tr("Add a model and tick it, or train one in the Chronomap window.")
        return tr("Press 'Click a pixel' and click on the map.")

    def _tell(self, sentence: str) -> None:
        self.message.setText(sentence)
        self.message.setVisible(bool(sentence))

    def _bands(self) -> str:
        return self.bands_box.currentData() or ""

    def _answers(self) -> list[ModelAnswer]:
        found = self.figure.found
        return [answer for answer in found.answers if not answer.problem] if found is not None else []

    def _offer_nearest(self, found: Optional[Inspection]) -> None:
        names = [answer.path.stem for answer in self._answers()]
        before = self.nearest_box.currentText()
        self.nearest_box.clear()
        self.nearest_box.addItems(names)
        self.nearest_box.setCurrentIndex(max(0, names.index(before) if before in names else 0))
        self.nearest_widget.setVisible(found is not None and bool(names))
        self._show_nearest()

    def _show_nearest(self) -> None:
        answer = self._nearest_answer()
        fill_nearest(self.nearest_table, answer)
        note = answer.neighbours_note if answer is not None else ""
        self.nearest_note.setText(note)
        self.nearest_note.setVisible(bool(note))

    def _nearest_answer(self) -> Optional[ModelAnswer]:
        answers, index = self._answers(), self.nearest_box.currentIndex()
        return answers[index] if 0 <= index < len(answers) else None

    # ---- the map ----

    def _canvas(self) -> QgsMapCanvas:
        return self._workspace.iface.mapCanvas()

    def _take_tool(self, button: QPushButton, is_on: bool) -> None:
        other = self.polygon_button if button is self.pixel_button else self.pixel_button
        if is_on:
            other.setChecked(False)
            canvas = self._canvas()
            if self._tool is None:
                self._tool_before = canvas.mapTool()
                self._tool = InspectTool(canvas)
                self._tool.picked.connect(self._picked)
                self._tool.deactivated.connect(self._tool_lost)
            self._tool.forget()
            self._tool.draws_polygon = button is self.polygon_button
            if canvas.mapTool() is not self._tool:  # else it would be let go first
                canvas.setMapTool(self._tool)
        elif not other.isChecked():
            self._put_tool_away()

    def _put_tool_away(self) -> None:
        tool, self._tool = self._tool, None
        for button in (self.pixel_button, self.polygon_button):
            button.setChecked(False)
        if tool is not None:
            tool.forget()
            if self._canvas().mapTool() is tool:
                self._canvas().unsetMapTool(tool)
                if self._tool_before is not None:
                    self._canvas().setMapTool(self._tool_before)
        self._tool_before = None

    def _tool_lost(self) -> None:
        """Another tool was chosen."""
        if self._tool is not None:
            self._tool = None  # the map has let it go already
            self._put_tool_away()

    def _picked(self, geometry: QgsGeometry) -> None:
        self.pick(geometry, self._canvas().mapSettings().destinationCrs())

    def _draw_outline(self, found: Inspection) -> None:
        self._drop_outline()
        self._outline = outline_band(self._canvas())
        crs = QgsCoordinateReferenceSystem.fromWkt(found.crs_wkt)
        self._outline.setToGeometry(QgsGeometry.fromWkt(found.place.outline), crs)

    def _drop_outline(self) -> None:
        if self._outline is not None:
            self._canvas().scene().removeItem(self._outline)
            self._outline = None

    def _go_to_sample(self, row: int) -> None:
        answer, near = self._nearest_answer(), sample_in_row(self.nearest_table, row)
        if answer is None or near is None:
            return
        crs = QgsCoordinateReferenceSystem.fromWkt(answer.neighbours_crs)
        point = QgsGeometry.fromPointXY(QgsPointXY(near.x, near.y))
        self._canvas().flashGeometries([point], crs)

    # ---- files ----

    def _open_cube(self) -> None:
        kind = tr("Cube description (*.json)")
        chosen, _ = QFileDialog.getOpenFileName(self, tr("Open a cube"), str(results_folder()), kind)
        if chosen:
            self.cubes.open(Path(chosen), self._workspace.recipe)

    def _add_models(self) -> None:
        kind = f"Chronomap model (*{SUFFIX})"
        chosen, _ = QFileDialog.getOpenFileNames(self, tr("Add models"), str(results_folder()), kind)
        self.add_models([Path(path) for path in chosen])

    def add_models(self, paths: list[Path]) -> None:
        """Put model files onto the project's shelf and tick them."""
        for path in paths:
            try:
                self._workspace.shelf.add(path)
            except ChronomapError as error:
                self._tell(str(error))
        self.models.show_models(self._workspace.shelf.models(), ticked=paths)

    def _copy(self) -> None:
        if self.figure.found is not None:
            QApplication.clipboard().setText(as_csv(self.figure.found))

    def _ask_save(self) -> None:
        kinds = "SVG (*.svg);;PNG (*.png)"
        chosen, kind = QFileDialog.getSaveFileName(self, tr("Save the figure"), str(results_folder()), kinds)
        if not chosen:
            return
        path = Path(chosen)
        if path.suffix.lower() not in (".svg", ".png"):
            path = path.with_name(path.name + (".png" if kind.startswith("PNG") else ".svg"))
        try:
            self.figure.save(path)
        except ChronomapError as error:
            self._tell(str(error))
