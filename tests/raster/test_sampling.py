# SPDX-License-Identifier: GPL-2.0-or-later
"""Series under points and polygons: the right pixels, each once, and everything left out is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from chronomap.plugin.core.errors import Canceled, InputError
from chronomap.plugin.core.jobs import ExtractJob
from chronomap.plugin.core.monitor import Monitor
from chronomap.plugin.raster.cube import open_cube
from chronomap.plugin.raster.grid import Grid
from chronomap.plugin.raster.pixels import polygon_pixels, series_batches, windows_over
from chronomap.plugin.raster.sampling import extract_samples
from chronomap.plugin.raster.vectors import VectorSource
from osgeo import gdal, osr
from synthetic import CORNER, EPSG, SmallCube, field_polygons, small_cube, write_vectors


@pytest.fixture(scope="module")
def cube(tmp_path_factory):
    return small_cube(tmp_path_factory.mktemp("cube"))


@pytest.fixture(scope="module")
def spec(cube):
    return str(cube.save_spec())


def extract(spec, vectors, class_field="crop", **fields):
    return extract_samples(ExtractJob(spec, str(vectors), class_field, "", **fields), Monitor())


def box(left, top, width, height):
    """Return a rectangle as WKT, in pixels from the cube's upper left corner."""
    x, y = CORNER[0] + left * 10, CORNER[1] - top * 10
    corners = [(x, y), (x + width * 10, y), (x + width * 10, y - height * 10), (x, y - height * 10), (x, y)]
    return f"POLYGON (({', '.join(f'{a} {b}' for a, b in corners)}))"


def point(column, row):
    return f"POINT ({CORNER[0] + column * 10 + 5} {CORNER[1] - row * 10 - 5})"


def places(samples):
    """Return the (row, column) of each sample."""
    column = np.floor((samples.xy[:, 0] - CORNER[0]) / 10).astype(int)
    return np.floor((CORNER[1] - samples.xy[:, 1]) / 10).astype(int), column


def assert_series_are_the_cubes(samples, cube: SmallCube):
    row, column = places(samples)
    np.testing.assert_array_equal(samples.valid, cube.valid[:, row, column].T)
    expected = cube.values[:, :, row, column].transpose(2, 0, 1)
    np.testing.assert_array_equal(samples.values[samples.valid], expected[samples.valid])


def test_each_sample_is_the_series_of_its_pixel(cube, spec):
    samples = extract(spec, cube.polygons)
    assert len(samples) == 12 * 36
    assert samples.values.dtype == np.int16
    assert (samples.bands, samples.dates) == (cube.bands, cube.dates)
    assert_series_are_the_cubes(samples, cube)
    row, column = places(samples)
    names = np.array([info.name for info in samples.classes])
    np.testing.assert_array_equal(names[samples.label], np.array(["Wheat", "Maize", "Grass"])[cube.truth[row, column]])
    np.testing.assert_array_equal(np.unique(samples.group, return_counts=True)[1], 36)


def test_polygons_of_another_crs_give_the_same_samples(cube, spec, tmp_path):
    there = field_polygons(tmp_path / "wgs84.gpkg", epsg=4326)
    assert extract(spec, there).fingerprint == extract(spec, cube.polygons).fingerprint


def test_text_classes_get_values_from_1_in_alphabetical_order(cube, spec):
    classes = extract(spec, cube.polygons, colors={"Maize": "#123456"}).classes
    assert [(info.value, info.name) for info in classes] == [(1, "Grass"), (2, "Maize"), (3, "Wheat")]
    assert [info.color for info in classes] == ["#e69f00", "#123456", "#009e73"]
    assert [(info.polygons, info.samples) for info in classes] == [(3, 108), (3, 108), (6, 216)]


def test_integer_classes_keep_their_values(cube, spec):
    classes = extract(spec, cube.polygons, "code").classes
    assert [(info.value, info.name) for info in classes] == [(10, "10"), (20, "20"), (30, "30")]


def test_a_field_of_real_numbers_that_are_whole_keeps_its_values(spec, tmp_path):
    shapes = [(box(0, 0, 5, 5), {"crop": 311.0}), (box(10, 0, 5, 5), {"crop": 0.0})]
    samples = extract(spec, write_vectors(tmp_path / "v.gpkg", shapes))
    assert [(info.value, info.name) for info in samples.classes] == [(0, "0"), (311, "311")]


