# SPDX-License-Identifier: GPL-2.0-or-later
"""Reading cubes: forms, masks, grids, same-day acquisitions, damaged files."""

import gc
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from chronomap.plugin.core.cube_spec import KEEP, Acquisition, BandSource, CubeSpec, MaskRule, MaskSource
from chronomap.plugin.core.errors import InputError
from chronomap.plugin.raster.cube import open_cube
from chronomap.plugin.raster.grid import Window, grid_of, tiles
from chronomap.plugin.raster.handles import Lane
from chronomap.plugin.raster.masks import MaskLookup
from chronomap.plugin.raster.source import Source
from osgeo import gdal
from synthetic import CORNER, FORMS, small_cube, write_raster


def one_date(dataset, index=1, date="2021-06-05", **source):
    return Acquisition(date, Path(dataset).stem, (BandSource("B", dataset, index, **source),))


def read_all(*acquisitions, **settings):
    with open_cube(CubeSpec(tuple(acquisitions), **settings), threads=1) as cube:
        return (*cube.read(cube.grid.window), cube)


@pytest.fixture(params=FORMS)
def made(request, tmp_path):
    return small_cube(tmp_path, form=request.param)


def test_every_form_reads_alike(made):
    with open_cube(made.spec()) as cube:
        values, valid = cube.read(cube.grid.window)
    assert values.dtype == np.int16
    np.testing.assert_array_equal(valid, made.valid)
    np.testing.assert_array_equal(values.transpose(0, 2, 3, 1)[valid], made.values.transpose(0, 2, 3, 1)[valid])


def test_windows_read_by_many_threads_make_up_the_whole(tmp_path):
    made = small_cube(tmp_path)
    with open_cube(made.spec(), threads=3) as cube:
        whole, valid = cube.read(cube.grid.window)
        windows = tiles(cube.grid, cube.block, 256)
        with ThreadPoolExecutor(4) as readers:
            for window, (part, here) in zip(windows, readers.map(cube.read, windows)):
                place = np.s_[..., window.y : window.y + window.height, window.x : window.x + window.width]
                np.testing.assert_array_equal(part, whole[place])
                np.testing.assert_array_equal(here, valid[place])
    assert len(windows) > 1


def test_rasters_that_share_a_file_are_read_by_many_threads(tmp_path):
    """VRTs opened in one thread share the file behind them: each must stay with its thread."""
    noise = np.random.default_rng(0).integers(0, 9000, (3, 128, 128)).astype(np.int16)
    name = write_raster(tmp_path / "a.tif", noise)
    bands = []
    for day in range(12):
        path = tmp_path / f"{day}.vrt"
        gdal.Translate(str(path), name, format="VRT").FlushCache()
        bands.append(tuple(BandSource(f"B{c}", str(path), c + 1) for c in range(3)))
    acquisitions = tuple(Acquisition(f"2021-06-{day + 1:02d}", "a", bands[day]) for day in range(12))
    with open_cube(CubeSpec(acquisitions), threads=4) as cube:
        for window in tiles(cube.grid, cube.block, 1024):
            part = noise[:, window.y : window.y + window.height, window.x : window.x + window.width]
            assert (cube.read(window)[0] == part).all()


def test_few_files_stay_open(tmp_path):
    made = small_cube(tmp_path)
    lane = Lane(grid_of(made.rasters[0]), max_open=2)
    for name in made.rasters:
        with lane.handle(Source(name, (1,))) as handle:
            assert not handle.is_warped
    assert [source.dataset for source in lane._open] == list(made.rasters[-2:])
    lane.close()


def test_values_land_in_the_arrays_given(tmp_path):
    made = small_cube(tmp_path)
    window = Window(3, 5, 8, 6)
    values = np.memmap(tmp_path / "slot.bin", np.int16, "w+", shape=(8, 3, 48)).reshape(8, 3, 6, 8)
    valid = np.full((8, 6, 8), 9, np.uint8)
    with open_cube(made.spec()) as cube:
        cube.read(window, values, valid)
    expected = made.valid[:, 5:11, 3:11]
    np.testing.assert_array_equal(valid, expected.astype(np.uint8))
    assert (values[0] == made.values[0, :, 5:11, 3:11]).all()


def test_arrays_of_a_wrong_type_are_refused(tmp_path):
    with open_cube(small_cube(tmp_path).spec()) as cube, pytest.raises(ValueError, match="int16"):
        cube.read(Window(0, 0, 4, 4), np.zeros((8, 3, 4, 4), np.float32))


