# SPDX-License-Identifier: GPL-2.0-or-later
"""How large the values of a raster are, from a few windows spread over it: quick on rasters of any size."""

from __future__ import annotations

import numpy as np
from osgeo import gdal

from ..core.classes import ClassInfo
from .access import open_raster
from .map_legend import attribute_classes

_SPOTS = 3  # windows along each side
_SPOT_PX = 128


def upper_value(path: str, share: float = 0.98) -> float:
    """Return the largest of the bands' `share` quantiles in physical values; 0 where no valid pixel was met.

    Raises:
        InputError: the raster cannot be opened.
    """
    dataset = open_raster(path)
    cuts = [_band_quantile(dataset.GetRasterBand(index + 1), share) for index in range(dataset.RasterCount)]
    return max(cuts, default=0.0)


def named_values(path: str) -> tuple[ClassInfo, ...]:
    """Return values, names and colours in the attribute table of a raster's first band; () where it has none.

    Raises:
        InputError: the raster cannot be opened.
    """
    dataset = open_raster(path)  # kept: bands and tables go with their dataset
    return tuple(attribute_classes(dataset.GetRasterBand(1)).values())


def _band_quantile(band: gdal.Band, share: float) -> float:
    spots = [_read_spot(band, *divmod(index, _SPOTS)) for index in range(_SPOTS**2)]
    values = np.concatenate([spot.ravel() for spot in spots])
    is_valid = np.isfinite(values)
    if band.GetNoDataValue() is not None:
        is_valid &= values != band.GetNoDataValue()
    valid = values[is_valid]
    if not valid.size:
        return 0.0
    return float(np.quantile(valid, share)) * (band.GetScale() or 1.0) + (band.GetOffset() or 0.0)


def _read_spot(band: gdal.Band, row: int, column: int) -> np.ndarray:
    """Return the window (h, w) at `row`, `column` of the _SPOTS x _SPOTS raster of windows."""
    width, height = min(_SPOT_PX, band.XSize), min(_SPOT_PX, band.YSize)
    left = (band.XSize - width) * column // (_SPOTS - 1)
    top = (band.YSize - height) * row // (_SPOTS - 1)
    return band.ReadAsArray(left, top, width, height)
