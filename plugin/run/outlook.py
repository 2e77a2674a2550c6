# SPDX-License-Identifier: GPL-2.0-or-later
"""A quick look into a cube: how much of each date is valid, its mean, and the series of one pixel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Optional

import numpy as np

from ..core.cube_spec import KEEP, Acquisition, CubeSpec
from ..core.errors import InputError
from ..core.monitor import Monitor
from ..raster.cube import Cube, open_cube
from ..raster.grid import Grid, Window

_SPOTS = 3  # windows along each side of a large raster
_SPOT_PX = 64
_MEMORY_MB = 1000


@dataclass(frozen=True)
class DateOutlook:
    """One acquisition as a sample of its pixels shows it.

    `share`: of valid pixels, 0 to 1 (None: it cannot be read). `means`: physical, one per band, None without a valid
    pixel. `trouble`: why it cannot be read.
    """

    share: Optional[float]
    means: tuple[Optional[float], ...] = ()
    trouble: str = ""


@dataclass(frozen=True)
class PixelSeries:
    """The series of one pixel: physical `values` by band, then date (None: no measurement), `valid` by date."""

    dates: tuple[str, ...]
    bands: tuple[str, ...]
    values: tuple[tuple[Optional[float], ...], ...]
    valid: tuple[bool, ...]


def date_outlook(spec: CubeSpec, acquisition: Acquisition, monitor: Monitor) -> DateOutlook:
    """Read some windows of one acquisition of `spec`, on its grid and with its masks."""
    alone = replace(spec, acquisitions=(acquisition,), grid=_grid_name(spec), same_day=KEEP)
    try:
        with open_cube(alone, _MEMORY_MB, threads=1) as cube:
            return _outlook(cube, monitor)
    except InputError as error:
        return DateOutlook(None, trouble=str(error))


def series_at(spec: CubeSpec, x: float, y: float) -> PixelSeries:
    """Read the series of the pixel at map coordinates in the cube's CRS.

    Values under a mask are read as well, so that they can be shown as invalid.

    Raises:
        InputError: the place lies outside the cube, or a raster cannot be read.
    """
    bare = replace(spec, acquisitions=tuple(replace(item, mask=None) for item in spec.acquisitions))
    with open_cube(bare, _MEMORY_MB) as cube:
        window = _pixel(cube.grid, x, y)
        stored, is_measured = cube.read(window)  # (T, C, 1, 1), (T, 1, 1)
        physical = stored[:, :, 0, 0] * cube.scale + cube.offset
        dates, bands = cube.dates, cube.bands
    with open_cube(spec, _MEMORY_MB) as cube:
        _, valid = cube.read(window)
    values = tuple(
        tuple(float(value) if known else None for value, known in zip(plane, is_measured[:, 0, 0]))
        for plane in physical.T
    )
    return PixelSeries(dates, bands, values, tuple(bool(good) for good in valid[:, 0, 0]))


def _grid_name(spec: CubeSpec) -> str:
    return spec.grid or spec.acquisitions[0].bands[0].dataset


def _outlook(cube: Cube, monitor: Monitor) -> DateOutlook:
    total, good = 0, 0
    sums = np.zeros(len(cube.bands))
    for window in spots(cube.grid):
        monitor.check()
        values, valid = cube.read(window)  # (1, C, h, w), (1, h, w)
        total, good = total + valid.size, good + int(valid.sum())
        sums += values[0][:, valid[0]].sum(axis=1, dtype=np.float64)
    means = sums / good * cube.scale[0] + cube.offset[0] if good else None
    return DateOutlook(good / total, tuple(map(float, means)) if means is not None else (None,) * len(sums))


def spots(grid: Grid) -> Iterator[Window]:
    """Yield small windows spread over `grid`, or the whole of a small one."""
    if grid.width * grid.height <= (_SPOTS * _SPOT_PX) ** 2:
        yield grid.window
        return
    width, height = min(_SPOT_PX, grid.width), min(_SPOT_PX, grid.height)
    for row in range(_SPOTS):
        for column in range(_SPOTS):
            left = (grid.width - width) * (2 * column + 1) // (2 * _SPOTS)
            top = (grid.height - height) * (2 * row + 1) // (2 * _SPOTS)
            yield Window(left, top, width, height)


def _pixel(grid: Grid, x: float, y: float) -> Window:
    column, row = (int(np.floor(position)) for position in grid.to_pixel(x, y))
    if not (0 <= column < grid.width and 0 <= row < grid.height):
        raise InputError("The place lies outside the rasters: click inside them.")
    return Window(column, row, 1, 1)