def test_classes_are_renamed_merged_and_left_out(cube, spec):
    merged = extract(spec, cube.polygons, "code", rename={"30": "cereal", "20": "cereal"})
    assert [(info.value, info.name, info.samples) for info in merged.classes] == [(10, "10", 216), (20, "cereal", 216)]
    fewer = extract(spec, cube.polygons, rename={"Maize": "", "Rice": "Paddy"})
    assert [info.name for info in fewer.classes] == ["Grass", "Wheat"]
    assert "3 polygons of the classes Maize are left out as asked." in fewer.notes
    assert "To be renamed, but not among the classes: Rice." in fewer.notes


def test_blank_names_are_left_out_and_counted(cube, spec, tmp_path):
    shapes = [(box(1, 1, 5, 5), {"crop": "Wheat"}), (box(9, 1, 5, 5), {"crop": "Maize"})]
    shapes += [(box(17, 1, 5, 5), {"crop": ""}), (box(17, 9, 5, 5), {"crop": "  "})]
    samples = extract(spec, write_vectors(tmp_path / "v.gpkg", shapes))
    assert len(samples) == 50
    assert "2 of 4 polygons have no class name and are left out." in samples.notes


def test_only_pixels_whose_centre_lies_inside_are_taken(spec, tmp_path):
    shapes = [(box(2.4, 2.4, 3.2, 3.2), {"crop": "Wheat"}), (box(10.6, 2.6, 3.8, 3.8), {"crop": "Maize"})]
    vectors = write_vectors(tmp_path / "v.gpkg", shapes)
    inside, touched = extract(spec, vectors), extract(spec, vectors, all_touched=True)
    assert np.bincount(inside.label).tolist() == [9, 16]  # Maize, Wheat
    assert np.bincount(touched.label).tolist() == [25, 16]


def test_points_give_one_sample_each_and_are_no_groups(cube, spec, tmp_path):
    shapes = [(point(2 * i, 3), {"crop": "Wheat" if i % 2 else "Maize"}) for i in range(12)]
    samples = extract(spec, write_vectors(tmp_path / "v.gpkg", shapes, epsg=4326))
    assert len(samples) == 12
    assert not samples.is_grouped
    assert any("each is its own group" in note for note in samples.notes)
    assert_series_are_the_cubes(samples, cube)


def test_a_multi_point_is_one_group(cube, spec, tmp_path):
    both = "MULTIPOINT ((500005 5199995), (500105 5199995), (500006 5199996))"
    shapes = [(both, {"crop": "Grass"})] + [(point(k, 9), {"crop": "Wheat"}) for k in range(10)]
    samples = extract(spec, write_vectors(tmp_path / "v.gpkg", shapes))
    assert samples.group[samples.label == 0].tolist() == [1, 1]  # two of its points lie in one pixel
    assert_series_are_the_cubes(samples, cube)


def test_a_hole_in_a_polygon_gives_no_samples(spec, tmp_path):
    ring, hole = box(0, 0, 8, 8)[9:-1], box(2, 2, 4, 4)[9:-1]
    shapes = [(f"POLYGON ({ring}, {hole})", {"crop": "Wheat"}), (box(10, 0, 5, 5), {"crop": "Maize"})]
    samples = extract(spec, write_vectors(tmp_path / "v.gpkg", shapes))
    assert (samples.label == 1).sum() == 64 - 16


def test_what_was_left_out_reaches_the_monitor(cube, spec):
    events = []
    job = ExtractJob(spec, cube.polygons, "crop", "", rename={"Maize": ""})
    samples = extract_samples(job, Monitor(events.append))
    assert [event["text"] for event in events if event["event"] == "note"] == list(samples.notes)


def test_points_of_a_csv_file_are_read_by_longitude_and_latitude(spec, tmp_path):
    shapes = [(point(2 * i, 3), {"crop": "Wheat" if i % 2 else "Maize"}) for i in range(12)]
    gpkg = write_vectors(tmp_path / "v.gpkg", shapes, epsg=4326)
    csv = tmp_path / "points.csv"
    options = gdal.VectorTranslateOptions(
        SQLStatement="SELECT ST_X(geom) AS longitude, ST_Y(geom) AS latitude, crop FROM v", format="CSV"
    )
    gdal.VectorTranslate(str(csv), gpkg, options=options)
    samples = extract(spec, csv)
    assert len(samples) == 12
    assert any("WGS 84 (EPSG:4326)" in note for note in samples.notes)


def test_pixels_under_polygons_of_two_classes_are_left_out(spec, tmp_path):
    shapes = [(box(0, 0, 6, 6), {"crop": "Wheat"}), (box(4, 0, 6, 6), {"crop": "Maize"})]
    samples = extract(spec, write_vectors(tmp_path / "v.gpkg", shapes))
    assert len(samples) == 2 * 24
    assert "12 pixels lie in polygons of different classes and are left out (features 1, 2)." in samples.notes


