# SPDX-License-Identifier: GPL-2.0-or-later
"""Sentinel-2 products as they come: folders, archives, subdatasets, offsets, scene classification."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from chronomap.plugin.core.cube_spec import MASK_PRESETS
from chronomap.plugin.core.errors import InputError
from chronomap.plugin.core.jobs import CubeJob
from chronomap.plugin.raster.cube import open_cube
from chronomap.plugin.raster.discover import discover
from chronomap.plugin.raster.sentinel2 import product_root
from osgeo import gdal
from synthetic import write_raster

pytestmark = pytest.mark.skipif(gdal.GetDriverByName("JP2OpenJPEG") is None, reason="this GDAL writes no JPEG 2000")
BANDS_BY_METRES = {
    10: ("B02", "B03", "B04", "B08"),
    20: ("B05", "B06", "B07", "B8A", "B11", "B12", "SCL"),
    60: ("B01",),
}
METADATA = """<?xml version="1.0" encoding="UTF-8"?>
<n1:Level-2A_User_Product xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/User_Product_Level-2A.xsd">
<n1:General_Info><Product_Info><PRODUCT_START_TIME>{start}</PRODUCT_START_TIME>
<PROCESSING_BASELINE>{baseline}</PROCESSING_BASELINE><GENERATION_TIME>2022-07-01T00:00:00.000Z</GENERATION_TIME>
<Datatake><DATATAKE_SENSING_START>{start}</DATATAKE_SENSING_START></Datatake></Product_Info>
<Product_Image_Characteristics>
<Special_Values><SPECIAL_VALUE_TEXT>NODATA</SPECIAL_VALUE_TEXT>
<SPECIAL_VALUE_INDEX>0</SPECIAL_VALUE_INDEX></Special_Values>
<Special_Values><SPECIAL_VALUE_TEXT>SATURATED</SPECIAL_VALUE_TEXT>
<SPECIAL_VALUE_INDEX>65535</SPECIAL_VALUE_INDEX></Special_Values>
<QUANTIFICATION_VALUES_LIST>
<BOA_QUANTIFICATION_VALUE unit="none">10000</BOA_QUANTIFICATION_VALUE>
</QUANTIFICATION_VALUES_LIST>
{offsets}</Product_Image_Characteristics></n1:General_Info></n1:Level-2A_User_Product>
"""


def write_product(folder, day="20220605", baseline="04.00", offset=-1000, level="2A"):
    """Write a tiny product: 12 x 12 px of 10 m; B02 is 2000, nodata in its first pixel, SCL 9 in its last ones."""
    name = f"S2A_MSIL{level}_{day}T101031_N{baseline.replace('.', '')}_R022_T32TQM_20220701T132345.SAFE"
    root = folder / name
    images = root / "GRANULE" / "L2A_T32TQM_A036312_20220605T101559" / "IMG_DATA"
    for metres, bands in BANDS_BY_METRES.items():
        (images / f"R{metres}m").mkdir(parents=True)
        for band in bands:
            write_image(images / f"R{metres}m" / f"T32TQM_{day}T101031_{band}_{metres}m.jp2", band, metres)
    write_image(images / "R20m" / f"T32TQM_{day}T101031_B02_20m.jp2", "B02", 20)  # products repeat bands, coarser
    offsets = "".join(f'<BOA_ADD_OFFSET band_id="{i}">{offset}</BOA_ADD_OFFSET>' for i in range(13)) if offset else ""
    start = f"{day[:4]}-{day[4:6]}-{day[6:]}T10:10:31.024Z"
    text = METADATA.format(start=start, baseline=baseline, offsets=offsets)
    (root / f"MTD_MSIL{level}.xml").write_text(text, encoding="utf-8")
    return root


def write_image(path, band, metres):
    size = 120 // metres
    values = np.full((1, size, size), 4 if band == "SCL" else 2000, np.uint8 if band == "SCL" else np.uint16)
    if band == "SCL":
        values[0, -1, -1] = 9
    if band == "B02":
        values[0, 0, 0] = 0
    source = write_raster(path.with_suffix(".tif"), values, pixel_m=float(metres))
    options = ["REVERSIBLE=YES", "QUALITY=100", "YCBCR420=NO"]
    gdal.GetDriverByName("JP2OpenJPEG").CreateCopy(str(path), gdal.Open(source), options=options).FlushCache()
    Path(source).unlink()


def zipped(root):
    path = root.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(root.rglob("*")):
            archive.write(file, file.relative_to(root.parent).as_posix())
    return path


def find(*rasters, **settings):
    return discover(CubeJob("cube.json", tuple(map(str, rasters)), **settings))


@pytest.fixture
def product(tmp_path):
    return write_product(tmp_path)


def test_bands_of_10_and_20_m_come_together_masked_and_calibrated(product):
    spec = find(product)
    assert spec.band_names == ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")
    assert spec.acquisitions[0].date == "2022-06-05T10:10:31"
    assert spec.mask_rule == MASK_PRESETS["scl"]
    assert "its offset (-1000)" in " ".join(spec.notes)
    with open_cube(spec) as cube:
        values, valid = cube.read(cube.grid.window)
    assert (cube.grid.width, cube.grid.transform[1], cube.dtype) == (12, 10.0, np.uint16)
    assert (values[0][:, valid[0]] * cube.scale[0, 0] + cube.offset[0, 0]).mean() == pytest.approx(0.1)
    expected = np.ones((12, 12), bool)
    expected[0, 0] = False  # nodata 0, which the images do not declare
    expected[-2:, -2:] = False  # one SCL pixel of 20 m
    np.testing.assert_array_equal(valid[0], expected)


def test_archive_and_metadata_file_and_subdataset_are_the_same_product(product):
    whole = find(product)
    archive, xml = zipped(product), product / "MTD_MSIL2A.xml"
    for name in (archive, xml, f"SENTINEL2_L2A:{xml}:20m:EPSG_32632"):
        assert find(name).acquisitions[0].date == whole.acquisitions[0].date
    packed = find(archive)
    assert packed.band_names == whole.band_names
    with open_cube(packed) as cube, open_cube(whole) as other:
        np.testing.assert_array_equal(cube.read(cube.grid.window)[0], other.read(other.grid.window)[0])


def test_subdatasets_of_one_product_are_one_acquisition(product):
    names = [f"SENTINEL2_L2A:{product}/MTD_MSIL2A.xml:{metres}m:EPSG_32632" for metres in (10, 20)]
    assert find(names[0]).band_names == ("B02", "B03", "B04", "B08")
    spec = find(*names)
    assert (len(spec.acquisitions), len(spec.band_names)) == (1, 10)


def test_folder_of_products_is_a_series(tmp_path):
    write_product(tmp_path, "20220605")
    write_product(tmp_path, "20210610", baseline="03.00", offset=0)
    spec = find(folder=str(tmp_path))
    assert [acquisition.bands[0].offset for acquisition in spec.acquisitions] == [0.0, pytest.approx(-0.1)]


def test_60_m_bands_come_when_they_are_named(product):
    assert find(product, bands=("B1", "B8A")).band_names == ("B01", "B8A")


def test_fine_grid_is_used_whatever_band_is_first(product):
    spec = find(product, bands=("B11", "B04"))
    with open_cube(spec) as cube:
        assert cube.grid.transform[1] == 10.0


def test_baseline_4_without_offset_in_the_metadata_is_told(tmp_path):
    spec = find(write_product(tmp_path, offset=0))
    assert "set the offset to -0.1" in " ".join(spec.notes)


def test_offset_of_the_user_wins(product):
    assert find(product, offset=0.5).acquisitions[0].bands[0].offset == 0.5


def test_missing_image_is_named(product):
    next(product.rglob("*B8A_20m.jp2")).unlink()
    whole = write_product(product.parent, "20220615")
    with pytest.raises(InputError, match="Band B8A of 2022-06-05T10:10:31 is missing"):
        find(product, whole)
    with pytest.raises(InputError, match="Band B8A of 2022-06-05 is missing"):
        find(product, bands=("B8A",))


def test_damaged_metadata_are_named(product):
    (product / "MTD_MSIL2A.xml").write_text("<n1:Level-2A", encoding="utf-8")
    with pytest.raises(InputError, match=r"MTD_MSIL2A\.xml is damaged"):
        find(product)


def test_metadata_with_entities_are_refused(product):
    (product / "MTD_MSIL2A.xml").write_text('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', encoding="utf-8")
    with pytest.raises(InputError, match="declares XML entities"):
        find(product)


def test_product_without_images_is_named(product):
    for image in product.rglob("*.jp2"):
        image.unlink()
    with pytest.raises(InputError, match="holds no images"):
        find(product)


@pytest.mark.parametrize("name", ["a.tif", "/nowhere/x.zip", "NETCDF:a.nc:b"])
def test_other_rasters_are_no_products(name):
    assert product_root(name) == ""


def test_other_archive_is_no_product(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("readme.txt", "nothing here")
    assert product_root(str(tmp_path / "x.zip")) == ""
