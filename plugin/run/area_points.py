# SPDX-License-Identifier: GPL-2.0-or-later
"""Labelled points brought together with the map they judge: counts by stratum, map class and reference class."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from osgeo import osr

from ..core.classes import ClassInfo, palette_color
from ..core.errors import InputError
from ..core.jobs import AreaAccuracyJob
from ..core.monitor import Monitor
from ..raster.access import open_raster
from ..raster.grid import grid_of
from ..raster.legend import few, whole_number
from ..raster.map_stack import open_stack
from ..raster.pixels import pixels_under
from ..raster.reference import read_map
from ..raster.vectors import LONGITUDE_LATITUDE, VectorSet, VectorSource, layer_fields, read_features
from .map_areas import MapAreas, count_classes

DRAWN_FIELD = "mapped"  # of the layer that ValidationPointsJob makes: the class a point was drawn in
_MEMORY_MB = 500
_MOST_MOVED = 0.02  # of the points may have another class than when they were drawn, before that is doubted
_AREA_COLUMNS = ("area_ha", "area", "ha", "pixels", "count")


@dataclass(frozen=True)
class LabelledPoints:
    """A sample ready to be estimated from.

    `counts` (H, K, K): points by stratum, map class, reference class. `mapped_ha` (K,) as counted on the map or
    read from the table. `doubts` are those of the `notes` that question the result.
    """

    names: tuple[str, ...]
    colors: tuple[str, ...]
    counts: np.ndarray
    strata: tuple[str, ...]
    stratum_ha: np.ndarray
    mapped_ha: np.ndarray
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Labels:
    """Classes of the points by name ('' = unknown): reference, on the map, stratum they were drawn from."""

    reference: list[str]
    mapped: list[str]
    stratum: list[str]


def labelled_points(job: AreaAccuracyJob, monitor: Monitor) -> LabelledPoints:
    """Read points, map and areas of `job`.

    Raises:
        InputError: they cannot be used, or no labelled point has a class on the map.
    """
    areas = _map_areas(job, monitor)
    strata = _count(job.strata, monitor) if job.strata else areas
    vectors = _read_points(job)
    reference = _named([feature.name for feature in vectors.features], areas.classes)
    mapped = _mapped(job, vectors, areas, monitor)
    drawn = _at_points(job.strata, vectors, strata, monitor) if job.strata else mapped
    labels = _Labels(reference, mapped, drawn)
    doubts = _moved(job, vectors, mapped)
    notes = [*vectors.notes, *areas.notes, *(strata.notes if job.strata else ()), *_left_out(labels), *doubts]
    names, colors = _all_classes(areas.classes, reference)
    return LabelledPoints(
        names=names,
        colors=colors,
        counts=_count_points(labels, names, [info.name for info in strata.classes], job),
        strata=tuple(info.name for info in strata.classes),
        stratum_ha=strata.area_ha,
        mapped_ha=np.concatenate([areas.area_ha, np.zeros(len(names) - len(areas.classes))]),
        notes=tuple(dict.fromkeys(notes)),
        doubts=tuple(doubts),
    )


def read_areas(path: Path) -> MapAreas:
    """Read the areas of strata from a CSV with the columns class and area_ha (or area, pixels).

    Raises:
        InputError: the table cannot be read, lacks a column, or holds several maps or a number that is none.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"The table of areas {path} cannot be read ({error}): save it as CSV in UTF-8.") from error
    columns = {name.strip().lower(): name for name in (rows[0] if rows else {}) if name}
    area = next((columns[name] for name in _AREA_COLUMNS if name in columns), None)
    if "class" not in columns or area is None:
        raise InputError(f"{path.name} has the columns {few(columns) or 'none'}: it needs class and area_ha.")
    if "map" in columns and len({row[columns["map"]] for row in rows}) > 1:
        raise InputError(f"{path.name} holds the areas of several maps: keep the rows of one.")
    names = [str(row[columns["class"]]).strip() for row in rows]
    if len(set(names)) < len(names):
        raise InputError(f"{path.name} names a class twice: give one area per class.")
    try:
        found = np.array([float(row[area]) for row in rows])
    except (TypeError, ValueError) as error:
        raise InputError(f"An area in {path.name} is no number ({error}): repair it.") from error
    if not np.isfinite(found).all() or (found < 0).any() or not found.any():
        raise InputError(f"The areas in {path.name} must be numbers from 0 on, and not all 0: repair them.")
    classes = tuple(ClassInfo(k + 1, name, palette_color(k)) for k, name in enumerate(names))
    return MapAreas(path.stem, classes, np.zeros(len(names), np.int64), found)


def _map_areas(job: AreaAccuracyJob, monitor: Monitor) -> MapAreas:
    return _count(job.map, monitor) if job.map else read_areas(Path(job.areas))


def _count(path: str, monitor: Monitor) -> MapAreas:
    return count_classes(open_stack([path], (), monitor), monitor)


