# SPDX-License-Identifier: GPL-2.0-or-later
"""Maps out: tiled, compressed GeoTIFFs written under a temporary name and renamed when complete."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from osgeo import gdal, gdal_array

from ..core.classes import ClassInfo
from ..core.errors import OutputError
from .access import quiet_gdal
from .grid import Grid, Window

_BLOCK_PX = 256
_CREATION = ("TILED=YES", f"BLOCKXSIZE={_BLOCK_PX}", f"BLOCKYSIZE={_BLOCK_PX}", "COMPRESS=DEFLATE", "ZLEVEL=6",
             "INTERLEAVE=BAND", "BIGTIFF=IF_SAFER", "SPARSE_OK=TRUE")  # fmt: skip


@dataclass(frozen=True)
class MapLayer:
    """What one output file holds: numpy `dtype`, nodata, scale, and a description per band."""

    path: Path  # the final name
    dtype: str
    nodata: float
    scale: float
    descriptions: tuple[str, ...]
    classes: tuple[ClassInfo, ...] = ()  # of a class map
    shard: str = ""  # label of the part of the map that is in the partial file

    @property
    def partial(self) -> Path:
        """The name while the map is being made."""
        label = f".{self.shard}" if self.shard else ""
        return self.path.with_name(f"{self.path.stem}{label}.part.tif")


class MapWriter:
    """One map being written; not thread-safe: one thread writes."""

    def __init__(self, layer: MapLayer, grid: Grid, resume: bool) -> None:
        """Create the partial file, or open it again to `resume`.

        Raises:
            OutputError: the place cannot be written.
        """
        self._layer = layer
        path = str(layer.partial)
        self._dataset: Any = self._attempt(lambda: gdal.Open(path, gdal.GA_Update) if resume else _create(layer, grid))
        if self._dataset is None:
            raise self._failure("no access")

    def write(self, window: Window, values: np.ndarray) -> None:
        """Write `values` (bands, h, w) at `window`, counted from the map's own corner.

        Raises:
            OutputError: the disk is full or the file has gone.
        """
        code = gdal_array.NumericTypeCodeToGDALTypeCode(values.dtype)
        place = (window.x, window.y, window.width, window.height)
        content = np.ascontiguousarray(values).tobytes()
        self._attempt(lambda: self._dataset.WriteRaster(*place, content, buf_type=code))

    def read(self, window: Window) -> np.ndarray:
        """Return what stands at `window`, (bands, h, w).

        Raises:
            OutputError: it cannot be read.
        """
        place = (window.x, window.y, window.width, window.height)
        return self._attempt(lambda: self._dataset.ReadAsArray(*place)).reshape(-1, window.height, window.width)

    def flush(self) -> None:
        """Bring everything written so far to disk.

        Raises:
            OutputError: the disk is full.
        """
        self._attempt(self._dataset.FlushCache)

    def close(self) -> None:
        """Close the partial file and leave it where it is."""
        self._dataset = None

    def finish(self, cloud_optimized: bool) -> None:
        """Close the file and give it its final name, as Cloud-Optimized GeoTIFF if wanted.

        Raises:
            OutputError: the final file cannot be written.
        """
        self.flush()
        self.close()
        layer = self._layer
        if cloud_optimized:
            _make_cloud_optimized(layer)
        else:
            os.replace(layer.partial, layer.path)
        if layer.classes:
            write_attribute_table(layer.path, layer.classes)

    def _attempt(self, action: Callable[[], Any]) -> Any:
        """Run a GDAL call and return its result; GDAL tells of errors by code, message or exception."""
        with quiet_gdal():
            try:
                result = action()
            except RuntimeError as error:
                raise self._failure(str(error)) from None
            if gdal.GetLastErrorType() >= gdal.CE_Failure:
                raise self._failure(gdal.GetLastErrorMsg())
        return result

    def _failure(self, reason: str) -> OutputError:
        return OutputError(
            f"The map {self._layer.path} cannot be written ({reason}): free disk space or check your rights to the "
            "folder, then start the same map again."
        )


def is_intact(path: Path) -> bool:
    """Tell whether every block of a raster can be read; a full disk leaves damaged ones."""
    with quiet_gdal():
        try:
            dataset = gdal.Open(str(path))
            for index in range(dataset.RasterCount if dataset else 0):
                dataset.GetRasterBand(index + 1).Checksum()
        except RuntimeError:
            return False
        return dataset is not None and gdal.GetLastErrorType() < gdal.CE_Failure


def _create(layer: MapLayer, grid: Grid) -> gdal.Dataset | None:
    layer.path.parent.mkdir(parents=True, exist_ok=True)
    code = gdal_array.NumericTypeCodeToGDALTypeCode(np.dtype(layer.dtype))
    dataset = gdal.GetDriverByName("GTiff").Create(
        str(layer.partial), grid.width, grid.height, len(layer.descriptions), code, list(_CREATION)
    )
    if dataset is None:
        return None
    dataset.SetGeoTransform(grid.transform)
    dataset.SetProjection(grid.crs_wkt)
    for index, description in enumerate(layer.descriptions, start=1):
        band = dataset.GetRasterBand(index)
        band.SetNoDataValue(layer.nodata)
        band.SetDescription(description)
        if layer.scale != 1.0:
            band.SetScale(layer.scale)
    if layer.classes and layer.dtype == "uint8":
        dataset.GetRasterBand(1).SetColorTable(_color_table(layer.classes))
    dataset.FlushCache()
    return dataset


def _make_cloud_optimized(layer: MapLayer) -> None:
    resampling = "NEAREST" if layer.classes else "AVERAGE"
    second = layer.path.with_name(layer.path.stem + ".cog.part.tif")
    options = [
        "COMPRESS=DEFLATE",
        f"BLOCKSIZE={2 * _BLOCK_PX}",
        f"OVERVIEW_RESAMPLING={resampling}",
        "BIGTIFF=IF_SAFER",
    ]
    source = gdal.Open(str(layer.partial))
    copied = gdal.GetDriverByName("COG").CreateCopy(str(second), source, options=options)
    if copied is None:
        raise OutputError(f"The Cloud-Optimized GeoTIFF {layer.path} cannot be written: {gdal.GetLastErrorMsg()}.")
    copied = source = None
    os.replace(second, layer.path)
    layer.partial.unlink()


def _rgb(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _color_table(classes: Sequence[ClassInfo]) -> gdal.ColorTable:
    table = gdal.ColorTable()
    for info in classes:
        table.SetColorEntry(info.value, (*_rgb(info.color), 255))
    return table


def write_attribute_table(path: Path, classes: Sequence[ClassInfo]) -> None:
    """Write category names and a raster attribute table beside a class map, for software other than QGIS."""
    table = gdal.RasterAttributeTable()
    table.CreateColumn("VALUE", gdal.GFT_Integer, gdal.GFU_MinMax)
    table.CreateColumn("CLASS", gdal.GFT_String, gdal.GFU_Name)
    for name, usage in (("RED", gdal.GFU_Red), ("GREEN", gdal.GFU_Green), ("BLUE", gdal.GFU_Blue)):
        table.CreateColumn(name, gdal.GFT_Integer, usage)
    table.SetRowCount(len(classes))
    for row, info in enumerate(classes):
        table.SetValueAsInt(row, 0, info.value)
        table.SetValueAsString(row, 1, info.name)
        for column, level in enumerate(_rgb(info.color), start=2):
            table.SetValueAsInt(row, column, level)
    dataset = gdal.Open(str(path))  # read-only: both go to the .aux.xml sidecar, the GeoTIFF stays as it is
    band = dataset.GetRasterBand(1)
    band.SetDefaultRAT(table)
    values = {info.value: info.name for info in classes}
    if min(values) >= 0 and max(values) < _BLOCK_PX:
        band.SetCategoryNames([values.get(value, "") for value in range(max(values) + 1)])
    dataset.FlushCache()
