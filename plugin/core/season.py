# SPDX-License-Identifier: GPL-2.0-or-later
"""Days since the season's start: the position of a date, real days and never its rank."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime


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
