# SPDX-License-Identifier: GPL-2.0-or-later
"""Masks of a job with their dates, and the rule that reads them."""

from __future__ import annotations

from collections.abc import Sequence

from ..core.cube_spec import MASK_PRESETS, Acquisition, MaskRule, MaskSource
from ..core.errors import InputError
from ..core.jobs import CubeJob
from .dating import layer_dates, user_dates
from .headers import Header, read_header
from .inputs import Inputs
from .mask_match import DatedMask
from .names import band_in_name, quality_preset, stem
from .pieces import Piece, date_raster, stack_dates

_PREFERRED = ("SCL", "FMASK", "QA_PIXEL")  # the first of these that a raster has is its mask


def dated_masks(job: CubeJob, inputs: Inputs) -> list[DatedMask]:
    """Return the user's masks with their dates; an undated mask gets the user's date of the same place in the list.

    Raises:
        InputError: a mask cannot be opened, or its date is ambiguous.
    """
    known, dates = layer_dates(job), user_dates(job)
    dates = dates if all(dates) else ()
    headers = [read_header(name) for name in inputs.masks]
    if len(headers) == 1 and len(headers[0].bands) == len(dates) > 1:
        return [_mask(headers[0], index, date) for index, date in enumerate(dates)]
    masks: list[DatedMask] = []
    for header in headers:
        stacked = stack_dates(header)
        if stacked:
            masks += [_mask(header, index, date) for index, date in enumerate(stacked)]
        else:
            masks.append(_mask(header, _mask_band(header), date_raster(header, known.get(header.dataset, "")).date))
    if len(masks) == len(dates) and not any(mask.date for mask in masks):
        return [DatedMask(date, mask.name, mask.source, mask.kind) for mask, date in zip(masks, dates)]
    return masks


def masks_among_bands(job: CubeJob, quality: Sequence[Piece]) -> tuple[list[DatedMask], list[str]]:
    """Return the quality layers that serve as masks where the user gave none, and notes on all of them."""
    if not quality:
        return [], []
    kinds = {piece.band.name.upper() for piece in quality}
    fit = [kind for kind in (*_PREFERRED, *sorted(kinds)) if kind in kinds and quality_preset(kind)]
    chosen = "" if job.masks or job.mask_pattern or not fit else fit[0]
    notes = [f"{chosen} is used as mask, not as a band."] if chosen else []
    rest = sorted(kinds - {chosen})
    if rest:
        notes.append(f"{', '.join(rest)} hold no reflectance and are left out; name them as bands to use them.")
    masks = [
        DatedMask(piece.date, piece.group, MaskSource(piece.band.dataset, piece.band.index), chosen)
        for piece in quality
        if piece.band.name.upper() == chosen
    ]
    return masks, notes


def rule_for(
    job: CubeJob, acquisitions: Sequence[Acquisition], masks: Sequence[DatedMask]
) -> tuple[MaskRule, list[str]]:
    """Return the rule for the masks: the user's, else what their names tell, else a plain mask; and a note.

    Raises:
        InputError: the preset is unknown, or masks of several kinds need several rules.
    """
    if job.mask_preset not in MASK_PRESETS:
        raise InputError(f"The mask preset '{job.mask_preset}' is unknown: choose one of {', '.join(MASK_PRESETS)}.")
    used = {acquisition.mask for acquisition in acquisitions if acquisition.mask}
    if not used or job.mask_rule is not None:
        return job.mask_rule or MASK_PRESETS[job.mask_preset], []
    if job.mask_preset != "plain":
        return MASK_PRESETS[job.mask_preset], []
    told = {mask.source: mask.kind for mask in masks}
    presets = {quality_preset(told.get(source) or band_in_name(stem(source.dataset))) or "plain" for source in used}
    if len(presets) > 1:
        raise InputError(
            f"The masks are of several kinds ({', '.join(sorted(presets))}): use one kind, or give a rule of your own."
        )
    preset = presets.pop()
    rule = MASK_PRESETS[preset]
    listed = ", ".join(map(str, rule.invalid))
    return rule, [f"Masks are read as '{preset}': {rule.kind} {listed} are invalid."]


def _mask(header: Header, index: int, date: str) -> DatedMask:
    name = stem(header.dataset)
    kind = band_in_name(name)
    if quality_preset(kind) is None:
        kind = header.bands[index].description
    return DatedMask(date, name, MaskSource(header.dataset, index + 1), kind if quality_preset(kind) else "")


def _mask_band(header: Header) -> int:
    """Return which band of a raster is the mask: one called so, else the only or first one."""
    for index, band in enumerate(header.bands):
        if quality_preset(band.description):
            return index
    return 0
