# SPDX-License-Identifier: GPL-2.0-or-later
"""Scale, offset and nodata of bands: the user's, the file's, or a product's documented ones; told, never in silence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..core.cube_spec import BandSource
from ..core.jobs import CubeJob
from .names import is_landsat_collection2, is_sentinel2, stem
from .pieces import Piece
from .sentinel2 import asks_for_offset

_LANDSAT_SCALE, _LANDSAT_OFFSET = 2.75e-05, -0.2  # Collection 2 surface reflectance, documented by USGS
_SENTINEL2_OFFSET = -1000  # stored units, processing baseline 04.00


def calibrated(band: BandSource, job: CubeJob) -> BandSource:
    """Return the band with what the user set: scale, offset, nodata, resampling."""
    return replace(
        band,
        scale=band.scale if job.scale is None else job.scale,
        offset=band.offset if job.offset is None else job.offset,
        nodata=band.nodata if job.nodata is None else job.nodata,
        resampling=job.band_resampling.get(band.name, band.resampling),
    )


def with_documented_values(pieces: Sequence[Piece], job: CubeJob) -> tuple[list[Piece], list[str]]:
    """Give bands the scale and offset that their product's documentation names and the files lack; and notes.

    Landsat Collection 2 reflectance gets both; Sentinel-2 from baseline 04.00 on the offset, if the user said so.
    """
    known, landsat, sentinel2 = [], set(), set()
    for piece in pieces:
        band = piece.band
        if piece.is_integer and not piece.has_scale and is_landsat_collection2(stem(band.dataset)):
            landsat.add(band.dataset)
            known.append(_with(piece, _LANDSAT_SCALE, _LANDSAT_OFFSET))
        elif job.sentinel2_offset and _may_lack_offset(piece):
            sentinel2.add(piece.date[:10])
            scale = band.scale if job.scale is None else job.scale
            known.append(_with(piece, band.scale, _SENTINEL2_OFFSET * scale))
        else:
            known.append(piece)
    notes = []
    if landsat:
        notes.append(
            f"Landsat Collection 2: reflectance = stored x {_LANDSAT_SCALE:g} {_LANDSAT_OFFSET:+g}, as documented; the "
            "files do not say so themselves."
        )
    if sentinel2:
        notes.append(
            f"The offset of Sentinel-2's processing baseline 04.00 (-1000) is applied to {len(sentinel2)} dates from "
            f"{min(sentinel2)} on, as set."
        )
    return known, notes


def scale_notes(pieces: Sequence[Piece], job: CubeJob) -> list[str]:
    """Return notes on scales and offsets that the files leave open."""
    bare = {piece.band.dataset for piece in pieces if piece.is_integer and not piece.has_scale}
    notes = []
    if bare and job.scale is None:
        notes.append(
            f"{len(bare)} rasters hold whole numbers without a scale: values are taken as stored. Set the scale (often "
            "0.0001) if a table or model in physical units is to fit."
        )
    dates = sorted({piece.date[:10] for piece in pieces if _may_lack_offset(piece)})
    if dates and job.offset is None and job.sentinel2_offset is None:
        notes.append(
            f"Is the offset of Sentinel-2's processing baseline 04.00 still in these files? {len(dates)} dates from "
            f"{dates[0]} on carry no metadata to tell. If it is (values 1000 too high), set the Sentinel-2 offset to "
            "yes; if the values were harmonised, set it to no. Until then no offset is applied."
        )
    return notes


def _with(piece: Piece, scale: float, offset: float) -> Piece:
    return replace(piece, band=replace(piece.band, scale=scale, offset=offset), has_scale=scale != 1.0, has_offset=True)


def _may_lack_offset(piece: Piece) -> bool:
    """Tell whether a Sentinel-2 reflectance band without metadata may hold the offset of baseline 04.00."""
    return (
        piece.is_integer
        and not piece.has_offset
        and piece.band.name.upper().startswith("B")
        and is_sentinel2(piece.band.dataset)
        and asks_for_offset(piece.band.dataset, piece.date)
    )
