# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the pixels lie: the grid of a raster, windows in it, and how it is cut into block-aligned windows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Union

from osgeo import gdal, osr

from ..core.errors import InputError
from .access import attempt, crs_from_wkt, open_raster

_SAME_PX = 1e-3  # corners that differ by less than this part of a pixel are the same


@dataclass(frozen=True)
class Window:
    """A rectangle of pixels: left column, top row, and size."""

    x: int
    y: int
    width: int
    height: int

    @property
    def pixels(self) -> int:
        """Number of pixels."""
        return self.width * self.height

    def common(self, other: Window) -> Window:
        """Return what both cover; of no size where that is nothing."""
        x, y = max(self.x, other.x), max(self.y, other.y)
        right = min(self.x + self.width, other.x + other.width)
        bottom = min(self.y + self.height, other.y + other.height)
        return Window(x, y, max(0, right - x), max(0, bottom - y))

    def counted_from(self, area: Window) -> Window:
        """Return this window of the grid as it lies in a map that covers `area` of the grid."""
        return Window(self.x - area.x, self.y - area.y, self.width, self.height)


@dataclass(frozen=True)
class Grid:
    """Size in pixels, GDAL geotransform and CRS of a raster."""

    width: int
    height: int
    transform: tuple[float, float, float, float, float, float]
    crs_wkt: str

    @property
    def window(self) -> Window:
        """The whole grid as a window."""
        return Window(0, 0, self.width, self.height)

    @property
    def is_north_up(self) -> bool:
        """Rows run east and columns south: no rotation, no flip."""
        _, dx, rx, _, ry, dy = self.transform
        return rx == 0 and ry == 0 and dx > 0 and dy < 0

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """xmin, ymin, xmax, ymax in the grid's CRS."""
        corners = [self.to_map(x, y) for x in (0, self.width) for y in (0, self.height)]
        xs, ys = zip(*corners)
        return min(xs), min(ys), max(xs), max(ys)

    def to_map(self, column: float, row: float) -> tuple[float, float]:
        """Return map coordinates of a pixel position (0, 0 is the outer corner of the first pixel)."""
        x0, dx, rx, y0, ry, dy = self.transform
        return x0 + column * dx + row * rx, y0 + column * ry + row * dy

    def to_pixel(self, x: float, y: float) -> tuple[float, float]:
        """Return the pixel position (column, row; not rounded) of map coordinates."""
        x0, dx, rx, y0, ry, dy = self.transform
        determinant = dx * dy - rx * ry
        east, south = x - x0, y - y0
        return (east * dy - south * rx) / determinant, (south * dx - east * ry) / determinant

    def part(self, window: Window) -> Grid:
        """Return the grid of a window of this one."""
        x0, y0 = self.to_map(window.x, window.y)
        _, dx, rx, _, ry, dy = self.transform
        return Grid(window.width, window.height, (x0, dx, rx, y0, ry, dy), self.crs_wkt)

    def window_over(self, extent: tuple[float, ...]) -> Window:
        """Return the smallest window over `extent` (xmin, ymin, xmax, ymax), cut at the grid's edges.

        Raises:
            InputError: the extent lies outside the grid.
        """
        xmin, ymin, xmax, ymax = extent
        positions = [self.to_pixel(x, y) for x in (xmin, xmax) for y in (ymin, ymax)]
        columns, rows = zip(*positions)
        left, right = max(0, math.floor(min(columns) + _SAME_PX)), math.ceil(max(columns) - _SAME_PX)
        top, bottom = max(0, math.floor(min(rows) + _SAME_PX)), math.ceil(max(rows) - _SAME_PX)
        window = Window(left, top, min(right, self.width) - left, min(bottom, self.height) - top)
        if window.width <= 0 or window.height <= 0:
            raise InputError(f"The extent {extent} lies outside the rasters {self.bounds}: choose another extent.")
        return window

    def is_same(self, other: Grid) -> bool:
        """Tell whether both have the same pixels: size, corners and CRS."""
        if (self.width, self.height) != (other.width, other.height) or not self.has_crs_of(other):
            return False
        corners = [(0, 0), (self.width, 0), (0, self.height)]
        positions = [(self.to_pixel(*other.to_map(*corner)), corner) for corner in corners]
        return all(abs(p - c) < _SAME_PX for position, corner in positions for p, c in zip(position, corner))

    def has_crs_of(self, other: Grid) -> bool:
        """Tell whether both have the same CRS, however it is written."""
        if self.crs_wkt == other.crs_wkt:
            return True
        options = ["IGNORE_DATA_AXIS_TO_SRS_AXIS_MAPPING=YES", "CRITERION=EQUIVALENT"]
        return bool(crs_from_wkt(self.crs_wkt).IsSame(crs_from_wkt(other.crs_wkt), options))

    def overlaps(self, other: Grid) -> bool:
        """Tell whether the extents of both have a common area; an extent that cannot be transformed has none."""
        xmin, ymin, xmax, ymax = self.bounds
        left, bottom, right, top = other._bounds_in(self)
        return left < xmax and right > xmin and bottom < ymax and top > ymin

    def _bounds_in(self, other: Grid) -> tuple[float, float, float, float]:
        if self.has_crs_of(other):
            return self.bounds
        transformation = osr.CoordinateTransformation(crs_from_wkt(self.crs_wkt), crs_from_wkt(other.crs_wkt))
        return attempt(
            lambda: transformation.TransformBounds(*self.bounds, 21),
            "A raster's extent cannot be brought to the CRS of the first raster ({reason}): check its CRS.",
        )


