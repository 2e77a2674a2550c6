# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from datetime import date

import pytest
from chronomap.plugin.core.season import days_since, parse_date, season_start_for


def test_days_are_real_days_not_ranks():
    assert days_since(date(2021, 1, 1), ["2021-01-01", "2021-01-11T10:00:31", "2021-03-01"]) == [0.0, 10.0, 59.0]


def test_days_before_the_start_are_negative():
    assert days_since(date(2021, 1, 1), ["2020-12-30"]) == [-2.0]


@pytest.mark.parametrize("text", ["", "2021-13-01", "05/06/2021", "B4"])
def test_a_text_that_is_no_date_is_refused(text):
    with pytest.raises(ValueError, match=r".+"):
        parse_date(text)


@pytest.mark.parametrize(
    ("model_start", "first_day", "dates", "start"),
    [
        ("2018-01-01", 14.0, ["2021-01-20", "2021-12-01"], date(2021, 1, 1)),
        ("2018-01-01", 14.0, ["2020-12-28", "2021-09-01"], date(2021, 1, 1)),  # begins a little before the season
        ("2017-09-01", 30.0, ["2021-10-05", "2022-08-01"], date(2021, 9, 1)),  # a season over two years
        ("2017-09-01", 150.0, ["2022-02-03"], date(2021, 9, 1)),
        ("2020-02-29", 0.0, ["2021-03-02"], date(2021, 2, 28)),  # no 29th of February there
    ],
)
def test_a_cube_of_another_year_is_counted_from_the_same_day_of_its_season(model_start, first_day, dates, start):
    assert season_start_for(model_start, first_day, dates) == start
