# SPDX-License-Identifier: GPL-2.0-or-later
"""Labelled points against a map: areas counted, classes matched, and what does not count told."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from chronomap.plugin.core.errors import InputError
from chronomap.plugin.core.jobs import AreaAccuracyJob
from chronomap.plugin.run.dispatch import run_job
from class_maps import class_map
from synthetic import CORNER, write_vectors

# 20 x 10 px: 100 of Wheat, 80 of Maize, 20 of Grass (class values 1, 2, 5).
VALUES = np.repeat([[1] * 10 + [2] * 8 + [5] * 2], 10, axis=0)


def place(column, row):
    return f"POINT ({CORNER[0] + (column + 0.5) * 10} {CORNER[1] - (row + 0.5) * 10})"


def points(path, labels, **more):
    """Write points at (column, row) with their reference class and other fields."""
    shapes = [
        (place(*at), {"reference": label, **{k: v[n] for k, v in more.items()}}) for n, (at, label) in enumerate(labels)
    ]
    return write_vectors(path, shapes)


def some_labels():
    """Return 4 points in Wheat (3 right), 4 in Maize (all right), 2 in Grass (1 right)."""
    wheat = [((0, row), "Wheat") for row in range(3)] + [((0, 3), "Maize")]
    maize = [((12, row), "Maize") for row in range(4)]
    return [*wheat, *maize, ((18, 0), "Grass"), ((18, 1), "Wheat")]


@pytest.fixture
def raster(tmp_path):
    return class_map(tmp_path / "map.tif", VALUES)


def test_accuracy_is_weighted_by_area(raster, tmp_path, listener):
    vectors = points(tmp_path / "p.gpkg", some_labels())
    figures = listener.run(AreaAccuracyJob(vectors, "reference", map=raster))["figures"]
    assert figures["overall_accuracy"]["value"] == pytest.approx(0.5 * 0.75 + 0.4 * 1.0 + 0.1 * 0.5)
    assert figures["counts"] == [[3, 1, 0], [0, 4, 0], [1, 0, 1]]
    by_name = {entry["name"]: entry for entry in figures["classes"]}
    assert by_name["Wheat"]["mapped_ha"] == pytest.approx(1.0)
    assert by_name["Wheat"]["area_ha"]["value"] == pytest.approx(2.0 * (0.5 * 0.75 + 0.1 * 0.5))
    assert by_name["Maize"]["users"]["value"] == 1.0


def test_page_table_and_json_hold_the_figures(raster, tmp_path, listener):
    vectors = points(tmp_path / "p.gpkg", some_labels())
    outputs = {name: str(tmp_path / f"out.{suffix}") for name, suffix in
               (("report", "html"), ("table", "csv"), ("metrics", "json"))}  # fmt: skip
    listener.run(AreaAccuracyJob(vectors, "reference", map=raster, **outputs))
    assert "0.825 ± " in (tmp_path / "out.html").read_text(encoding="utf-8")
    rows = list(csv.DictReader((tmp_path / "out.csv").open(encoding="utf-8")))
    assert [row["class"] for row in rows] == ["Wheat", "Maize", "Grass"]
    stored = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert float(rows[0]["area_ci95_ha"]) == pytest.approx(stored["classes"][0]["area_ha"]["ci95"])


def test_class_values_serve_as_reference_as_well_as_names(raster, tmp_path, listener):
    value_of = {"Wheat": "1", "Maize": "2", "Grass": "5"}
    vectors = points(tmp_path / "p.gpkg", [(at, value_of[name]) for at, name in some_labels()])
    figures = listener.run(AreaAccuracyJob(vectors, "reference", map=raster))["figures"]
    assert figures["counts"] == [[3, 1, 0], [0, 4, 0], [1, 0, 1]]


def test_a_reference_class_the_map_lacks_gets_an_area_of_its_own(raster, tmp_path, listener):
    labels = [*some_labels()[:-1], ((18, 1), "Road")]
    figures = listener.run(AreaAccuracyJob(points(tmp_path / "p.gpkg", labels), "reference", map=raster))["figures"]
    road = figures["classes"][-1]
    assert (road["name"], road["mapped_ha"], road["producers"]["value"]) == ("Road", 0.0, 0.0)
    assert road["area_ha"]["value"] == pytest.approx(2.0 * 0.1 * 0.5)


def test_unlabelled_and_outlying_points_are_left_out_and_told(raster, tmp_path, listener):
    labels = [*some_labels(), ((1, 1), ""), ((50, 50), "Wheat")]
    figures = listener.run(AreaAccuracyJob(points(tmp_path / "p.gpkg", labels), "reference", map=raster))["figures"]
    assert figures["points"] == 10
    assert "1 of 12 points have no reference class yet" in listener.texts()
    assert "1 labelled points lie outside the map" in listener.texts()


def test_areas_and_classes_may_come_from_table_and_field(tmp_path, listener):
    areas = tmp_path / "areas.csv"
    areas.write_text("class,area_ha\nWheat,100\nMaize,80\nGrass,20\n", encoding="utf-8")
    mapped = ["Wheat"] * 4 + ["Maize"] * 4 + ["Grass"] * 2
    vectors = points(tmp_path / "p.gpkg", some_labels(), on_map=mapped)
    job = AreaAccuracyJob(vectors, "reference", map_field="on_map", areas=str(areas))
    figures = listener.run(job)["figures"]
    assert figures["overall_accuracy"]["value"] == pytest.approx(0.825)
    assert figures["total_ha"] == 200.0


def test_points_drawn_from_another_map_are_doubted_until_it_is_given(raster, tmp_path, listener):
    other = class_map(tmp_path / "other.tif", VALUES[:, ::-1])
    drawn = ["Grass"] * 2 + ["Wheat"] * 8
    vectors = points(tmp_path / "p.gpkg", some_labels(), mapped=drawn)
    listener.run(AreaAccuracyJob(vectors, "reference", map=raster))
    assert "give that map as the strata" in listener.texts("warning")
    listener.events.clear()
    figures = listener.run(AreaAccuracyJob(vectors, "reference", map=raster, strata=other))["figures"]
    assert "give that map" not in listener.texts("warning")
    assert [entry["points"] for entry in figures["strata"]] == [6, 0, 4]


def test_a_design_without_strata_is_said_to_be_stratified_afterwards(raster, tmp_path, listener):
    vectors = points(tmp_path / "p.gpkg", some_labels())
    figures = listener.run(AreaAccuracyJob(vectors, "reference", map=raster, design="random"))["figures"]
    assert "post-stratified" in figures["notes"][0]


def test_strata_without_points_are_warned_of(raster, tmp_path, listener):
    vectors = points(tmp_path / "p.gpkg", some_labels()[:-2])
    listener.run(AreaAccuracyJob(vectors, "reference", map=raster))
    assert "No labelled point lies in Grass: 10.00 % of the area" in listener.texts("warning")


def test_polygons_are_refused(raster, tmp_path):
    x, y = CORNER
    ring = f"POLYGON (({x} {y}, {x + 50} {y}, {x} {y - 50}, {x} {y}))"
    vectors = write_vectors(tmp_path / "p.gpkg", [(ring, {"reference": "Wheat"})])
    with pytest.raises(InputError, match="no random sample"):
        run_job(AreaAccuracyJob(vectors, "reference", map=raster))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("class,share\nWheat,1\n", "needs class and area_ha"),
        ("class,area_ha\nWheat,many\n", "is no number"),
        ("class,area_ha\nWheat,1\nWheat,2\n", "names a class twice"),
        ("map,class,area_ha\na,Wheat,1\nb,Maize,2\n", "areas of several maps"),
        ("class,area_ha\nWheat,100\n", "The field 'on_map' holds Grass, Maize"),
    ],
)
def test_tables_of_areas_that_cannot_be_used_are_refused(tmp_path, text, sentence):
    (tmp_path / "areas.csv").write_text(text, encoding="utf-8")
    vectors = points(tmp_path / "p.gpkg", some_labels(), on_map=["Wheat"] * 4 + ["Maize"] * 4 + ["Grass"] * 2)
    with pytest.raises(InputError, match=sentence):
        run_job(AreaAccuracyJob(vectors, "reference", map_field="on_map", areas=str(tmp_path / "areas.csv")))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "Neither a class map nor a table"),
        ({"areas": True}, "choose the field that holds each point's class"),
        ({"map": True, "reference_field": "truth"}, "has no field 'truth': choose one of"),
    ],
)
def test_what_is_missing_is_said_before_anything_starts(raster, tmp_path, fields, sentence):
    (tmp_path / "areas.csv").write_text("class,area_ha\nWheat,1\n", encoding="utf-8")
    vectors = points(tmp_path / "p.gpkg", some_labels())
    paths = {"map": raster, "areas": str(tmp_path / "areas.csv")}
    given = {name: paths.get(name, value) for name, value in fields.items()}
    with pytest.raises(InputError, match=sentence):
        run_job(AreaAccuracyJob(**{"vectors": vectors, "reference_field": "reference", **given}))
