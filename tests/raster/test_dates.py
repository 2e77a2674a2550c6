# SPDX-License-Identifier: GPL-2.0-or-later
"""Dates found in names and metadata."""

import pytest
from chronomap.plugin.core.errors import InputError
from chronomap.plugin.raster.dates import (
    date_in_folders,
    date_in_metadata,
    date_in_name,
    date_of_file,
    find_dates,
    read_user_date,
)

NAMES = {
    "S2_20210605_B04.tif": "2021-06-05",
    "ndvi-2021-06-05.tif": "2021-06-05",
    "ndvi_2021.06.05.tif": "2021-06-05",
    "evi_2021156.tif": "2021-06-05",
    "S2_20151208T100409_NDVI.tif": "2015-12-08T10:04:09",
    "scene_20210605101031.tif": "2021-06-05T10:10:31",
    "20210605_101031_0f4a_3B_AnalyticMS.tif": "2021-06-05T10:10:31",
    "S2A_MSIL2A_20210605T101031_N0300_R022_T32TQM_20210607T132345.SAFE": "2021-06-05T10:10:31",
    "S2A_OPER_PRD_MSIL1C_PDMC_20160318T145513_R022_V20160317T100709_20160317T100709.SAFE": "2016-03-17T10:07:09",
    "T32TQM_20210605T101031_B04_10m.jp2": "2021-06-05T10:10:31",
    "20210605T101031_20210607T101640_T32TQM.tif": "2021-06-05T10:10:31",
    "SENTINEL2A_20210605-101031-123_L2A_T31TCJ_C_V2-2_FRE_B4.tif": "2021-06-05T10:10:31",
    "S1A_IW_GRDH_1SDV_20210605T052611_20210605T052636_038200_04821C_5D3A.tif": "2021-06-05T05:26:11",
    "HLS.S30.T13TEF.2021156T173909.v2.0.B04.tif": "2021-06-05T17:39:09",
    "LC08_L2SP_192027_20210605_20210614_02_T1_SR_B4.TIF": "2021-06-05",
    "LC08_CU_003010_20210605_20210622_C01_V01_SRB4.tif": "2021-06-05",
    "LC81920272013257LGN00_B4.TIF": "2013-09-14",
    "MOD13Q1.A2013257.h12v10.006.2015261210355.hdf": "2013-09-14",
    "MOD13Q1.006__250m_16_days_NDVI_doy2013257_aid0001.tif": "2013-09-14",
    "TERRA_MODIS_012010_NDVI_2013-09-14.jp2": "2013-09-14",
    "33025100_20210605.tif": "2021-06-05",  # an 8-digit tile id is no date
    "tile_20219999.tif": "",
    "scene_20210230.tif": "",  # no 30th of February
    "S2A_OPER_MSI_L1C_TL_SGS__20160317T153209_A003844_T32UNV_B04.jp2": "",  # only the time of processing
    "B04.tif": "",
    "band 0.2013257 um": "",
    "2021366.tif": "",  # 2021 has 365 days
}


@pytest.mark.parametrize(("name", "expected"), NAMES.items())
def test_date_of_a_name_is_its_acquisition(name, expected):
    assert date_in_name(name) == expected


def test_folder_gives_the_date_when_the_file_has_none():
    assert date_in_name("/scenes/2021-06-05/B04.tif") == ""
    assert date_in_folders("/scenes/2021-06-05/B04.tif") == "2021-06-05"


def test_subdataset_has_the_date_of_its_container():
    name = 'HDF4_EOS:EOS_GRID:"/in/MOD13Q1.A2013257.h12v10.006.2015261210355.hdf":MODIS_Grid:"250m 16 days NDVI"'
    assert date_in_name(name) == "2013-09-14"


def test_two_days_in_an_unknown_name_are_asked_about():
    with pytest.raises(InputError, match=r"mosaic_20210601_20210615.*2021-06-01 or 2021-06-15.*give the dates"):
        date_in_name("mosaic_20210601_20210615.tif")


def test_same_day_twice_in_a_name_is_one_date():
    assert date_in_name("/scenes/x_20210605_2021-06-05T101031.tif") == "2021-06-05T10:10:31"


def test_found_date_knows_its_place():
    (found,) = find_dates("B04_2021-06-05_x")
    assert "B04_2021-06-05_x"[found.start : found.end] == "2021-06-05"


@pytest.mark.parametrize("text", ["2021-06-05", "20210605", " 2021156 ", "2021-06-05T00:00:00"])
def test_users_may_write_dates_in_several_ways(text):
    assert read_user_date(text) == "2021-06-05"


@pytest.mark.parametrize("text", ["", "June", "2021-13-01", "05.06.2021", "2021-06"])
def test_date_that_cannot_be_read_is_named(text):
    with pytest.raises(InputError, match=f"'{text}' is not a date"):
        read_user_date(text)


@pytest.mark.parametrize(
    "metadata",
    [
        {"ACQUISITION_DATE": "2021-06-05", "CREATED": "2022-01-01"},
        {"datetime": "2021-06-05T00:00:00Z"},
        {"SENSING_TIME": "2021-06-05T00:00:00.000Z"},
        {"acquisition time": "2021-06-05T00:00:00"},
        {"RANGEBEGINNINGDATE": "2021-06-05"},
        {"system:time_start": "1622851200000"},
        {"NETCDF_DIM_time": "18783", "time#units": "days since 1970-01-01 00:00:00"},
    ],
)
def test_metadata_tell_the_acquisition(metadata):
    assert date_in_metadata(metadata) == "2021-06-05"


def test_tiff_date_time_is_no_acquisition():
    metadata = {"TIFFTAG_DATETIME": "2021:06:05 12:00:00"}
    assert date_in_metadata(metadata) == ""
    assert date_of_file(metadata) == "2021-06-05T12:00:00"