def _read_points(job: AreaAccuracyJob) -> VectorSet:
    """Return the points; a feature's name is its reference class, its fold the class noted in a field."""
    target = grid_of(job.map).crs_wkt if job.map else _degrees_wkt()
    noted = job.map_field
    if not noted and DRAWN_FIELD in layer_fields(VectorSource(job.vectors, job.layer)):
        noted = DRAWN_FIELD
    vectors = read_features(VectorSource(job.vectors, job.layer, job.reference_field, noted), target)
    if not vectors.is_points:
        raise InputError(
            f"{vectors.title} holds polygons: the pixels of a polygon are no random sample. Draw points with "
            "'Sample validation points' and label those."
        )
    return vectors


def _degrees_wkt() -> str:
    crs = osr.SpatialReference()
    crs.SetFromUserInput(LONGITUDE_LATITUDE)
    return crs.ExportToWkt()


def _mapped(job: AreaAccuracyJob, vectors: VectorSet, areas: MapAreas, monitor: Monitor) -> list[str]:
    if job.map_field:
        return _known([feature.fold for feature in vectors.features], areas, job.map_field)
    return _at_points(job.map, vectors, areas, monitor)


def _at_points(path: str, vectors: VectorSet, areas: MapAreas, monitor: Monitor) -> list[str]:
    """Return the class name of a map at each point, '' outside or where it has none."""
    raster = open_raster(path)
    grid = grid_of(raster)
    pixels = pixels_under(vectors, grid, all_touched=False, memory_mb=_MEMORY_MB)
    stored = read_map(raster, pixels, monitor)
    name_of = {info.value: info.name for info in areas.classes}
    found = [""] * len(vectors.features)
    for feature, value in zip(pixels.feature, stored):
        found[feature] = name_of.get(int(value), "") if np.isfinite(value) else ""
    return found


def _named(texts: Sequence[str], classes: Sequence[ClassInfo]) -> list[str]:
    """Return class names for texts that are names or values of classes; other texts are names of their own."""
    names, by_value = {info.name for info in classes}, {info.value: info.name for info in classes}

    def name_of(text: str) -> str:
        if text in names or not whole_number(text):
            return text
        return by_value.get(int(text), text)

    return [name_of(text) for text in texts]


def _known(texts: Sequence[str], areas: MapAreas, field: str) -> list[str]:
    """Return the map classes noted in `field`.

    Raises:
        InputError: one of them has no area.
    """
    names, known = _named(texts, areas.classes), [info.name for info in areas.classes]
    strange = sorted(set(names) - set(known) - {""})
    if strange:
        raise InputError(
            f"The field '{field}' holds {few(strange)}, but areas are known for {few(known)}: use the same class names."
        )
    return names


def _all_classes(classes: Sequence[ClassInfo], reference: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return names and colours of the map's classes and of those that only the reference knows."""
    known = [info.name for info in classes]
    more = sorted(set(reference) - set(known) - {""})
    colors = [info.color for info in classes] + [palette_color(len(known) + k) for k in range(len(more))]
    return (*known, *more), tuple(colors)


def _count_points(labels: _Labels, names: Sequence[str], strata: Sequence[str], job: AreaAccuracyJob) -> np.ndarray:
    index: Mapping[str, int] = {name: k for k, name in enumerate(names)}
    counts = np.zeros((len(strata), len(names), len(names)), np.int64)
    for reference, mapped, stratum in zip(labels.reference, labels.mapped, labels.stratum):
        if reference and mapped and stratum:
            counts[strata.index(stratum), index[mapped], index[reference]] += 1
    if not counts.sum():
        raise InputError(
            f"No point of {Path(job.vectors).name} has both a reference class ('{job.reference_field}') and a class on "
            "the map: label the points, or check that they lie on the map."
        )
    return counts


def _left_out(labels: _Labels) -> list[str]:
    bare = sum(1 for text in labels.reference if not text)
    off = sum(1 for text, *places in zip(labels.reference, labels.mapped, labels.stratum) if text and not all(places))
    notes = []
    if bare:
        notes.append(
            f"{bare} of {len(labels.reference)} points have no reference class yet and are left out: if those were the "
            "hard ones, the accuracy is flattered."
        )
    if off:
        notes.append(f"{off} labelled points lie outside the map or on pixels without a class, and are left out.")
    return notes


def _moved(job: AreaAccuracyJob, vectors: VectorSet, mapped: Sequence[str]) -> list[str]:
    """Return a doubt where the points were drawn from another map than the one they judge."""
    if job.map_field or job.strata:
        return []
    pairs = [(feature.fold, name) for feature, name in zip(vectors.features, mapped) if feature.fold and name]
    moved = sum(1 for drawn, name in pairs if drawn != name)
    if not pairs or moved <= _MOST_MOVED * len(pairs):
        return []
    return [
        f"{moved} of {len(pairs)} points have another class on this map than on the one they were drawn from (field "
        f"'{DRAWN_FIELD}'): give that map as the strata, or the figures are biased."
    ]
