# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest
from chronomap.plugin.core.date_legend import date_classes, season_color
from chronomap.plugin.core.errors import InputError
from chronomap.plugin.core.season import within_season
from chronomap.plugin.core.theme import luminance

DATES = ["2020-12-20", "2021-01-10", "2021-05-01", "2021-08-31T10:00:00", "2021-11-02"]


def test_colours_go_round_with_the_year():
    end, start = season_color("2021-12-31"), season_color("2022-01-01")
    steps = [abs(int(end[i : i + 2], 16) - int(start[i : i + 2], 16)) for i in (1, 3, 5)]
    assert max(steps) <= 3
    assert luminance(season_color("2021-06-20")) > 3 * luminance(season_color("2021-12-20"))


def test_dates_are_numbered_from_one_and_never_is_zero():
    assert [info.value for info in date_classes(DATES)] == [1, 2, 3, 4, 5]
    assert (date_classes(DATES, with_never=True)[0].value, date_classes(DATES, with_never=True)[0].name) == (0, "never")
    assert date_classes(DATES)[2].name == "2021-05-01"


@pytest.mark.parametrize(
    ("season", "expected"),
    [
        (("05-01", "08-31"), [False, False, True, True, False]),
        (("11-01", "02-28"), [True, True, False, False, True]),
        (("2021-01-01", "2021-05-01"), [False, True, True, False, False]),
    ],
)
def test_a_season_counts_its_first_and_last_day_and_may_go_over_the_new_year(season, expected):
    assert within_season(DATES, season) == expected


@pytest.mark.parametrize(
    "season", [(), ("05-01",), ("5-1", "8-31"), ("05-01", "2021-08-31"), ("2021-08-01", "2021-05-01")]
)
def test_what_is_no_season_is_refused_in_words(season):
    with pytest.raises(InputError, match="season"):
        within_season(DATES, season)
