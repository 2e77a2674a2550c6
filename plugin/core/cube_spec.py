# SPDX-License-Identifier: GPL-2.0-or-later
"""What a cube is made of: acquisitions, bands, masks; a description that opens no raster (see raster/cube.py)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from .errors import InputError
from .records import from_plain, read_json, to_plain, write_json

KEEP, MOSAIC = "keep", "mosaic"
RESAMPLINGS = ("nearest", "bilinear", "cubic", "average")


@dataclass(frozen=True)
class BandSource:
    """One band of one acquisition: GDAL dataset name, 1-based band index; physical = stored * scale + offset.

    `nodata` None: what the file says. `resampling` "": the cube's.
    """

    name: str
    dataset: str
    index: int = 1
    scale: float = 1.0
    offset: float = 0.0
    nodata: Optional[float] = None
    resampling: str = ""


@dataclass(frozen=True)
class MaskSource:
    """The mask raster of one acquisition."""

    dataset: str
    index: int = 1


@dataclass(frozen=True)
class MaskRule:
    """Which mask pixels are invalid: `kind` "values" (one of `invalid`) or "bits" (any bit of `invalid` is set)."""

    kind: str = "values"
    invalid: tuple[int, ...] = (1,)


MASK_PRESETS = {
    "plain": MaskRule("values", (1,)),  # a plain cloud mask: 1 is cloud
    "scl": MaskRule("values", (0, 1, 3, 8, 9, 10, 11)),  # Sentinel-2 L2A scene classification
    "fmask": MaskRule("values", (2, 3, 4, 255)),  # Fmask: shadow, snow, cloud, fill
    "landsat_qa": MaskRule("bits", (0, 1, 2, 3, 4, 5)),  # Collection 2 QA_PIXEL: fill .. snow
}


@dataclass(frozen=True)
class Acquisition:
    """One date: ISO date or date-time, a label for messages, its bands, perhaps its mask."""

    date: str
    label: str
    bands: tuple[BandSource, ...]
    mask: Optional[MaskSource] = None


@dataclass(frozen=True)
class CubeSpec:
    """All acquisitions of a cube, sorted by date; `grid` names the raster whose grid is used ('' = the first).

    `same_day`: MOSAIC (the first valid pixel of a day counts) or KEEP (each stays a date of its own).
    `notes` are sentences about what was found (warped grids, offsets, left-out files), shown before a run.
    """

    acquisitions: tuple[Acquisition, ...]
    mask_rule: MaskRule = MaskRule()
    grid: str = ""
    resampling: str = "bilinear"
    same_day: str = MOSAIC
    notes: tuple[str, ...] = ()

    @property
    def band_names(self) -> tuple[str, ...]:
        """Names of the bands, as the first acquisition has them."""
        return tuple(band.name for band in self.acquisitions[0].bands)


def save_cube_spec(spec: CubeSpec, path: Path) -> None:
    """Write the cube description to `path` (JSON)."""
    write_json(path, {"chronomap": "cube", "version": 1, **to_plain(spec)})


def load_cube_spec(path: Path) -> CubeSpec:
    """Read a cube description.

    Raises:
        InputError: the file is missing, damaged or of another kind.
    """
    plain = read_json(path)
    if not isinstance(plain, dict) or plain.get("chronomap") != "cube":
        raise InputError(f"{path} is not a cube description: make one with 'Build cube'.")
    return from_plain(CubeSpec, plain)
