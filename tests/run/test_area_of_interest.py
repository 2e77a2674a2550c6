# SPDX-License-Identifier: GPL-2.0-or-later
"""Maps of polygons: empty outside, the same as the whole map inside."""

from __future__ import annotations

import numpy as np
import pytest
from chronomap.plugin.core.errors import InputError
from chronomap.plugin.raster.area import AreaOfInterest, map_area
from chronomap.plugin.raster.grid import Window, grid_of
from chronomap.plugin.raster.vectors import VectorSource
from chronomap.plugin.run.dispatch import run_job
from osgeo import gdal, ogr, osr

LEFT, TOP, SIDE = 500000.0, 5200000.0, 10.0  # the chain's cube: 96 x 80 pixels


def polygons(path, *rings, epsg=32633):
    """Write polygons whose corners are given in pixels (column, row)."""
    crs = osr.SpatialReference()
    crs.ImportFromEPSG(epsg)
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    layer = source.CreateLayer("aoi", crs, ogr.wkbPolygon)
    for ring in rings:
        corners = ", ".join(f"{LEFT + SIDE * x} {TOP - SIDE * y}" for x, y in [*ring, ring[0]])
        record = ogr.Feature(layer.GetLayerDefn())
        record.SetGeometry(ogr.CreateGeometryFromWkt(f"POLYGON (({corners}))"))
        layer.CreateFeature(record)
    return str(path)


def box(left, top, right, bottom):
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


@pytest.fixture
def grid(chain):
    return grid_of(chain.cube.rasters[0])


def read(path):
    return gdal.Open(str(path)).ReadAsArray()


def test_the_map_is_that_of_the_whole_inside_and_empty_outside(chain, tmp_path, listener):
    aoi = polygons(tmp_path / "aoi.gpkg", [(10, 10), (60, 10), (10, 50)])
    outputs = listener.run(chain.map_job(tmp_path / "part", ("class", "probability"), aoi=aoi, window_px=16))
    run_job(chain.map_job(tmp_path / "whole", ("class", "probability")))
    part, whole = read(tmp_path / "part/class.tif"), read(tmp_path / "whole/class.tif")[10:50, 10:60]
    columns, rows = np.meshgrid(np.arange(50) + 0.5, np.arange(40) + 0.5)
    inside = columns / 50 + rows / 40 < 1
    assert part.shape == whole.shape
    assert (part[inside] == whole[inside]).all()
    assert (part[~inside] == 0).all()
    assert (read(tmp_path / "part/probability.tif")[:, ~inside] == 65535).all()
    assert (outputs["pixels"], outputs["invalid"]) == (inside.sum(), (whole[inside] == 0).sum())


def test_windows_without_a_pixel_inside_are_not_computed(chain, tmp_path, listener):
    aoi = polygons(tmp_path / "aoi.gpkg", box(0, 0, 12, 12), box(80, 64, 92, 76))
    listener.run(chain.map_job(tmp_path, aoi=aoi, window_px=16))
    windows = [event for event in listener.events if event["event"] == "window"]
    assert windows[-1]["count"] <= 8  # of 30
    assert (read(tmp_path / "class.tif")[20:60, 20:75] == 0).all()


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
