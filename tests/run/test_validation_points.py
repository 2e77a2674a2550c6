# SPDX-License-Identifier: GPL-2.0-or-later
"""Validation points: as many as the precision needs, in their strata, on pixel centres, the same for one seed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from chronomap.plugin.core.errors import InputError
from chronomap.plugin.core.jobs import AreaAccuracyJob, ValidationPointsJob
from chronomap.plugin.run.dispatch import run_job
from chronomap.plugin.run.sample_size import allocate, expected_error, sample_size
from class_maps import class_map
from osgeo import ogr
from synthetic import CORNER

NAMES = {1: "Wheat", 2: "Maize", 5: "Grass"}
# Olofsson et al. 2014, section 5.1.1: mapped shares and expected user's accuracies; 641 points for an error of 0.01.
SHARE, EXPECTED = [0.02, 0.015, 0.32, 0.645], [0.70, 0.60, 0.90, 0.95]


@pytest.fixture
def truth():
    """Class values (60, 80): patches of the three classes, and a border of nodata."""
    generator = np.random.default_rng(1)
    values = generator.choice([1, 2, 5], (60, 80), p=[0.6, 0.35, 0.05])
    values[:2], values[:, -3:] = 0, 0
    return values


@pytest.fixture
def raster(truth, tmp_path):
    return class_map(tmp_path / "map.tif", truth)


def drawn(path):
    """Return (column, row) (N, 2) of the points, not rounded, and their fields."""
    dataset = ogr.Open(str(path))
    features = list(dataset.GetLayer())
    xy = np.array([(f.GetGeometryRef().GetX(), f.GetGeometryRef().GetY()) for f in features])
    return (xy - CORNER) / [10, -10], [f.items() for f in features]


def draw(raster, tmp_path, **fields):
    outputs = run_job(ValidationPointsJob(raster, str(tmp_path / "points.gpkg"), **fields))
    return outputs, *drawn(tmp_path / "points.gpkg")


def test_the_sample_size_is_that_of_the_paper():
    assert sample_size(SHARE, EXPECTED, 0.01) == 641


def test_a_small_map_needs_fewer_points():
    # (0.25 / (0.05^2 + 0.25 / 400)) for one class of U = 0.5
    assert sample_size([1.0], [0.5], 0.05, 400) == math.ceil(0.25 / (0.0025 + 0.25 / 400)) == 80


def test_proportional_points_follow_the_area():
    assert allocate(100, [5000, 3000, 2000], "proportional", 50) == [50, 30, 20]


def test_equal_points_are_equal_but_for_tiny_classes():
    assert allocate(90, [5000, 3000, 7], "equal", 50) == [30, 30, 7]


def test_hybrid_points_give_rare_classes_the_least_and_the_rest_in_proportion():
    pixels = [200_000, 150_000, 3_200_000, 6_450_000]
    assert allocate(641, pixels, "hybrid", 75) == [75, 75, 163, 328]


def test_classes_that_are_not_on_the_map_get_no_points():
    assert allocate(10, [100, 0, 100], "hybrid", 4)[1] == 0


def test_rounding_keeps_the_total():
    assert sum(allocate(100, [333, 333, 334], "proportional", 1)) == 100


def test_the_expected_error_is_the_formula_s():
    assert expected_error([0.5, 0.5], [0.8, 0.9], [40, 90]) == pytest.approx(
        (0.25 * 0.16 / 40 + 0.25 * 0.09 / 90) ** 0.5
    )


def test_points_lie_on_pixel_centres_in_the_class_they_note(raster, truth, tmp_path):
    _, places, fields = draw(raster, tmp_path, points=120)
    assert places % 1 == pytest.approx(np.full(places.shape, 0.5))
    column, row = places.astype(int).T
    assert [NAMES[value] for value in truth[row, column]] == [field["mapped"] for field in fields]


def test_no_pixel_is_drawn_twice_and_the_labels_are_empty(raster, tmp_path):
    outputs, places, fields = draw(raster, tmp_path, points=120)
    assert len({tuple(place) for place in places}) == len(places) == outputs["points"]
    assert {field["reference"] for field in fields} == {None}


def test_a_whole_class_can_be_drawn(raster, truth, tmp_path):
    _, _, fields = draw(raster, tmp_path, points=3000, allocation="equal")
    names = [field["mapped"] for field in fields]
    assert names.count("Grass") == (truth == 5).sum()


def test_the_order_does_not_tell_the_class(raster, tmp_path):
    _, _, fields = draw(raster, tmp_path, points=120, allocation="equal")
    names = [field["mapped"] for field in fields]
    changes = sum(a != b for a, b in zip(names, names[1:]))
    assert changes > 60
    assert [field["point"] for field in fields] == list(range(1, len(fields) + 1))


def test_a_seed_draws_the_same_points_and_another_others(raster, tmp_path):
    first, again, other = (draw(raster, tmp_path, points=50, seed=seed)[1].tolist() for seed in (3, 3, 4))
    assert first == again
    assert first != other


def test_points_do_not_depend_on_windows(raster, tmp_path, monkeypatch):
    whole = draw(raster, tmp_path, points=50)[1]
    monkeypatch.setattr("chronomap.plugin.raster.map_stack._WINDOW_PX", 16 * 16)
    _, places, fields = draw(raster, tmp_path, points=50)
    assert len(places) == len(whole)
    assert {field["mapped"] for field in fields} == set(NAMES.values())


def test_every_pixel_of_a_class_is_as_likely(truth, raster, tmp_path):
    counts = np.zeros(truth.shape)
    for seed in range(25):
        _, places, _ = draw(raster, tmp_path, points=300, allocation="proportional", seed=seed)
        column, row = places.astype(int).T
        counts[row, column] += 1
    expected = 25 * 300 / (truth > 0).sum()
    left, right = counts[:, :38][truth[:, :38] == 1].mean(), counts[:, 38:][truth[:, 38:] == 1].mean()
    assert counts[truth == 0].sum() == 0
    assert left == pytest.approx(expected, rel=0.08)
    assert right == pytest.approx(expected, rel=0.08)


def test_points_keep_their_distance_and_the_shortage_is_told(raster, tmp_path, listener):
    job = ValidationPointsJob(raster, str(tmp_path / "p.gpkg"), points=300, min_distance_m=60)
    outputs = listener.run(job)
    places, _ = drawn(tmp_path / "p.gpkg")
    apart = np.linalg.norm((places[:, None] - places[None]) * 10, axis=2)
    assert apart[np.triu_indices(len(places), 1)].min() >= 60
    assert outputs["points"] < 300
    assert "Fewer points than wanted keep 60 m" in listener.texts("warning")


def test_points_labelled_with_the_truth_find_the_map_faultless(raster, tmp_path, listener):
    _, _, fields = draw(raster, tmp_path, points=60)
    dataset = ogr.Open(str(tmp_path / "points.gpkg"), 1)
    layer = dataset.GetLayer()
    layer.StartTransaction()
    for feature in layer:
        feature.SetField("reference", feature.GetField("mapped"))
        layer.SetFeature(feature)
    layer.CommitTransaction()
    dataset = layer = None
    figures = listener.run(AreaAccuracyJob(str(tmp_path / "points.gpkg"), "reference", map=raster))["figures"]
    assert figures["overall_accuracy"] == {"value": 1.0, "error": 0.0, "ci95": 0.0}
    assert figures["points"] == len(fields)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"target_error": 0.0}, "give one between 0 and 0.5"),
        ({"allocation": "fair"}, "choose one of hybrid"),
        ({"expected": {"Wheat": 1.2}}, "must lie between 0 and 1: Wheat 1.2"),
        ({"expected": {"Rye": 0.8}}, "name Rye, but the map has Wheat, Maize, Grass"),
    ],
)
def test_settings_that_cannot_be_met_are_refused(raster, tmp_path, fields, sentence):
    with pytest.raises(InputError, match=sentence):
        draw(raster, tmp_path, **fields)
