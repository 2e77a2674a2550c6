# SPDX-License-Identifier: GPL-2.0-or-later
"""From files to a cube description: what was found is told in notes, what is doubtful is asked in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..core.cube_spec import MOSAIC, Acquisition, CubeSpec
from ..core.errors import InputError
from ..core.jobs import CubeJob
from .assemble import as_acquisition, choose_bands, group_pieces, name_as_wanted, name_by_difference, split_quality
from .calibration import calibrated, scale_notes, with_documented_values
from .cube import open_cube
from .dating import date_inputs, given_by_raster
from .grid import grid_of
from .headers import read_header
from .inputs import Inputs, absolute, find_inputs
from .mask_inputs import dated_masks, masks_among_bands, rule_for
from .mask_match import DatedMask, match_masks
from .names import stem
from .sentinel2 import read_product, subdataset_bands

_SHOWN = 5
STACK_ORDERS = ("auto", "date_major", "band_major")


@dataclass(frozen=True)
class Gathered:
    """What a job's rasters hold before bands are chosen: acquisitions, masks with dates, and notes."""

    inputs: Inputs
    acquisitions: tuple[Acquisition, ...]
    masks: tuple[DatedMask, ...]
    notes: tuple[str, ...]


def discover(job: CubeJob) -> CubeSpec:
    """Find acquisitions, dates, bands and masks in the job's rasters; every raster is opened once as a check.

    Raises:
        InputError: dates are missing or ambiguous, a band or file is missing, rasters do not fit each other.
    """
    return complete(job, gather(job))


def gather(job: CubeJob) -> Gathered:
    """Read the headers of the job's rasters.

    Raises:
        InputError: a raster cannot be opened, or a date is missing or ambiguous.
    """
    if job.order not in STACK_ORDERS:
        raise InputError(f"The order '{job.order}' of a stack is unknown: choose one of {', '.join(STACK_ORDERS)}.")
    inputs = find_inputs(job)
    plain, masks, notes = _from_rasters(job, inputs)
    products, remarks = _from_products(job, inputs)
    return Gathered(inputs, (*plain, *products), tuple(masks), (*notes, *remarks))


def complete(job: CubeJob, gathered: Gathered) -> CubeSpec:
    """Put together what was gathered; every raster is opened once as a check.

    Raises:
        InputError: a band or file is missing, rasters do not fit each other, or nothing is left.
    """
    inputs, masks, notes = gathered.inputs, list(gathered.masks), list(gathered.notes)
    used = _without(gathered.acquisitions, job.left_out)
    acquisitions = sorted(choose_bands(used, job.bands), key=lambda acquisition: acquisition.date)
    _check_resampled(job, acquisitions[0])
    acquisitions = [_calibrated(acquisition, job) for acquisition in acquisitions]
    if inputs.masks:
        masks = dated_masks(job, inputs)
        acquisitions = [replace(acquisition, mask=None) for acquisition in acquisitions]
    acquisitions, leftovers = match_masks(acquisitions, masks)
    rule, remarks = rule_for(job, acquisitions, masks)
    grid = absolute(job.grid) if job.grid else _finest(acquisitions[0])
    spec = CubeSpec(tuple(acquisitions), rule, grid, job.resampling, job.same_day)
    notes += leftovers + remarks + _day_notes(spec)
    with open_cube(spec) as cube:
        return replace(spec, notes=tuple(dict.fromkeys(notes + cube.problems())))


def describe(spec: CubeSpec) -> list[dict[str, Any]]:
    """Return one row per acquisition for tables: date, label, bands, mask ('' where there is none)."""
    return [
        {
            "date": acquisition.date,
            "label": acquisition.label,
            "bands": ", ".join(band.name for band in acquisition.bands),
            "mask": stem(acquisition.mask.dataset) if acquisition.mask else "",
        }
        for acquisition in spec.acquisitions
    ]


