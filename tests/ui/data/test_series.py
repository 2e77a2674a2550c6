# SPDX-License-Identifier: GPL-2.0-or-later
"""The plot: mean series, a picked pixel, and what is drawn hollow."""

from __future__ import annotations

import numpy as np
import pytest
from chronomap.plugin.run.survey import survey
from chronomap.ui.data.series_plot import SeriesPlot
from chronomap.ui.figure_view import FigureView
from chronomap.ui.time_paint import Line, Point, month_starts, nice_ticks
from chronomap.ui.training.curves import Curves
from qgis.core import QgsCoordinateReferenceSystem, QgsPointXY
from qgis.PyQt.QtWidgets import QWidget
from synthetic import BANDS, CORNER, PIXEL_M, SCALE
from waiting import wait_until

UTM = QgsCoordinateReferenceSystem("EPSG:32633")


def pick(page, column, row):
    panel = page.rasters.series
    place = QgsPointXY(CORNER[0] + (column + 0.5) * PIXEL_M, CORNER[1] - (row + 0.5) * PIXEL_M)
    panel.pick_at(place, UTM)
    wait_until(lambda: not panel._reading.is_busy, 20)


def line_of(page, name):
    return next(line for line in page.rasters.series.plot.lines if line.name == name)


def test_the_mean_is_that_of_the_valid_pixels(page, cube, add_rasters):
    add_rasters()
    found = [point.value for point in line_of(page, BANDS[1]).points]
    expected = [cube.values[t, 1][cube.valid[t]].mean() * SCALE for t in range(len(cube.dates))]
    assert found == pytest.approx(expected, rel=1e-5)


def test_a_picked_pixel_is_drawn_with_clouds_hollow(page, cube, add_rasters):
    add_rasters()
    t, row, column = (int(index) for index in np.argwhere(~cube.valid)[0])
    pick(page, column, row)
    points = line_of(page, BANDS[0]).points
    assert [point.is_valid for point in points] == cube.valid[:, row, column].tolist()
    assert points[t].value == pytest.approx(7000 * SCALE)  # the cloud itself
    page.rasters.series.show_mean.click()
    assert all(point.is_valid for point in line_of(page, BANDS[0]).points)


def test_a_place_outside_is_told(page, add_rasters):
    add_rasters()
    pick(page, -40, 0)
    assert "outside the rasters" in page.rasters.series.caption.text()


def test_picking_gives_the_map_its_tool_back(page, add_rasters):
    add_rasters()
    canvas = page.workspace.iface.mapCanvas()
    before = canvas.mapTool()
    page.rasters.series.pick.setChecked(True)
    assert canvas.mapTool() is not before
    page.hide()
    assert canvas.mapTool() is before
    assert not page.rasters.series.pick.isChecked()


def test_ndvi_is_offered_where_its_bands_are(page, cube, add_rasters):
    add_rasters()
    shown = page.rasters.series.shown
    shown.setCurrentIndex(shown.findText("NDVI"))
    shown.activated.emit(shown.currentIndex())
    first = cube.values[0][:, cube.valid[0]].mean(axis=1)
    expected = (first[1] - first[0]) / (first[1] + first[0])
    assert line_of(page, "NDVI").points[0].value == pytest.approx(expected, rel=1e-4)


def test_the_plot_draws_in_the_colours_of_the_palette(qgis_app):
    plot = SeriesPlot()
    plot.resize(300, 150)
    plot.show_lines((Line("NDVI", "#ff0000", (Point(737000, 0.2, True), Point(737100, 0.8, False))),))
    image = plot.grab().toImage()
    colors = {image.pixelColor(x, y).name() for x in range(300) for y in range(150)}
    assert plot.palette().base().color().name() in colors
    assert "#ff0000" in colors


@pytest.mark.parametrize("kind", [SeriesPlot, Curves, FigureView])
def test_plots_are_coloured_by_themes_that_colour_labels(kind, qgis_app):
    home = QWidget()
    home.setStyleSheet("QLabel { color: #aabbcc }")
    plot = kind(home)
    plot.ensurePolished()
    assert plot.palette().text().color().name() == "#aabbcc"


def test_ticks_are_round_and_span_the_values():
    assert nice_ticks([0.13, 0.78]) == [0.0, 0.2, 0.4, 0.6, 0.8]
    ticks = nice_ticks([5.0, 5.0])
    assert ticks[0] < 5.0 < ticks[-1]


def test_months_are_evenly_spaced():
    from datetime import date  # noqa: PLC0415

    months = month_starts(date(2021, 1, 15).toordinal(), date(2022, 3, 1).toordinal(), 5)
    assert [month.isoformat() for month in months] == ["2021-04-01", "2021-07-01", "2021-10-01", "2022-01-01"]


def test_a_survey_of_a_missing_folder_is_a_sentence(tmp_path):
    from chronomap.plugin.core.jobs import CubeJob  # noqa: PLC0415

    assert "does not exist" in survey(CubeJob("", folder=str(tmp_path / "none"))).problem
