# SPDX-License-Identifier: GPL-2.0-or-later
"""From files to cube descriptions: forms, bands, masks, and what is said about them."""

from pathlib import Path

import numpy as np
import pytest
from chronomap.plugin.core.cube_spec import KEEP, MASK_PRESETS, MaskRule
from chronomap.plugin.core.errors import InputError
from chronomap.plugin.raster.cube import open_cube
from chronomap.plugin.raster.discover import describe
from discovery import dates_of, find, notes_of, raster
from osgeo import gdal
from synthetic import BANDS, CORNER, FORMS, small_cube

REAL = Path(__file__).resolve().parents[3] / "shared/data"


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_found_whole(tmp_path, form):
    made = small_cube(tmp_path, form=form)
    spec = find(rasters=made.rasters, masks=made.masks)
    assert tuple(dates_of(spec)) == made.dates
    assert spec.band_names == BANDS
    with open_cube(spec) as cube:
        values, valid = cube.read(cube.grid.window)
        assert cube.scale == pytest.approx(1e-4)
    np.testing.assert_array_equal(valid, made.valid)
    assert (np.where(valid[:, None], values, 0) == np.where(valid[:, None], made.values, 0)).all()


def test_folder_with_patterns_is_enough(tmp_path):
    made = small_cube(tmp_path, form="per_band")
    spec = find(folder=str(tmp_path), pattern="S2_*.tif", mask_pattern="CLM_*.tif")
    assert tuple(dates_of(spec)) == made.dates
    assert all(acquisition.mask for acquisition in spec.acquisitions)


def test_paths_become_absolute(tmp_path, monkeypatch):
    raster(tmp_path / "a_20210605.tif")
    monkeypatch.chdir(tmp_path)
    spec = find(rasters=("a_20210605.tif",))
    assert spec.acquisitions[0].bands[0].dataset == str(tmp_path / "a_20210605.tif")


# ---- bands, duplicates ----


def test_landsat_files_are_grouped_and_scaled(tmp_path):
    for day, processed in (("20210605", "20210614"), ("20210621", "20210629")):
        for band in ("SR_B4", "SR_B5", "QA_PIXEL", "QA_RADSAT"):
            raster(tmp_path / f"LC08_L2SP_192027_{day}_{processed}_02_T1_{band}.TIF", dtype=np.uint16)
    spec = find(folder=str(tmp_path))
    assert dates_of(spec) == ["2021-06-05", "2021-06-21"]
    assert spec.band_names == ("SR_B4", "SR_B5")
    assert spec.mask_rule == MASK_PRESETS["landsat_qa"]
    assert spec.acquisitions[0].bands[0].offset == -0.2
    assert "as documented" in notes_of(spec)
    assert "QA_RADSAT" in notes_of(spec)


def test_missing_band_of_one_date_is_named(tmp_path):
    for name in ("20210605_B04", "20210605_B8A", "20210615_B04"):
        raster(tmp_path / f"S2_{name}.tif")
    with pytest.raises(InputError, match=r"Band B8A of 2021-06-15 is missing: S2_20210615 has only B04"):
        find(folder=str(tmp_path))


def test_missing_band_of_the_first_date_is_named_too(tmp_path):
    for name in ("20210605_B04", "20210615_B04", "20210615_B8A"):
        raster(tmp_path / f"S2_{name}.tif")
    with pytest.raises(InputError, match="Band B8A of 2021-06-05 is missing"):
        find(folder=str(tmp_path))


def test_bands_are_chosen_by_name(tmp_path):
    for band in ("B02", "B03", "B04"):
        raster(tmp_path / f"S2_20210605_{band}.tif")
    assert find(folder=str(tmp_path), bands=("b4", "B02")).band_names == ("B04", "B02")


def test_unknown_band_is_named_with_what_there_is(tmp_path):
    name = raster(tmp_path / "S2_20210605_B04.tif")
    with pytest.raises(InputError, match="no band B99: the rasters have B04"):
        find(rasters=(name,), bands=("B99",))


def test_nameless_one_band_files_are_named_by_their_difference(tmp_path):
    for day in ("20210605", "20210615"):
        for word in ("albedo", "moisture"):
            raster(tmp_path / f"x_{day}_{word}.tif")
    assert find(folder=str(tmp_path)).band_names == ("albedo", "moisture")


