# SPDX-License-Identifier: GPL-2.0-or-later
"""Grids and how they are cut into windows."""

import numpy as np
import pytest
from chronomap.plugin.core.errors import InputError
from chronomap.plugin.raster.grid import Grid, Window, grid_of, tiles
from osgeo import gdal
from synthetic import CORNER, write_raster

GRID = Grid(1000, 700, (500000.0, 10.0, 0.0, 5200000.0, 0.0, -10.0), "")


@pytest.mark.parametrize("block", [(1000, 1), (1000, 13), (256, 256), (128, 512), (1000, 700), (4096, 4096), (1, 1)])
@pytest.mark.parametrize("window_px", [1, 300, 65536, 10**7])
def test_windows_cover_every_pixel_once_and_stay_within_the_limit(block, window_px):
    area = Window(30, 40, 37, 29) if window_px == 1 else GRID.window
    hits = np.zeros((700, 1000), np.uint8)
    for window in tiles(area, block, window_px):
        assert window.pixels <= window_px
        hits[window.y : window.y + window.height, window.x : window.x + window.width] += 1
    inside = hits[area.y : area.y + area.height, area.x : area.x + area.width]
    assert (inside == 1).all()
    assert hits.sum() == area.pixels


@pytest.mark.parametrize("area", [GRID.window, Window(100, 50, 700, 333)])
def test_windows_begin_at_block_borders(area):
    for window in tiles(area, (256, 128), 70000):
        assert window.x % 256 == 0 or window.x == area.x
        assert window.y % 128 == 0 or window.y == area.y


def test_block_larger_than_the_limit_is_cut_without_crossing_its_border():
    for window in tiles(GRID, (512, 512), 100 * 512):
        assert window.x // 512 == (window.x + window.width - 1) // 512
        assert window.y // 512 == (window.y + window.height - 1) // 512


def test_pixel_and_map_positions_are_inverse():
    rotated = Grid(10, 10, (5.0, 2.0, 0.5, 9.0, 0.25, -3.0), "")
    assert rotated.to_pixel(*rotated.to_map(3.5, 7.25)) == pytest.approx((3.5, 7.25))


def test_extent_becomes_the_smallest_window_over_it():
    xmin, _, _, ymax = GRID.bounds
    assert GRID.window_over((xmin + 15, ymax - 45, xmin + 40, ymax - 10)) == Window(1, 1, 3, 4)
    assert GRID.window_over((xmin - 1e5, ymax - 20, xmin + 10, ymax + 1e5)) == Window(0, 0, 1, 2)


def test_extent_outside_is_refused():
    with pytest.raises(InputError, match="outside the rasters"):
        GRID.window_over((0, 0, 1, 1))


def test_part_of_a_grid_begins_where_its_window_does():
    assert GRID.part(Window(3, 2, 5, 5)).transform[0::3] == (500030.0, 5199980.0)


def test_grid_of_a_raster_is_read(tmp_path):
    name = write_raster(tmp_path / "a.tif", np.zeros((1, 5, 7), np.uint8))
    grid = grid_of(name)
    assert (grid.width, grid.height, grid.transform) == (7, 5, (CORNER[0], 10.0, 0.0, CORNER[1], 0.0, -10.0))
    assert grid.is_same(grid_of(name))


def test_raster_without_crs_is_named(tmp_path):
    path = str(tmp_path / "bare.tif")
    dataset = gdal.GetDriverByName("GTiff").Create(path, 4, 4)
    dataset.SetGeoTransform((0, 1, 0, 0, 0, -1))
    dataset = None
    with pytest.raises(InputError, match=r"bare\.tif has no coordinate reference system: assign"):
        grid_of(path)


def test_raster_without_georeference_is_named(tmp_path):
    path = str(tmp_path / "bare.tif")
    gdal.GetDriverByName("GTiff").Create(path, 4, 4).FlushCache()
    with pytest.raises(InputError, match=r"bare\.tif is not georeferenced"):
        grid_of(path)


def test_missing_raster_is_named(tmp_path):
    with pytest.raises(InputError, match=r"gone\.tif cannot be opened"):
        grid_of(str(tmp_path / "gone.tif"))
