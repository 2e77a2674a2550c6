# SPDX-License-Identifier: GPL-2.0-or-later
"""Which pixels lie under features, and their series, read window by window so that memory stays bounded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from osgeo import gdal, ogr

from ..core.errors import InputError
from ..core.monitor import Monitor
from .access import attempt, crs_from_wkt, quiet_gdal
from .grid import Grid, Window
from .legend import few
from .vectors import Feature, VectorSet, VectorSource, read_features

if TYPE_CHECKING:
    from .cube import Cube

_CHUNK_PX = 2048  # side of the pieces in which one polygon is rasterized
_WINDOW_SIDE_PX = 128  # windows are about so wide where blocks are smaller: polygons are small
_BYTES_PER_PIXEL = 64  # of a pixel's position while pixels are sorted out
_MB = 1024 * 1024


@dataclass(frozen=True)
class PixelSet:
    """Pixels under features: `position` (N,) int64 is row * width + column, `feature` (N,) the index in `vectors`.

    Sorted by feature, then position; a pixel under several features stands here several times. `notes` say which
    features lie outside or hold no pixel.
    """

    position: np.ndarray
    feature: np.ndarray
    vectors: VectorSet
    grid: Grid
    notes: tuple[str, ...]

    @property
    def fid(self) -> np.ndarray:
        """Feature id of each pixel, (N,) int64."""
        return np.array([feature.fid for feature in self.vectors.features], np.int64)[self.feature]

    @property
    def xy(self) -> np.ndarray:
        """Map coordinates of the pixels' centres, (N, 2) float64."""
        row, column = np.divmod(self.position, self.grid.width)
        x, y = self.grid.to_map(column + 0.5, row + 0.5)  # type: ignore[arg-type]  # arrays do as well
        return np.column_stack((x, y))

    def subset(self, index: np.ndarray) -> PixelSet:
        """Return the pixels at `index` (integers or a mask)."""
        return PixelSet(self.position[index], self.feature[index], self.vectors, self.grid, self.notes)


@dataclass(frozen=True)
class SeriesBatch:
    """Series of some pixels: `index` (n,) into the pixel set, values (n, T, C) as stored, valid (n, T) bool."""

    index: np.ndarray
    values: np.ndarray
    valid: np.ndarray


def polygon_pixels(source: VectorSource, grid: Grid, all_touched: bool = False, memory_mb: int = 1000) -> PixelSet:
    """Find the pixels of every point and polygon of `source` (pixels whose centre lies inside, or all touched).

    Raises:
        InputError: as read_features; or all features lie outside the grid, or the pixels do not fit `memory_mb`.
    """
    return pixels_under(read_features(source, grid.crs_wkt), grid, all_touched, memory_mb)


def pixels_under(vectors: VectorSet, grid: Grid, all_touched: bool, memory_mb: int) -> PixelSet:
    """Find the pixels under features that are already in the grid's CRS; raises as polygon_pixels."""
    limit = memory_mb * _MB // _BYTES_PER_PIXEL
    found: list[np.ndarray] = []
    total = 0
    for feature in vectors.features:
        found.append(_feature_pixels(feature, grid, all_touched, limit - total))
        total += len(found[-1])
    position = np.concatenate(found) if found else np.empty(0, np.int64)
    owner = np.repeat(np.arange(len(found)), [len(positions) for positions in found])
    notes = _place_notes(vectors, grid, np.array([len(positions) for positions in found]))
    return PixelSet(position, owner, vectors, grid, vectors.notes + tuple(notes))


