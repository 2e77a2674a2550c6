# SPDX-License-Identifier: GPL-2.0-or-later
"""Every band of a job's rasters with its date: the user's first, else what the files and layers tell."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from ..core.errors import InputError
from ..core.jobs import CubeJob
from .dates import read_user_date
from .headers import Header
from .inputs import Inputs, absolute
from .names import stem, without_band
from .pieces import (
    DESCRIPTION,
    FILE_TAG,
    FOLDER,
    NAME,
    USER,
    Dating,
    Piece,
    date_raster,
    ordered_stack,
    single_pieces,
    stack_dates,
    stack_names,
    stack_pieces,
)  # fmt: skip

_SHOWN = 3
_HINT = (
    "give the dates in the settings, put them into the file names (such as 20210605) or into the band descriptions, or "
    "set the layers' temporal properties"
)


def user_dates(job: CubeJob) -> tuple[str, ...]:
    """Return the user's dates as ISO; '' where a raster's own date shall count.

    Raises:
        InputError: one cannot be read; the message names it.
    """
    return tuple(read_user_date(text) if text.strip() else "" for text in job.dates)


def layer_dates(job: CubeJob) -> dict[str, str]:
    """Return the dates that QGIS layers know, by absolute dataset name."""
    return {absolute(name): read_user_date(text) for name, text in job.layer_dates.items() if text}


def given_by_raster(job: CubeJob, inputs: Inputs) -> dict[str, str]:
    """Return the user's date of each raster that got one, where dates were given per raster; else {}."""
    dates = user_dates(job)
    if len(dates) != len(inputs.rasters):
        return {}
    return {name: date for name, date in zip(inputs.rasters, dates) if date}


def date_inputs(job: CubeJob, headers: Sequence[Header], inputs: Inputs) -> tuple[list[Piece], list[str]]:
    """Return every band of the rasters with its date, and notes on where dates came from.

    Raises:
        InputError: a raster has no date, or an ambiguous one, or the user's dates do not fit.
    """
    dates = tuple(date for date in user_dates(job) if date)
    given = given_by_raster(job, inputs)
    if dates and not given:
        return _by_user(dates, headers, job), []
    known = layer_dates(job)
    pieces: list[Piece] = []
    doubts: list[str] = []
    for header in headers:
        if header.dataset in given:
            pieces += single_pieces(header, Dating(given[header.dataset], USER))
            continue
        stacked = stack_dates(header)
        if stacked:
            pieces += stack_pieces(header, stacked, stack_names(header), DESCRIPTION)
            continue
        dating = date_raster(header, known.get(header.dataset, ""))
        doubts += [dating.note] if dating.note else []
        pieces += single_pieces(header, dating)
    _refuse_undated(pieces)
    _refuse_shared(pieces)
    if len(doubts) > _SHOWN:
        doubts[_SHOWN:] = [f"The same holds for {len(doubts) - _SHOWN} more rasters."]
    return pieces, doubts + _where_from(pieces)


def _by_user(dates: tuple[str, ...], headers: Sequence[Header], job: CubeJob) -> list[Piece]:
    """Apply the user's dates that are not one per raster: one per group of one-band files, or per date of a stack."""
    given = _by_group(dates, headers)
    if given:
        return [piece for header in headers for piece in single_pieces(header, Dating(given[header.dataset], USER))]
    twice = [date for date, count in Counter(dates).items() if count > 1]
    if twice:
        raise InputError(f"The date {twice[0]} is given twice for one stack: correct one of them.")
    if len(headers) > 1 and any(len(header.bands) % len(dates) for header in headers):
        raise InputError(
            f"{len(dates)} dates are given for {len(headers)} rasters: give one date per raster, or one per date of "
            "each stack."
        )
    return [piece for header in headers for piece in _dated_stack(header, dates, job.order)]


def _by_group(dates: tuple[str, ...], headers: Sequence[Header]) -> dict[str, str]:
    """Deal dates to groups of one-band files whose names differ in the band alone, in the order of the files."""
    if len(headers) <= len(dates) or any(len(header.bands) > 1 for header in headers):
        return {}
    groups = {header.dataset: without_band(stem(header.dataset)) for header in headers}
    order = list(dict.fromkeys(groups.values()))
    if len(order) != len(dates):
        return {}
    return {name: dates[order.index(group)] for name, group in groups.items()}


def _dated_stack(header: Header, dates: tuple[str, ...], order: str) -> list[Piece]:
    """Give a stack the user's dates: in place of those it tells where their number is the same."""
    told = stack_dates(header)
    distinct = list(dict.fromkeys(told or []))
    if told and len(distinct) == len(dates) and order == "auto":
        renewed = dict(zip(sorted(distinct), dates))
        return stack_pieces(header, [renewed[date] for date in told], stack_names(header), USER)
    return ordered_stack(header, dates, order)


def _refuse_undated(pieces: Sequence[Piece]) -> None:
    names = list(dict.fromkeys(piece.band.dataset for piece in pieces if not piece.date))
    if names:
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        raise InputError(f"No date was found for {', '.join(names[:_SHOWN])}{more}: {_HINT}.")


def _refuse_shared(pieces: Sequence[Piece]) -> None:
    """Refuse a date that a folder or a TIFF tag gives to several files with the same band: it is not theirs."""
    first: dict[tuple[str, str], Piece] = {}
    for piece in pieces:
        if piece.found_in not in (FOLDER, FILE_TAG):
            continue
        other = first.setdefault((piece.date[:10], piece.band.name), piece)
        if other is not piece:
            raise InputError(
                f"No date was found for {other.band.dataset} and {piece.band.dataset}; {piece.found_in} say "
                f"{piece.date[:10]} for both, which cannot be trusted: {_HINT}."
            )


def _where_from(pieces: Sequence[Piece]) -> list[str]:
    """Return a note for each unusual place where dates were found."""
    places: dict[str, set[str]] = defaultdict(set)
    for piece in pieces:
        places[piece.found_in].add(piece.band.dataset)
    return [
        f"Dates of {len(datasets)} rasters were taken from {place}."
        for place, datasets in places.items()
        if place not in (NAME, DESCRIPTION, USER)
    ]
