# SPDX-License-Identifier: GPL-2.0-or-later
"""Class maps read together, window by window, as indices of the classes they share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from osgeo import gdal

from ..core.classes import ClassInfo
from ..core.errors import InputError
from ..core.monitor import Monitor
from .access import attempt, open_raster
from .grid import Grid, Window, grid_of, tiles
from .handles import CacheLimit
from .legend import few
from .map_legend import map_legend, unnamed

NO_CLASS = -1
MOST_CLASSES = 255
_CACHE_BYTES = 256 << 20
_WINDOW_PX = 1 << 22  # of all maps together; fixed, so that a seed draws the same points on every machine


@dataclass
class MapStack:
    """Open class maps of one grid and the classes they share; `unnamed_px` counts pixels whose value names no class."""

    titles: tuple[str, ...]
    grid: Grid
    classes: tuple[ClassInfo, ...]
    rasters: tuple[gdal.Dataset, ...]
    unnamed_px: int = field(default=0)

    def windows(self) -> list[Window]:
        """Return block-aligned windows that cover the grid."""
        return _windows(self.rasters, self.grid)

    def read(self, window: Window) -> np.ndarray:
        """Return the class index of every map at `window`, (M, h, w) int16; NO_CLASS where a map has none.

        Raises:
            InputError: a map is damaged.
        """
        values = np.array([info.value for info in self.classes], np.int64)  # ascending
        return np.stack([self._indices(raster, values, window) for raster in self.rasters])

    def scan(self, monitor: Monitor, text: str) -> Iterator[tuple[Window, np.ndarray]]:
        """Yield every window and what read() gives there, telling `monitor` how far it is."""
        windows = self.windows()
        cache = CacheLimit(_CACHE_BYTES)  # blocks are read once: a cache of GDAL's size would only fill the memory
        try:
            for number, window in enumerate(windows):
                monitor.check()
                monitor.progress(number / len(windows), text)
                yield window, self.read(window)
        finally:
            cache.release()
        monitor.progress(1.0, text)

    def _indices(self, raster: gdal.Dataset, values: np.ndarray, window: Window) -> np.ndarray:
        stored, has_value = _stored(raster, window)
        place = np.minimum(np.searchsorted(values, stored), len(values) - 1)
        is_class = (values[place] == stored) & has_value
        self.unnamed_px += int((has_value & ~is_class).sum())
        return np.where(is_class, place, NO_CLASS).astype(np.int16)


def open_stack(paths: Sequence[str], titles: Sequence[str] = (), monitor: Monitor = Monitor()) -> MapStack:  # noqa: B008
    """Open class maps that have one grid and one legend; `titles` call them ('' or none: their file names).

    Maps that name no classes take the legend of the others; where none does, every value is a class.

    Raises:
        InputError: a map cannot be opened, or grids or classes differ, in words.
    """
    rasters = tuple(open_raster(path) for path in paths)
    named = map_titles(paths, titles)
    for raster, title in zip(rasters, named):
        _check_type(raster, title)
    grids = [grid_of(raster) for raster in rasters]
    for grid, title in zip(grids[1:], named[1:]):
        if not grids[0].is_same(grid):
            raise InputError(
                f"{title} has other pixels than {named[0]} ({_shape(grid)} against {_shape(grids[0])}, or another "
                "corner or CRS): warp one to the grid of the other by nearest neighbour, or map the same cube."
            )
    legends = [map_legend(raster) for raster in rasters]
    classes = _common_classes(legends, named) or _found_classes(rasters, grids[0], monitor)
    if len(classes) > MOST_CLASSES:
        raise InputError(f"{named[0]} has {len(classes)} classes: choose a class map with at most {MOST_CLASSES}.")
    if not classes:
        raise InputError(f"{few(named)} hold no class, only nodata: choose a class map.")
    return MapStack(named, grids[0], classes, rasters)


def map_titles(paths: Sequence[str], titles: Sequence[str] = ()) -> tuple[str, ...]:
    """Return what to call maps: the given titles, else file names, with the folder where these repeat."""
    stems = [Path(path).stem for path in paths]
    own = [stem if stems.count(stem) == 1 else f"{Path(path).parent.name}/{stem}" for path, stem in zip(paths, stems)]
    return tuple(title or name for title, name in zip([*titles, *[""] * len(own)], own))


def _check_type(raster: gdal.Dataset, title: str) -> None:
    if raster.GetRasterBand(1).DataType in (gdal.GDT_CFloat32, gdal.GDT_CFloat64, gdal.GDT_CInt16, gdal.GDT_CInt32):
        raise InputError(f"{title} holds complex numbers: choose a class map.")


def _common_classes(legends: Sequence[tuple[ClassInfo, ...]], titles: Sequence[str]) -> tuple[ClassInfo, ...]:
    """Return the legend the maps share, () where none has one.

    Raises:
        InputError: two legends name other classes or give a class another value.
    """
    known = [(legend, title) for legend, title in zip(legends, titles) if legend]
    if not known:
        return ()
    first, first_title = known[0]
    for legend, title in known[1:]:
        ours, theirs = ({info.value: info.name for info in part} for part in (first, legend))
        if ours == theirs:
            continue
        differing = sorted(set(ours.items()) ^ set(theirs.items()))
        listed = few([f"{value} {name}" for value, name in differing], 6)
        raise InputError(
            f"{title} and {first_title} do not have the same classes (not in both: {listed}): train the models on the "
            "same classes, or reclassify one of the maps."
        )
    return first


def _found_classes(rasters: Sequence[gdal.Dataset], grid: Grid, monitor: Monitor) -> tuple[ClassInfo, ...]:
    """Return the values that occur in maps without legends, as classes."""
    found: set[int] = set()
    for window in _windows(rasters, grid):
        monitor.check()
        for raster in rasters:
            stored, has_value = _stored(raster, window)
            found.update(np.unique(stored[has_value]).tolist())
        if len(found) > MOST_CLASSES:
            break
    return tuple(unnamed(value, index) for index, value in enumerate(sorted(found)))


def _stored(raster: gdal.Dataset, window: Window) -> tuple[np.ndarray, np.ndarray]:
    """Return the values (h, w) int64 of the first band, and where they are no nodata."""
    band = raster.GetRasterBand(1)
    name = raster.GetDescription()
    stored = attempt(
        partial(band.ReadAsArray, window.x, window.y, window.width, window.height),
        f"The map {name} cannot be read ({{reason}}): make it again.",
    )
    nodata = band.GetNoDataValue()
    has_value = np.ones(stored.shape, bool) if nodata is None else stored != nodata
    if stored.dtype.kind == "f":
        has_value &= np.isfinite(stored)
        if (stored[has_value] % 1).any():
            raise InputError(f"{name} holds fractions: choose a class map, whose values are whole numbers.")
        stored = np.where(has_value, stored, 0)
    return stored.astype(np.int64), has_value


def _windows(rasters: Sequence[gdal.Dataset], grid: Grid) -> list[Window]:
    block = tuple(rasters[0].GetRasterBand(1).GetBlockSize())
    return tiles(grid, (block[0], block[1]), _WINDOW_PX // len(rasters))


def _shape(grid: Grid) -> str:
    return f"{grid.width} x {grid.height} px of {abs(grid.transform[1]):g}"