def test_pixels_under_polygons_of_one_class_count_once(spec, tmp_path):
    shapes = [(box(0, 0, 6, 6), {"crop": "Wheat"}), (box(4, 0, 6, 6), {"crop": "Wheat"})]
    shapes += [(box(12, 0, 4, 4), {"crop": "Maize"})]
    samples = extract(spec, write_vectors(tmp_path / "v.gpkg", shapes))
    assert len(samples) == 60 + 16
    assert len(np.unique(samples.xy, axis=0)) == len(samples)
    assert "12 pixels lie in several polygons of one class and count once." in samples.notes


def test_caps_hold_and_depend_on_the_seed(cube, spec):
    capped = extract(spec, cube.polygons, max_per_polygon=7, max_per_class=20)
    assert np.bincount(capped.label).tolist() == [20, 20, 20]
    assert np.unique(capped.group, return_counts=True)[1].max() <= 7
    assert_series_are_the_cubes(capped, cube)
    again, other = (extract(spec, cube.polygons, max_per_polygon=7, max_per_class=20, seed=seed) for seed in (0, 1))
    assert capped.fingerprint == again.fingerprint != other.fingerprint


def test_polygons_outside_and_too_small_ones_are_counted(spec, tmp_path):
    shapes = [(box(0, 0, 5, 5), {"crop": "Wheat"}), (box(10, 0, 5, 5), {"crop": "Maize"})]
    shapes += [(box(20.1, 3.1, 0.3, 0.3), {"crop": "Hedge"}), (box(500, 0, 5, 5), {"crop": "Wheat"})]
    samples = extract(spec, write_vectors(tmp_path / "v.gpkg", shapes))
    assert len(samples) == 50
    notes = " ".join(samples.notes)
    assert "1 of 4 polygons lie outside the raster" in notes
    assert "1 polygons hold no pixel centre" in notes
    assert "3 (Hedge)" in notes
    assert "Classes without a single sample, left out: Hedge." in notes


def test_polygons_that_reach_beyond_the_raster_give_their_inner_pixels(cube, spec, tmp_path):
    shapes = [(box(-5, -5, 8, 8), {"crop": "Wheat"}), (box(29, 20, 30, 30), {"crop": "Maize"})]
    samples = extract(spec, write_vectors(tmp_path / "v.gpkg", shapes))
    assert np.bincount(samples.label).tolist() == [3 * 4, 9]
    assert_series_are_the_cubes(samples, cube)


def test_samples_without_a_valid_date_are_left_out(tmp_path):
    cube = small_cube(tmp_path, cloud=0.0)
    for mask in cube.masks:
        dataset = gdal.Open(mask, gdal.GA_Update)
        clouds = dataset.ReadAsArray()
        clouds[:4, :] = 1
        dataset.GetRasterBand(1).WriteArray(clouds)
        dataset = None
    samples = extract(str(cube.save_spec()), cube.polygons)
    assert len(samples) == 12 * 36 - 4 * 18  # rows 1 to 3 of the upper four polygons are gone
    assert "72 of 432 samples have no valid date and are left out." in samples.notes
    assert places(samples)[0].min() == 4


def test_folds_come_from_their_field(cube, spec):
    samples = extract(spec, cube.polygons, fold_field="fold")
    assert set(samples.fold.tolist()) == {"0", "1", "2"}


@pytest.mark.parametrize(
    ("shapes", "epsg", "fields", "words"),
    [
        ([(box(0, 0, 5, 5), {"crop": "Wheat"})], EPSG, {"class_field": "name"}, "no field 'name': choose one of crop"),
        ([(box(0, 0, 5, 5), {"crop": "Wheat"})], EPSG, {"class_field": ""}, "No class field is chosen"),
        ([(box(0, 0, 5, 5), {"crop": ""})], EPSG, {}, "'crop' of v.gpkg is empty in all 1"),
        ([(box(0, 0, 5, 5), {"crop": "Wheat"})], 0, {}, "CRS of v.gpkg is unknown"),
        ([(box(900, 0, 5, 5), {"crop": "Wheat"})], EPSG, {}, "All 1 polygons of v.gpkg lie outside the raster"),
        ([(box(0, 0, 5, 5), {"crop": "Wheat"})], EPSG, {}, "one class only \\('Wheat'\\)"),
        ([(point(k, 0), {"crop": f"c{k}"}) for k in range(3)], EPSG, {}, "only 3 samples"),
        ([(box(0.1, 0.1, 0.2, 0.2), {"crop": "Wheat"})], EPSG, {}, "hold a pixel centre"),
        ([("LINESTRING (500000 5199900, 500100 5199900)", {"crop": "Road"})], EPSG, {}, "no point or polygon"),
        ([(box(0, 0, 5, 5), {"crop": "Wheat"})], EPSG, {"rename": {"Wheat": ""}}, "No class of v.gpkg is left"),
        ([(box(0, 0, 5, 5), {"crop": "Wheat"})], EPSG, {"layer": "fields"}, "no layer 'fields': choose one of v"),
    ],
)
def test_vectors_that_cannot_train_are_refused_in_words(spec, tmp_path, shapes, epsg, fields, words):
    vectors = write_vectors(tmp_path / "v.gpkg", shapes, epsg=epsg)
    with pytest.raises(InputError, match=words):
        extract(spec, vectors, **fields)