def test_nodata_of_any_band_makes_the_date_invalid(tmp_path):
    pixels = np.array([[[1, 2, 3]], [[4, -9999, 6]]], np.int16)
    name = write_raster(tmp_path / "a.tif", pixels, nodata=-9999)
    bands = (BandSource("B1", name, 1), BandSource("B2", name, 2))
    _, valid, _ = read_all(Acquisition("2021-06-05", "a", bands))
    assert valid.tolist() == [[[True, False, True]]]


def test_nodata_set_by_the_user_counts(tmp_path):
    name = write_raster(tmp_path / "a.tif", np.array([[[0, 5]]], np.uint16))
    assert read_all(one_date(name, nodata=0.0))[1].tolist() == [[[False, True]]]


def test_nan_is_invalid_and_leaves_no_nan_behind(tmp_path):
    name = write_raster(tmp_path / "a.tif", np.array([[[np.nan, 0.5, -3.4028234663852886e38, np.inf]]], np.float32))
    values, valid, _ = read_all(one_date(name))
    assert valid.tolist() == [[[False, True, False, False]]]
    assert values.tolist() == [[[[0.0, 0.5, 0.0, 0.0]]]]


def test_mixed_types_are_promoted(tmp_path):
    one = write_raster(tmp_path / "a.tif", np.full((1, 2, 2), 65535, np.uint16))
    other = write_raster(tmp_path / "b.tif", np.full((1, 2, 2), -5, np.int16))
    values, _, cube = read_all(one_date(one), one_date(other, date="2021-06-09"))
    assert cube.dtype == np.int32
    assert values[:, 0, 0, 0].tolist() == [65535, -5]
    assert "number types" in cube.problems()[0]


@pytest.mark.parametrize(
    ("rule", "mask", "expected"),
    [
        (MaskRule("values", (3, 8)), np.array([0, 3, 8, 9], np.uint8), [1, 0, 0, 1]),
        (MaskRule("bits", (1, 3)), np.array([0, 2, 8, 5], np.uint16), [1, 0, 0, 1]),
        (MaskRule("values", (-1,)), np.array([-1, 0, 1, 2], np.int16), [0, 1, 1, 1]),
        (MaskRule("bits", (20,)), np.array([0, 2**20, 2**21, 1], np.uint32), [1, 0, 1, 1]),
        (MaskRule("values", (1,)), np.array([1, np.nan, 0, 1.5], np.float32), [0, 0, 1, 1]),
    ],
)
def test_mask_rules(rule, mask, expected):
    assert (~MaskLookup(rule).invalid(mask)).astype(int).tolist() == expected


def test_mask_whose_nodata_is_clear_sky_still_counts_as_clear(tmp_path):
    name = write_raster(tmp_path / "a.tif", np.ones((1, 1, 2), np.uint8))
    mask = write_raster(tmp_path / "m.tif", np.array([[[0, 1]]], np.uint8), nodata=0)
    _, valid, _ = read_all(replace(one_date(name), mask=MaskSource(mask)))
    assert valid.tolist() == [[[True, False]]]


def test_mask_at_half_resolution_is_never_interpolated(tmp_path):
    name = write_raster(tmp_path / "a.tif", np.ones((1, 4, 4), np.uint8))
    mask = write_raster(tmp_path / "m.tif", np.array([[[0, 8], [4, 6]]], np.uint8), pixel_m=20.0)
    rule = MaskRule("values", (8,))
    _, valid, _ = read_all(replace(one_date(name), mask=MaskSource(mask)), mask_rule=rule)
    expected = np.ones((4, 4), bool)
    expected[:2, 2:] = False
    np.testing.assert_array_equal(valid[0], expected)


def test_outside_of_the_mask_is_invalid(tmp_path):
    name = write_raster(tmp_path / "a.tif", np.ones((1, 2, 4), np.uint8))
    mask = write_raster(tmp_path / "m.tif", np.zeros((1, 2, 2), np.uint8))
    _, valid, _ = read_all(replace(one_date(name), mask=MaskSource(mask)))
    assert valid[0].tolist() == [[True, True, False, False]] * 2


# ---- grids that differ ----


def ramp(height, width, step=10):
    row, column = np.mgrid[0:height, 0:width]
    return ((row * 100 + column * step)[None]).astype(np.int16)


