# SPDX-License-Identifier: GPL-2.0-or-later
"""Where a map shall be: a rectangle, and polygons outside of which it stays empty."""

from __future__ import annotations

from typing import Optional

import numpy as np
from osgeo import ogr

from ..core.errors import InputError
from ..core.jobs import MapJob
from .grid import Grid, Window
from .pixels import burn
from .vectors import VectorSource, read_features


class AreaOfInterest:
    """The polygons of a layer, joined, in a grid's CRS."""

    def __init__(self, source: VectorSource, grid: Grid) -> None:
        """Read the polygons.

        Raises:
            InputError: they cannot be read, there are none, or all lie outside the grid.
        """
        vectors = read_features(source, grid.crs_wkt)
        polygons = [feature.geometry for feature in vectors.features if not feature.is_point]
        if not polygons:
            raise InputError(f"{vectors.title} holds points only: choose polygons as the area of interest.")
        self._grid = grid
        self._shape = _joined(polygons)
        left, right, bottom, top = self._shape.GetEnvelope()
        try:
            self.window = grid.window_over((left, bottom, right, top))
        except InputError as error:
            title = vectors.title
            raise InputError(f"The area of interest {title} lies outside the rasters: choose another one.") from error

    def inside(self, window: Window) -> np.ndarray:
        """Return which pixel centres of `window` lie inside, (h, w) bool."""
        return burn(self._shape, self._grid.part(window), all_touched=False).astype(bool)


def map_area(job: MapJob, grid: Grid) -> tuple[Window, Optional[AreaOfInterest]]:
    """Return the rectangle of a map in `grid`, and its area of interest if it has one.

    Raises:
        InputError: the extent or the area of interest lies outside the grid, or they have nothing in common.
    """
    whole = grid.window_over(job.extent) if job.extent else grid.window
    if not job.aoi:
        return whole, None
    area = AreaOfInterest(VectorSource(job.aoi, job.aoi_layer), grid)
    common = whole.common(area.window)
    if not common.pixels:
        raise InputError("The extent and the area of interest have nothing in common: choose one of the two.")
    return common, area


def _joined(polygons: list[ogr.Geometry]) -> ogr.Geometry:
    """Return the union; valid where polygons overlap or cross themselves, else they would cut holes."""
    collection = ogr.Geometry(ogr.wkbMultiPolygon)
    for polygon in polygons:
        sound = polygon if polygon.IsValid() else polygon.Buffer(0.0)
        parts = [sound] if sound.GetGeometryType() == ogr.wkbPolygon else [*sound]
        for part in parts:
            collection.AddGeometry(part)
    return collection.UnionCascaded() or collection
