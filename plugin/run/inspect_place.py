# SPDX-License-Identifier: GPL-2.0-or-later
"""The series of a place on the map: a pixel, or the mean of the pixels of a polygon."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from osgeo import ogr, osr

from ..core.errors import InputError
from ..raster.access import attempt, crs_from_wkt
from ..raster.cube import Cube
from ..raster.grid import Grid, Window
from ..raster.pixels import burn
from .exchange import Series

_MOST_PX = 100_000  # of a polygon's rectangle: a mean of more says little and takes long
_WHERE = "The place cannot be brought to the CRS of the cube ({reason}): click nearer to the rasters."


@dataclass(frozen=True)
class Place:
    """A point or polygon: geometry and CRS as WKT."""

    wkt: str
    crs_wkt: str


@dataclass(frozen=True)
class PlaceSeries:
    """What was seen at a place.

    `series`: of one series, as stored, invalid under masks. `shown` (T, C): physical, with what lies below the masks,
    NaN without measurement. `title`: names the place. `pixels`: how many. `outline`: WKT in the cube's CRS.
    """

    series: Series
    shown: np.ndarray
    title: str
    pixels: int
    outline: str


def read_place(cube: Cube, bare: Cube, place: Place) -> PlaceSeries:
    """Read the series at `place`; `bare` is the same cube without its masks.

    A date of a polygon is valid where at least one pixel is, and the mean is that of the valid pixels.

    Raises:
        InputError: the place lies outside the cube, is too large, was never seen, or a raster cannot be read.
    """
    window, inside, outline = _pixels_at(place, cube.grid)
    values, valid = _means(*cube.read(window), inside)
    count = int(inside.sum())
    if not valid.any():
        raise InputError(f"The {'polygon' if count > 1 else 'pixel'} was seen on no date of the cube: choose another.")
    shown = np.where(valid[:, None], values * cube.scale + cube.offset, np.nan)
    masked = np.flatnonzero(~valid)
    if bare is not cube and len(masked):
        below, is_measured = _means(*bare.read_dates(window, masked), inside)
        physical = below * bare.scale[masked] + bare.offset[masked]
        shown[masked] = np.where(is_measured[:, None], physical, np.nan)
    series = Series(values[None], valid[None], cube.bands, cube.dates, cube.scale, cube.offset)
    title = f"Mean of {count} pixels" if count > 1 else f"Pixel {window.x}, {window.y}"
    return PlaceSeries(series, shown, title, count, outline)


def _pixels_at(place: Place, grid: Grid) -> tuple[Window, np.ndarray, str]:
    """Return a window, which of its pixels (h, w) count, and their outline."""
    geometry = _in_crs_of(place, grid)
    if geometry.GetDimension() == 0:
        column, row = (math.floor(part) for part in grid.to_pixel(geometry.GetX(), geometry.GetY()))
        if not (0 <= column < grid.width and 0 <= row < grid.height):
            raise InputError("The place lies outside the rasters of the cube: click inside them.")
        corners = [grid.to_map(column + x, row + y) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))]
        ring = ", ".join(f"{x:.12g} {y:.12g}" for x, y in corners)
        return Window(column, row, 1, 1), np.ones((1, 1), bool), f"POLYGON (({ring}))"
    left, right, bottom, top = geometry.GetEnvelope()
    try:
        window = grid.window_over((left, bottom, right, top))
    except InputError as error:
        raise InputError("The polygon lies outside the rasters of the cube: draw it inside them.") from error
    if window.pixels > _MOST_PX:
        raise InputError(f"The polygon spans {window.pixels} pixels, at most {_MOST_PX} are read: draw a smaller one.")
    inside = burn(geometry, grid.part(window), all_touched=False).astype(bool)
    if not inside.any():
        inside = burn(geometry, grid.part(window), all_touched=True).astype(bool)
    if not inside.any():
        raise InputError("The polygon covers no pixel: draw a larger one.")
    return window, inside, geometry.ExportToWkt()


def _in_crs_of(place: Place, grid: Grid) -> ogr.Geometry:
    geometry = attempt(lambda: ogr.CreateGeometryFromWkt(place.wkt), "The place cannot be read ({reason}): try again.")
    source, target = crs_from_wkt(place.crs_wkt), crs_from_wkt(grid.crs_wkt)
    if not source.IsSame(target):
        way = attempt(lambda: osr.CoordinateTransformation(source, target), _WHERE)
        attempt(lambda: True if geometry.Transform(way) == 0 else None, _WHERE)
    return geometry


def _means(values: np.ndarray, valid: np.ndarray, inside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean (T, C) of the valid pixels `inside` (h, w) of a window, and which dates (T,) have any.

    A lone pixel keeps its number type.
    """
    values, valid = values[:, :, inside], valid[:, inside] != 0  # (T, C, n), (T, n)
    seen = valid.any(axis=1)
    if values.shape[2] == 1:
        return values[:, :, 0], seen
    total = np.where(valid[:, None], values, 0).sum(axis=2, dtype=np.float64)
    return (total / np.maximum(valid.sum(axis=1), 1)[:, None]).astype(np.float32), seen
