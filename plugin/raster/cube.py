# SPDX-License-Identifier: GPL-2.0-or-later
"""The cube: windows of all dates and bands, read by several threads in the sensor's own type."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, wait
from dataclasses import dataclass
from itertools import groupby
from types import TracebackType
from typing import Callable, Optional

import numpy as np

from ..core.cube_spec import KEEP, MOSAIC, RESAMPLINGS, Acquisition, BandSource, CubeSpec
from ..core.errors import InputError
from .grid import Grid, Window, grid_of
from .handles import CacheLimit, Lane, open_file_budget
from .masks import MaskLookup
from .source import Source

CACHE_SHARE = 8  # one part in so many of the memory setting goes to GDAL's block cache
_MIN_CACHE_MB = 16


@dataclass(frozen=True)
class _Part:
    """Consecutive bands of an acquisition that lie in one raster."""

    source: Source
    start: int
    stop: int


class Cube:
    """An open cube of T dates and C bands; close it, or use it as a context manager. Made by open_cube.

    grid: the pixels' places. dates: ISO, T of them, ascending. bands: C names. dtype: type of the values.
    scale, offset: (T, C) float32, physical = stored * scale + offset. block: (width, height) of the stored blocks.
    """

    def __init__(self, spec: CubeSpec, memory_mb: int, threads: int) -> None:
        """Open every raster once.

        Raises:
            InputError: a raster is unreadable, lies elsewhere, or lacks a band.
        """
        check_spec(spec)
        self.spec = spec
        self.bands = spec.band_names
        self.grid: Grid = grid_of(spec.grid or spec.acquisitions[0].bands[0].dataset)
        self._days = _days(spec)
        self.dates = tuple(_date_of(spec, day) for day in self._days)
        self.labels = tuple(" + ".join(spec.acquisitions[i].label for i in day) for day in self._days)
        firsts = [spec.acquisitions[day[0]] for day in self._days]
        self.scale = np.array([[band.scale for band in first.bands] for first in firsts], dtype=np.float32)
        self.offset = np.array([[band.offset for band in first.bands] for first in firsts], dtype=np.float32)
        self._parts = [_parts(acquisition, spec.resampling) for acquisition in spec.acquisitions]
        self._lookup = MaskLookup(spec.mask_rule)
        self._cache = CacheLimit(max(_MIN_CACHE_MB, memory_mb // CACHE_SHARE) * 1024 * 1024)
        self._lanes = [Lane(self.grid, open_file_budget() // threads) for _ in range(threads)]
        try:
            self._look_at_all()
        except InputError:
            self.close()
            raise

    def __enter__(self) -> Cube:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all rasters and give GDAL's cache its size back."""
        for lane in self._lanes:
            lane.close()
        self._cache.release()

    def problems(self) -> list[str]:
        """Return what is doubtful about the cube, a sentence each; nothing of it stops a run."""
        return list(self._doubts)

    def read(
        self, window: Window, values: Optional[np.ndarray] = None, valid: Optional[np.ndarray] = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Read a window of all dates; safe to call from several threads.

        Args:
            window: which pixels.
            values: (T, C, h, w) of the cube's dtype to write to, or None for a new array.
            valid: (T, h, w) bool or uint8 to write to (1 is valid), or None for a new bool array.

        Returns:
            values and valid; values at invalid places are of no meaning, but finite.

        Raises:
            InputError: a raster cannot be read; the message names it and its date.
        """
        shape = (len(self.dates), len(self.bands), window.height, window.width)
        values = np.empty(shape, self.dtype) if values is None else values
        valid = np.empty((shape[0], *shape[2:]), np.bool_) if valid is None else valid
        if values.shape != shape or valid.shape != (shape[0], *shape[2:]) or values.dtype != self.dtype:
            raise ValueError(f"arrays of shape {shape} and type {self.dtype} were expected, not {values.shape}")

        def read_day(lane: Lane, t: int) -> None:
            valid[t] = self._read_day(lane, self._days[t], window, values[t])

        self._run(read_day, len(self.dates))
        return values, valid

    def read_dates(self, window: Window, dates: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        """Read a window of some dates, by index: values (len(dates), C, h, w) and valid (len(dates), h, w), as read.

        Raises:
            InputError: a raster cannot be read; the message names it and its date.
        """
        values = np.empty((len(dates), len(self.bands), window.height, window.width), self.dtype)
        valid = np.empty((len(dates), window.height, window.width), np.bool_)

        def read_date(lane: Lane, index: int) -> None:
            valid[index] = self._read_day(lane, self._days[dates[index]], window, values[index])

        self._run(read_date, len(dates))
        return values, valid

    def _run(self, task: Callable[[Lane, int], None], count: int) -> None:
        """Run `task` for 0 .. count - 1, each always on the same lane; the first error is raised when all are still.

        An expected error is raised anew, and no frame keeps it: tracebacks in cycles would keep datasets open, and one
        that is still open when QGIS ends crashes it.
        """
        futures = [self._lanes[index % len(self._lanes)].submit(task, index) for index in range(count)]
        finished, others = wait(futures, return_when=FIRST_EXCEPTION)
        for future in others:
            future.cancel()
        wait(others)  # nobody writes to the caller's arrays any more
        error = next((error for error in (future.exception() for future in finished) if error), None)
        del futures, finished, others
        if isinstance(error, InputError):
            error = InputError(str(error))
        try:
            if error is not None:
                raise error
        finally:
            del error

    def _read_day(self, lane: Lane, day: tuple[int, ...], window: Window, values: np.ndarray) -> np.ndarray:
        """Fill `values` (C, h, w) from the acquisitions of one date, the first valid pixel counts; return valid."""
        good = self._read_acquisition(lane, day[0], window, values)
        for other in day[1:]:
            if good.all():
                break
            spare = np.empty_like(values)
            fill = self._read_acquisition(lane, other, window, spare) & ~good
            bands = zip(self.spec.acquisitions[day[0]].bands, self.spec.acquisitions[other].bands)
            for c, (base, band) in enumerate(bands):
                values[c][fill] = in_units_of(base, band, spare[c][fill])
            good |= fill
        if values.dtype.kind == "f":
            values[:, ~good] = 0  # NaN times zero is NaN: nothing downstream shall meet it
        return good

    def _read_acquisition(self, lane: Lane, index: int, window: Window, values: np.ndarray) -> np.ndarray:
        """Read one acquisition into `values` (C, h, w); return valid (h, w)."""
        acquisition = self.spec.acquisitions[index]
        try:
            good = self._read_mask(lane, acquisition, window)
            if not good.any():
                values[:] = 0
                return good
            for part in self._parts[index]:
                with lane.handle(part.source) as handle:
                    here = handle.read(window, values[part.start : part.stop])
                if here is not None:
                    good &= here
        except InputError as error:
            raise InputError(f"Date {acquisition.date}: {error}") from error
        return good

    def _read_mask(self, lane: Lane, acquisition: Acquisition, window: Window) -> np.ndarray:
        """Return where the acquisition's mask allows pixels; outside the mask raster is invalid."""
        if acquisition.mask is None:
            return np.ones((window.height, window.width), np.bool_)
        source = Source(acquisition.mask.dataset, (acquisition.mask.index,), is_mask=True)
        with lane.handle(source) as handle:
            mask = np.empty((1, window.height, window.width), handle.dtype)
            covered = handle.read(window, mask)
        good = ~self._lookup.invalid(mask[0])
        return good if covered is None else good & covered

    def _look_at_all(self) -> None:
        """Open each raster once: it must exist, overlap, have its bands; take types and blocks from it."""
        acquisitions = self.spec.acquisitions
        looks: list[list[tuple[np.dtype, tuple[int, int], bool]]] = [[] for _ in acquisitions]

        def look(lane: Lane, index: int) -> None:
            try:
                looks[index] = [_look(lane, part.source) for part in self._parts[index]]
                mask = acquisitions[index].mask
                if mask is not None:
                    _look(lane, Source(mask.dataset, (mask.index,), is_mask=True))
            except InputError as error:
                raise InputError(f"Date {acquisitions[index].date}: {error}") from error

        self._run(look, len(acquisitions))
        found = [item for items in looks for item in items]
        self.dtype = _common_type([dtype for dtype, _, _ in found])
        direct = [block for _, block, is_warped in found if not is_warped] or [block for _, block, _ in found]
        self.block = (max(width for width, _ in direct), max(height for _, height in direct))
        self._doubts = _doubts(self.spec, sum(is_warped for _, _, is_warped in found), {dtype for dtype, _, _ in found})


def open_cube(spec: CubeSpec, memory_mb: int = 1000, threads: int = 0) -> Cube:
    """Open a cube for reading; `threads` 0: as many as there are processors, at most 4.

    Raises:
        InputError: a raster is unreadable, lies elsewhere, or lacks a band.
    """
    return Cube(spec, memory_mb, threads or min(4, os.cpu_count() or 1))


def check_spec(spec: CubeSpec) -> None:
    """Check what can be checked without opening a raster.

    Raises:
        InputError: there is no acquisition, a band is missing at some date, or a setting is unknown.
    """
    if not spec.acquisitions:
        raise InputError("The cube has no acquisition: choose rasters.")
    if spec.same_day not in (MOSAIC, KEEP):
        raise InputError(f"Same-day handling '{spec.same_day}' is unknown: choose {MOSAIC} or {KEEP}.")
    bands = [band for acquisition in spec.acquisitions for band in acquisition.bands]
    for name in {spec.resampling, *(band.resampling for band in bands if band.resampling)}:
        if name not in RESAMPLINGS:
            raise InputError(f"The resampling '{name}' is unknown: choose one of {', '.join(RESAMPLINGS)}.")
    for acquisition in spec.acquisitions:
        names = [band.name for band in acquisition.bands]
        for name in spec.band_names:
            if name not in names:
                raise InputError(
                    f"Band {name} of {acquisition.date} is missing ({acquisition.label}): "
                    "add its file, leave the band out, or remove the date."
                )
        if tuple(names) != spec.band_names:
            raise InputError(
                f"{acquisition.date} ({acquisition.label}) has the bands {', '.join(names)}, the first date has "
                f"{', '.join(spec.band_names)}: choose bands that every date has, in one order."
            )


def in_units_of(base: BandSource, band: BandSource, stored: np.ndarray) -> np.ndarray:
    """Convert values stored with the scale and offset of `band` to those of `base`, in the same number type."""
    if (base.scale, base.offset) == (band.scale, band.offset):
        return stored
    converted = (stored * np.float64(band.scale) + (band.offset - base.offset)) / base.scale
    if stored.dtype.kind == "f":
        return converted.astype(stored.dtype)
    limits = np.iinfo(stored.dtype)
    return np.clip(np.rint(converted), limits.min, limits.max).astype(stored.dtype)


def _look(lane: Lane, source: Source) -> tuple[np.dtype, tuple[int, int], bool]:
    """Return number type, block size and whether the raster is warped."""
    with lane.handle(source) as handle:
        return handle.dtype, handle.block, handle.is_warped


def _days(spec: CubeSpec) -> list[tuple[int, ...]]:
    """Return the indices of the acquisitions of each date of the cube, in the order of time."""
    order = sorted(range(len(spec.acquisitions)), key=lambda index: spec.acquisitions[index].date)
    if spec.same_day == KEEP:
        return [(index,) for index in order]
    return [tuple(group) for _, group in groupby(order, key=lambda index: spec.acquisitions[index].date[:10])]


def _date_of(spec: CubeSpec, day: tuple[int, ...]) -> str:
    text = spec.acquisitions[day[0]].date
    return text if spec.same_day == KEEP else text[:10]


def _parts(acquisition: Acquisition, resampling: str) -> tuple[_Part, ...]:
    """Group consecutive bands that lie in one raster and are treated alike."""
    parts = []
    keys = [(band.dataset, band.resampling or resampling, band.nodata) for band in acquisition.bands]
    for key, group in groupby(range(len(keys)), key=lambda c: keys[c]):
        members = list(group)
        indices = tuple(acquisition.bands[c].index for c in members)
        parts.append(_Part(Source(key[0], indices, key[1], key[2]), members[0], members[-1] + 1))
    return tuple(parts)


def _common_type(dtypes: list[np.dtype]) -> np.dtype:
    """Return the type that holds all values; real numbers need no more than float32."""
    common = np.result_type(*dtypes)
    return np.dtype(np.float32) if common.kind == "f" else common


def _doubts(spec: CubeSpec, warped: int, dtypes: set[np.dtype]) -> list[str]:
    doubts = []
    if warped:
        doubts.append(f"{warped} rasters have another grid and are warped on the fly ({spec.resampling}).")
    if len(dtypes) > 1:
        names = ", ".join(sorted(str(dtype) for dtype in dtypes))
        doubts.append(f"The rasters have several number types ({names}): all are read as {_common_type(list(dtypes))}.")
    return doubts
