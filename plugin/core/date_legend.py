# SPDX-License-Identifier: GPL-2.0-or-later
"""The legend of layers whose values are dates: a colour for every day, going round with the year."""

from __future__ import annotations

from collections.abc import Sequence

from .classes import ClassInfo
from .season import parse_date
from .theme import FALLBACK, mix

# Winter is dark and summer bright, so that the halves of the year stay apart for colour-blind readers too.
_MONTHS = (
    "#2b3a67", "#2f6690", "#2a9d8f", "#57b25f", "#9fce54", "#e3e04f",
    "#f7c948", "#f2994a", "#d9573c", "#a83a56", "#6d3a6e", "#3f3466",
)  # fmt: skip
_DAYS_OF_YEAR = 365.25
NEVER = "never"


def season_color(date: str) -> str:
    """Return the colour (#rrggbb) of an ISO date: of its day of the year, between those of the months around it."""
    place = (parse_date(date).timetuple().tm_yday - 1) / _DAYS_OF_YEAR * len(_MONTHS) - 0.5  # middle of January: 0
    month = int(place // 1)
    return mix(_MONTHS[month % len(_MONTHS)], _MONTHS[(month + 1) % len(_MONTHS)], place - month)


def date_classes(dates: Sequence[str], with_never: bool = False) -> tuple[ClassInfo, ...]:
    """Return the values 1..T of a layer of dates with their names and colours; 0 is "never" where `with_never`."""
    first = (ClassInfo(0, NEVER, FALLBACK),) if with_never else ()
    return first + tuple(ClassInfo(number, day, season_color(day)) for number, day in enumerate(dates, start=1))
