# SPDX-License-Identifier: GPL-2.0-or-later
"""Which files a cube job means: names made absolute, folders listed, containers and products opened up."""

from __future__ import annotations

import os
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from ..core.errors import InputError
from ..core.jobs import CubeJob
from .headers import subdatasets
from .sentinel2 import product_root

# Files that lie beside rasters; some of them GDAL would open.
_NO_RASTERS = {
    ".xml", ".ovr", ".msk", ".json", ".geojson", ".txt", ".csv", ".gpkg", ".qml", ".qmd", ".qgs", ".qgz", ".shp",
    ".shx", ".dbf", ".prj", ".cpg", ".hdr", ".tfw", ".j2w", ".wld", ".pdf", ".html", ".md", ".log", ".npz", ".npy",
    ".db", ".sh", ".safetensors", ".py", ".gz", ".part", ".ini", ".jpg", ".jpeg", ".png", ".sqlite", ".kml", ".imd",
}  # fmt: skip


@dataclass(frozen=True)
class Inputs:
    """GDAL dataset names of rasters and masks, in the user's order; `products` are roots of Sentinel-2 products."""

    rasters: tuple[str, ...]
    masks: tuple[str, ...]
    products: dict[str, str]  # raster -> root of the Sentinel-2 product it stands for


def find_inputs(job: CubeJob) -> Inputs:
    """Return the rasters and masks of a job.

    Raises:
        InputError: a folder is missing, or there is no raster.
    """
    masks = [absolute(name) for name in job.masks]
    listed: list[str] = []
    if job.folder:
        if job.mask_pattern:
            masks += _matching(job.folder, job.mask_pattern)
        listed = _matching(job.folder, job.pattern)
        if not job.rasters and not listed:
            raise InputError(f"No raster in {job.folder} matches '{job.pattern}': choose another folder or pattern.")
    rasters = [absolute(name) for name in job.rasters] + listed
    rasters = [name for name in dict.fromkeys(rasters) if name not in set(masks)]
    if not rasters:
        raise InputError("No rasters are chosen: choose raster layers, files or a folder.")
    roots = {name: product_root(name) for name in rasters}
    plain = [name for raster in rasters for name in ([raster] if roots[raster] else _opened_up(raster))]
    return Inputs(tuple(plain), tuple(dict.fromkeys(masks)), {name: root for name, root in roots.items() if root})


def absolute(name: str) -> str:
    """Return the absolute path of a file, or the GDAL dataset name unchanged where it is none."""
    return os.path.abspath(name) if os.path.exists(name) else name


def _opened_up(raster: str) -> list[str]:
    return subdatasets(raster) or [raster]


def _matching(folder: str, pattern: str) -> list[str]:
    """Return the rasters of a folder, and of its folders if the pattern has a "/", that match; sorted by name."""
    base = Path(folder).absolute()
    if not base.is_dir():
        raise InputError(f"The folder {folder} does not exist: choose another one.")
    if "/" in pattern:
        paths = sorted(base.glob(pattern))
    else:
        paths = sorted(path for path in base.iterdir() if fnmatch(path.name, pattern))
    return [str(path) for path in paths if _may_be_raster(path)]


def _may_be_raster(path: Path) -> bool:
    if path.is_dir() or path.suffix.lower() == ".zip":
        return bool(product_root(str(path)))
    return path.suffix.lower() not in _NO_RASTERS