def _from_rasters(job: CubeJob, inputs: Inputs) -> tuple[list[Acquisition], list[DatedMask], list[str]]:
    """Return acquisitions, masks among their bands and notes of all rasters that are no Sentinel-2 products."""
    headers = [read_header(name) for name in inputs.rasters if name not in inputs.products]
    if not headers:
        return [], [], []
    pieces, notes = date_inputs(job, headers, inputs)
    bands, quality = split_quality(name_by_difference(pieces), job.bands)
    bands, remarks = with_documented_values(bands, job)
    masks, mask_notes = masks_among_bands(job, quality)
    groups = name_as_wanted(group_pieces(bands), job.bands)
    acquisitions = [as_acquisition(group) for group in groups]
    return acquisitions, masks, notes + remarks + scale_notes(bands, job) + mask_notes


def _from_products(job: CubeJob, inputs: Inputs) -> tuple[list[Acquisition], list[str]]:
    """Return acquisitions and notes of the Sentinel-2 products; subdatasets of one product are one."""
    names: dict[str, list[str]] = defaultdict(list)
    for name, root in inputs.products.items():
        names[root].append(name)
    given = given_by_raster(job, inputs)
    acquisitions: list[Acquisition] = []
    notes: list[str] = []
    for root, members in names.items():
        bands = [band for name in members for band in subdataset_bands(name)]
        found, remarks = read_product(root, job.bands or tuple(dict.fromkeys(bands)))
        date = given.get(members[0])
        acquisitions += [replace(acquisition, date=date) if date else acquisition for acquisition in found]
        notes += remarks
    return acquisitions, notes


def _without(acquisitions: Sequence[Acquisition], left_out: tuple[str, ...]) -> list[Acquisition]:
    """Return the acquisitions that `left_out` does not name, by day, date-time or label."""
    names = set(left_out)
    used = [item for item in acquisitions if names.isdisjoint((item.date, item.date[:10], item.label))]
    if not used:
        raise InputError(f"All {len(acquisitions)} acquisitions are left out: use at least one.")
    return used


def _check_resampled(job: CubeJob, acquisition: Acquisition) -> None:
    names = [band.name for band in acquisition.bands]
    for name in job.band_resampling:
        if name not in names:
            raise InputError(f"A resampling is set for band {name}, which is not used: choose from {', '.join(names)}.")


def _calibrated(acquisition: Acquisition, job: CubeJob) -> Acquisition:
    return replace(acquisition, bands=tuple(calibrated(band, job) for band in acquisition.bands))


def _finest(acquisition: Acquisition) -> str:
    """Return the raster with the smallest pixels among the first acquisition's, '' if that is its first one."""
    names = list(dict.fromkeys(band.dataset for band in acquisition.bands))
    grids = {name: grid_of(name) for name in names} if len(names) > 1 else {}
    first = grids.get(names[0])
    best = names[0]
    for name, grid in grids.items():
        smaller = abs(grid.transform[1]) < 0.99 * abs(grids[best].transform[1])
        if first and smaller and grid.has_crs_of(first):
            best = name
    return "" if best == names[0] else best


def _day_notes(spec: CubeSpec) -> list[str]:
    """Return a note on days with several acquisitions."""
    by_day: dict[str, list[str]] = defaultdict(list)
    for acquisition in spec.acquisitions:
        by_day[acquisition.date[:10]].append(acquisition.label)
    several = {day: labels for day, labels in by_day.items() if len(labels) > 1}
    if not several:
        return []
    handled = "mosaicked, the first valid pixel counts" if spec.same_day == MOSAIC else "kept apart"
    listed = "; ".join(f"{day} ({', '.join(labels)})" for day, labels in list(several.items())[:_SHOWN])
    more = f" and {len(several) - _SHOWN} more" if len(several) > _SHOWN else ""
    return [f"Days with several acquisitions, {handled}: {listed}{more}."]
