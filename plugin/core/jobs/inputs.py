# SPDX-License-Identifier: GPL-2.0-or-later
"""Jobs that make cubes and samples: what everything else starts from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional

from ..cube_spec import MOSAIC, MaskRule

MEMORY_MB = 1000


@dataclass(frozen=True)
class CubeJob:
    """Find the acquisitions in rasters and write a cube description.

    `rasters` (GDAL dataset names, SAFE folders or archives) and/or all files of `folder` that match the glob `pattern`;
    `masks` and `mask_pattern` likewise. `layer_dates` maps rasters to dates their QGIS layers know. `dates` are the
    user's: one per raster ('' keeps what is found), or one per date of a stack; they win over what is found.
    `left_out` names acquisitions that are not used, by day, date-time or label. `bands` chooses bands by name (() =
    all). `order` of a stack: "auto", "date_major" or "band_major". `mask_rule` None: `mask_preset` decides.
    """

    output: str
    rasters: tuple[str, ...] = ()
    folder: str = ""
    pattern: str = "*"
    masks: tuple[str, ...] = ()
    mask_pattern: str = ""
    mask_preset: str = "plain"
    mask_rule: Optional[MaskRule] = None
    layer_dates: dict[str, str] = field(default_factory=dict)
    dates: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    bands: tuple[str, ...] = ()
    order: str = "auto"
    scale: Optional[float] = None  # physical = stored * scale + offset; None: what the files say
    offset: Optional[float] = None
    same_day: str = MOSAIC
    grid: str = ""
    resampling: str = "bilinear"
    band_resampling: dict[str, str] = field(default_factory=dict)  # band name -> one of RESAMPLINGS, where it differs
    nodata: Optional[float] = None  # None: what the files say
    sentinel2_offset: Optional[bool] = None  # files without metadata from baseline 04.00 on: True -1000, None ask
    report: str = ""  # HTML
    kind: str = "cube"


@dataclass(frozen=True)
class ExtractJob:
    """Read the series under training points or polygons into a sample file."""

    cube: str  # cube description (.json)
    vectors: str  # OGR dataset
    class_field: str
    output: str  # sample file (.npz)
    layer: str = ""  # layer of the dataset; '' = the first
    fold_field: str = ""
    all_touched: bool = False
    max_per_class: int = 0  # 0: no cap
    max_per_polygon: int = 0
    rename: dict[str, str] = field(default_factory=dict)  # class name -> new name; '' leaves it out; equal names merge
    colors: dict[str, str] = field(default_factory=dict)  # class name (after renaming) -> #rrggbb
    seed: int = 0
    memory_mb: int = MEMORY_MB
    kind: str = "extract"


@dataclass(frozen=True)
class TableJob:
    """Turn a table of ready series into a sample file.

    Columns: `columns` in order (date-major unless `band_major`), or all columns named like BAND_date / BAND_01;
    `dates` (ISO) or `start` and `step_days` where the columns have none.
    """

    table: str  # CSV or OGR dataset
    class_field: str
    output: str
    layer: str = ""
    group_field: str = ""
    fold_field: str = ""
    columns: tuple[str, ...] = ()
    bands: tuple[str, ...] = ()
    band_major: bool = False
    dates: tuple[str, ...] = ()
    start: str = ""
    step_days: float = 0.0
    rename: dict[str, str] = field(default_factory=dict)
    colors: dict[str, str] = field(default_factory=dict)
    kind: str = "table"


@dataclass(frozen=True)
class SceneJob:
    """Make the demo scene: rasters, masks, training and reference polygons, cube description."""

    folder: str
    size_px: int = 640
    dates: int = 30
    cloud: float = 0.35
    seed: int = 7
    kind: str = "scene"
