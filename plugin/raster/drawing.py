# SPDX-License-Identifier: GPL-2.0-or-later
"""Random pixels of each class of a map, drawn in one pass over it, and the layer of points they become."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from osgeo import ogr

from ..core.errors import OutputError
from ..core.monitor import Monitor
from .access import crs_from_wkt, quiet_gdal
from .grid import Grid
from .map_stack import MapStack

_SPARE = 6  # candidates per point where points must keep a distance
_SPARE_LEAST = 60
_METRES_PER_DEGREE = 111_320.0
_NOTE_WIDTH = 200


@dataclass(frozen=True)
class DrawnPixels:
    """Pixels in the order they were drawn, within each class: column, row and class index, (N,) int64 each."""

    column: np.ndarray
    row: np.ndarray
    label: np.ndarray

    def subset(self, index: np.ndarray) -> DrawnPixels:
        """Return the pixels at `index` (integers or a mask)."""
        return DrawnPixels(self.column[index], self.row[index], self.label[index])


def draw_pixels(
    stack: MapStack, pixels: np.ndarray, wanted: Sequence[int], generator: np.random.Generator, monitor: Monitor
) -> DrawnPixels:
    """Draw `wanted` (K,) pixels of each class of the first map, which has `pixels` (K,) of them, without replacement.

    Every pixel of a class is as likely as any other. Ranks in reading order are drawn first; one pass finds them.
    """
    ranks = [generator.choice(int(n), size=int(k), replace=False) for n, k in zip(pixels, wanted)]
    order = [np.argsort(drawn, kind="stable") for drawn in ranks]
    found = [np.zeros((len(drawn), 2), np.int64) for drawn in ranks]
    passed = np.zeros(len(ranks), np.int64)
    for window, index in stack.scan(monitor, "Drawing points"):
        flat = index[0].ravel()
        for label, (drawn, places) in enumerate(zip(ranks, order)):
            here = np.flatnonzero(flat == label)
            first, last = np.searchsorted(drawn[places], [passed[label], passed[label] + len(here)])
            chosen = places[first:last]
            row, column = np.divmod(here[drawn[chosen] - passed[label]], window.width)
            found[label][chosen] = np.column_stack((column + window.x, row + window.y))
            passed[label] += len(here)
    both = np.concatenate(found) if found else np.zeros((0, 2), np.int64)
    return DrawnPixels(both[:, 0], both[:, 1], np.repeat(np.arange(len(found)), [len(drawn) for drawn in found]))


def spares(pixels: Sequence[int], wanted: Sequence[int]) -> list[int]:
    """Return how many candidates to draw of each class where points must keep a distance."""
    return [min(int(n), _SPARE * k + _SPARE_LEAST) if k else 0 for n, k in zip(pixels, wanted)]


def keep_distance(drawn: DrawnPixels, grid: Grid, wanted: Sequence[int], distance_m: float) -> DrawnPixels:
    """Return at most `wanted` (K,) pixels of each class, each at least `distance_m` from all others that are kept.

    Candidates are taken in the order they were drawn, rare classes first.
    """
    xy = metres(drawn, grid)
    taken = np.zeros((0, 2))
    kept: list[int] = []
    for label in np.argsort(wanted, kind="stable"):
        count = 0
        for index in np.flatnonzero(drawn.label == label):
            if count == wanted[label]:
                break
            if not len(taken) or ((taken - xy[index]) ** 2).sum(axis=1).min() >= distance_m**2:
                taken = np.vstack((taken, xy[index]))
                kept.append(int(index))
                count += 1
    return drawn.subset(np.array(sorted(kept), np.int64))


def centres(drawn: DrawnPixels, grid: Grid) -> np.ndarray:
    """Return the map coordinates of the pixels' centres, (N, 2)."""
    x, y = grid.to_map(drawn.column + 0.5, drawn.row + 0.5)  # type: ignore[arg-type]  # arrays do as well
    return np.column_stack((x, y))


def metres(drawn: DrawnPixels, grid: Grid) -> np.ndarray:
    """Return places (N, 2) whose distances are metres; degrees are turned with the latitude of the map's middle."""
    crs, xy = crs_from_wkt(grid.crs_wkt), centres(drawn, grid)
    if not crs.IsGeographic():
        return xy * crs.GetLinearUnits()
    _, south, _, north = grid.bounds
    return xy * _METRES_PER_DEGREE * np.array([np.cos(np.radians((south + north) / 2)), 1.0])


def write_points(path: Path, xy: np.ndarray, mapped: Sequence[str], crs_wkt: str) -> None:
    """Write a GeoPackage of points (N, 2) to be labelled: number, reference (empty), note (empty), class on the map.

    Raises:
        OutputError: it cannot be written.
    """
    partial = path.with_name(path.stem + ".part.gpkg")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        with quiet_gdal():
            _write_layer(partial, path.stem, (xy, mapped), crs_wkt)
        os.replace(partial, path)
    except (OSError, RuntimeError) as error:
        partial.unlink(missing_ok=True)
        raise OutputError(f"The layer {path} cannot be written ({error}): choose another place.") from error


def _write_layer(path: Path, name: str, points: tuple[np.ndarray, Sequence[str]], crs_wkt: str) -> None:
    dataset = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    if dataset is None:
        raise RuntimeError("no access")
    layer = dataset.CreateLayer(name, crs_from_wkt(crs_wkt), ogr.wkbPoint)
    text = ogr.FieldDefn("note", ogr.OFTString)
    text.SetWidth(_NOTE_WIDTH)
    for field in (ogr.FieldDefn("point", ogr.OFTInteger), ogr.FieldDefn("reference", ogr.OFTString), text,
                  ogr.FieldDefn("mapped", ogr.OFTString)):  # fmt: skip
        layer.CreateField(field)
    layer.StartTransaction()
    for number, ((x, y), mapped) in enumerate(zip(*points), start=1):
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetGeometry(ogr.CreateGeometryFromWkt(f"POINT ({float(x)!r} {float(y)!r})"))
        feature.SetField("point", number)
        feature.SetField("mapped", mapped)
        layer.CreateFeature(feature)
    layer.CommitTransaction()
