# SPDX-License-Identifier: GPL-2.0-or-later
"""The series that the rasters hold: the mean of the scene, or a pixel clicked on the map."""

from __future__ import annotations

from typing import Any, Optional

from qgis.core import QgsCoordinateReferenceSystem, QgsCoordinateTransform, QgsCsException, QgsPointXY, QgsProject
from qgis.gui import QgsMapCanvas, QgsMapTool, QgsMapToolEmitPoint, QgsVertexMarker
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor, QHideEvent
from qgis.PyQt.QtWidgets import QWidget

from ...plugin.host.inquiry import Inquiry
from ...plugin.host.text import tr
from ...plugin.run.outlook import PixelSeries, series_at
from ..band_lines import ALL_BANDS, DatedValues, band_lines, offer_bands
from ..loading import load_ui
from ..workspace import Workspace
from .findings import Findings
from .series_plot import SeriesPlot

_HALF = 0.5  # a mean of less than this share of the pixels is doubtful


class SeriesPanel(QWidget):
    """Draws the mean series as it becomes known, and the pixel that was picked last."""

    def __init__(self, workspace: Workspace, findings: Findings) -> None:
        super().__init__()
        load_ui(self, __file__)
        self._workspace, self._findings = workspace, findings
        self._pixel: Optional[PixelSeries] = None
        self._marker: Optional[QgsVertexMarker] = None
        self._tool: Optional[QgsMapTool] = None
        self._tool_before: Optional[QgsMapTool] = None
        self.plot = SeriesPlot(self)
        self.layout().addWidget(self.plot, 1)
        self._reading = Inquiry(tr("Reading a pixel"), self)
        self._reading.answered.connect(self._show_pixel)
        self._reading.failed.connect(self.caption.setText)
        self.pick.toggled.connect(self._toggle_picking)
        self.show_mean.clicked.connect(self.forget_pixel)
        self.shown.activated.connect(self._draw)
        findings.surveyed.connect(self._show_bands)
        findings.looked.connect(self._draw)
        self._show_bands()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 (Qt)
        """Give the map its tool back."""
        if not event.spontaneous():
            self.pick.setChecked(False)
            self._drop_marker()
        super().hideEvent(event)

    def forget_pixel(self) -> None:
        """Show the mean again."""
        self._reading.drop()
        self._pixel = None
        self._drop_marker()
        self._draw()

    def pick_at(self, place: QgsPointXY, crs: QgsCoordinateReferenceSystem) -> None:
        """Read the series of the pixel at `place`, in the background."""
        spec, grid = self._findings.survey.spec, self._findings.survey.grid
        if spec is None or grid is None:
            self.caption.setText(tr("Choose rasters first: there is nothing to read yet."))
            return
        target = QgsCoordinateReferenceSystem.fromWkt(grid.crs_wkt)
        try:
            there = QgsCoordinateTransform(crs, target, QgsProject.instance()).transform(place)
        except QgsCsException:
            self.caption.setText(tr("This place cannot be brought to the CRS of the rasters: click nearer to them."))
            return
        self._mark(place)
        self.caption.setText(tr("Reading the pixel…"))
        self._reading.ask(lambda monitor: series_at(spec, there.x(), there.y()))

    # ---- what is drawn ----

    def _show_pixel(self, series: PixelSeries) -> None:
        self._pixel = series
        self._draw()

    def _show_bands(self) -> None:
        """Offer the bands of the cube; the pixel of another cube is forgotten."""
        spec = self._findings.survey.spec
        bands = spec.band_names if spec else ()
        offer_bands(self.shown, bands)
        self.pick.setEnabled(spec is not None)
        if self._pixel is not None and self._pixel.bands != bands:
            self.forget_pixel()
        self._draw()

    def _draw(self, *_: object) -> None:
        self.show_mean.setEnabled(self._pixel is not None)
        if self._pixel is not None:
            bands, values = self._pixel.bands, _pixel_values(self._pixel)
            valid = sum(self._pixel.valid)
            text = tr("{valid} of {count} dates are valid; hollow: masked or nodata.")
            self.caption.setText(text.format(valid=valid, count=len(values)))
        else:
            spec = self._findings.survey.spec
            bands, values = (spec.band_names if spec else ()), self._mean_values()
            self.caption.setText(tr("Mean of valid pixels; hollow: less than half is valid.") if values else "")
        self.plot.show_lines(
            band_lines(bands, values, self.shown.currentData() or ALL_BANDS),
            "" if bands and not values else tr("The series appears here once there are rasters."),
        )

    def _mean_values(self) -> DatedValues:
        return [
            (point.date, point.outlook.means, (point.outlook.share or 0.0) >= _HALF)
            for point in self._findings.mean_series()
            if point.outlook.means
        ]

    # ---- the map ----

    def _canvas(self) -> QgsMapCanvas:
        return self._workspace.iface.mapCanvas()

    def _toggle_picking(self, is_on: bool) -> None:
        canvas = self._canvas()
        if is_on:
            self._tool_before = canvas.mapTool()
            self._tool = QgsMapToolEmitPoint(canvas)
            self._tool.canvasClicked.connect(self._clicked)
            self._tool.deactivated.connect(self._deactivated)
            canvas.setMapTool(self._tool)
            self.caption.setText(tr("Click a pixel on the map."))
        elif self._tool is not None:
            tool, self._tool = self._tool, None
            if canvas.mapTool() is tool:
                canvas.unsetMapTool(tool)
                if self._tool_before is not None:
                    canvas.setMapTool(self._tool_before)
            self._tool_before = None

    def _deactivated(self) -> None:
        """Another tool was chosen."""
        if self._tool is not None:
            self._tool = None
            self.pick.setChecked(False)

    def _clicked(self, place: QgsPointXY, button: Any) -> None:
        if button == Qt.MouseButton.LeftButton:
            self.pick_at(place, self._canvas().mapSettings().destinationCrs())
            self.window().raise_()  # the click brought the map to the front

    def _mark(self, place: QgsPointXY) -> None:
        self._drop_marker()
        self._marker = QgsVertexMarker(self._canvas())
        self._marker.setIconType(QgsVertexMarker.IconType.ICON_CROSS)
        self._marker.setColor(QColor("#d55e00"))
        self._marker.setPenWidth(3)
        self._marker.setIconSize(14)
        self._marker.setCenter(place)

    def _drop_marker(self) -> None:
        if self._marker is not None:
            self._canvas().scene().removeItem(self._marker)
            self._marker = None


def _pixel_values(series: PixelSeries) -> DatedValues:
    by_date = zip(*series.values)
    return list(zip(series.dates, by_date, series.valid))
