# SPDX-License-Identifier: GPL-2.0-or-later
"""What edits do to a cube job, also where dates, folders and left-out rows meet."""

from __future__ import annotations

from chronomap.plugin.core.jobs import CubeJob
from chronomap.plugin.run.survey import Survey, SurveyRow
from chronomap.ui.data import editing


def row(name, date, *datasets):
    return SurveyRow(date, name, datasets=datasets or (name,), name=date)


def test_added_rasters_stand_before_those_of_the_folder_and_get_no_date():
    survey = Survey(rasters=("a", "f1", "f2"))
    job = CubeJob("", rasters=("a",), folder="f", dates=("2021-01-01", "", "2021-01-03"))
    job = editing.with_rasters(job, survey, ["b", "a"], {"b": "2021-01-02"})
    assert job.rasters == ("a", "b")
    assert job.dates == ("2021-01-01", "", "", "2021-01-03")
    assert job.layer_dates == {"b": "2021-01-02"}


def test_a_corrected_date_stays_left_out():
    survey = Survey(rows=(row("a", "2021-01-01"),), rasters=("a",))
    job = CubeJob("", rasters=("a",), left_out=("2021-01-01",))
    assert editing.with_date(job, survey, survey.rows[0], "2021-01-05").left_out == ("2021-01-05",)


def test_a_blank_date_takes_the_correction_back():
    survey = Survey(rows=(row("a", "2021-01-05"), row("b", "2021-01-06")), rasters=("a", "b"))
    job = CubeJob("", rasters=("a", "b"), dates=("2021-01-05", ""))
    assert editing.with_date(job, survey, survey.rows[0], "").dates == ()


def test_all_files_of_an_acquisition_get_its_date():
    rows = (row("x", "2021-01-01", "x_B04", "x_B08"), row("y", "2021-01-09", "y_B04", "y_B08"))
    survey = Survey(rows=rows, rasters=("x_B04", "x_B08", "y_B04", "y_B08"))
    job = editing.with_date(CubeJob("", rasters=survey.rasters), survey, rows[1], "2021-02-02")
    assert job.dates == ("", "", "2021-02-02", "2021-02-02")


def test_dates_given_per_group_of_files_are_spread_to_the_files():
    rows = (row("x", "2021-01-01", "x_B04", "x_B08"), row("y", "2021-01-09", "y_B04", "y_B08"))
    survey = Survey(rows=rows, rasters=("x_B04", "x_B08", "y_B04", "y_B08"))
    job = CubeJob("", rasters=survey.rasters, dates=("2021-01-01", "2021-01-09"))
    assert editing.with_date(job, survey, rows[1], "2021-02-02").dates == (
        "2021-01-01", "2021-01-01", "2021-02-02", "2021-02-02",
    )  # fmt: skip


def test_a_product_gets_its_date_through_the_files_in_it():
    rows = (row("x", "2021-01-01", "/vsizip//x.SAFE.zip/B04.jp2"), row("y", "2021-01-09", "/y.SAFE/B04.jp2"))
    survey = Survey(rows=rows, rasters=("/x.SAFE.zip", "/y.SAFE"))
    job = editing.with_date(CubeJob("", rasters=survey.rasters), survey, rows[0], "2021-02-02")
    assert job.dates == ("2021-02-02", "")


def test_acquisitions_left_out_by_day_count_as_left_out():
    job = CubeJob("", left_out=("2021-01-01",))
    assert not editing.is_used(job, row("a", "2021-01-01T10:00:00"))
    assert editing.is_used(job, row("a", "2021-01-02"))
