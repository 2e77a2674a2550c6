# SPDX-License-Identifier: GPL-2.0-or-later
"""What a form is told about rasters and training features before a job runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from chronomap.plugin.core.cube_spec import MOSAIC
from chronomap.plugin.core.jobs import CubeJob, ExtractJob, SplitSpec, TableJob
from chronomap.plugin.core.monitor import Monitor
from chronomap.plugin.raster.grid import Grid
from chronomap.plugin.run.census import MIXED, census, shown_classes, split_outlook, table_census
from chronomap.plugin.run.outlook import date_outlook, series_at, spots
from chronomap.plugin.run.survey import survey
from discovery import raster
from synthetic import SCALE, small_cube, table_csv


@pytest.fixture
def cube(tmp_path):
    return small_cube(tmp_path / "scene")


def surveyed(cube, **fields):
    return survey(CubeJob("", rasters=cube.rasters + cube.masks, **fields))


@pytest.mark.parametrize("form", ["per_date", "date_major", "per_band"])
def test_every_form_has_a_row_per_date(tmp_path, form):
    made = small_cube(tmp_path, form=form)
    found = surveyed(made)
    assert tuple(row.date for row in found.rows) == made.dates
    assert found.bands == made.bands
    assert found.problem == ""


def test_left_out_dates_keep_their_rows(cube):
    found = surveyed(cube, left_out=cube.dates[:1])
    assert len(found.rows) == len(cube.dates)
    assert len(found.spec.acquisitions) == len(cube.dates) - 1


def test_all_bands_are_offered_where_some_are_chosen(cube):
    found = surveyed(cube, bands=cube.bands[:1])
    assert found.bands == cube.bands
    assert found.spec.band_names == cube.bands[:1]


def test_names_given_to_nameless_bands_count(tmp_path):
    name = raster(tmp_path / "s_20210601.tif", count=2)
    assert survey(CubeJob("", rasters=(name,), bands=("red", "nir"))).spec.band_names == ("red", "nir")


def test_an_ambiguous_date_is_told_in_its_row(tmp_path):
    name = raster(tmp_path / "composite_20210601_20210615.tif")
    found = survey(CubeJob("", rasters=(name,)))
    assert found.rows[0].date == ""
    assert "2021-06-01 or 2021-06-15" in found.rows[0].trouble
    assert found.spec is None


def test_a_date_of_a_folder_is_doubtful(tmp_path):
    names = tuple(raster(tmp_path / "2021-06-01" / name) for name in ("a.tif", "b.tif"))
    found = survey(CubeJob("", rasters=names))
    assert all("folder" in row.trouble and row.date == "2021-06-01" for row in found.rows)
    assert found.problem


def test_a_missing_band_leaves_the_rows(tmp_path):
    for name in ("20210605_B04", "20210605_B8A", "20210615_B04"):
        raster(tmp_path / f"S2_{name}.tif")
    found = survey(CubeJob("", folder=str(tmp_path)))
    assert [row.bands for row in found.rows] == [("B04", "B8A"), ("B04",)]
    assert "Band B8A of 2021-06-15 is missing" in found.problem


def test_images_of_one_day_are_named_apart(tmp_path):
    names = tuple(raster(tmp_path / f"T3{tile}TQM_20210605T101031_B04.tif") for tile in (2, 3))
    found = survey(CubeJob("", rasters=names, same_day=MOSAIC))
    assert len({row.name for row in found.rows}) == 2


def test_a_date_is_summed_up_by_its_valid_pixels(cube):
    spec = surveyed(cube).spec
    outlook = date_outlook(spec, spec.acquisitions[1], Monitor())
    assert outlook.share == pytest.approx(cube.valid[1].mean())
    assert outlook.means == pytest.approx([plane[cube.valid[1]].mean() * SCALE for plane in cube.values[1]], rel=1e-5)


def test_a_damaged_raster_is_told_and_stops_nothing(cube):
    spec = surveyed(cube).spec
    Path(cube.rasters[1]).write_bytes(b"no raster")
    outlook = date_outlook(spec, spec.acquisitions[1], Monitor())
    assert outlook.share is None
    assert cube.rasters[1] in outlook.trouble


def test_a_large_raster_is_looked_at_in_few_pixels():
    windows = list(spots(Grid(20000, 30000, (0.0, 1.0, 0.0, 0.0, 0.0, -1.0), "")))
    assert sum(window.width * window.height for window in windows) < 50000
    assert all(window.x >= 0 and window.x + window.width <= 20000 for window in windows)


def test_the_series_of_a_pixel_holds_masked_values_too(cube):
    spec = surveyed(cube).spec
    t, row, column = (int(index) for index in np.argwhere(~cube.valid)[0])
    series = series_at(spec, *surveyed(cube).grid.to_map(column + 0.5, row + 0.5))
    assert series.valid == tuple(cube.valid[:, row, column].tolist())
    assert series.values[0][t] == pytest.approx(cube.values[t, 0, row, column] * SCALE)


def test_blocks_that_cut_a_polygon_are_shown_as_mixed(cube):
    grid = surveyed(cube).grid
    found = census(ExtractJob("", cube.polygons, "crop", ""), grid).found
    parts = {part for part, _ in split_outlook(found, SplitSpec("block", block_size=40.0), "x").shapes}
    assert MIXED in parts


def test_renamed_classes_are_counted_as_the_field_has_them(cube):
    job = ExtractJob("", cube.polygons, "crop", "", rename={"Grass": "Maize", "Wheat": ""})
    found = census(job, surveyed(cube).grid)
    assert found.features == {"Grass": 3, "Maize": 3, "Wheat": 6}
    assert found.pixels == {"Grass": 108, "Maize": 108}


def test_colours_are_those_that_the_samples_will_have():
    shown = shown_classes(["b", "a", "c"], {"c": "a"}, {"b": "#123456"})
    assert [(info.name, info.color) for info in shown] == [("a", "#e69f00"), ("b", "#123456")]


def test_rows_of_a_table_are_counted_by_class(tmp_path):
    found = table_census(TableJob(str(table_csv(tmp_path / "s.csv")), "crop", ""), Monitor())
    assert (found.features, found.unit) == ({"Wheat": 6, "Maize": 6, "Grass": 6}, "rows")
