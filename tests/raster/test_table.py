# SPDX-License-Identifier: GPL-2.0-or-later
"""Tables of ready series: columns and dates found or asked for, gaps invalid, everything left out told."""

from __future__ import annotations

import numpy as np
import pytest
from chronomap.plugin.core.errors import Canceled, InputError
from chronomap.plugin.core.jobs import TableJob
from chronomap.plugin.core.monitor import Monitor
from chronomap.plugin.raster.columns import column_date
from chronomap.plugin.raster.table import table_samples
from osgeo import gdal
from synthetic import SCALE, series, some_dates, table_csv

CLASSES = ("Maize", "Wheat")
NOMINAL = "The dates were given by the user, not by the table: days are nominal."


def read(path, class_field="crop", **fields):
    return table_samples(TableJob(str(path), class_field, "", **fields), Monitor())


def write(path, header, rows, delimiter=","):
    lines = [header, *rows] if header else rows
    path.write_text("\n".join(delimiter.join(map(str, line)) for line in lines) + "\n", encoding="utf-8")
    return path


def rows_of(count=12, columns=4):
    """Return rows: class, group of three rows, then values row + column / 10."""
    return [[CLASSES[row % 2], row // 3, *(row + column / 10 for column in range(columns))] for row in range(count)]


def test_series_are_read_by_band_and_date(tmp_path):
    samples = read(table_csv(tmp_path / "table.csv", bands=2), group_field="polygon")
    expected = series(6, 3, 8, 2, cloud=0.0)
    np.testing.assert_allclose(samples.values, expected["values"] * SCALE, atol=1e-6)
    np.testing.assert_array_equal(samples.group, expected["group"])
    assert (samples.bands, samples.dates) == (("B04", "B08"), some_dates(8))
    assert samples.values.dtype == np.float32
    assert (samples.scale == 1).all()
    assert not samples.days_nominal
    assert samples.is_grouped


def test_dates_that_the_table_lacks_are_asked_for(tmp_path):
    table = table_csv(tmp_path / "table.csv", named_by_date=False)
    with pytest.raises(InputError, match=r"8 dates of .* are unknown: give dates, or a start and a step"):
        read(table)


@pytest.mark.parametrize("fields", [{"dates": some_dates(8)}, {"start": "2021-03-02", "step_days": 10.5}])
def test_given_dates_are_nominal(tmp_path, fields):
    samples = read(table_csv(tmp_path / "table.csv", named_by_date=False), **fields)
    assert samples.days_nominal
    assert NOMINAL in samples.notes
    assert samples.dates[:3] == fields.get("dates", ("2021-03-02", "2021-03-12", "2021-03-23"))[:3]


def test_a_table_without_a_group_column_counts_each_row_as_a_group(tmp_path):
    samples = read(table_csv(tmp_path / "table.csv"))
    assert not samples.is_grouped
    assert len(np.unique(samples.group)) == len(samples) == 18
    assert any("each row is its own group" in note for note in samples.notes)


def test_a_table_without_header_is_read_by_column_numbers(tmp_path):
    rows = [[row % 2 * 311, row // 3, *(row + column / 10 for column in range(4))] for row in range(12)]
    samples = read(write(tmp_path / "t.csv", None, rows), "1", group_field="2", bands=("NIR", "R"), start="2021-01-01",
                   step_days=5)  # fmt: skip
    assert [info.value for info in samples.classes] == [0, 311]
    np.testing.assert_allclose(samples.values[1], [[1.0, 1.1], [1.2, 1.3]])  # date-major
    np.testing.assert_array_equal(np.unique(samples.group), [0, 1, 2, 3])
    assert samples.bands == ("NIR", "R")


def test_columns_in_a_given_order_may_be_band_major(tmp_path):
    table = write(tmp_path / "t.csv", ["crop", "plot", "a", "b", "c", "d"], rows_of())
    samples = read(table, columns=("a", "b", "c", "d"), bands=("NIR", "R"), band_major=True, start="2021-01-01",
                   step_days=5)  # fmt: skip
    np.testing.assert_allclose(samples.values[0], [[0.0, 0.2], [0.1, 0.3]])


def test_blank_cells_are_invalid_and_rows_without_any_value_left_out(tmp_path):
    rows = rows_of()
    rows[0][2], rows[1][5], rows[2][2:] = "", "NaN", ["", "NA", "null", "nan"]
    header = ["crop", "plot", "R_20210501", "NIR_20210501", "R_20210601", "NIR_20210601"]
    samples = read(write(tmp_path / "t.csv", header, rows))
    assert samples.valid[:2].tolist() == [[False, True], [True, False]]
    assert np.isfinite(samples.values).all()
    assert len(samples) == 11
    assert "1 rows have no valid date and are left out." in samples.notes


def test_rows_without_a_class_are_left_out_and_counted(tmp_path):
    rows = rows_of(14)
    rows[3][0] = ""
    samples = read(
        write(tmp_path / "t.csv", ["crop", "plot", "N_01", "N_02", "N_03", "N_04"], rows), dates=some_dates(4)
    )
    assert len(samples) == 13
    assert "1 of 14 rows have no class name and are left out." in samples.notes


def test_classes_of_a_table_are_renamed_and_coloured(tmp_path):
    samples = read(table_csv(tmp_path / "t.csv"), rename={"Wheat": "Cereal"}, colors={"Cereal": "#abcdef"})
    assert (samples.classes[0].name, samples.classes[0].color) == ("Cereal", "#abcdef")


def test_semicolons_and_decimal_commas_are_understood(tmp_path):
    rows = [[str(cell).replace(".", ",") for cell in row] for row in rows_of()]
    header = ["crop", "plot", "N_2021-05-01", "N_2021-05-11", "N_2021-05-21", "N_2021-05-31"]
    samples = read(write(tmp_path / "t.csv", header, rows, delimiter=";"))
    np.testing.assert_allclose(samples.values[1, :, 0], [1.0, 1.1, 1.2, 1.3])


def test_longitude_and_latitude_become_coordinates(tmp_path):
    rows = [[*row[:2], -55.5 + k, -11.2, *row[2:]] for k, row in enumerate(rows_of())]
    header = ["crop", "plot", "longitude", "latitude", "N_2021-05-01", "N_2021-05-11", "N_2021-05-21", "N_2021-05-31"]
    samples = read(write(tmp_path / "t.csv", header, rows))
    np.testing.assert_allclose(samples.xy[1], [-54.5, -11.2])
    assert "WGS 84" in samples.crs_wkt


def test_a_geopackage_gives_the_same_samples_as_its_csv(tmp_path):
    table = table_csv(tmp_path / "table.csv")
    options = gdal.VectorTranslateOptions(format="GPKG", layerName="series")
    source = gdal.OpenEx(str(table), open_options=["AUTODETECT_TYPE=YES"])
    gdal.VectorTranslate(str(tmp_path / "table.gpkg"), source, options=options).FlushCache()
    by_csv, by_ogr = (read(tmp_path / name, group_field="polygon") for name in ("table.csv", "table.gpkg"))
    assert by_csv.fingerprint == by_ogr.fingerprint


def test_bands_can_be_chosen_by_name(tmp_path):
    table = table_csv(tmp_path / "table.csv", bands=3)
    assert read(table, bands=("B11", "B04")).bands == ("B11", "B04")
    np.testing.assert_array_equal(read(table, bands=("B11",)).values[..., 0], read(table).values[..., 2])


def test_groups_of_several_classes_are_told(tmp_path):
    header = ["crop", "plot", "N_2021-05-01", "N_2021-05-11", "N_2021-05-21", "N_2021-05-31"]
    samples = read(write(tmp_path / "t.csv", header, rows_of()), group_field="plot")
    assert any(note.startswith("4 groups hold rows of several classes") for note in samples.notes)


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("NDVI_2021-06-05", ("NDVI", "2021-06-05")),
        ("B8A_20210605", ("B8A", "2021-06-05")),
        ("2021_06_05_B4", ("B4", "2021-06-05")),
        ("NDVI.2021156", ("NDVI", "2021-06-05")),
        ("20210605T100031_VV", ("VV", "2021-06-05")),
        ("2021-06-05", ("", "2021-06-05")),
        ("NDVI_2021-13-05", None),
        ("NDVI_2021366", None),
        ("plot_12345678", None),
        ("NDVI_01", None),
    ],
)
def test_dates_are_read_from_column_names(name, place):
    assert column_date(name) == place


HEADER = ["crop", "plot", "N_2021-05-01", "N_2021-05-11", "N_2021-05-21", "N_2021-05-31"]


@pytest.mark.parametrize(
    ("header", "change", "fields", "words"),
    [
        (HEADER, None, {"class_field": "name"}, "no column 'name': choose one of crop, plot"),
        (HEADER, None, {"group_field": "field"}, "no column 'field'"),
        (HEADER, None, {"columns": ("N_1",)}, "no column N_1: choose among"),
        (HEADER, None, {"dates": ("2021-01-01",)}, "1 dates are given, but .* has 4"),
        (HEADER, None, {"dates": ("2021-01-01",) * 4}, "do not ascend"),
        (HEADER, None, {"start": "1st of May"}, "'1st of May' is no date"),
        (HEADER, None, {"start": "2021-05-01"}, "step is 0 days"),
        (HEADER, None, {"bands": ("R", "G")}, "has the bands N, not R, G"),
        (["crop", "plot", "a", "b", "c", "d"], None, {}, "no columns named like"),
        (["crop", "plot", "N_01", "N_02", "N_03", "R_01"], None, {}, "no column of band 'R' for 002, 003"),
        (["crop", "plot", "N_20210501", "N_2021-05-01", "N_03", "R_01"], None, {}, "are the same band and date"),
        (["crop", "crop", "a", "b", "c", "d"], None, {}, "column 'crop' twice"),
        (HEADER, ("Wheat", 1, "high", 1, 1, 1), {}, "'high' in row 2, column N_2021-05-01"),
        (HEADER, ("Wheat", 1, 1), {}, "Line 2 of .* has 3 cells, but the first line has 6"),
    ],
)
def test_tables_that_do_not_fit_are_refused_in_words(tmp_path, header, change, fields, words):
    rows = rows_of()
    rows[0] = change or rows[0]
    with pytest.raises(InputError, match=words):
        read(write(tmp_path / "t.csv", header, rows), **fields)


def test_three_rows_and_one_class_are_refused(tmp_path):
    with pytest.raises(InputError, match="only 3 samples"):
        read(write(tmp_path / "t.csv", HEADER, rows_of(3)))
    with pytest.raises(InputError, match="one class only \\('Maize'\\)"):
        read(write(tmp_path / "t.csv", HEADER, rows_of(40)[::2]))


def test_missing_empty_and_foreign_tables_are_told(tmp_path):
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "latin.csv").write_bytes("crop,Fläche_2021-05-01\n".encode("latin-1"))
    for name, words in (("none.csv", "cannot be read"), ("empty.csv", "is empty"), ("latin.csv", "not UTF-8")):
        with pytest.raises(InputError, match=words):
            read(tmp_path / name)


def test_reading_a_table_can_be_canceled(tmp_path):
    job = TableJob(str(table_csv(tmp_path / "t.csv")), "crop", "")
    with pytest.raises(Canceled):
        table_samples(job, Monitor(is_canceled=lambda: True))
