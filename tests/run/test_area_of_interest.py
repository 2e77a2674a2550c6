# SPDX-License-Identifier: GPL-2.0-or-later
"""Where a map of polygons lies; what it holds is tested with the maps."""

from __future__ import annotations

import pytest
from chronomap.plugin.core.errors import InputError
from chronomap.plugin.raster.area import AreaOfInterest, map_area
from chronomap.plugin.raster.grid import Window, grid_of
from chronomap.plugin.raster.vectors import VectorSource
from chronomap.plugin.run.dispatch import run_job
from synthetic import write_vectors

LEFT, TOP, SIDE = 500000.0, 5200000.0, 10.0  # the chain's cube: 96 x 80 pixels


def polygons(path, *rings):
    """Write polygons whose corners are given in pixels (column, row)."""
    corners = (", ".join(f"{LEFT + SIDE * x} {TOP - SIDE * y}" for x, y in [*ring, ring[0]]) for ring in rings)
    return write_vectors(path, [(f"POLYGON (({text}))", {}) for text in corners])


def box(left, top, right, bottom):
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


@pytest.fixture
def grid(chain):
    return grid_of(chain.cube.rasters[0])


def test_polygons_that_overlap_leave_no_hole(tmp_path, grid):
    aoi = polygons(tmp_path / "aoi.gpkg", box(0, 0, 10, 10), box(5, 5, 15, 15), box(5, 5, 10, 10))
    assert AreaOfInterest(VectorSource(aoi), grid).inside(Window(0, 0, 20, 20)).sum() == 175


def test_an_extent_cuts_the_area(chain, tmp_path, grid):
    aoi = polygons(tmp_path / "aoi.gpkg", box(0, 0, 40, 40))
    extent = (LEFT + 300, TOP - 600, LEFT + 800, TOP)
    window, _ = map_area(chain.map_job(tmp_path, aoi=aoi, extent=extent), grid)
    assert window == Window(30, 0, 10, 40)


@pytest.mark.parametrize(
    ("ring", "extent", "sentence"),
    [
        (box(200, 200, 210, 210), (), "lies outside the rasters"),
        (box(0, 0, 5, 5), (LEFT + 300, TOP - 600, LEFT + 800, TOP), "have nothing in common"),
        (box(0.1, 0.1, 0.3, 0.3), (), "No pixel centre lies inside the area of interest"),
    ],
)
def test_areas_without_a_pixel_are_refused(chain, tmp_path, ring, extent, sentence):
    aoi = polygons(tmp_path / "aoi.gpkg", ring)
    with pytest.raises(InputError, match=sentence):
        run_job(chain.map_job(tmp_path, aoi=aoi, extent=extent))


def test_a_missing_area_is_refused_before_anything_starts(chain, tmp_path):
    with pytest.raises(InputError, match=r"The area of interest .*none.gpkg does not exist"):
        run_job(chain.map_job(tmp_path, aoi=str(tmp_path / "none.gpkg")))