def grid_of(dataset: Union[str, gdal.Dataset]) -> Grid:
    """Return the grid of a raster (GDAL dataset name or open dataset).

    Raises:
        InputError: it cannot be opened, or has no CRS or no georeference.
    """
    raster = open_raster(dataset) if isinstance(dataset, str) else dataset
    name = dataset if isinstance(dataset, str) else raster.GetDescription()
    transform = raster.GetGeoTransform(can_return_null=True)
    if transform is None or transform[1] * transform[5] == transform[2] * transform[4]:
        raise InputError(f"The raster {name} is not georeferenced: georeference it, or remove it.")
    wkt = raster.GetProjection()
    if not wkt:
        raise InputError(f"The raster {name} has no coordinate reference system: assign its CRS, or remove it.")
    return Grid(raster.RasterXSize, raster.RasterYSize, tuple(transform), wkt)


def tiles(area: Union[Grid, Window], block: tuple[int, int], window_px: int) -> list[Window]:
    """Cut an area into windows of at most `window_px` pixels (a count, not a side), row by row.

    Windows begin and end at multiples of `block` (width, height, counted from the raster's first pixel) or at the
    area's edge; where one block alone has more than `window_px` pixels, it is cut into equal parts.
    """
    whole = area if isinstance(area, Window) else area.window
    width, height = _window_size(whole, block, max(1, window_px))
    return [
        Window(x, y, right - x, bottom - y)
        for y, bottom in _cuts(whole.y, whole.y + whole.height, height, block[1])
        for x, right in _cuts(whole.x, whole.x + whole.width, width, block[0])
    ]


def _window_size(whole: Window, block: tuple[int, int], window_px: int) -> tuple[int, int]:
    """Return width and height: whole blocks, near to a square; or a part of a block that is too large."""
    block_width, block_height = min(block[0], whole.width), min(block[1], whole.height)
    if block_width > window_px:
        return math.isqrt(window_px), math.isqrt(window_px)
    if block_width * block_height > window_px:
        return block_width, window_px // block_width
    block_px = block_width * block_height
    columns, rows = math.ceil(whole.width / block[0]), math.ceil(whole.height / block[1])
    across = max(1, min(math.isqrt(window_px) // block_width, window_px // block_px, columns))
    down = max(1, min(window_px // (across * block_px), rows))
    across = max(across, min(window_px // (down * block_px), columns))
    return across * block[0], down * block[1]


def _cuts(start: int, end: int, step: int, block: int) -> Iterator[tuple[int, int]]:
    """Yield (from, to) along one axis; a cut never crosses a multiple of the step or, for small steps, of the block."""
    while start < end:
        stop = (start // step + 1) * step if step >= block else min(start + step, (start // block + 1) * block)
        stop = min(stop, end)
        yield start, stop
        start = stop
