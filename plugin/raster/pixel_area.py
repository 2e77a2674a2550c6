# SPDX-License-Identifier: GPL-2.0-or-later
"""How large a pixel is on the ground: constant in projections that keep areas, by row where latitude decides."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
from osgeo import osr

from ..core.errors import InputError
from .access import attempt, crs_from_wkt
from .grid import Grid

_TOLERANCE = 0.01  # areas of a projection that are off by less are taken as they are: UTM stays below 0.2 %
_LATTICE = 5  # places across and down at which a projection is checked
_M2_PER_HA = 10_000.0


@dataclass(frozen=True)
class PixelAreas:
    """Area of the pixels of each row, (H,) in hectares; `note` says how it was found where that needs a word."""

    row_ha: np.ndarray
    note: str = ""

    @property
    def is_constant(self) -> bool:
        """Whether all pixels have the same area."""
        return bool((self.row_ha == self.row_ha[0]).all())


def pixel_areas(grid: Grid, title: str) -> PixelAreas:
    """Return the areas of the pixels of `grid`; `title` names the raster in messages.

    Degrees: the area on the ellipsoid, by latitude. Projections: width times height, unless that is off by more than
    1 % (Web Mercator doubles areas at 45 degrees): then the area on the ellipsoid, by row.

    Raises:
        InputError: the CRS is unusable, or it distorts areas within a row, so that no table by row is right.
    """
    crs = crs_from_wkt(grid.crs_wkt)
    plane_ha = _plane_ha(grid, crs)
    if crs.IsLocal():
        return PixelAreas(np.full(grid.height, plane_ha), f"{title} has a local CRS: areas are as in the plane.")
    columns, rows = np.linspace(0.5, grid.width - 0.5, _LATTICE), np.linspace(0.5, grid.height - 0.5, _LATTICE)
    true_ha = np.array([_true_ha(grid, crs, columns, np.full(_LATTICE, row), title) for row in rows])
    if crs.IsProjected() and _deviation(true_ha, plane_ha) <= _TOLERANCE:
        return PixelAreas(np.full(grid.height, plane_ha))
    if max(_deviation(line, float(line.mean())) for line in true_ha) > _TOLERANCE:
        raise InputError(
            f"The CRS of {title} ({crs.GetName()}) distorts areas from place to place: reproject the map to one that "
            "keeps them, such as UTM or an equal-area projection, by nearest neighbour."
        )
    middle, down = np.full(grid.height, grid.width / 2), np.arange(grid.height) + 0.5
    kind = "distorts areas" if crs.IsProjected() else "is in degrees"
    note = f"The CRS of {title} ({crs.GetName()}) {kind}: areas are those on the ellipsoid, by latitude."
    return PixelAreas(_true_ha(grid, crs, middle, down, title), note)


def _plane_ha(grid: Grid, crs: osr.SpatialReference) -> float:
    return _pixel_size(grid) * crs.GetLinearUnits() ** 2 / _M2_PER_HA


def _pixel_size(grid: Grid) -> float:
    """Return the area of a pixel in squared units of the CRS."""
    _, dx, rx, _, ry, dy = grid.transform
    return abs(dx * dy - rx * ry)


def _deviation(values: np.ndarray, expected: float) -> float:
    return float(np.abs(values / expected - 1).max())


def _true_ha(grid: Grid, crs: osr.SpatialReference, columns: np.ndarray, rows: np.ndarray, title: str) -> np.ndarray:
    """Return the area on the ellipsoid of the pixels whose centres lie at `columns`, `rows` (N,), in hectares.

    The area of a small patch is M N cos(latitude) times its size in longitude and latitude; a projection's patch is
    brought there by the differences over one pixel.
    """
    to_degrees = _to_degrees(crs, title)
    east, west = (to_degrees(grid, columns + step, rows) for step in (0.5, -0.5))
    south, north = (to_degrees(grid, columns, rows + step) for step in (0.5, -0.5))
    across, down = np.radians(_unwrapped(east - west)), np.radians(_unwrapped(south - north))
    patch = np.abs(across[:, 0] * down[:, 1] - across[:, 1] * down[:, 0])  # (N,) square radians
    latitude = np.radians((south[:, 1] + north[:, 1]) / 2)
    major, minor = crs.GetSemiMajor(), crs.GetSemiMinor()
    eccentricity_2 = 1 - (minor / major) ** 2
    bend = 1 - eccentricity_2 * np.sin(latitude) ** 2
    return major**2 * (1 - eccentricity_2) / bend**2 * np.cos(latitude) * patch / _M2_PER_HA


def _unwrapped(difference: np.ndarray) -> np.ndarray:
    """Return differences of (longitude, latitude) with steps across the date line mended."""
    return np.column_stack(((difference[:, 0] + 180) % 360 - 180, difference[:, 1]))


def _to_degrees(crs: osr.SpatialReference, title: str) -> partial[np.ndarray]:
    """Return a function of grid, columns and rows (N,) that gives longitude and latitude, (N, 2) in degrees."""
    if not crs.IsProjected():
        return partial(_geographic, degrees_per_unit=math.degrees(crs.GetAngularUnits()))
    target = crs.CloneGeogCS()
    target.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return partial(_transformed, transformation=osr.CoordinateTransformation(crs, target), title=title)


def _geographic(grid: Grid, columns: np.ndarray, rows: np.ndarray, degrees_per_unit: float) -> np.ndarray:
    x, y = grid.to_map(columns, rows)  # type: ignore[arg-type]  # arrays do as well
    return np.column_stack((x, y)) * degrees_per_unit


def _transformed(
    grid: Grid, columns: np.ndarray, rows: np.ndarray, transformation: osr.CoordinateTransformation, title: str
) -> np.ndarray:
    x, y = grid.to_map(columns, rows)  # type: ignore[arg-type]
    complaint = f"The places of {title} cannot be brought to longitude and latitude ({{reason}}): check its CRS."
    found = attempt(lambda: transformation.TransformPoints(np.column_stack((x, y)).tolist()), complaint)
    places = np.array(found)[:, :2]
    if not np.isfinite(places).all():
        raise InputError(complaint.replace("{reason}", "some lie outside the CRS"))
    return places
