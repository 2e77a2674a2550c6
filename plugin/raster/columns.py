# SPDX-License-Identifier: GPL-2.0-or-later
"""Which columns of a table hold which band on which date."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Optional

from ..core.errors import InputError
from ..core.jobs import TableJob
from ..core.season import parse_date
from .legend import few

UNNAMED_BAND = "value"
_DATE = re.compile(r"(?<!\d)((?:19|20)\d{2})([-_.]?)(\d{2})\2(\d{2})(?:T\d{6})?(?!\d)")
_DAY_OF_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(\d{3})(?!\d)")
_BAND_THEN_NUMBER = re.compile(r"(?P<band>.+?)[-_. ](?P<number>\d{1,3})")  # NDVI_01
_NUMBER_THEN_BAND = re.compile(r"(?P<number>\d{1,3})[-_. ](?P<band>.+)")  # 0_NDVI, as Earth Engine exports
_BAND_AND_NUMBER = re.compile(r"(?P<band>[A-Za-z]+)(?P<number>\d{1,3})")  # ndvi1
_SEPARATORS = "-_. "


@dataclass(frozen=True)
class SeriesColumns:
    """Columns of a table of series: `index[t][c]` is the column of date t and band c.

    `are_dates_nominal`: the dates are the user's, not the table's.
    """

    index: tuple[tuple[int, ...], ...]
    bands: tuple[str, ...]
    dates: tuple[str, ...]
    are_dates_nominal: bool


def find_columns(names: Sequence[str], has_header: bool, taken: Sequence[str], job: TableJob) -> SeriesColumns:
    """Find the value columns among `names`; `taken` are those that hold class, group and fold.

    Raises:
        InputError: no or not all columns are found, or their dates are neither named nor given.
    """
    missing = [name for name in job.columns if name not in names]
    if missing:
        raise InputError(f"{job.table} has no column {few(missing)}: choose among {few(names, 20)}.")
    candidates = list(job.columns) or [name for name in names if name not in taken]
    found = _named_by_date(candidates) or _named_by_number(candidates) if has_header else {}
    is_whole = len(found) == len(candidates)
    if found and (is_whole or not job.columns):
        return _from_names(found, names, job)
    if job.columns or not has_header:
        return _in_order(candidates, names, job)
    raise InputError(
        f"{job.table} has no columns named like NDVI_2021-06-05 or NDVI_01 (there are {few(names, 12)}): name the "
        "value columns."
    )


def column_date(name: str) -> Optional[tuple[str, str]]:
    """Return band ('' = none) and ISO date of a column name, None where it has no date."""
    for pattern in (_DATE, _DAY_OF_YEAR):
        match = pattern.search(name)
        day = _day(match) if match else None
        if match and day:
            left, right = name[: match.start()].strip(_SEPARATORS), name[match.end() :].strip(_SEPARATORS)
            return "_".join(part for part in (left, right) if part), day.isoformat()
    return None


def _day(match: re.Match[str]) -> Optional[date]:
    try:
        if match.re is _DATE:
            return date(int(match[1]), int(match[3]), int(match[4]))
        start = date(int(match[1]), 1, 1)
        day = start + timedelta(days=int(match[2]) - 1)
    except ValueError:
        return None
    return day if day.year == start.year else None


def _named_by_date(names: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return band and date of the columns that name one."""
    found = {name: column_date(name) for name in names}
    return {name: place for name, place in found.items() if place}


def _named_by_number(names: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return band and number (three digits) of the columns that follow a pattern: the first that two follow."""
    for pattern in (_BAND_THEN_NUMBER, _NUMBER_THEN_BAND, _BAND_AND_NUMBER):
        matches = {name: pattern.fullmatch(name) for name in names}
        found = {name: (match["band"], match["number"].zfill(3)) for name, match in matches.items() if match}
        if len(found) > 1:
            return found
    return {}


def _from_names(found: Mapping[str, tuple[str, str]], names: Sequence[str], job: TableJob) -> SeriesColumns:
    """Arrange columns whose names tell band and date or number."""
    column: dict[tuple[str, str], int] = {}
    for name, place in found.items():
        if place in column:
            raise InputError(
                f"Columns {names[column[place]]} and {name} of {job.table} are the same band and date: remove one."
            )
        column[place] = names.index(name)
    bands, times = list(dict.fromkeys(band for band, _ in found.values())), sorted({time for _, time in found.values()})
    chosen, titles = _band_titles(bands, job)
    for band in chosen:
        lacking = [time for time in times if (band, time) not in column]
        if lacking:
            raise InputError(
                f"{job.table} has no column of band '{band}' for {few(lacking)}: add it, choose bands that have every "
                "date, or name the value columns."
            )
    index = tuple(tuple(column[band, time] for band in chosen) for time in times)
    own_dates = tuple(times) if "-" in times[0] else ()
    dates = _dates(job, len(times), own_dates)
    return SeriesColumns(index, titles, dates, dates != own_dates)


def _band_titles(bands: Sequence[str], job: TableJob) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the bands to take, and what to call them."""
    if job.bands and set(job.bands) <= set(bands):
        return job.bands, job.bands
    if job.bands and len(job.bands) != len(bands):
        raise InputError(f"{job.table} has the bands {few(bands, 20)}, not {few(job.bands, 20)}: choose among these.")
    return tuple(bands), job.bands or tuple(band or UNNAMED_BAND for band in bands)


def _in_order(columns: Sequence[str], names: Sequence[str], job: TableJob) -> SeriesColumns:
    """Arrange columns by their order alone: date-major, or band-major as the job says."""
    bands = job.bands or (UNNAMED_BAND,)
    dates, rest = divmod(len(columns), len(bands))
    if rest or not dates:
        raise InputError(f"{job.table} has {len(columns)} value columns, which {len(bands)} bands do not divide.")
    places = [names.index(name) for name in columns]
    if job.band_major:
        index = tuple(tuple(places[c * dates + t] for c in range(len(bands))) for t in range(dates))
    else:
        index = tuple(tuple(places[t * len(bands) + c] for c in range(len(bands))) for t in range(dates))
    return SeriesColumns(index, tuple(bands), _dates(job, dates, ()), True)


def _dates(job: TableJob, count: int, own: tuple[str, ...]) -> tuple[str, ...]:
    """Return the user's dates, else those of the table."""
    if job.dates:
        days = [_given_date(text) for text in job.dates]
        if len(days) != count:
            raise InputError(f"{len(days)} dates are given, but {job.table} has {count}: give one for each.")
        if any(later <= day for day, later in zip(days, days[1:])):
            raise InputError("The dates given for the table do not ascend: give them in order, each once.")
        return tuple(day.isoformat() for day in days)
    if job.start:
        start = _given_date(job.start)
        if job.step_days < 1:
            raise InputError(f"The step is {job.step_days:g} days: give at least 1 day from date to date.")
        return tuple((start + timedelta(days=round(t * job.step_days))).isoformat() for t in range(count))
    if not own:
        raise InputError(f"The {count} dates of {job.table} are unknown: give dates, or a start and a step in days.")
    return own


def _given_date(text: str) -> date:
    try:
        return parse_date(text.strip())
    except ValueError as error:
        raise InputError(f"'{text}' is no date: write it as 2021-06-05.") from error