def test_same_band_and_date_twice_is_refused_by_name(tmp_path):
    name = raster(tmp_path / "S2_20210605_B04.tif")
    gdal.Translate(str(tmp_path / "S2_20210605_B04.vrt"), name, format="VRT").FlushCache()
    with pytest.raises(InputError, match=r"Band B04 of 2021-06-05 is there twice: .*B04\.tif and .*B04\.vrt"):
        find(folder=str(tmp_path))


def test_two_tiles_of_one_day_are_two_acquisitions(tmp_path):
    for tile in ("T32TQM", "T33TUL"):
        for band in ("B04", "B08"):
            raster(tmp_path / f"{tile}_20210605T101031_{band}_10m.tif")
    spec = find(folder=str(tmp_path), same_day=KEEP)
    assert [len(acquisition.bands) for acquisition in spec.acquisitions] == [2, 2]
    assert "kept apart: 2021-06-05 (T32TQM_20210605T101031, T33TUL_20210605T101031)" in notes_of(spec)


def test_scale_and_nodata_of_the_user_override_the_files(tmp_path):
    name = raster(tmp_path / "S2_20210605.tif", scale=0.5, offset=3.0)
    band = find(rasters=(name,)).acquisitions[0].bands[0]
    assert (band.scale, band.offset) == (0.5, 3.0)
    band = find(rasters=(name,), scale=0.1, offset=1.0, nodata=5.0).acquisitions[0].bands[0]
    assert (band.scale, band.offset, band.nodata) == (0.1, 1.0, 5.0)


def test_whole_numbers_without_a_scale_are_told(tmp_path):
    assert "without a scale" in notes_of(find(rasters=(raster(tmp_path / "s_20210605.tif"),)))


def test_sentinel2_offset_is_asked_about_from_baseline_4_on(tmp_path):
    names = tuple(raster(tmp_path / f"S2_{day}_B04.tif") for day in ("20210605", "20220605"))
    assert "1 dates from 2022-06-05 on carry no metadata" in notes_of(find(rasters=names))
    spec = find(rasters=names, sentinel2_offset=True, scale=1e-4)
    assert [acquisition.bands[0].offset for acquisition in spec.acquisitions] == [0.0, pytest.approx(-0.1)]
    assert "04.00 (-1000) is applied" in notes_of(spec)
    assert "04.00" not in notes_of(find(rasters=names, sentinel2_offset=False))


def test_bands_may_be_resampled_each_in_its_way(tmp_path):
    names = tuple(raster(tmp_path / f"S2_20210605_{band}.tif") for band in ("B04", "B11"))
    bands = find(rasters=names, band_resampling={"B11": "nearest"}).acquisitions[0].bands
    assert [band.resampling for band in bands] == ["", "nearest"]
    with pytest.raises(InputError, match="set for band B12, which is not used"):
        find(rasters=names, band_resampling={"B12": "nearest"})
    with pytest.raises(InputError, match="'smooth' is unknown"):
        find(rasters=names, band_resampling={"B11": "smooth"})


def test_finest_band_gives_the_grid_of_a_date(tmp_path):
    raster(tmp_path / "S2_20210605_B02.tif", pixel_m=20.0)
    fine = raster(tmp_path / "S2_20210605_B08.tif")
    assert find(folder=str(tmp_path)).grid == fine


# ---- masks ----


def masked(tmp_path, *mask_days, preset="plain", word="CLM", **settings):
    for day in ("20210605", "20210615"):
        raster(tmp_path / f"S2_{day}_B04.tif")
    for day in mask_days:
        raster(tmp_path / f"S2_{day}_{word}.tif", dtype=np.uint8)
    return find(folder=str(tmp_path), pattern="*B04.tif", mask_pattern=f"*{word}.tif", mask_preset=preset, **settings)


def test_missing_mask_of_a_date_is_told(tmp_path):
    spec = masked(tmp_path, "20210615")
    assert [acquisition.mask is None for acquisition in spec.acquisitions] == [True, False]
    assert "No mask was found for 2021-06-05" in notes_of(spec)


def test_mask_of_no_acquisition_is_told(tmp_path):
    assert "1 masks belong to no acquisition" in notes_of(masked(tmp_path, "20210605", "20210615", "20210625"))


