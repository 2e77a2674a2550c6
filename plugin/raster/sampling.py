# SPDX-License-Identifier: GPL-2.0-or-later
"""Extracting training series under points and polygons from a cube."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..core.classes import ClassInfo
from ..core.cube_spec import load_cube_spec
from ..core.errors import InputError
from ..core.jobs import ExtractJob
from ..core.monitor import Monitor
from .cube import open_cube
from .grid import Grid
from .legend import LEFT_OUT, few, make_legend
from .pixels import PixelSet, pixels_under, series_batches
from .samples import SampleSet, check_enough, counted_classes, first_day, used_classes
from .vectors import VectorSet, VectorSource, read_features

if TYPE_CHECKING:
    from .cube import Cube

_MB = 1024 * 1024


@dataclass(frozen=True)
class LabelledPixels:
    """Pixels of one class each: `label` (N,) int64 index into `classes`; `notes` tell what was left out."""

    pixels: PixelSet
    label: np.ndarray
    classes: tuple[ClassInfo, ...]
    notes: tuple[str, ...]


def extract_samples(job: ExtractJob, monitor: Monitor) -> SampleSet:
    """Read the series under the training points or polygons of `job`.

    Raises:
        InputError: vectors or cube cannot be used, nothing of them overlaps, or too few samples or classes are found.
        Canceled: the user stopped the job.
    """
    if not job.class_field:
        raise InputError("No class field is chosen: choose the field of the vectors that holds the class names.")
    source = VectorSource(job.vectors, job.layer, job.class_field, job.fold_field)
    with open_cube(load_cube_spec(Path(job.cube)), job.memory_mb // 4) as cube:
        chosen = labelled_pixels(read_features(source, cube.grid.crs_wkt), cube.grid, job)
        samples = _read(cube, chosen, job, monitor)
    for note in samples.notes:
        monitor.note(note)
    check_enough(samples)
    monitor.progress(1.0, f"{len(samples)} samples of {len(samples.classes)} classes")
    return samples


def labelled_pixels(vectors: VectorSet, grid: Grid, job: ExtractJob) -> LabelledPixels:
    """Find the pixels of the features that have a class, no more than the job's caps allow; no raster is read.

    Raises:
        InputError: no class is left, all features lie outside the grid, or the pixels do not fit the memory setting.
    """
    legend = make_legend([feature.name for feature in vectors.features], vectors.unit, job.rename, job.colors)
    kept = np.flatnonzero(legend.label != LEFT_OUT)
    if not len(kept):
        raise InputError(f"No class of {vectors.title} is left: rename fewer classes to nothing.")
    named = VectorSet(tuple(vectors.features[i] for i in kept), vectors.title, vectors.notes + legend.notes)
    pixels = pixels_under(named, grid, job.all_touched, job.memory_mb)
    label = legend.label[kept][pixels.feature]
    clear, notes = clear_pixels(pixels, label)
    return _capped(LabelledPixels(pixels.subset(clear), label[clear], legend.classes, pixels.notes + notes), job)


def clear_pixels(pixels: PixelSet, label: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Choose the pixels that belong to one class and count once.

    `label` (N,) is the class of each pixel. Returns the index of the chosen ones and sentences about the others: pixels
    under features of different classes are left out; of several features of one class, the first has the pixel.
    """
    order = np.lexsort((pixels.feature, pixels.position))
    position, sorted_label = pixels.position[order], label[order]
    is_first = np.diff(position, prepend=-1) != 0
    starts = np.flatnonzero(is_first)
    if not len(starts):
        return order, ()
    mixed = np.minimum.reduceat(sorted_label, starts) != np.maximum.reduceat(sorted_label, starts)
    is_clear = is_first.copy()
    is_clear[starts[mixed]] = False
    notes = []
    if mixed.any():
        in_mixed = mixed[np.cumsum(is_first) - 1]
        fids = sorted(set(pixels.subset(order[in_mixed]).fid.tolist()))
        notes.append(
            f"{int(mixed.sum())} pixels lie in {pixels.vectors.unit} of different classes and are left out (features "
            f"{few(fids)})."
        )
    repeated = len(position) - len(starts) - int((np.diff(starts, append=len(position))[mixed] - 1).sum())
    if repeated:
        notes.append(f"{repeated} pixels lie in several {pixels.vectors.unit} of one class and count once.")
    return np.sort(order[is_clear]), tuple(notes)


