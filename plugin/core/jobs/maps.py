# SPDX-License-Identifier: GPL-2.0-or-later
"""Jobs that make maps."""

from __future__ import annotations

from dataclasses import dataclass

from .inputs import MEMORY_MB


@dataclass(frozen=True)
class MapJob:
    """Map a cube with a model; `outputs` maps product ids (see core/products.py) to GeoTIFF paths."""

    cube: str
    model: str
    outputs: dict[str, str]
    extent: tuple[float, ...] = ()  # xmin, ymin, xmax, ymax in the cube's CRS; () = all of it
    min_valid_dates: int = 1
    cloud_optimized: bool = False
    attention_byte: bool = False  # attention as Byte (scale 1/254, nodata 255) instead of UInt16
    window_px: int = 0  # 0: from the memory setting
    memory_mb: int = MEMORY_MB
    device: str = "auto"
    kind: str = "map"
