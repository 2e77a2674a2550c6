# SPDX-License-Identifier: GPL-2.0-or-later
"""A class map against reference points or polygons: the confusion matrix."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Optional

import numpy as np
from osgeo import gdal

from ..core.errors import InputError
from ..core.jobs import MEMORY_MB, EvaluateMapJob
from ..core.monitor import Monitor
from .access import attempt, open_raster
from .grid import grid_of
from .legend import LEFT_OUT, few, make_legend, whole_number
from .map_legend import map_legend
from .pixels import PixelSet, pixels_under, windows_over
from .sampling import clear_pixels
from .vectors import VectorSet, VectorSource, read_features

_MB = 1024 * 1024


def map_confusion(job: EvaluateMapJob, monitor: Monitor) -> tuple[list[list[int]], list[str], tuple[str, ...]]:
    """Compare a class map with reference points or polygons, pixel by pixel (centres inside).

    Returns the confusion matrix (K, K; rows = reference, columns = map), the names of the K classes, and sentences
    about what was left out. Classes are matched by name, or by value where the reference holds whole numbers. Pixels
    without a class in the map, and reference classes that the map does not know, are left out and told.

    Raises:
        InputError: map or vectors cannot be used, or they have no class or no pixel in common.
        Canceled: the user stopped the job.
    """
    if not job.class_field:
        raise InputError("No class field is chosen: choose the field of the reference that holds the class names.")
    raster = open_raster(job.map)
    vectors = read_features(VectorSource(job.vectors, job.layer, job.class_field), grid_of(raster).crs_wkt)
    pixels, names = _named_pixels(vectors, raster, job)
    stored = read_map(raster, pixels, monitor)
    legend = map_classes(raster, np.unique(stored[np.isfinite(stored)]))
    value_of = _match(sorted(set(names)), legend, job)
    reference = np.array([value_of[name] for name in names], np.float64)
    is_known, has_class = np.isfinite(reference), np.isin(stored, list(legend))
    chosen = is_known & has_class
    if not chosen.any():
        raise InputError(f"No pixel of {job.map} under the reference has a class: check map and reference.")
    values = np.array(sorted(legend))
    row, column = np.searchsorted(values, reference[chosen]), np.searchsorted(values, stored[chosen])
    confusion = np.bincount(row * len(values) + column, minlength=len(values) ** 2).reshape(len(values), -1)
    notes = pixels.notes + tuple(_notes(names, is_known, has_class))
    return confusion.tolist(), [legend[int(value)] for value in values], notes


def map_classes(raster: gdal.Dataset, stored: Sequence[int]) -> dict[int, str]:
    """Return the class names of a map by value: from its attribute table, category names or style, else the values.

    `stored` are the values that occur; those without a name get their value as name. Nodata is no class.
    """
    band = raster.GetRasterBand(1)
    names = {info.value: info.name for info in map_legend(raster)}
    names.update({int(value): str(int(value)) for value in stored if int(value) not in names})
    nodata = band.GetNoDataValue()
    return {value: name for value, name in names.items() if nodata is None or value != nodata}


def _named_pixels(vectors: VectorSet, raster: gdal.Dataset, job: EvaluateMapJob) -> tuple[PixelSet, np.ndarray]:
    """Return the reference pixels, each with one class, and the names of their classes (N,)."""
    legend = make_legend([feature.name for feature in vectors.features], vectors.unit, job.rename)
    kept = np.flatnonzero(legend.label != LEFT_OUT)
    if not len(kept):
        raise InputError(f"No class of {vectors.title} is left: rename fewer classes to nothing.")
    named = VectorSet(tuple(vectors.features[i] for i in kept), vectors.title, vectors.notes + legend.notes)
    pixels = pixels_under(named, grid_of(raster), all_touched=False, memory_mb=MEMORY_MB)
    label = legend.label[kept][pixels.feature]
    clear, notes = clear_pixels(pixels, label)
    chosen = pixels.subset(clear)
    names = np.array([info.name for info in legend.classes], object)[label[clear]]
    return PixelSet(chosen.position, chosen.feature, named, chosen.grid, chosen.notes + notes), names


def read_map(raster: gdal.Dataset, pixels: PixelSet, monitor: Monitor) -> np.ndarray:
    """Return the map's value at each pixel, (N,) float64; NaN where it is nodata."""
    band = raster.GetRasterBand(1)
    values = np.full(len(pixels.position), np.nan)
    windows = list(windows_over(pixels.position, pixels.grid, tuple(band.GetBlockSize()), MEMORY_MB * _MB // 16))
    for number, (window, index) in enumerate(windows):
        monitor.check()
        monitor.progress(number / len(windows), "Reading the map")
        row, column = np.divmod(pixels.position[index], pixels.grid.width)
        part = attempt(
            partial(band.ReadAsArray, window.x, window.y, window.width, window.height),
            f"The map {raster.GetDescription()} cannot be read ({{reason}}): make it again.",
        )
        values[index] = part[row - window.y, column - window.x]
    nodata = band.GetNoDataValue()
    if nodata is not None:
        values[values == nodata] = np.nan
    if (values[np.isfinite(values)] % 1).any():
        raise InputError(
            f"{raster.GetDescription()} holds fractions: choose a class map, whose values are whole numbers."
        )
    return values


def _match(names: Sequence[str], legend: Mapping[int, str], job: EvaluateMapJob) -> dict[str, float]:
    """Return the map value of each reference class, NaN for those the map does not know.

    Raises:
        InputError: the map knows none of them.
    """
    by_name = {name: value for value, name in legend.items()}

    def value_of(name: str) -> Optional[int]:
        if name in by_name:
            return by_name[name]
        return int(name) if whole_number(name) and int(name) in legend else None

    found = {name: value_of(name) for name in names}
    if all(value is None for value in found.values()):
        raise InputError(
            f"None of the reference classes ({few(names, 12)}) is a class of the map {Path(job.map).name} "
            f"({few(by_name, 12)}): rename the classes, or choose another field."
        )
    return {name: float("nan") if value is None else float(value) for name, value in found.items()}


def _notes(names: np.ndarray, is_known: np.ndarray, has_class: np.ndarray) -> Iterator[str]:
    if not is_known.all():
        unknown = sorted(set(names[~is_known].tolist()))
        yield f"{int((~is_known).sum())} pixels of classes the map does not know are left out: {few(unknown)}."
    empty = int((is_known & ~has_class).sum())
    if empty:
        yield f"{empty} reference pixels have no class in the map (nodata) and are left out."