def series_batches(cube: Cube, pixels: PixelSet, memory_mb: int, monitor: Monitor) -> Iterator[SeriesBatch]:
    """Read the series of `pixels`, one batch per window; only windows that hold pixels are read.

    Windows are made of whole blocks of the cube, cut to the pixels they hold, as large as half of `memory_mb` allows.
    """
    dates, bands = len(cube.dates), len(cube.bands)
    budget_px = memory_mb * _MB // 2 // (dates * (bands * np.dtype(cube.dtype).itemsize + 1))
    windows = list(windows_over(pixels.position, cube.grid, cube.block, budget_px))
    for number, (window, index) in enumerate(windows):
        monitor.check()
        monitor.progress(number / len(windows), f"Reading window {number + 1} of {len(windows)}")
        values, valid = cube.read(window)  # (T, C, h, w), (T, h, w)
        row, column = np.divmod(pixels.position[index], cube.grid.width)
        row, column = row - window.y, column - window.x
        series = np.ascontiguousarray(values[:, :, row, column].transpose(2, 0, 1))  # (n, T, C)
        yield SeriesBatch(index, series, np.ascontiguousarray(valid[:, row, column].T, dtype=bool))


def windows_over(
    position: np.ndarray, grid: Grid, block: tuple[int, int], budget_px: int
) -> Iterator[tuple[Window, np.ndarray]]:
    """Yield windows of at most about `budget_px` pixels, and which of the positions (N,) each holds.

    A window is the part of one cell of whole blocks that its positions span.
    """
    width, height = _cell_size(grid, block, budget_px)
    row, column = np.divmod(position, grid.width)
    cell = (row // height) * (grid.width // width + 1) + column // width
    order = np.argsort(cell, kind="stable")
    starts = np.flatnonzero(np.diff(cell[order], prepend=-1))
    for index in np.split(order, starts[1:]):
        if len(index):
            left, top = int(column[index].min()), int(row[index].min())
            right, bottom = int(column[index].max()) + 1, int(row[index].max()) + 1
            yield Window(left, top, right - left, bottom - top), index


def _cell_size(grid: Grid, block: tuple[int, int], budget_px: int) -> tuple[int, int]:
    """Return width and height of the cells: whole blocks, about _WINDOW_SIDE_PX wide and high where blocks are smaller.

    Where `budget_px` demands it, cells lose rows of blocks, then columns of blocks; then blocks are cut.
    """
    across, down = (max(1, _WINDOW_SIDE_PX // side) for side in block)
    while block[0] * across * block[1] * down > budget_px and max(across, down) > 1:
        across, down = (across, down // 2) if down > 1 else (across // 2, down)
    width, height = min(grid.width, block[0] * across), min(grid.height, block[1] * down)
    while width * height > budget_px and max(width, height) > 1:
        width, height = (width, (height + 1) // 2) if height > 1 else ((width + 1) // 2, height)
    return width, height


def _feature_pixels(feature: Feature, grid: Grid, all_touched: bool, limit: int) -> np.ndarray:
    """Return the positions under one feature, sorted, each once."""
    if feature.is_point:
        return _point_pixels(feature.geometry, grid)
    pieces, total = [np.empty(0, np.int64)], 0
    for window in _chunks(_window_of(feature.geometry, grid)):
        inside = burn(feature.geometry, grid.part(window), all_touched)
        row, column = np.nonzero(inside)
        total += len(row)
        if total > limit:
            raise InputError(
                f"The polygons hold more pixels than fit the memory setting (at feature {feature.fid}): raise it, or "
                "use fewer or smaller polygons."
            )
        pieces.append((row + window.y) * np.int64(grid.width) + column + window.x)
    return np.sort(np.concatenate(pieces))


def _point_pixels(geometry: ogr.Geometry, grid: Grid) -> np.ndarray:
    points = [geometry] if not geometry.GetGeometryCount() else [*geometry]
    corners = np.array([point.GetPoint_2D() for point in points])
    position = grid.to_pixel(corners[:, 0], corners[:, 1])  # type: ignore[arg-type]  # arrays do as well
    column, row = (np.floor(part).astype(np.int64) for part in position)
    inside = (column >= 0) & (column < grid.width) & (row >= 0) & (row < grid.height)
    return np.unique(row[inside] * grid.width + column[inside])


def _window_of(geometry: ogr.Geometry, grid: Grid) -> Window:
    """Return the pixels that the geometry's envelope touches, cut at the grid; of no size where it lies outside."""
    left, right, bottom, top = geometry.GetEnvelope()
    columns, rows = zip(*(grid.to_pixel(x, y) for x in (left, right) for y in (bottom, top)))
    x, y = max(0, int(np.floor(min(columns)))), max(0, int(np.floor(min(rows))))
    end_x, end_y = min(grid.width, int(np.floor(max(columns))) + 1), min(grid.height, int(np.floor(max(rows))) + 1)
    return Window(x, y, max(0, end_x - x), max(0, end_y - y))


def _chunks(window: Window) -> Iterator[Window]:
    for y in range(window.y, window.y + window.height, _CHUNK_PX):
        for x in range(window.x, window.x + window.width, _CHUNK_PX):
            width = min(_CHUNK_PX, window.x + window.width - x)
            yield Window(x, y, width, min(_CHUNK_PX, window.y + window.height - y))


def burn(geometry: ogr.Geometry, grid: Grid, all_touched: bool) -> np.ndarray:
    """Return (height, width) uint8: 1 where the polygon covers a pixel of `grid`."""
    crs = crs_from_wkt(grid.crs_wkt)
    raster = gdal.GetDriverByName("MEM").Create("", grid.width, grid.height, 1, gdal.GDT_Byte)
    raster.SetGeoTransform(grid.transform)
    raster.SetProjection(grid.crs_wkt)
    source = attempt(lambda: _memory_driver().CreateDataSource(""), "No polygon can be rasterized ({reason}).")
    layer = source.CreateLayer("polygon", crs, ogr.wkbUnknown)
    record = ogr.Feature(layer.GetLayerDefn())
    record.SetGeometry(geometry)
    layer.CreateFeature(record)
    options = ["ALL_TOUCHED=TRUE"] if all_touched else []
    with quiet_gdal():
        gdal.RasterizeLayer(raster, [1], layer, burn_values=[1], options=options)
    return raster.GetRasterBand(1).ReadAsArray()


def _memory_driver() -> ogr.Driver:
    """Return OGR's driver for layers in memory, whose name changed with GDAL 3.11."""
    return ogr.GetDriverByName("MEM" if int(gdal.VersionInfo()) >= 3110000 else "Memory")


def _place_notes(vectors: VectorSet, grid: Grid, counts: np.ndarray) -> Iterator[str]:
    """Say which features lie outside the grid or hold no pixel.

    Raises:
        InputError: none of them holds a pixel.
    """
    features = vectors.features
    windows = [_window_of(feature.geometry, grid) for feature in features]
    outside = [not window.pixels for window in windows]
    small = [f for f, count, out in zip(features, counts, outside) if not count and not out]
    if all(outside):
        raise InputError(
            f"All {len(features)} {vectors.unit} of {vectors.title} lie outside the raster {_rounded(grid.bounds)}: "
            "check the CRS of both, or choose other ones."
        )
    if not counts.any():
        raise InputError(
            f"No {vectors.unit} of {vectors.title} hold a pixel centre of the raster: use larger polygons, or choose "
            "'all touched pixels'."
        )
    if any(outside):
        yield f"{sum(outside)} of {len(features)} {vectors.unit} lie outside the raster and are left out."
    if small:
        yield (
            f"{len(small)} {vectors.unit} hold no pixel centre of the raster (too small, or beyond its edge) and are "
            f"left out: {few(_titles(small))}."
        )


def _titles(features: Sequence[Feature]) -> list[str]:
    return [f"{feature.fid} ({feature.name})" if feature.name else str(feature.fid) for feature in features]


def _rounded(bounds: Sequence[float]) -> str:
    return "(" + ", ".join(f"{value:.6g}" for value in bounds) + ")"
