# SPDX-License-Identifier: GPL-2.0-or-later
"""Stacks of many dates in one raster: told by descriptions or metadata, or by the user."""

import numpy as np
import pytest
from chronomap.plugin.core.errors import InputError
from chronomap.plugin.raster.cube import open_cube
from discovery import dates_of, find, raster, with_metadata
from osgeo import gdal, osr

DAYS = ("2021-06-05", "2021-06-15", "2021-06-25")


def test_stack_of_one_band_per_date_is_told_by_its_descriptions(tmp_path):
    spec = find(rasters=(raster(tmp_path / "ndvi.tif", 3, DAYS),))
    assert (tuple(dates_of(spec)), spec.band_names) == (DAYS, ("ndvi",))


def test_stack_of_earth_engine_bands(tmp_path):
    names = tuple(f"2021060{t}T101031_2021060{t}T101640_T32TQM_{band}" for t in (1, 6) for band in ("B4", "B8"))
    spec = find(rasters=(raster(tmp_path / "stack.tif", 4, names),))
    assert dates_of(spec) == ["2021-06-01T10:10:31", "2021-06-06T10:10:31"]
    assert spec.band_names == ("B4", "B8")


def test_stack_by_band_metadata(tmp_path):
    name = raster(tmp_path / "stack.tif", 2, ("NDVI", "NDVI"))
    for index, day in enumerate(DAYS[:2]):
        with_metadata(name, {"ACQUISITION_DATE": day}, index + 1)
    spec = find(rasters=(name,))
    assert (tuple(dates_of(spec)), spec.band_names) == (DAYS[:2], ("NDVI",))


def test_stack_whose_bands_are_partly_undated_is_refused(tmp_path):
    name = raster(tmp_path / "stack.tif", 3, ("B4_20210605", "B4_20210615", "elevation"))
    with pytest.raises(InputError, match=r"Band 3 \('elevation'\) of .*stack\.tif has no date"):
        find(rasters=(name,))


@pytest.mark.parametrize(("order", "second"), [("date_major", (3, 4)), ("band_major", (2, 5))])
def test_order_of_a_stack_is_the_users(tmp_path, order, second):
    spec = find(rasters=(raster(tmp_path / "stack.tif", 6),), dates=DAYS, order=order, bands=("red", "nir"))
    assert spec.band_names == ("red", "nir")
    assert tuple(band.index for band in spec.acquisitions[1].bands) == second


def test_order_of_a_stack_shows_in_repeating_names(tmp_path):
    spec = find(rasters=(raster(tmp_path / "stack.tif", 4, ("red", "red", "nir", "nir")),), dates=DAYS[:2])
    assert [band.index for band in spec.acquisitions[1].bands] == [2, 4]


def test_order_of_a_stack_without_names_is_asked_for(tmp_path):
    with pytest.raises(InputError, match="choose date_major"):
        find(rasters=(raster(tmp_path / "stack.tif", 6),), dates=DAYS)


def test_bands_of_a_stack_must_be_a_multiple_of_its_dates(tmp_path):
    with pytest.raises(InputError, match="no multiple of the 3 dates"):
        find(rasters=(raster(tmp_path / "stack.tif", 4),), dates=DAYS)


def test_date_given_twice_for_a_stack_is_named(tmp_path):
    with pytest.raises(InputError, match="2021-06-05 is given twice"):
        find(rasters=(raster(tmp_path / "stack.tif", 2),), dates=("20210605", "2021-06-05"))


def test_netcdf_stack_tells_its_times(tmp_path):
    driver = gdal.GetDriverByName("netCDF")
    if driver is None:
        pytest.skip("this GDAL has no netCDF")
    path = str(tmp_path / "ndvi.nc")
    write_netcdf(driver, path, (18783.0, 18793.5))
    spec = find(rasters=(path,))
    assert (dates_of(spec), spec.band_names) == (["2021-06-05", "2021-06-15T12:00:00"], ("NDVI",))


def test_container_of_several_variables_is_opened_up(tmp_path):
    driver = gdal.GetDriverByName("netCDF")
    if driver is None:
        pytest.skip("this GDAL has no netCDF")
    path = str(tmp_path / "indices.nc")
    write_netcdf(driver, path, (18783.0, 18793.0), ("NDVI", "EVI"))
    spec = find(rasters=(path,))
    assert (dates_of(spec), spec.band_names) == (["2021-06-05", "2021-06-15"], ("NDVI", "EVI"))
    with open_cube(spec) as cube:
        assert (cube.read(cube.grid.window)[0] == 1).all()


def write_netcdf(driver, path, times, names=("NDVI",)):
    """Write variables (time, y, x) of ones with times in days since 1970."""
    dataset = driver.CreateMultiDimensional(path)
    group = dataset.GetRootGroup()
    axes = {"time": times, "y": (5200000.0, 5199990.0), "x": (500000.0, 500010.0)}
    dimensions = []
    for name, numbers in axes.items():
        dimension = group.CreateDimension(name, None, None, len(numbers))
        axis = group.CreateMDArray(name, [dimension], gdal.ExtendedDataType.Create(gdal.GDT_Float64))
        axis.Write(np.array(numbers))
        units = axis.CreateAttribute("units", [], gdal.ExtendedDataType.CreateString())
        units.Write("days since 1970-01-01" if name == "time" else "m")
        if name != "time":
            standard = axis.CreateAttribute("standard_name", [], gdal.ExtendedDataType.CreateString())
            standard.Write(f"projection_{name}_coordinate")
        dimensions.append(dimension)
    crs = osr.SpatialReference()
    crs.ImportFromEPSG(32633)
    for name in names:
        values = group.CreateMDArray(name, dimensions, gdal.ExtendedDataType.Create(gdal.GDT_Float32))
        values.SetSpatialRef(crs)
        values.Write(np.ones((len(times), 2, 2), np.float32))
