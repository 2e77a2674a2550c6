# SPDX-License-Identifier: GPL-2.0-or-later
"""Jobs that make maps."""

from __future__ import annotations

from dataclasses import dataclass

from .inputs import MEMORY_MB

PRECISIONS = ("auto", "float32")


@dataclass(frozen=True)
class MapJob:
    """Map a cube with a model; `outputs` maps product ids (see core/products.py) to GeoTIFF paths.

    `season`: first and last day of the season of the product attention_season, as MM-DD or YYYY-MM-DD.
    `decided_probability`: from which probability on a class counts as decided (product decided_date).
    """

    cube: str
    model: str
    outputs: dict[str, str]
    extent: tuple[float, ...] = ()  # xmin, ymin, xmax, ymax in the cube's CRS; () = all of it
    aoi: str = ""  # OGR dataset of polygons: pixels whose centre lies outside get nodata; '' = none
    aoi_layer: str = ""  # layer of the dataset; '' = the first
    min_valid_dates: int = 1
    cloud_optimized: bool = False
    attention_byte: bool = False  # attention as Byte (scale 1/254, nodata 255) instead of UInt16
    season: tuple[str, ...] = ()
    decided_probability: float = 0.8
    window_px: int = 0  # 0: from the memory setting
    memory_mb: int = MEMORY_MB
    device: str = "auto"
    precision: str = "auto"  # one of PRECISIONS; "auto": bfloat16 where it is quicker and keeps the classes
    scheduler: str = ""  # address of a Dask scheduler whose workers share the files; '' = this machine alone
    kind: str = "map"
