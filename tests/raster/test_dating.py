# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the dates of rasters come from, and what is asked when they are doubtful."""

import json

import pytest
from chronomap.plugin.core.errors import InputError
from discovery import dates_of, find, notes_of, raster, with_metadata
from osgeo import gdal


def test_missing_dates_are_asked_for(tmp_path):
    names = tuple(raster(tmp_path / f"{name}.tif") for name in ("spring", "summer"))
    with pytest.raises(InputError, match=r"No date was found for .*spring\.tif, .*summer\.tif: give the dates"):
        find(rasters=names)


def test_ambiguous_date_is_asked_about(tmp_path):
    name = raster(tmp_path / "composite_20210601_20210615.tif")
    with pytest.raises(InputError, match="2021-06-01 or 2021-06-15"):
        find(rasters=(name,))


def test_user_dates_win(tmp_path):
    names = tuple(raster(tmp_path / f"s_2021060{day}.tif") for day in (1, 2))
    assert dates_of(find(rasters=names, dates=("20210701", "2021-07-09"))) == ["2021-07-01", "2021-07-09"]


def test_user_date_that_cannot_be_read_is_named(tmp_path):
    names = tuple(raster(tmp_path / f"s_2021060{day}.tif") for day in (1, 2))
    with pytest.raises(InputError, match="'next week' is not a date"):
        find(rasters=names, dates=("20210701", "next week"))


def test_number_of_user_dates_must_fit(tmp_path):
    names = tuple(raster(tmp_path / f"s_2021060{day}.tif") for day in (1, 2, 3))
    with pytest.raises(InputError, match="2 dates are given for 3 rasters"):
        find(rasters=names, dates=("20210701", "20210702"))


def test_layer_dates_come_before_names(tmp_path):
    name = raster(tmp_path / "s_20210601.tif")
    spec = find(rasters=(name,), layer_dates={name: "2021-06-03T00:00:00"})
    assert dates_of(spec) == ["2021-06-03"]
    assert "temporal properties" in notes_of(spec)


def test_metadata_that_contradict_the_name_are_told(tmp_path):
    name = with_metadata(raster(tmp_path / "s_20210601.tif"), {"ACQUISITION_DATE": "2021-06-03"})
    spec = find(rasters=(name,))
    assert dates_of(spec) == ["2021-06-03"]
    assert "its name 2021-06-01" in notes_of(spec)


def test_stac_item_beside_the_file_tells_the_date(tmp_path):
    name = raster(tmp_path / "scene.tif")
    (tmp_path / "scene.json").write_text(json.dumps({"properties": {"datetime": "2021-06-05T10:10:31Z"}}))
    assert dates_of(find(rasters=(name,))) == ["2021-06-05T10:10:31"]


def test_envi_header_tells_bands_and_date(tmp_path):
    name = str(tmp_path / "scene.dat")
    source = raster(tmp_path / "source.tif", 2)
    gdal.Translate(name, source, format="ENVI")
    header = tmp_path / "scene.hdr"
    kept = header.read_text().split("band names")[0]
    header.write_text(kept + "band names = {\nred,\nnear infrared}\nacquisition time = 2021-06-05T10:10:31Z\n")
    spec = find(rasters=(name,))
    assert spec.band_names == ("red", "near infrared")
    assert dates_of(spec) == ["2021-06-05T10:10:31"]


def test_tiff_date_time_is_a_last_resort_and_told(tmp_path):
    name = with_metadata(raster(tmp_path / "scene.tif"), {"TIFFTAG_DATETIME": "2021:06:05 10:00:00"})
    spec = find(rasters=(name,))
    assert dates_of(spec)[0][:10] == "2021-06-05"
    assert "may be the time of processing" in notes_of(spec)


def test_tiff_date_time_shared_by_several_files_is_not_trusted(tmp_path):
    tag = {"TIFFTAG_DATETIME": "2021:06:05 10:00:00"}
    names = tuple(with_metadata(raster(tmp_path / f"{name}.tif"), tag) for name in ("one", "two"))
    with pytest.raises(InputError, match="cannot be trusted"):
        find(rasters=names)


def test_folders_may_carry_the_date(tmp_path):
    for day in ("2021-06-05", "2021-06-15"):
        for band in ("B04", "B08"):
            raster(tmp_path / day / f"{band}.tif")
    spec = find(folder=str(tmp_path), pattern="*/*.tif")
    assert dates_of(spec) == ["2021-06-05", "2021-06-15"]
    assert spec.band_names == ("B04", "B08")
    assert "folder names" in notes_of(spec)


def test_project_folder_with_a_date_dates_nothing(tmp_path):
    names = tuple(raster(tmp_path / "project_20230101" / f"{name}.tif") for name in ("one", "two"))
    with pytest.raises(InputError, match="cannot be trusted"):
        find(rasters=names)


def test_a_blank_user_date_keeps_what_is_found(tmp_path):
    names = tuple(raster(tmp_path / f"s_2021060{day}.tif") for day in (1, 2))
    assert dates_of(find(rasters=names, dates=("", "2021-07-09"))) == ["2021-06-01", "2021-07-09"]


def test_user_dates_fill_in_for_the_rasters_without_one(tmp_path):
    names = tuple(raster(tmp_path / name) for name in ("spring.tif", "s_20210602.tif"))
    assert dates_of(find(rasters=names, dates=("2021-03-01", ""))) == ["2021-03-01", "2021-06-02"]


@pytest.mark.parametrize("name", ["2021-06-02", "2021-06-02T10:30:00", "s_20210602T103000"])
def test_acquisitions_are_left_out_by_day_time_or_label(tmp_path, name):
    names = tuple(raster(tmp_path / f"s_2021060{day}T103000.tif") for day in (1, 2, 3))
    found = find(rasters=names, left_out=(name,))
    assert dates_of(found) == ["2021-06-01T10:30:00", "2021-06-03T10:30:00"]


def test_leaving_out_a_date_mends_a_missing_band(tmp_path):
    for name in ("20210605_B04", "20210605_B8A", "20210615_B04"):
        raster(tmp_path / f"S2_{name}.tif")
    assert find(folder=str(tmp_path), left_out=("2021-06-15",)).band_names == ("B04", "B8A")


def test_leaving_out_all_acquisitions_is_refused(tmp_path):
    name = raster(tmp_path / "s_20210601.tif")
    with pytest.raises(InputError, match="All 1 acquisitions are left out"):
        find(rasters=(name,), left_out=("2021-06-01",))
