# SPDX-License-Identifier: GPL-2.0-or-later
"""How much a recipe has to do, looked up before anything runs: dates, samples, pixels, and the pace of reading."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Optional

import numpy as np

from ..core.cube_spec import CubeSpec
from ..core.jobs import ExtractJob
from ..core.monitor import Monitor
from ..core.recipe import Recipe
from ..raster.area import map_area
from ..raster.cube import Cube, open_cube
from ..raster.discover import discover
from ..raster.grid import Window
from ..raster.pixels import windows_over
from ..raster.sampling import labelled_pixels
from ..raster.table import table_samples
from ..raster.vectors import VectorSource, read_features

_READ_S = 0.8  # reading is timed for so long, at most
_PLACES = 3  # windows along each side from which reading is tried


@dataclass(frozen=True)
class Workload:
    """What a recipe has to do.

    `bands`, `dates` (ISO), `classes` of the series, stored as numpy type `dtype`; `samples`: how many of them.
    `sampled_px`: pixels that are read to take the samples. `mapped_px`: of the map, or of the
    rectangle around its area of interest. `read_s`: seconds to read a pixel with all its dates and bands; 0 where no
    raster is read (a table) or none is known.
    """

    bands: tuple[str, ...]
    dates: tuple[str, ...]
    classes: int
    samples: int
    dtype: str = "int16"
    sampled_px: int = 0
    mapped_px: int = 0
    read_s: float = 0.0

    @property
    def series_bytes(self) -> int:
        """Bytes of one stored series with its mask."""
        return len(self.dates) * (len(self.bands) * np.dtype(self.dtype).itemsize + 1)


def workload(recipe: Recipe, monitor: Monitor, spec: Optional[CubeSpec] = None) -> Workload:
    """Look up what `recipe` has to do; rasters are opened and some windows read, for a second or two in all.

    `spec`: the cube where it is known already.

    Raises:
        InputError: rasters, table or vectors are missing or do not fit.
        Canceled: the user stopped.
    """
    if recipe.table is not None:
        samples = table_samples(recipe.table, monitor)
        dtype = np.dtype(samples.values.dtype).name
        return Workload(samples.bands, samples.dates, len(samples.classes), len(samples), dtype)
    with open_cube(spec or discover(recipe.cube), recipe.extract.memory_mb) as cube:
        monitor.check()
        count, classes, sampled = _sampling(recipe.extract, cube)
        area, _ = map_area(recipe.map, cube.grid)
        return Workload(
            bands=cube.bands,
            dates=cube.dates,
            classes=classes,
            samples=count,
            dtype=np.dtype(cube.dtype).name,
            sampled_px=sampled,
            mapped_px=area.pixels,
            read_s=reading_seconds(cube, monitor),
        )


def reading_seconds(cube: Cube, monitor: Monitor) -> float:
    """Return the seconds to read a pixel with all dates and bands: some windows, spread over the cube, are timed."""
    pixels, seconds = 0, 0.0
    for window in _probes(cube):
        monitor.check()
        if pixels and seconds > _READ_S:
            break
        started = time.perf_counter()
        cube.read(window)
        seconds += time.perf_counter() - started
        pixels += window.pixels
    return seconds / pixels


def _sampling(job: ExtractJob, cube: Cube) -> tuple[int, int, int]:
    """Return how many samples and classes there will be, and how many pixels are read for them."""
    source = VectorSource(job.vectors, job.layer, job.class_field, job.fold_field)
    found = labelled_pixels(read_features(source, cube.grid.crs_wkt), cube.grid, job)
    windows = windows_over(found.pixels.position, cube.grid, cube.block, 2**62)
    return len(found.label), len(np.unique(found.label)), sum(window.pixels for window, _ in windows)


def _probes(cube: Cube) -> list[Window]:
    """Return windows of whole blocks, spread over the cube, no two of them in the same blocks."""
    width, height = (max(side, min(256, 256 // side * side)) for side in cube.block)
    across, down = max(1, cube.grid.width // width), max(1, cube.grid.height // height)
    columns = {across * place // _PLACES for place in range(_PLACES)}
    rows = {down * place // _PLACES for place in range(_PLACES)}
    corners = [(column * width, row * height) for row in rows for column in columns]
    return [Window(x, y, min(width, cube.grid.width - x), min(height, cube.grid.height - y)) for x, y in corners]
