# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls into GDAL that answer with a value or raise InputError, whether GDAL's exceptions are switched on or off.

QGIS and other plugins share one GDAL; its global exception state is theirs, so nothing here changes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, Callable, Optional, TypeVar

from osgeo import gdal, osr

from ..core.errors import InputError

Result = TypeVar("Result")


@contextmanager
def quiet_gdal() -> Iterator[None]:
    """Keep GDAL's messages of this thread off the console; they stay readable through gdal.GetLastErrorMsg."""
    manager = getattr(gdal, "ExceptionMgr", None)  # GDAL >= 3.7, holds for this thread only
    with manager(useExceptions=True) if manager else nullcontext():
        gdal.PushErrorHandler("CPLQuietErrorHandler")
        gdal.ErrorReset()
        try:
            yield
        finally:
            gdal.PopErrorHandler()


def attempt(action: Callable[[], Optional[Result]], complaint: str) -> Result:
    """Run a GDAL call and return its result.

    `complaint` is a sentence with "{reason}" where GDAL's own words go.

    Raises:
        InputError: the call raised RuntimeError or returned None.
    """
    with quiet_gdal():
        try:
            result = action()
        except RuntimeError as error:
            raise InputError(_filled(complaint, str(error))) from error
        if result is None:
            raise InputError(_filled(complaint, gdal.GetLastErrorMsg()))
    return result


def _filled(complaint: str, reason: str) -> str:
    return complaint.replace("{reason}", reason.strip() or "GDAL gave no reason")


def open_raster(name: str, options: tuple[str, ...] = ()) -> gdal.Dataset:
    """Open a GDAL dataset for reading.

    Raises:
        InputError: it is missing, unreadable or holds no raster band.
    """
    flags = gdal.OF_RASTER | gdal.OF_READONLY | gdal.OF_VERBOSE_ERROR
    return attempt(
        lambda: gdal.OpenEx(name, flags, open_options=list(options)),
        f"The raster {name} cannot be opened ({{reason}}): check the path, or copy the file again.",
    )


def crs_from_wkt(wkt: str) -> osr.SpatialReference:
    """Return the CRS with x before y, as rasters have it."""
    crs = osr.SpatialReference()
    crs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    attempt(
        lambda: True if crs.ImportFromWkt(wkt) == 0 else None,
        "A coordinate reference system cannot be read ({reason}): assign the raster's CRS again.",
    )
    return crs


def metadata_of(thing: Any, domain: str = "") -> dict[str, str]:
    """Return the metadata of a dataset or band as a dict, empty where there is none."""
    return dict(thing.GetMetadata_Dict(domain) or {})
