# SPDX-License-Identifier: GPL-2.0-or-later
"""Maps compared and judged through Processing: styled layers, typed tables, figures as outputs."""

from __future__ import annotations

import numpy as np
import pytest
from chronomap.plugin.core.jobs import AreaAccuracyJob, SplitGapJob, ValidationPointsJob
from class_maps import class_map
from qgis.core import QgsApplication, QgsProcessingFeedback, QgsRasterLayer, QgsVectorLayer


@pytest.fixture
def maps(tmp_path):
    generator = np.random.default_rng(0)
    first = generator.choice([1, 2, 5], (30, 40))
    second = np.where(generator.random(first.shape) < 0.2, 2, first)
    return [class_map(tmp_path / "first.tif", first), class_map(tmp_path / "second.tif", second)]


def algorithm(name):
    return QgsApplication.processingRegistry().algorithmById(f"chronomap:{name}").create()


def run(name, parameters, context):
    can_run, message = algorithm(name).checkParameterValues(parameters, context)
    assert can_run, message
    results, is_ok = algorithm(name).run(parameters, context, QgsProcessingFeedback())
    assert is_ok
    return results


def legend(path):
    layer = QgsRasterLayer(str(path), "map")  # its renderer dies with it
    return [(entry.value, entry.label) for entry in layer.renderer().classes()]


def test_a_map_of_disagreement_says_in_words_how_many_differ(provider, context, maps, tmp_path):
    results = run("mapdisagreement", {"maps": maps, "output": str(tmp_path / "d.tif")}, context)
    assert legend(results["output"]) == [(0, "all maps agree"), (1, "1 map differs")]
    assert 0.05 < results["differing_share"] < 0.2


def test_swapped_classes_are_drawn_by_pair(provider, context, maps, tmp_path):
    outputs = {"pairs": str(tmp_path / "p.tif"), "table": str(tmp_path / "t.csv")}
    results = run("mapdisagreement", {"maps": maps, **outputs}, context)
    assert {name for _, name in legend(results["pairs"])} == {"same class", "Wheat → Maize", "Grass → Maize"}
    table = QgsVectorLayer(results["table"], "t", "ogr")
    assert table.fields().field("area_ha").typeName() == "Real"


def test_a_consensus_map_keeps_the_classes(provider, context, maps, tmp_path):
    results = run("consensusmap", {"maps": maps, "output": str(tmp_path / "c.tif")}, context)
    assert legend(results["output"]) == [(1, "Wheat"), (2, "Maize"), (5, "Grass")]


def test_points_are_drawn_labelled_and_judged(provider, context, maps, tmp_path):
    drawn = run("samplevalidationpoints", {"map": maps[0], "total": 40, "output": str(tmp_path / "p.gpkg")}, context)
    layer = QgsVectorLayer(drawn["output"], "points", "ogr")
    assert layer.featureCount() == drawn["points"]
    layer.startEditing()
    for feature in layer.getFeatures():
        layer.changeAttributeValue(feature.id(), layer.fields().lookupField("reference"), feature["mapped"])
    assert layer.commitChanges()
    results = run("areaaccuracy", {"vectors": layer, "map": maps[0], "table": str(tmp_path / "t.csv")}, context)
    assert (results["overall_accuracy"], results["overall_ci95"]) == (1.0, 0.0)
    assert results["points"] == layer.featureCount()


def test_defaults_are_those_of_the_jobs(provider, context, maps, tmp_path):
    points = algorithm("samplevalidationpoints").build_job({"map": maps[0], "output": "/p.gpkg"}, context)
    assert points == ValidationPointsJob(maps[0], "/p.gpkg")
    run("samplevalidationpoints", {"map": maps[0], "output": str(tmp_path / "p.gpkg")}, context)
    judged = algorithm("areaaccuracy").build_job({"vectors": str(tmp_path / "p.gpkg"), "map": maps[0]}, context)
    assert judged == AreaAccuracyJob(str(tmp_path / "p.gpkg"), "reference", map=maps[0])
    assert algorithm("splitgap").build_job({"samples": "/s.npz"}, context) == SplitGapJob("/s.npz")


def test_expected_accuracies_are_read_by_class(provider, context, maps):
    parameters = {"map": maps[0], "output": "/p.gpkg", "expected": ["Wheat", "0.9", "Grass", "0.6"]}
    job = algorithm("samplevalidationpoints").build_job(parameters, context)
    assert job.expected == {"Wheat": 0.9, "Grass": 0.6}


def test_maps_that_do_not_fit_are_refused_in_words(provider, context, maps, tmp_path):
    can_run, message = algorithm("mapdisagreement").checkParameterValues(
        {"maps": maps[:1], "output": str(tmp_path / "d.tif")}, context
    )
    assert not can_run
    assert "Fewer than two maps are given" in message
