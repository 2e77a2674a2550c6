# SPDX-License-Identifier: GPL-2.0-or-later
"""Pixels have their area on the ground: in metres as they stand, in degrees by latitude, in Web Mercator corrected."""

from __future__ import annotations

import pytest
from chronomap.plugin.core.errors import InputError
from chronomap.plugin.raster.grid import Grid
from chronomap.plugin.raster.pixel_area import pixel_areas
from osgeo import osr

EARTH_KM2 = 510_065_621.7  # surface of the WGS 84 ellipsoid
CELL_45_46_HA = 868_649.5  # one degree by one degree between 45 and 46 N on WGS 84 (exact integral)


def grid(epsg, width, height, corner, pixel):
    crs = osr.SpatialReference()
    crs.ImportFromEPSG(epsg)
    return Grid(width, height, (corner[0], pixel, 0.0, corner[1], 0.0, -pixel), crs.ExportToWkt())


@pytest.mark.parametrize(("epsg", "corner"), [(32633, (500_000, 5_200_000)), (3035, (4_500_000, 2_700_000))])
def test_metres_are_taken_as_they_are(epsg, corner):
    areas = pixel_areas(grid(epsg, 30, 20, corner, 10), "map")
    assert areas.is_constant
    assert areas.row_ha[0] == pytest.approx(0.01)
    assert areas.note == ""


def test_feet_are_turned_into_hectares():
    areas = pixel_areas(grid(2263, 10, 10, (980_000, 200_000), 100), "map")  # New York, US survey feet
    assert areas.row_ha[0] == pytest.approx(100**2 * 0.3048006**2 / 10_000)


def test_degrees_add_up_to_the_surface_of_the_earth():
    areas = pixel_areas(grid(4326, 360, 180, (-180, 90), 1.0), "map")
    assert areas.row_ha.sum() * 360 / 100 == pytest.approx(EARTH_KM2, rel=2e-5)
    assert "in degrees" in areas.note


def test_a_degree_of_middle_latitudes_has_its_exact_area():
    areas = pixel_areas(grid(4326, 10, 100, (10, 46), 0.01), "map")
    assert areas.row_ha.sum() * 100 == pytest.approx(CELL_45_46_HA, rel=1e-6)


def test_web_mercator_is_brought_back_to_the_ellipsoid():
    mercator = pixel_areas(grid(3857, 20, 20, (1_500_000, 5_700_000), 10), "map")
    assert mercator.row_ha[0] == pytest.approx(0.00491, abs=2e-5)  # cos(latitude)^2 at 45.5 degrees, 0.01 on the plane
    assert "distorts areas" in mercator.note


def test_a_projection_that_distorts_within_rows_is_refused():
    with pytest.raises(InputError, match="reproject the map"):
        pixel_areas(grid(3031, 4000, 4000, (-4_000_000, 4_000_000), 2000), "map")
