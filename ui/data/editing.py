# SPDX-License-Identifier: GPL-2.0-or-later
"""What a user's hand does to a cube job: add and remove rasters, correct dates, leave acquisitions out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ...plugin.core.jobs import CubeJob
from ...plugin.run.survey import Survey, SurveyRow


def with_rasters(job: CubeJob, survey: Survey, datasets: Sequence[str], layer_dates: Mapping[str, str]) -> CubeJob:
    """Return `job` with `datasets` added (each once) and with the dates that their layers know."""
    new = [name for name in dict.fromkeys(datasets) if name not in job.rasters]
    dates: tuple[str, ...] = ()
    if _is_by_raster(job, survey):
        own = sum(1 for name in survey.rasters if name in job.rasters)  # the folder's rasters come after these
        dates = (*job.dates[:own], *([""] * len(new)), *job.dates[own:])
    known = {**job.layer_dates, **layer_dates}
    return replace(job, rasters=(*job.rasters, *new), dates=_tidy(dates), layer_dates=known)


def without_rasters(job: CubeJob, survey: Survey, datasets: Iterable[str]) -> CubeJob:
    """Return `job` without those `datasets` that were chosen one by one."""
    gone = set(datasets) & set(job.rasters)
    dates: tuple[str, ...] = ()
    if _is_by_raster(job, survey):
        dates = tuple(date for name, date in zip(survey.rasters, job.dates) if name not in gone)
    return replace(
        job,
        rasters=tuple(name for name in job.rasters if name not in gone),
        dates=_tidy(dates),
        layer_dates={name: date for name, date in job.layer_dates.items() if name not in gone},
    )


def with_folder(job: CubeJob, folder: str, pattern: str) -> CubeJob:
    """Return `job` with another folder; dates that were given for the old files are dropped."""
    return replace(job, folder=folder, pattern=pattern or "*", dates=())


def with_date(job: CubeJob, survey: Survey, row: SurveyRow, date: str) -> CubeJob:
    """Return `job` with the ISO `date` for one row; '' takes back what the user gave."""
    left_out = tuple(date if name == row.name and date else name for name in job.left_out)
    if survey.is_stack:
        dates = list(job.dates if len(job.dates) == len(survey.rows) else [item.date for item in survey.rows])
        dates[dates.index(row.date)] = date
        return replace(job, dates=tuple(dates) if all(dates) else (), left_out=left_out)
    dates = list(job.dates) if _is_by_raster(job, survey) else _spread(job, survey)
    for index in _places(survey, row):
        dates[index] = date
    outside = [name for name in row.datasets if name not in survey.rasters and name in job.masks]
    known = {**job.layer_dates, **{name: date for name in outside if date}}
    return replace(job, dates=_tidy(dates), layer_dates=known, left_out=left_out)


def with_use(job: CubeJob, rows: Iterable[SurveyRow], is_used: bool) -> CubeJob:
    """Return `job` with acquisitions used or left out."""
    names = {row.name for row in rows if row.name}
    kept = tuple(name for name in job.left_out if name not in names)
    return replace(job, left_out=kept if is_used else (*kept, *sorted(names)))


def is_used(job: CubeJob, row: SurveyRow) -> bool:
    """Tell whether the job uses the acquisition of `row`."""
    return {row.date, row.date[:10], row.label, row.name}.isdisjoint(set(job.left_out) - {""})


def _is_by_raster(job: CubeJob, survey: Survey) -> bool:
    return bool(job.dates) and len(job.dates) == len(survey.rasters)


def _spread(job: CubeJob, survey: Survey) -> list[str]:
    """Return one date per raster: blank, or what the user gave per group of files."""
    if not job.dates:
        return [""] * len(survey.rasters)
    by_raster = {name: row.date for row in survey.rows for name in row.datasets}
    return [by_raster.get(name, "") for name in survey.rasters]


def _places(survey: Survey, row: SurveyRow) -> list[int]:
    """Return the indices of the rasters that hold `row`; products (SAFE) hold their files in their name."""
    exact = [index for index, name in enumerate(survey.rasters) if name in row.datasets]
    if exact:
        return exact
    return [index for index, name in enumerate(survey.rasters) if any(name in dataset for dataset in row.datasets)]


def _tidy(dates: Sequence[str]) -> tuple[str, ...]:
    """Return no dates where none is given."""
    return tuple(dates) if any(dates) else ()