def test_a_missing_vector_file_is_told(spec, tmp_path):
    with pytest.raises(InputError, match=r"none\.gpkg cannot be opened"):
        extract(spec, tmp_path / "none.gpkg")


def test_samples_beyond_the_memory_setting_are_refused(tmp_path):
    cube = small_cube(tmp_path, size=(256, 256), dates=tuple(f"20{y}-05-01" for y in range(10, 40)), masked=False)
    with pytest.raises(InputError, match="more than half of the memory setting \\(10 MB\\): set a cap"):
        extract(str(cube.save_spec()), cube.polygons, memory_mb=10)


def test_an_extraction_can_be_canceled(cube, spec):
    with pytest.raises(Canceled):
        extract_samples(ExtractJob(spec, cube.polygons, "crop", ""), Monitor(is_canceled=lambda: True))


def test_features_give_their_series_in_batches_of_bounded_windows(cube):
    with open_cube(replace(cube.spec()), threads=1) as opened:
        pixels = polygon_pixels(VectorSource(cube.polygons), opened.grid)
        batches = list(series_batches(opened, pixels, 1, Monitor()))
    seen = np.concatenate([batch.index for batch in batches])
    np.testing.assert_array_equal(np.sort(seen), np.arange(len(pixels.position)))
    np.testing.assert_array_equal(np.bincount(pixels.feature), 36)
    row, column = np.divmod(pixels.position[batches[0].index], 32)
    np.testing.assert_array_equal(batches[0].valid, cube.valid[:, row, column].T)


@pytest.mark.parametrize("block", [(16, 16), (500, 1), (500, 300), (64, 256)])
@pytest.mark.parametrize("budget_px", [1, 1000, 40000])
def test_windows_hold_every_position_once_within_the_budget(block, budget_px):
    grid = Grid(500, 300, (0.0, 1.0, 0.0, 0.0, 0.0, -1.0), "")
    position = np.random.default_rng(0).choice(500 * 300, 400, replace=False)
    seen = []
    for window, index in windows_over(position, grid, block, budget_px):
        assert window.pixels <= budget_px
        row, column = np.divmod(position[index], 500)
        assert window.x <= column.min() <= column.max() < window.x + window.width
        assert window.y <= row.min() <= row.max() < window.y + window.height
        seen.extend(index.tolist())
    assert sorted(seen) == list(range(400))


def test_a_thousand_polygons_are_found_in_a_whole_tile(tmp_path):
    shapes = [(box(3 * (k % 40), 3 * (k // 40), 2, 2), {"crop": "Wheat"}) for k in range(1000)]
    vectors = write_vectors(tmp_path / "v.gpkg", shapes)
    crs = osr.SpatialReference()
    crs.ImportFromEPSG(EPSG)
    grid = Grid(10980, 10980, (CORNER[0], 10.0, 0.0, CORNER[1], 0.0, -10.0), crs.ExportToWkt())
    assert len(polygon_pixels(VectorSource(vectors), grid).position) == 4000


SLOVENIA = Path(__file__).resolve().parents[3] / "shared" / "data" / "slovenia_s2"


@pytest.mark.skipif(not SLOVENIA.is_dir(), reason="the real data is not here")
def test_real_polygons_give_their_five_classes(tmp_path):
    cube = small_cube(tmp_path, masked=False).spec()
    band = replace(cube.acquisitions[0].bands[0], dataset=str(next(SLOVENIA.glob("*_NDVI.tif"))), index=1)
    from chronomap.plugin.core.cube_spec import CubeSpec, save_cube_spec  # noqa: PLC0415

    save_cube_spec(CubeSpec((replace(cube.acquisitions[0], bands=(band,)),)), tmp_path / "one.json")
    samples = extract(str(tmp_path / "one.json"), SLOVENIA / "lulc_polygons.gpkg", "LULC_NAME")
    assert "4 of 88 polygons have no class name and are left out." in samples.notes
    assert [info.samples for info in samples.classes] == [198, 11, 7601, 1777, 358]
