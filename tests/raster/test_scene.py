# SPDX-License-Identifier: GPL-2.0-or-later
"""The demo scene: believable, repeatable, complete, and clear when it cannot be made."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from chronomap.plugin.core.cube_spec import load_cube_spec
from chronomap.plugin.core.errors import Canceled, InputError, OutputError
from chronomap.plugin.core.jobs import SceneJob
from chronomap.plugin.core.monitor import Monitor
from chronomap.plugin.core.records import read_json
from chronomap.plugin.raster.clouds import CIRRUS, CLOUD, PROBABLE, SHADOW, classify, draw_covers, make_sky
from chronomap.plugin.raster.covers import BANDS, CLASSES, COVERS, FIELD_COVERS
from chronomap.plugin.raster.cube import open_cube
from chronomap.plugin.raster.grid import Window
from chronomap.plugin.raster.landscape import make_landscape
from chronomap.plugin.raster.phenology import Place, draw_traits, reflectance
from chronomap.plugin.raster.scene import draw_days, make_scene
from osgeo import gdal, ogr

SMALL = {"size_px": 192, "dates": 10, "seed": 3}
SEASON = range(63, 300, 3)


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    return make_scene(SceneJob(str(tmp_path_factory.mktemp("scene")), **SMALL), Monitor())


@pytest.fixture(scope="module")
def landscape():
    return make_landscape(np.random.default_rng(7), 6400.0)


def _plots(path: str) -> list[tuple[str | None, ogr.Geometry, str]]:
    dataset = ogr.Open(path)
    return [(plot["crop"], plot.GetGeometryRef().Clone(), plot["remark"]) for plot in dataset.GetLayer(0)]


def _band(path: str) -> np.ndarray:
    return gdal.Open(path).ReadAsArray()


def _clean_series(cover: str, parcels: int = 30) -> np.ndarray:
    """Return reflectance without clouds and noise, (days, C, parcels)."""
    rng = np.random.default_rng(0)
    traits, ones = draw_traits(rng, [COVERS[cover]] * parcels), np.ones(parcels, np.float32)
    return np.stack([reflectance(traits, Place(0 * ones, ones, ones), day, 0 * ones) for day in SEASON])


def test_images_are_tiled_geotiffs_that_say_what_they_hold(scene):
    assert len(scene["rasters"]) == len(scene["masks"]) == SMALL["dates"]
    for path in scene["rasters"]:
        raster = gdal.Open(path)
        first = raster.GetRasterBand(1)
        assert [raster.GetRasterBand(k + 1).GetDescription() for k in range(raster.RasterCount)] == list(BANDS)
        assert (first.GetNoDataValue(), first.GetScale(), first.GetBlockSize()) == (0, 0.0001, [256, 256])
        assert raster.GetMetadata("IMAGE_STRUCTURE")["COMPRESSION"] == "DEFLATE"
        assert raster.GetSpatialRef().GetAuthorityCode(None) == "32633"


def test_its_cube_opens_and_masks_its_clouds(scene):
    spec = load_cube_spec(Path(scene["cube"]))
    with open_cube(spec, memory_mb=100) as cube:
        values, valid = cube.read(Window(0, 0, 192, 192))
    assert cube.bands == BANDS
    assert valid.mean() == pytest.approx(0.65, abs=0.2)
    clear = np.broadcast_to((valid > 0)[:, None], values.shape)
    assert 50 < np.median(values[clear]) < 4000
    assert values[clear].min() >= 1


def test_the_same_job_makes_the_same_scene(scene, tmp_path):
    again = make_scene(SceneJob(str(tmp_path), **SMALL), Monitor())
    for name in ("truth", "rasters", "masks"):
        ours, theirs = np.atleast_1d(scene[name])[-1], np.atleast_1d(again[name])[-1]
        assert np.array_equal(_band(str(ours)), _band(str(theirs)))
    assert [plot[1].ExportToWkt() for plot in _plots(scene["training"])] == [
        plot[1].ExportToWkt() for plot in _plots(again["training"])
    ]


def test_another_scene_in_the_same_folder_leaves_no_old_images(tmp_path):
    make_scene(SceneJob(str(tmp_path), 160, 8, seed=1), Monitor())
    made = make_scene(SceneJob(str(tmp_path), 160, 6, seed=2), Monitor())
    assert sorted(map(str, tmp_path.glob("S2_????????.tif"))) == made["rasters"]


def test_training_polygons_lie_on_their_class(scene):
    truth = gdal.Open(scene["truth"])
    values, (left, _, _, top, _, _) = truth.ReadAsArray(), truth.GetGeoTransform()
    names = ["", *(known.name for known in CLASSES)]
    for crop, outline, _ in _plots(scene["training"]) + _plots(scene["reference"]):
        x, y, _ = outline.PointOnSurface().GetPoint(0)
        if crop:
            assert names[values[int((top - y) / 10), int((x - left) / 10)]] == crop


def test_every_class_has_training_and_reference_polygons_apart_from_each_other(scene):
    training, reference = _plots(scene["training"]), _plots(scene["reference"])
    for known in CLASSES:
        assert sum(crop == known.name for crop, _, _ in training) >= 3
        assert any(crop == known.name for crop, _, _ in reference)
    overlaps = [a.Intersection(b).Area() for (_, a, _), (_, b, _) in itertools.product(training, reference)]
    assert max(overlaps) == 0


def test_training_polygons_are_as_messy_as_real_ones(scene):
    plots = _plots(scene["training"])
    assert {crop for crop, _, remark in plots if remark == "crop not seen"} == {None, ""}
    twice = [outline for _, outline, remark in plots if remark == "digitised twice"]
    assert sum(outline.Equals(twice[0]) for _, outline, _ in plots) == 2


def test_a_full_scene_has_hundreds_of_fields_of_some_hectares(landscape):
    areas = [piece.outline.Area() / 1e4 for piece in landscape.pieces if piece.is_field]
    inside = [piece for piece in landscape.pieces if piece.is_field and landscape.frame.Contains(piece.outline)]
    assert len(inside) >= 300
    assert 2 < np.median(areas) < 6


def _parcels(cover: str, days: np.ndarray, count: int = 300) -> np.ndarray:
    """Return reflectance of pixels of as many parcels on each day, without clouds and noise: (days, C, parcels)."""
    rng = np.random.default_rng(0)
    traits = draw_traits(rng, [COVERS[cover]] * count)
    vigor, soil = (np.clip(1 + spread * rng.standard_normal(count), 0.5, 1.5) for spread in (0.14, 0.13))
    place = Place(rng.normal(0, 3, count), vigor, soil)
    return np.stack([reflectance(traits, place, day, np.full(count, 0.12)) for day in days])


def _difference(own: np.ndarray, rival: np.ndarray) -> np.ndarray:
    """Return how far two classes (days, C, n) lie apart on each day, in deviations along the best direction."""
    found = []
    for one, other in zip(own, rival):
        step = one.mean(axis=1) - other.mean(axis=1)
        spread = (np.cov(one) + np.cov(other)) / 2 + 0.004**2 * np.eye(len(step))  # and the sensor's noise
        found.append(np.sqrt(step @ np.linalg.solve(spread, step)))
    return np.array(found)


def test_key_windows_are_the_days_that_set_a_class_apart_from_its_nearest_rival():
    days = np.arange(63, 301, 3)
    series = {name: np.concatenate([_parcels(c, days) for c in covers], 2) for name, covers in FIELD_COVERS.items()}
    for known in CLASSES:
        if known.name not in series:
            continue
        rivals = [_difference(series[known.name], other) for name, other in series.items() if name != known.name]
        nearest = np.min(rivals, axis=0)
        apart = nearest / nearest.max()
        if not known.reason:
            assert (apart >= 0.7).mean() > 0.6, known.name
            continue
        inside = (days >= known.window[0]) & (days <= known.window[1])
        assert inside[apart.argmax()], known.name
        assert apart[inside].mean() >= 0.7, known.name
        assert np.median(apart[~inside]) <= 0.35, known.name


def test_key_windows_are_dates_of_the_season(scene):
    windows = read_json(Path(scene["windows"]))
    assert set(windows) == set(FIELD_COVERS) - {"Grassland"}
    assert all("2021-03" < window["start"] < window["end"] < "2021-11" for window in windows.values())


def test_rapeseed_turns_yellow_in_spring():
    blue, green = (_clean_series("rapeseed")[:, band].mean(axis=1) for band in (0, 1))
    assert 112 <= SEASON[int(np.argmax(green - blue))] <= 148


def test_mown_grass_grows_again():
    infrared = _clean_series("meadow", 1)[:, BANDS.index("B08"), 0]
    falls = np.diff(infrared) < -0.05
    assert falls.any()
    assert infrared[-20:].max() > infrared[1:][falls].min() + 0.05


@pytest.mark.parametrize("mean", [0.0, 0.2, 0.35, 0.5])
def test_cloud_covers_are_as_cloudy_as_asked_on_average(mean):
    covers = draw_covers(np.random.default_rng(1), 30, mean)
    assert len(covers) == 30
    assert covers.mean() == pytest.approx(mean, abs=0.05)


def test_the_mask_misses_some_thin_cloud_but_no_thick_one():
    rng = np.random.default_rng(2)
    sky = make_sky(rng, 200, 0.4, 0.8)
    codes = classify(rng, sky, np.full((len(BANDS), 200, 200), 0.05, np.float32))
    hidden = np.isin(codes, (SHADOW, PROBABLE, CLOUD, CIRRUS))
    thin = (sky.opacity > 0.03) & (sky.opacity < 0.2)
    assert (~hidden & thin).any()
    assert hidden[sky.opacity > 0.3].all()
    assert (sky.shade > 0.5).any()


def test_passes_are_irregular_and_never_twice_on_a_day():
    days = draw_days(np.random.default_rng(0), 30)
    gaps = np.diff(days)
    assert len(days) == 30
    assert gaps.min() > 0
    assert len(set(gaps)) > 3


@pytest.mark.parametrize(("field", "value"), [("size_px", 20), ("dates", 2), ("cloud", 0.95)])
def test_a_scene_out_of_range_is_refused_in_words(tmp_path, field, value):
    with pytest.raises(InputError, match=r"choose a value from"):
        make_scene(SceneJob(str(tmp_path), **{field: value}), Monitor())


def test_a_place_that_is_a_file_is_refused_in_words(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(OutputError, match="choose another"):
        make_scene(SceneJob(str(tmp_path / "taken" / "scene"), **SMALL), Monitor())


def test_it_stops_when_canceled(tmp_path):
    with pytest.raises(Canceled):
        make_scene(SceneJob(str(tmp_path), **SMALL), Monitor(is_canceled=lambda: True))
