# SPDX-License-Identifier: GPL-2.0-or-later
"""Jobs: one frozen dataclass describes a run whole; dialog, Processing, tests and the command line all build these.

A job names its inputs by path, so that job.json can be run again by hand: ``python -m plugin.run job.json``.
Paths are absolute. An empty path means: not wanted. ``run.check.problems(job)`` says what is wrong with one.
"""

from __future__ import annotations

import typing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional, Union

from .cube_spec import MOSAIC, MaskRule
from .errors import InputError
from .records import from_plain, read_json, to_plain, write_json

MEMORY_MB = 1000
SPLIT_METHODS = ("polygon", "block", "field", "pixel")
DEVICES = ("auto", "cpu", "cuda", "mps")


@dataclass(frozen=True)
class CubeJob:
    """Find the acquisitions in rasters and write a cube description.

    `rasters` (GDAL dataset names, SAFE folders or archives) and/or all files of `folder` that match the glob `pattern`;
    `masks` and `mask_pattern` likewise. `layer_dates` maps rasters to dates their QGIS layers know. `dates` are the
    user's: one per raster, or one per date of a stack; they win over what is found. `bands` chooses bands by name
    (() = all). `order` of a stack: "auto", "date_major" or "band_major". `mask_rule` None: `mask_preset` decides.
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
class SplitSpec:
    """How samples are split into train, validation and test.

    `method`: one of SPLIT_METHODS; block size in metres (map units); for "field" the folds of the sample file are
    dealt whole, as polygons are.
    """

    method: str = "polygon"
    train: float = 0.6
    validation: float = 0.2
    test: float = 0.2
    block_size: float = 1000.0
    seed: int = 0


@dataclass(frozen=True)
class TrainJob:
    """Train one architecture on a sample file; the model file holds the best epoch."""

    samples: str
    architecture: str
    model: str  # output (.safetensors)
    hyperparameters: dict[str, Any] = field(default_factory=dict)  # what is left out keeps the default preset's value
    strategy: dict[str, Any] = field(default_factory=dict)
    split: SplitSpec = SplitSpec()
    report: str = ""  # HTML
    grid_step_days: float = 0.0  # for networks on a regular grid; 0: as many steps as there are dates
    keep_on_cancel: bool = False  # cancel ends training and keeps the best epoch so far, instead of nothing
    device: str = "auto"
    kind: str = "train"


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


@dataclass(frozen=True)
class AttentionJob:
    """Attention of a model by class over the test part of its own samples (or over all of other samples)."""

    model: str
    samples: str
    table: str = ""  # CSV: class, head, date, mean, p10, p90
    chart: str = ""  # .svg or .png
    report: str = ""
    device: str = "auto"
    kind: str = "attention"


@dataclass(frozen=True)
class AttentionFeaturesJob:
    """Attention by date of polygons or points, written as fields of a copy of the layer."""

    model: str
    cube: str
    vectors: str
    output: str  # GeoPackage
    layer: str = ""
    all_touched: bool = False
    memory_mb: int = MEMORY_MB
    device: str = "auto"
    kind: str = "attention_features"


@dataclass(frozen=True)
class EvaluateJob:
    """Accuracy of a model on a sample file; on the model's own samples only the untouched test part counts."""

    model: str
    samples: str
    report: str = ""
    metrics: str = ""  # JSON
    device: str = "auto"
    kind: str = "evaluate"


@dataclass(frozen=True)
class EvaluateMapJob:
    """Accuracy of a class map against reference points or polygons."""

    map: str
    vectors: str
    class_field: str
    layer: str = ""
    rename: dict[str, str] = field(default_factory=dict)
    report: str = ""
    metrics: str = ""
    kind: str = "evaluate_map"


@dataclass(frozen=True)
class SceneJob:
    """Make the demo scene: rasters, masks, training and reference polygons, cube description."""

    folder: str
    size_px: int = 640
    dates: int = 30
    cloud: float = 0.35
    seed: int = 7
    kind: str = "scene"


Job = Union[
    CubeJob, ExtractJob, TableJob, TrainJob, MapJob,
    AttentionJob, AttentionFeaturesJob, EvaluateJob, EvaluateMapJob, SceneJob,
]  # fmt: skip
JOB_KINDS: dict[str, type] = {cls.kind: cls for cls in typing.get_args(Job)}


def save_job(job: Job, path: Path) -> None:
    """Write the job as JSON."""
    write_json(path, to_plain(job))


def load_job(path: Path) -> Job:
    """Read a job written by save_job.

    Raises:
        InputError: the file is missing, damaged or no job.
    """
    plain = read_json(path)
    kind = plain.get("kind") if isinstance(plain, dict) else None
    if kind not in JOB_KINDS:
        raise InputError(f"{path} is not a Chronomap job: choose a job.json.")
    return from_plain(JOB_KINDS[kind], plain)
