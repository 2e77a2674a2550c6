# SPDX-License-Identifier: GPL-2.0-or-later
"""What a raster file says about itself and its bands, read without touching a pixel."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Optional

import numpy as np
from osgeo import gdal, gdal_array

from .access import attempt, metadata_of, open_raster

_DOMAINS = ("", "IMAGERY", "ENVI", "STAC")


@dataclass(frozen=True)
class BandHeader:
    """Description, scale and offset (None: the file has none), metadata of one band."""

    description: str
    scale: Optional[float]
    offset: Optional[float]
    is_integer: bool
    metadata: dict[str, str]
    is_alpha: bool = False


@dataclass(frozen=True)
class Header:
    """Metadata and bands of one raster."""

    dataset: str
    metadata: dict[str, str]
    bands: tuple[BandHeader, ...]


def read_header(dataset: str) -> Header:
    """Read the header of a raster.

    Raises:
        InputError: it cannot be opened.
    """
    raster = open_raster(dataset)
    metadata = {key: value for domain in _DOMAINS for key, value in metadata_of(raster, domain).items()}
    metadata.update(_stac_item(dataset))
    units = {key: value for key, value in metadata.items() if key == "time#units"}  # netCDF: times are in the bands
    bands = tuple(_band(raster.GetRasterBand(index + 1), units) for index in range(raster.RasterCount))
    return Header(dataset, metadata, bands)


def subdatasets(dataset: str) -> list[str]:
    """Return the raster subdatasets of a container (HDF, netCDF, ...) that has no bands of its own, else []."""
    raster = open_raster(dataset)
    if raster.RasterCount:
        return []
    return [name for name, _ in raster.GetSubDatasets()]


def _band(band: gdal.Band, inherited: dict[str, str]) -> BandHeader:
    metadata = {**inherited, **metadata_of(band)}
    dtype = np.dtype(gdal_array.GDALTypeCodeToNumericTypeCode(band.DataType) or np.float32)
    return BandHeader(
        band.GetDescription().strip() or metadata.get("NETCDF_VARNAME", ""),
        band.GetScale(),
        band.GetOffset(),
        dtype.kind in "iu",
        metadata,
        band.GetColorInterpretation() == gdal.GCI_AlphaBand,
    )


def _stac_item(dataset: str) -> dict[str, str]:
    """Return the date of a STAC item that lies beside the file under the same name (.json), if there is one."""
    path = os.path.splitext(dataset)[0] + ".json"
    if not os.path.isfile(dataset) or not os.path.isfile(path):
        return {}
    text = read_text(path)
    try:
        item = json.loads(text)
    except ValueError:  # some other file that happens to lie there
        return {}
    properties = item.get("properties") if isinstance(item, dict) else None
    value = properties.get("datetime") if isinstance(properties, dict) else None
    return {"datetime": str(value)} if value else {}


def read_text(path: str) -> str:
    """Read a text file, also one inside an archive (/vsizip/...).

    Raises:
        InputError: it cannot be read.
    """
    file = attempt(lambda: gdal.VSIFOpenL(path, "rb"), f"The file {path} cannot be read ({{reason}}): check the path.")
    try:
        size = gdal.VSIStatL(path).size
        raw = gdal.VSIFReadL(1, size, file) if size else b""
    finally:
        gdal.VSIFCloseL(file)
    return bytes(raw).decode("utf-8", errors="replace")
