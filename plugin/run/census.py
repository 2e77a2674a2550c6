# SPDX-License-Identifier: GPL-2.0-or-later
"""What training features hold before any raster is read: classes with counts, and which part each will go to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Optional

import numpy as np

from ..core.classes import ClassInfo
from ..core.errors import InputError
from ..core.jobs import ExtractJob, SplitSpec, TableJob
from ..core.monitor import Monitor
from ..raster.access import quiet_gdal
from ..raster.grid import Grid
from ..raster.legend import make_legend
from ..raster.rows import open_table
from ..raster.samples import SampleSet, counted_classes, used_classes
from ..raster.sampling import LabelledPixels, labelled_pixels
from ..raster.vectors import VectorSet, VectorSource, find_layer, known_crs, open_vectors, read_features
from .split import PART_NAMES, split

_CHECK_ROWS = 1000  # how often a count asks whether it is canceled
MIXED = len(PART_NAMES)  # part of a feature whose pixels go to several parts


@dataclass(frozen=True)
class Census:
    """Features and pixels by class as the field has it (before renaming); pixels are {} where no grid is known.

    `blank` features have no class. `found`: the pixels themselves, for split_outlook. `problem`: why there are none.
    """

    features: dict[str, int]
    pixels: dict[str, int]
    blank: int = 0
    unit: str = "polygons"
    notes: tuple[str, ...] = ()
    problem: str = ""
    found: Optional[LabelledPixels] = None


@dataclass(frozen=True)
class SplitOutlook:
    """Where training, validation and test will lie.

    `pixels`: class name -> pixels by part. `shapes`: (part, WKB in the grid's CRS) of every feature with pixels; the
    part is 0 train, 1 validation, 2 test or MIXED.
    """

    pixels: dict[str, tuple[int, ...]]
    shapes: tuple[tuple[int, bytes], ...]
    crs_wkt: str
    warnings: tuple[str, ...] = ()


def census(job: ExtractJob, grid: Optional[Grid]) -> Census:
    """Count the features of `job` by class and, where the cube's `grid` is known, the pixels that will be samples.

    Raises:
        InputError: the features cannot be read.
    """
    source = VectorSource(job.vectors, job.layer, job.class_field, job.fold_field)
    vectors = read_features(source, grid.crs_wkt if grid else _own_crs(source))
    names = Counter(feature.name for feature in vectors.features)
    blank = names.pop("", 0)
    if grid is None:
        return Census(dict(names), {}, blank, vectors.unit, vectors.notes)
    try:
        found = labelled_pixels(vectors, grid, job)
    except InputError as error:
        return Census(dict(names), {}, blank, vectors.unit, vectors.notes, str(error))
    owners = [feature.name for feature in found.pixels.vectors.features]
    pixels: Counter[str] = Counter()
    for owner, count in enumerate(np.bincount(found.pixels.feature, minlength=len(owners)).tolist()):
        pixels[owners[owner]] += count
    return Census(dict(names), dict(pixels), blank, vectors.unit, found.notes, "", found)


def shown_classes(names: Sequence[str], rename: Mapping[str, str], colors: Mapping[str, str]) -> list[ClassInfo]:
    """Return the classes that field values `names` lead to, with the colours they will have."""
    return list(make_legend(names, "features", rename, colors).classes)


def split_outlook(found: LabelledPixels, spec: SplitSpec, source: str) -> SplitOutlook:
    """Deal the pixels as training will, but for those that turn out to have no valid date.

    Raises:
        InputError: too few samples, classes or groups, or the shares make no sense.
    """
    samples = _stand_in(found, source)
    dealt = split(samples, spec)
    counts = {
        info.name: tuple(int(((samples.label == k) & (dealt.part == part)).sum()) for part in range(len(PART_NAMES)))
        for k, info in enumerate(samples.classes)
    }
    pixels = found.pixels
    return SplitOutlook(
        counts, _shapes(pixels.vectors, pixels.feature, dealt.part), pixels.grid.crs_wkt, dealt.warnings
    )


def _own_crs(source: VectorSource) -> str:
    """Return the CRS of a layer as WKT: features stay as they are.

    Raises:
        InputError: the layer cannot be opened, or its CRS is unknown.
    """
    with quiet_gdal():
        dataset = open_vectors(source.path)
        crs = find_layer(dataset, source).GetSpatialRef()
        if not known_crs(crs):
            raise InputError(f"The CRS of {source.path} is unknown: set the layer's CRS and save it (as GeoPackage).")
        return str(crs.ExportToWkt())


def _stand_in(found: LabelledPixels, source: str) -> SampleSet:
    """Return a sample set with all that a split looks at, and no values."""
    pixels, vectors = found.pixels, found.pixels.vectors
    classes, label, notes = used_classes(found.classes, found.label)
    return SampleSet(
        values=np.zeros((len(label), 1, 1), np.int8),
        valid=np.ones((len(label), 1), bool),
        label=label,
        group=pixels.fid,
        xy=pixels.xy,
        fold=np.array([feature.fold for feature in vectors.features], np.str_)[pixels.feature],
        bands=("none",),
        dates=("1970-01-01",),
        season_start="1970-01-01",
        scale=np.ones((1, 1), np.float32),
        offset=np.zeros((1, 1), np.float32),
        classes=counted_classes(classes, label, pixels.fid),
        crs_wkt=pixels.grid.crs_wkt,
        is_grouped=not vectors.is_points,
        source=source,
        notes=found.notes + notes,
    )


def _shapes(vectors: VectorSet, owner: np.ndarray, part: np.ndarray) -> tuple[tuple[int, bytes], ...]:
    """Return the part and geometry of every feature that owns a pixel."""
    count = len(vectors.features)
    lowest, highest = np.full(count, MIXED, np.int64), np.full(count, -1, np.int64)
    np.minimum.at(lowest, owner, part)
    np.maximum.at(highest, owner, part)
    return tuple(
        (int(low) if low == high else MIXED, bytes(feature.geometry.ExportToWkb()))
        for feature, low, high in zip(vectors.features, lowest, highest)
        if high >= 0
    )


def table_census(job: TableJob, monitor: Monitor) -> Census:
    """Count the rows of a table of ready series by class.

    Raises:
        InputError: the table cannot be read, or has no such column.
        Canceled: nobody wants to know any more.
    """
    table = open_table(job.table, job.layer)
    if job.class_field not in table.names:
        raise InputError(f"{table.title} has no column '{job.class_field}': choose another class column.")
    column, names = table.names.index(job.class_field), Counter[str]()
    for count, row in enumerate(table.rows()):
        if count % _CHECK_ROWS == 0:
            monitor.check()
        names[row.cells[column]] += 1
    blank = names.pop("", 0)
    return Census(dict(names), dict(names), blank, "rows", table.notes)


def table_columns(path: str, layer: str = "") -> tuple[str, ...]:
    """Return the names of a table's columns ("1", "2", ... where it has no header).

    Raises:
        InputError: it cannot be read.
    """
    return open_table(path, layer).names
