# SPDX-License-Identifier: GPL-2.0-or-later
"""What tests of discovery share: a short way to ask, tiny rasters, and answers in a word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from osgeo import gdal
from synthetic import write_raster

if TYPE_CHECKING:
    from pathlib import Path

    from chronomap.plugin.core.cube_spec import CubeSpec


def find(**settings: Any) -> CubeSpec:
    """Discover a cube with these settings of a CubeJob."""
    from chronomap.plugin.core.jobs import CubeJob  # noqa: PLC0415 (the package is registered by conftest)
    from chronomap.plugin.raster.discover import discover  # noqa: PLC0415

    return discover(CubeJob("cube.json", **settings))


def raster(path: Path, count: int = 1, names: tuple[str, ...] = (), dtype: type = np.int16, **options: Any) -> str:
    """Write a raster of 4 x 4 px and `count` bands; return its path as text."""
    values = np.arange(count * 16, dtype=dtype).reshape(count, 4, 4) + 1
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_raster(path, values, names, **options)


def with_metadata(name: str, metadata: dict[str, str], band: int = 0) -> str:
    """Write metadata of a raster, or of one of its bands (from 1); return its path."""
    dataset = gdal.Open(name, gdal.GA_Update)
    (dataset.GetRasterBand(band) if band else dataset).SetMetadata(metadata)
    dataset.FlushCache()
    return name


def dates_of(spec: CubeSpec) -> list[str]:
    """Return the dates of the acquisitions."""
    return [acquisition.date for acquisition in spec.acquisitions]


def notes_of(spec: CubeSpec) -> str:
    """Return all notes as one text."""
    return " ".join(spec.notes)