def test_shifted_raster_is_brought_to_the_first_grid_and_invalid_outside(tmp_path):
    first = write_raster(tmp_path / "a.tif", ramp(6, 6))
    shifted = write_raster(tmp_path / "b.tif", ramp(6, 6), corner=(CORNER[0] + 20, CORNER[1] - 10))
    values, valid, cube = read_all(one_date(first), one_date(shifted, date="2021-06-09"))
    np.testing.assert_array_equal(values[1, 0, 1:, 2:], ramp(6, 6)[0, :5, :4])
    expected = np.zeros((6, 6), bool)
    expected[1:, 2:] = True
    np.testing.assert_array_equal(valid[1], expected)
    assert "warped" in cube.problems()[0]


def test_twenty_metre_band_is_interpolated_or_not_as_asked(tmp_path):
    fine = write_raster(tmp_path / "a.tif", ramp(8, 8))
    coarse = write_raster(tmp_path / "b.tif", ramp(4, 4, step=20), pixel_m=20.0)
    bands = (BandSource("B04", fine), BandSource("B11", coarse), BandSource("B12", coarse, resampling="nearest"))
    values, _, _ = read_all(Acquisition("2021-06-05", "a", bands))
    np.testing.assert_array_equal(values[0, 2], np.kron(ramp(4, 4, step=20)[0], np.ones((2, 2), np.int16)))
    assert values[0, 1, 3, 3] == pytest.approx(values[0, 2, 3, 3] + 0.25 * 100 + 0.25 * 20, abs=1)


def test_named_raster_gives_the_grid(tmp_path):
    fine = write_raster(tmp_path / "a.tif", ramp(8, 8))
    coarse = write_raster(tmp_path / "b.tif", ramp(4, 4), pixel_m=20.0)
    _, _, cube = read_all(one_date(fine), one_date(coarse, date="2021-06-09"), grid=coarse)
    assert (cube.grid.width, cube.grid.transform[1]) == (4, 20.0)


def test_other_crs_is_warped(tmp_path):
    first = write_raster(tmp_path / "a.tif", np.full((1, 40, 40), 7, np.int16), nodata=-1)
    other = str(tmp_path / "b.tif")
    gdal.Warp(other, first, dstSRS="EPSG:4326", dstNodata=-1)
    values, valid, _ = read_all(one_date(first), one_date(other, date="2021-06-09"))
    assert valid[1, 5:-5, 5:-5].all()
    assert (values[1, 0][valid[1]] == 7).all()


def test_nodata_is_not_mixed_into_warped_pixels(tmp_path):
    first = write_raster(tmp_path / "a.tif", np.zeros((1, 8, 8), np.int16))
    coarse = np.full((2, 4, 4), 100, np.int16)
    coarse[1, 1, 1] = -9999
    name = write_raster(tmp_path / "b.tif", coarse, pixel_m=20.0, nodata=-9999)
    bands = (BandSource("B", name, 2),)
    values, valid, _ = read_all(one_date(first), Acquisition("2021-06-09", "b", bands))
    assert (values[1, 0][valid[1]] == 100).all()
    assert not valid[1].all()


def test_raster_elsewhere_is_refused(tmp_path):
    first = write_raster(tmp_path / "a.tif", ramp(4, 4))
    far = write_raster(tmp_path / "far.tif", ramp(4, 4), corner=(CORNER[0] + 1e5, CORNER[1]))
    with pytest.raises(InputError, match=r"2021-06-09: The raster .*far\.tif does not overlap"):
        read_all(one_date(first), one_date(far, date="2021-06-09"))


# ---- several acquisitions on one day ----


def two_on_one_day(tmp_path, **second):
    one = write_raster(tmp_path / "a.tif", np.array([[[1000, -1, -1]]], np.int16), nodata=-1)
    other = write_raster(tmp_path / "b.tif", np.array([[[3000, 3000, -1]]], np.int16), nodata=-1)
    return (
        one_date(one, date="2021-06-05T10:00:00", scale=1e-4),
        one_date(other, date="2021-06-05T10:10:00", **{"scale": 1e-4, **second}),
    )


def test_first_valid_pixel_of_a_day_counts(tmp_path):
    values, valid, cube = read_all(*two_on_one_day(tmp_path))
    assert cube.dates == ("2021-06-05",)
    assert valid.tolist() == [[[True, True, False]]]
    assert values[0, 0, 0, :2].tolist() == [1000, 3000]


