# SPDX-License-Identifier: GPL-2.0-or-later
"""Bands of one raster, opened on the cube's grid: as they are, or through a warped VRT made on the fly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional

import numpy as np
from osgeo import gdal, gdal_array

from ..core.errors import InputError
from .access import attempt, open_raster
from .grid import Grid, Window, grid_of

_GDAL_RESAMPLING = {
    "nearest": gdal.GRA_NearestNeighbour,
    "bilinear": gdal.GRA_Bilinear,
    "cubic": gdal.GRA_Cubic,
    "average": gdal.GRA_Average,
}
_WARP_MEMORY_BYTES = 16 * 1024 * 1024
_LARGEST = 3.4e38  # what is larger, infinite or NaN is no measurement (float32's lowest value is a common nodata)


@dataclass(frozen=True)
class Source:
    """Bands (1-based) of one GDAL dataset, read together; `nodata` overrides what the file says."""

    dataset: str
    bands: tuple[int, ...]
    resampling: str = "nearest"
    nodata: Optional[float] = None
    is_mask: bool = False  # its own nodata value does not count: a mask's 0 is often declared nodata


@dataclass(frozen=True)
class Handle:
    """An open dataset on the cube's grid.

    `coverage`: mask or alpha band, 0 where there is no pixel. `keep` holds the datasets that a warped one reads from.
    """

    dataset: gdal.Dataset
    bands: tuple[int, ...]
    nodata: tuple[Optional[float], ...]
    coverage: Optional[gdal.Band]
    is_warped: bool
    keep: tuple[Any, ...] = ()

    @property
    def dtype(self) -> np.dtype:
        """The numpy type that holds every band without loss."""
        codes = {self.dataset.GetRasterBand(index).DataType for index in self.bands}
        return np.result_type(*(gdal_array.GDALTypeCodeToNumericTypeCode(code) for code in codes))

    @property
    def block(self) -> tuple[int, int]:
        """Width and height of the blocks in which the dataset is stored."""
        return tuple(self.dataset.GetRasterBand(self.bands[0]).GetBlockSize())

    def read(self, window: Window, values: np.ndarray) -> Optional[np.ndarray]:
        """Read the bands straight into `values` (bands, h, w); return where pixels exist, None for everywhere.

        Raises:
            InputError: the file is damaged.
        """
        box = (window.x, window.y, window.width, window.height)
        complaint = f"The raster {self._name} cannot be read at {box} ({{reason}}): copy the file again, or remove it."
        attempt(lambda: self.dataset.ReadAsArray(*box, buf_obj=values, band_list=list(self.bands)), complaint)
        good = self._good(values)
        coverage = self.coverage
        if coverage is not None:
            covered = attempt(lambda: coverage.ReadAsArray(*box), complaint) != 0
            good = covered if good is None else good & covered
        return good

    @property
    def _name(self) -> str:
        return (self.keep[-1] if self.keep else self.dataset).GetDescription()

    def _good(self, values: np.ndarray) -> Optional[np.ndarray]:
        """Return where no band is nodata or NaN."""
        good: Optional[np.ndarray] = None
        for plane, nodata in zip(values, self.nodata):
            if nodata is not None:
                here = plane != plane.dtype.type(nodata)
                good = here if good is None else good & here
            if plane.dtype.kind == "f":
                here = np.abs(plane) < _LARGEST
                good = here if good is None else good & here
        return good


def open_source(source: Source, grid: Grid) -> Handle:
    """Open `source` on `grid`: direct where its grid is the same, else warped.

    Raises:
        InputError: it cannot be opened, has no CRS, lies elsewhere, has too few bands or complex numbers.
    """
    raster = open_raster(source.dataset)
    _check_bands(raster, source)
    own = grid_of(raster)
    if own.is_same(grid):
        return _handle(source, raster, source.bands, is_warped=False)
    if not own.overlaps(grid):
        raise InputError(
            f"The raster {source.dataset} does not overlap the grid of the cube: "
            f"it covers {_rounded(own)} (its CRS), the cube {_rounded(grid)}. Remove it, or name another grid."
        )
    if not grid.is_north_up:
        raise InputError(
            f"The raster {source.dataset} has another grid than the cube, whose grid is rotated or flipped: "
            "name a north-up raster as grid."
        )
    if _alpha(raster) is not None:
        return _handle(source, _warped(raster, source, grid), source.bands, is_warped=True, keep=(raster,))
    subset = attempt(
        lambda: gdal.Translate("", raster, format="VRT", bandList=list(source.bands)),
        f"The raster {source.dataset} cannot be opened ({{reason}}): copy the file again.",
    )
    bands = tuple(range(1, len(source.bands) + 1))
    return _handle(source, _warped(subset, source, grid), bands, is_warped=True, keep=(subset, raster))


def _warped(raster: gdal.Dataset, source: Source, grid: Grid) -> gdal.Dataset:
    nodata = _declared(raster.GetRasterBand(1)) if source.nodata is None else source.nodata
    has_nodata = nodata is not None and not source.is_mask
    text = "None" if not has_nodata else "nan" if np.isnan(nodata) else repr(nodata)
    options = gdal.WarpOptions(
        format="VRT",
        outputBounds=grid.bounds,
        width=grid.width,
        height=grid.height,
        dstSRS=grid.crs_wkt,
        resampleAlg=_GDAL_RESAMPLING["nearest" if source.is_mask else source.resampling],
        srcNodata=text,
        dstNodata=text if has_nodata else None,
        dstAlpha=not has_nodata,
        warpMemoryLimit=_WARP_MEMORY_BYTES,
        warpOptions=["UNIFIED_SRC_NODATA=NO"],
    )
    return attempt(
        lambda: gdal.Warp("", raster, options=options),
        f"The raster {source.dataset} cannot be warped to the grid of the cube ({{reason}}): check its CRS.",
    )


def _handle(
    source: Source, dataset: gdal.Dataset, bands: tuple[int, ...], is_warped: bool, keep: tuple[Any, ...] = ()
) -> Handle:
    planes = [dataset.GetRasterBand(index) for index in bands]
    return Handle(
        dataset=dataset,
        bands=bands,
        nodata=tuple(None if source.is_mask else _nodata(plane, source.nodata) for plane in planes),
        coverage=_coverage(dataset, planes[0]),
        is_warped=is_warped,
        keep=keep,
    )


def _coverage(dataset: gdal.Dataset, plane: gdal.Band) -> Optional[gdal.Band]:
    """Return the band that tells where pixels exist: alpha (GDAL's mask flags know only 8 and 16 bit ones) or mask."""
    alpha = _alpha(dataset)
    if alpha is not None:
        return alpha
    return plane.GetMaskBand() if plane.GetMaskFlags() & gdal.GMF_PER_DATASET else None


def _alpha(dataset: gdal.Dataset) -> Optional[gdal.Band]:
    bands = (dataset.GetRasterBand(index + 1) for index in range(dataset.RasterCount))
    return next((band for band in bands if band.GetColorInterpretation() == gdal.GCI_AlphaBand), None)


def _declared(plane: gdal.Band) -> Optional[float]:
    return plane.GetNoDataValue()


def _nodata(plane: gdal.Band, override: Optional[float]) -> Optional[float]:
    """Return the nodata value if pixels of the band's type can have it; NaN and huge values are found without it."""
    nodata = _declared(plane) if override is None else override
    if nodata is None or not abs(nodata) < _LARGEST:
        return None
    dtype = np.dtype(gdal_array.GDALTypeCodeToNumericTypeCode(plane.DataType))
    if dtype.kind == "f":
        return float(nodata)
    limits = np.iinfo(dtype)
    return nodata if nodata == int(nodata) and limits.min <= nodata <= limits.max else None


def _check_bands(raster: gdal.Dataset, source: Source) -> None:
    if max(source.bands) > raster.RasterCount:
        raise InputError(
            f"The raster {source.dataset} has no band {max(source.bands)}, only {raster.RasterCount}: "
            "choose another band or remove the raster."
        )
    for index in source.bands:
        if gdal.DataTypeIsComplex(raster.GetRasterBand(index).DataType):
            raise InputError(
                f"Band {index} of {source.dataset} holds complex numbers: convert it to real values first."
            )


def _rounded(grid: Grid) -> str:
    return "({:g}, {:g}) to ({:g}, {:g})".format(*grid.bounds)