def test_scl_is_recognised_by_name_and_told(tmp_path):
    spec = masked(tmp_path, "20210605", "20210615", word="SCL")
    assert spec.mask_rule == MASK_PRESETS["scl"]
    assert "read as 'scl'" in notes_of(spec)


def test_rule_of_the_user_wins(tmp_path):
    rule = MaskRule("bits", (3,))
    assert masked(tmp_path, "20210605", "20210615", word="SCL", mask_rule=rule).mask_rule == rule


def test_unknown_mask_preset_is_named(tmp_path):
    with pytest.raises(InputError, match="mask preset 'maja' is unknown"):
        masked(tmp_path, "20210605", preset="maja")


def test_undated_masks_follow_the_users_dates(tmp_path):
    names = tuple(raster(tmp_path / f"{name}.tif") for name in ("late", "early"))
    masks = tuple(raster(tmp_path / f"cloud_{name}.tif", dtype=np.uint8) for name in ("late", "early"))
    spec = find(rasters=names, masks=masks, dates=("2021-07-01", "2021-06-01"))
    assert [Path(acquisition.mask.dataset).stem for acquisition in spec.acquisitions] == ["cloud_early", "cloud_late"]


def test_undated_masks_of_another_number_are_refused(tmp_path):
    names = tuple(raster(tmp_path / f"s_2021060{day}.tif") for day in (1, 2, 3))
    masks = tuple(raster(tmp_path / f"cloud_{name}.tif", dtype=np.uint8) for name in ("a", "b"))
    with pytest.raises(InputError, match="No date was found for the 2 masks"):
        find(rasters=names, masks=masks)


# ---- files that do not fit ----


def test_raster_elsewhere_is_refused(tmp_path):
    near = raster(tmp_path / "s_20210605.tif")
    far = raster(tmp_path / "far_20210615.tif", corner=(CORNER[0] + 1e5, CORNER[1]))
    with pytest.raises(InputError, match=r"far_20210615\.tif does not overlap"):
        find(rasters=(near, far))


def test_warped_rasters_are_told(tmp_path):
    near = raster(tmp_path / "s_20210605.tif")
    shifted = raster(tmp_path / "s_20210615.tif", corner=(CORNER[0] + 10, CORNER[1]))
    assert "another grid and are warped" in notes_of(find(rasters=(near, shifted)))


def test_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"gone_20210605\.tif cannot be opened"):
        find(rasters=(str(tmp_path / "gone_20210605.tif"),))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "No rasters are chosen"),
        ({"order": "random"}, "order 'random' of a stack is unknown"),
        ({"folder": "/nowhere"}, "/nowhere does not exist"),
    ],
)
def test_job_without_rasters_is_refused(settings, message):
    with pytest.raises(InputError, match=message):
        find(**settings)


def test_pattern_without_match_is_named(tmp_path):
    with pytest.raises(InputError, match=r"matches '\*\.jp2'"):
        find(folder=str(tmp_path), pattern="*.jp2")


def test_description_has_a_row_per_acquisition(tmp_path):
    rows = describe(masked(tmp_path, "20210605", "20210615"))
    assert rows[0] == {"date": "2021-06-05", "label": "S2_20210605", "bands": "B04", "mask": "S2_20210605_CLM"}


@pytest.mark.skipif(not REAL.is_dir(), reason="no real data here")
def test_real_sentinel2_folder_is_found_whole():
    spec = find(folder=str(REAL / "slovenia_s2"), pattern="*.tif", scale=1e-4)
    assert (len(spec.acquisitions), spec.band_names) == (68, ("NDVI",))
    assert "2015-12-08" in notes_of(spec)
    with open_cube(spec) as cube:
        _, valid = cube.read(cube.grid.window)
    assert (len(cube.dates), cube.dtype) == (67, np.int16)
    assert 0.3 < valid.mean() < 0.7


@pytest.mark.skipif(not REAL.is_dir(), reason="no real data here")
def test_real_modis_folder_is_found_whole():
    spec = find(folder=str(REAL / "sinop_modis"), scale=1e-4)
    with open_cube(spec) as cube:
        values, valid = cube.read(cube.grid.window)
    assert (cube.dates[0], cube.dates[-1], cube.bands) == ("2013-09-14", "2014-08-29", ("NDVI",))
    assert valid.all()
    assert 0.2 < values.mean() * 1e-4 < 0.9
