# SPDX-License-Identifier: GPL-2.0-or-later
"""What the rasters of a cube job hold, date by date, also where something is missing: what a form shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Optional

from ..core.cube_spec import Acquisition, CubeSpec, MaskSource
from ..core.errors import InputError
from ..core.jobs import CubeJob
from ..raster.dates import read_user_date
from ..raster.dating import given_by_raster, layer_dates
from ..raster.discover import Gathered, complete, gather
from ..raster.grid import Grid, grid_of
from ..raster.headers import Header, read_header
from ..raster.inputs import Inputs, find_inputs
from ..raster.names import band_in_name, quality_preset, stem
from ..raster.pieces import FILE_TAG, FOLDER, date_raster, stack_dates

_ASK = "No date was found: type it here"
_ASK_STACK = f"{_ASK}; for a stack of several dates give them under Masks and values"


@dataclass(frozen=True)
class SurveyRow:
    """One acquisition (or, where dates are doubtful, one raster): `trouble` says what is asked of the user.

    `name` is what CubeJob.left_out calls it; `datasets` are the rasters that hold it, its mask's included.
    """

    date: str
    label: str
    bands: tuple[str, ...] = ()
    mask: str = ""
    datasets: tuple[str, ...] = ()
    trouble: str = ""
    name: str = ""


@dataclass(frozen=True)
class Survey:
    """The rows, all band names there are, the rasters in the order in which dates are given, notes, and the cube.

    `spec` and `grid` are None where the job cannot run; then `problem` says why.
    """

    rows: tuple[SurveyRow, ...] = ()
    bands: tuple[str, ...] = ()
    rasters: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    problem: str = ""
    spec: Optional[CubeSpec] = None
    grid: Optional[Grid] = None

    @property
    def is_stack(self) -> bool:
        """Whether a raster holds several dates, so that dates are given for all of them together."""
        return len(self.rasters) == 1 and len(self.rows) > 1


def survey(job: CubeJob) -> Survey:
    """Look at the rasters of `job`; faults become sentences of the survey, never errors."""
    try:
        inputs = find_inputs(job)
    except InputError as error:
        return Survey(problem=str(error))
    try:
        found, spec, problem = _look(job)
    except InputError as error:
        return Survey(tuple(_doubtful_rows(job, inputs)), rasters=inputs.rasters, problem=str(error))
    return Survey(
        rows=_rows(found, spec),
        bands=tuple(dict.fromkeys(band.name for acquisition in found.acquisitions for band in acquisition.bands)),
        rasters=inputs.rasters,
        notes=spec.notes if spec else found.notes,
        problem=problem,
        spec=spec,
        grid=grid_of(spec.grid or spec.acquisitions[0].bands[0].dataset) if spec else None,
    )


def _look(job: CubeJob) -> tuple[Gathered, Optional[CubeSpec], str]:
    """Gather all bands and complete the job with them; names that the user gave to nameless bands need their own."""
    found = gather(replace(job, bands=()))
    try:
        return found, complete(job, found), ""
    except InputError as error:
        problem = str(error)
    if job.bands:
        named = gather(job)
        try:
            return named, complete(job, named), ""
        except InputError:
            pass  # the first problem is told: it knows all bands
    return found, None, problem


def _rows(found: Gathered, spec: Optional[CubeSpec]) -> tuple[SurveyRow, ...]:
    masks = {_key(acquisition): acquisition.mask for acquisition in spec.acquisitions} if spec else {}
    given = set(found.inputs.rasters)
    acquisitions = sorted(found.acquisitions, key=lambda acquisition: acquisition.date)
    return tuple(_row(item, masks.get(_key(item)), given, acquisitions) for item in acquisitions)


def _row(
    acquisition: Acquisition, mask: Optional[MaskSource], given: set[str], others: Sequence[Acquisition]
) -> SurveyRow:
    datasets = dict.fromkeys(band.dataset for band in acquisition.bands)
    if mask is not None:
        datasets[mask.dataset] = None
    same_day = [item for item in others if item.date[:10] == acquisition.date[:10]]
    is_alone = len(same_day) == 1 or (len(acquisition.date) > 10 and _times(same_day, acquisition.date) == 1)
    return SurveyRow(
        date=acquisition.date,
        label=acquisition.label,
        bands=tuple(band.name for band in acquisition.bands),
        mask=stem(mask.dataset) if mask else "",
        datasets=tuple(datasets),
        name=acquisition.date if is_alone else acquisition.label,
    )


def _times(acquisitions: Sequence[Acquisition], date: str) -> int:
    return sum(1 for item in acquisitions if item.date == date)


def _key(acquisition: Acquisition) -> tuple[str, str]:
    return acquisition.date, acquisition.label


def _doubtful_rows(job: CubeJob, inputs: Inputs) -> Iterator[SurveyRow]:
    """Yield what can be told of each raster while dates are missing or ambiguous."""
    try:
        given, known = given_by_raster(job, inputs), layer_dates(job)
    except InputError:  # a date that cannot be read is the survey's problem
        given, known = {}, {}
    for name in inputs.rasters:
        if name in given:
            yield SurveyRow(given[name], stem(name), datasets=(name,), name=given[name])
            continue
        try:
            header = read_header(name)
            rows = _dated_rows(header, known.get(name, ""))
        except InputError as error:
            rows = [SurveyRow("", stem(name), datasets=(name,), trouble=str(error))]
        yield from rows


def _dated_rows(header: Header, layer_date: str) -> list[SurveyRow]:
    """Return one row per date of a raster; none for a quality layer that has its date."""
    name, datasets = stem(header.dataset), (header.dataset,)
    stacked = stack_dates(header)
    if stacked:
        return [SurveyRow(date, name, datasets=datasets, name=date) for date in dict.fromkeys(stacked)]
    dating = date_raster(header, layer_date)
    if not dating.date:
        return [SurveyRow("", name, datasets=datasets, trouble=_ASK if len(header.bands) < 2 else _ASK_STACK)]
    if dating.found_in in (FOLDER, FILE_TAG):
        trouble = f"The date comes from {dating.found_in}: check it, or type another"
        return [SurveyRow(dating.date, name, datasets=datasets, trouble=trouble, name=dating.date)]
    if quality_preset(band_in_name(name)) is not None:
        return []
    return [SurveyRow(dating.date, name, datasets=datasets, name=dating.date)]


def typed_date(text: str) -> str:
    """Return the ISO date that a user typed, '' for a blank.

    Raises:
        InputError: it is no date.
    """
    return read_user_date(text) if text.strip() else ""