def test_mosaicked_values_get_one_scale_and_offset(tmp_path):
    values, _, cube = read_all(*two_on_one_day(tmp_path, offset=-0.1))
    assert values[0, 0, 0, :2].tolist() == [1000, 2000]
    assert (cube.scale.tolist(), cube.offset.tolist()) == ([[pytest.approx(1e-4)]], [[0.0]])


def test_acquisitions_of_a_day_may_be_kept_apart(tmp_path):
    _, valid, cube = read_all(*two_on_one_day(tmp_path), same_day=KEEP)
    assert cube.dates == ("2021-06-05T10:00:00", "2021-06-05T10:10:00")
    assert valid.sum(axis=(1, 2)).tolist() == [1, 2]


def test_dates_come_in_the_order_of_time(tmp_path):
    name = write_raster(tmp_path / "a.tif", np.array([[[1]], [[2]]], np.int16))
    values, _, cube = read_all(one_date(name, 1, "2021-07-01"), one_date(name, 2, "2021-06-01"))
    assert cube.dates == ("2021-06-01", "2021-07-01")
    assert values[:, 0, 0, 0].tolist() == [2, 1]


# ---- what is wrong with the input ----


def test_missing_band_of_a_date_is_named(tmp_path):
    spec = small_cube(tmp_path).spec()
    second = replace(spec.acquisitions[1], bands=spec.acquisitions[1].bands[:2])
    with pytest.raises(InputError, match=f"Band B11 of {second.date} is missing"):
        open_cube(replace(spec, acquisitions=(spec.acquisitions[0], second)))


def test_band_number_beyond_the_raster_is_named(tmp_path):
    name = write_raster(tmp_path / "a.tif", ramp(2, 2))
    with pytest.raises(InputError, match=r"a\.tif has no band 5, only 1"):
        read_all(one_date(name, 5))


@pytest.fixture(params=[False, True], ids=["quiet", "exceptions"])
def exceptions(request):
    """GDAL's exceptions off and on: other plugins choose, and ours lives with both."""
    before = bool(gdal.GetUseExceptions())
    (gdal.UseExceptions if request.param else gdal.DontUseExceptions)()
    yield request.param
    (gdal.UseExceptions if before else gdal.DontUseExceptions)()


def read_truncated(tmp_path):
    """Read a cube whose second file loses its end after the cube was opened; return what is said."""
    good = write_raster(tmp_path / "good.tif", np.zeros((1, 64, 64), np.int16))
    noise = np.random.default_rng(0).integers(0, 9000, (1, 64, 64)).astype(np.int16)
    bad = Path(write_raster(tmp_path / "bad.tif", noise))
    with open_cube(CubeSpec((one_date(good), one_date(str(bad), date="2021-06-09")))) as cube:
        bad.write_bytes(bad.read_bytes()[:2500])
        try:
            cube.read(cube.grid.window)
        except InputError as error:
            return str(error)
    return ""


def test_truncated_file_is_named_with_its_date(tmp_path, exceptions):
    assert re.match(r"Date 2021-06-09: The raster .*bad\.tif cannot be read", read_truncated(tmp_path))
    assert bool(gdal.GetUseExceptions()) == exceptions


def test_failed_read_leaves_no_dataset_open(tmp_path, exceptions):
    """A dataset that a reference cycle keeps until QGIS ends would crash it there."""
    gc.collect()
    gc.disable()
    try:
        assert read_truncated(tmp_path)
        left = [thing for thing in gc.get_objects() if isinstance(thing, gdal.Dataset)]
    finally:
        gc.enable()
    assert left == []


def test_damaged_file_behind_a_warp_is_named(tmp_path):
    good = write_raster(tmp_path / "good.tif", np.zeros((1, 64, 64), np.int16))
    noise = np.random.default_rng(0).integers(0, 9000, (1, 32, 32)).astype(np.int16)
    bad = Path(write_raster(tmp_path / "bad.tif", noise, pixel_m=20.0))
    bad.write_bytes(bad.read_bytes()[:1500])
    with pytest.raises(InputError, match=r"2021-06-09: The raster .*bad\.tif cannot be"):
        read_all(one_date(good), one_date(str(bad), date="2021-06-09"))


def test_cache_of_gdal_is_lowered_while_a_cube_is_open(tmp_path):
    spec = small_cube(tmp_path).spec()
    before = gdal.GetCacheMax()
    with open_cube(spec, memory_mb=160), open_cube(spec, memory_mb=400):
        assert gdal.GetCacheMax() == 20 * 1024 * 1024
    assert gdal.GetCacheMax() == before
