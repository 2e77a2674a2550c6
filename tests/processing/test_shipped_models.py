# SPDX-License-Identifier: GPL-2.0-or-later
"""The models that come with the plugin stand in the toolbox, name algorithms that exist, and run."""

from __future__ import annotations

import pytest
from chronomap.plugin.processing.models import MODELS
from qgis.core import (
    QgsApplication,
    QgsProcessingFeedback,
    QgsProcessingModelAlgorithm,
    QgsProcessingModelChildParameterSource,
    QgsRasterLayer,
)
from synthetic import small_cube

NAMES = sorted(path.stem for path in MODELS.glob("*.model3"))
QUICK = {"epochs": 2, "trees": 10, "draws": 200, "measure_pace": False}  # a model takes its time; here it has to end


def algorithm(name):
    return QgsApplication.processingRegistry().algorithmById(f"chronomap:{name}")


def run(name, parameters, context):
    model = QgsProcessingModelAlgorithm()
    assert model.fromFile(str(MODELS / f"{name}.model3"))
    for child in model.childAlgorithms().values():
        for setting, value in QUICK.items():
            if child.algorithm().parameterDefinition(setting):
                child.addParameterSources(setting, [QgsProcessingModelChildParameterSource.fromStaticValue(value)])
        model.setChildAlgorithm(child)
    log = QgsProcessingFeedback()
    results, is_ok = model.run(parameters, context, log)
    assert is_ok, log.textLog()
    return results


@pytest.mark.parametrize("name", NAMES)
def test_a_model_stands_in_the_toolbox_and_can_run(provider, name):
    model = algorithm(name)
    assert isinstance(model, QgsProcessingModelAlgorithm)
    assert model.create().canExecute() == (True, "")
    assert (model.groupId(), model.displayName()[0].isupper()) == ("models", True)
    assert len(model.shortHelpString()) > 200


@pytest.mark.parametrize("name", NAMES)
def test_every_step_names_an_algorithm_and_its_parameters(provider, name):
    for child in algorithm(name).create().childAlgorithms().values():
        known = {definition.name() for definition in child.algorithm().parameterDefinitions()}
        assert set(child.parameterSources()) <= known, child.childId()


@pytest.mark.parametrize("name", NAMES)
def test_the_designer_opens_a_model_and_finds_no_fault(provider, name):
    model = QgsProcessingModelAlgorithm()
    assert model.fromFile(str(MODELS / f"{name}.model3"))
    assert model.validate() == (True, [])


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    return small_cube(tmp_path_factory.mktemp("cube"), size=(32, 24))


def inputs(scene):
    data = {"rasters": list(scene.rasters), "masks": list(scene.masks), "mask_preset": "plain"}
    return {**data, "training": scene.polygons, "class_field": "crop"}


def test_train_map_evaluate_makes_a_styled_map_and_reports(provider, context, scene, tmp_path):
    outputs = {
        "samples:samples": "s.npz", "trained:model": "m.safetensors", "trained:report_of_the_model": "m.html",
        "mapped:class_map": "c.tif", "mapped:confidence": "p.tif", "judged:accuracy_of_the_map": "a.html",
    }  # fmt: skip
    parameters = {**inputs(scene), "reference": scene.polygons}
    results = run("trainmapevaluate", {**parameters, **{k: str(tmp_path / v) for k, v in outputs.items()}}, context)
    layer = QgsRasterLayer(results["mapped:class_map"], "map")
    assert [entry.label for entry in layer.renderer().classes()] == ["Grass", "Maize", "Wheat"]
    assert "Learning curves" in (tmp_path / "m.html").read_text(encoding="utf-8")
    assert "Overall accuracy" in (tmp_path / "a.html").read_text(encoding="utf-8")


def test_compare_three_compares_models_and_maps(provider, context, scene, tmp_path):
    outputs = {
        "ltae:model_l_tae": "l.safetensors", "tempcnn:model_tempcnn": "t.safetensors",
        "random_forest:model_random_forest": "r.safetensors", "samples:samples": "s.npz",
        "ltae_map:class_map_l_tae": "l.tif", "tempcnn_map:class_map_tempcnn": "t.tif",
        "random_forest_map:class_map_random_forest": "r.tif",
        "compared:comparison": "c.html", "differing:where_the_maps_differ": "d.tif",
        "differing:pairs_of_classes": "p.csv", "areas:areas_by_class": "a.html",
    }  # fmt: skip
    results = run("comparethree", {**inputs(scene), **{k: str(tmp_path / v) for k, v in outputs.items()}}, context)
    for page in ("c.html", "a.html"):
        assert "TempCNN" in (tmp_path / page).read_text(encoding="utf-8")
    layer = QgsRasterLayer(results["differing:where_the_maps_differ"], "map")
    assert [entry.label for entry in layer.renderer().classes()] == [
        "all maps agree", "1 map differs", "2 maps differ"
    ]  # fmt: skip


def test_maps_that_other_steps_read_must_be_named(provider, context, scene):
    can_run, message = algorithm("comparethree").create().checkParameterValues(inputs(scene), context)
    assert not can_run
    assert "Incorrect parameter value for ltae:model_l_tae" in message
