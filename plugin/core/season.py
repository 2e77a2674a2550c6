# SPDX-License-Identifier: GPL-2.0-or-later
"""Days since the season's start: the position of a date, real days and never its rank."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from .errors import InputError


def parse_date(text: str) -> date:
    """Read the day of an ISO date or date-time (2021-06-05 or 2021-06-05T10:00:31).

    Raises:
        ValueError: `text` is no ISO date.
    """
    return datetime.fromisoformat(text).date()


def days_since(start: date, dates: Iterable[str]) -> list[float]:
    """Return the days from `start` to each ISO date."""
    return [float((parse_date(text) - start).days) for text in dates]


def season_start_for(model_start: str, model_first_day: float, dates: Sequence[str]) -> date:
    """Return the start of the season, in the years of `dates`, that matches the model's season.

    A model trained on 2018 starts counting at some month and day; a cube of 2021 is counted from the same month and
    day of the year that puts its first date nearest to the model's first day.
    """
    start = parse_date(model_start)
    first = min(parse_date(text) for text in dates)
    day = min(start.day, 28) if start.month == 2 else start.day
    candidates = [date(year, start.month, day) for year in range(first.year - 2, first.year + 3)]
    return min(candidates, key=lambda candidate: abs((first - candidate).days - model_first_day))


def within_season(dates: Iterable[str], season: Sequence[str]) -> list[bool]:
    """Return which ISO dates lie from the first to the last day of `season`, both included.

    The two days are MM-DD (of any year; 11-01 to 02-28 goes over the new year) or YYYY-MM-DD.

    Raises:
        InputError: `season` is no pair of such days, or ends before it starts.
    """
    days = [str(day).strip() for day in season]
    lengths = {len(day) for day in days}
    is_yearly = lengths == {5}
    if len(days) != 2 or not (is_yearly or lengths == {10}) or not all(_is_day(day, is_yearly) for day in days):
        raise InputError(f"The season is '{' to '.join(days)}': give its first and last day, as 05-01 and 08-31.")
    start, end = days
    if start <= end:
        return [start <= _day_text(text, is_yearly) <= end for text in dates]
    if not is_yearly:
        raise InputError(f"The season ends on {end}, before it starts on {start}: exchange the two days.")
    return [not end < _day_text(text, is_yearly) < start for text in dates]


def _is_day(text: str, is_yearly: bool) -> bool:
    try:
        parse_date(f"2020-{text}" if is_yearly else text)
    except ValueError:
        return False
    return True


def _day_text(text: str, is_yearly: bool) -> str:
    day = parse_date(text)
    return f"{day:%m-%d}" if is_yearly else day.isoformat()