def capped(owner: np.ndarray, cap: int, generator: np.random.Generator) -> np.ndarray:
    """Choose at random at most `cap` entries of each value of `owner` (N,); return a mask. 0 keeps all."""
    if cap <= 0:
        return np.ones(len(owner), bool)
    order = np.lexsort((generator.random(len(owner)), owner))
    sorted_owner = owner[order]
    rank = np.arange(len(owner)) - np.searchsorted(sorted_owner, sorted_owner)
    mask = np.zeros(len(owner), bool)
    mask[order[rank < cap]] = True
    return mask


def _capped(found: LabelledPixels, job: ExtractJob) -> LabelledPixels:
    generator = np.random.default_rng(job.seed)
    index = np.flatnonzero(capped(found.pixels.feature, job.max_per_polygon, generator))
    index = index[capped(found.label[index], job.max_per_class, generator)]
    notes = found.notes
    if len(index) < len(found.label):
        notes += (f"{len(index)} of {len(found.label)} pixels are taken, at random (caps, seed {job.seed}).",)
    return LabelledPixels(found.pixels.subset(index), found.label[index], found.classes, notes)


def _read(cube: Cube, chosen: LabelledPixels, job: ExtractJob, monitor: Monitor) -> SampleSet:
    """Read the chosen series; leave out those without a valid date, and classes without samples."""
    values, valid = _series(cube, chosen.pixels, job.memory_mb, monitor)
    seen = valid.any(axis=1)
    if not seen.any():
        raise InputError(f"None of the {len(seen)} samples has a valid date: check masks and nodata of the cube.")
    notes = chosen.notes
    if not seen.all():
        notes += (f"{int((~seen).sum())} of {len(seen)} samples have no valid date and are left out.",)
        values, valid = values[seen], valid[seen]
    pixels, vectors = chosen.pixels.subset(seen), chosen.pixels.vectors
    classes, label, class_notes = used_classes(chosen.classes, chosen.label[seen])
    if vectors.is_points:
        notes += ("The samples are points: each is its own group, so neighbours may stand in training and test alike.",)
    return SampleSet(
        values=values,
        valid=valid,
        label=label,
        group=pixels.fid,
        xy=pixels.xy,
        fold=np.array([feature.fold for feature in vectors.features], np.str_)[pixels.feature],
        bands=tuple(cube.bands),
        dates=tuple(cube.dates),
        season_start=first_day(cube.dates),
        scale=np.asarray(cube.scale, np.float32),
        offset=np.asarray(cube.offset, np.float32),
        classes=counted_classes(classes, label, pixels.fid),
        crs_wkt=cube.grid.crs_wkt,
        is_grouped=not vectors.is_points,
        source=vectors.title,
        notes=notes + class_notes,
    )


def _series(cube: Cube, pixels: PixelSet, memory_mb: int, monitor: Monitor) -> tuple[np.ndarray, np.ndarray]:
    """Return the values (N, T, C) and validity (N, T) of all pixels."""
    count, dates, bands = len(pixels.position), len(cube.dates), len(cube.bands)
    needed_mb = count * dates * (bands * np.dtype(cube.dtype).itemsize + 1) / _MB
    if needed_mb > memory_mb / 2:
        raise InputError(
            f"{count} samples need {needed_mb:.0f} MB, more than half of the memory setting ({memory_mb} MB): set "
            "a cap per polygon or per class, or raise the memory setting."
        )
    values, valid = np.zeros((count, dates, bands), cube.dtype), np.zeros((count, dates), bool)
    for batch in series_batches(cube, pixels, memory_mb // 4, monitor):
        values[batch.index], valid[batch.index] = batch.values, batch.valid
    return values, valid
