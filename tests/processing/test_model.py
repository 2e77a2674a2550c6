# SPDX-License-Identifier: GPL-2.0-or-later
"""The whole chain, as a Model Designer model and through the real worker: rasters and polygons in, maps out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal
from qgis.core import (
    QgsApplication,
    QgsPalettedRasterRenderer,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingModelAlgorithm,
    QgsProcessingModelChildAlgorithm,
    QgsProcessingModelChildParameterSource,
    QgsProcessingModelOutput,
    QgsProcessingModelParameter,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterMultipleLayers,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
)
from synthetic import SmallCube, save_small_samples, small_cube

FAST = {"epochs": 25, "learning_rate": 0.01, "batch_size": 32, "input_width": 32, "d_model": 32, "heads": 4}


class Log(QgsProcessingFeedback):
    """Keeps what a user would read."""

    def __init__(self):
        super().__init__()
        self.lines, self.warnings = [], []

    def pushInfo(self, info):  # noqa: N802
        self.lines.append(info)

    def pushWarning(self, warning):  # noqa: N802
        self.warnings.append(warning)


@pytest.fixture(scope="module")
def cube(tmp_path_factory) -> SmallCube:
    return small_cube(tmp_path_factory.mktemp("cube"), size=(64, 48))


@pytest.fixture(scope="module")
def finished(provider, cube, tmp_path_factory):
    """Run the model once; return its results, the context and the log."""
    folder = tmp_path_factory.mktemp("results")
    context, log = QgsProcessingContext(), Log()
    context.setProject(QgsProject.instance())
    parameters = {
        "rasters": list(cube.rasters),
        "masks": list(cube.masks),
        "polygons": cube.polygons,
        "field": "crop",
        "mapped:classes": str(folder / "class.tif"),
        "mapped:dates": str(folder / "attention.tif"),
        "trained:model": str(folder / "model.safetensors"),
        "explained:table": str(folder / "attention.csv"),
        "drawn:features": str(folder / "features.gpkg"),
        "judged:metrics": str(folder / "metrics.json"),
    }
    results, is_ok = chain().run(parameters, context, log)
    assert is_ok, log.htmlLog()
    yield results, context, log
    QgsProject.instance().clear()


def chain() -> QgsProcessingModelAlgorithm:
    """Return buildcube -> extractsamples -> train_ltae -> map, explanations and evaluation."""
    model = QgsProcessingModelAlgorithm("chain", "tests")
    for definition in (
        QgsProcessingParameterMultipleLayers("rasters", "Rasters", QgsProcessing.SourceType.TypeRaster),
        QgsProcessingParameterMultipleLayers("masks", "Masks", QgsProcessing.SourceType.TypeRaster),
        QgsProcessingParameterFeatureSource("polygons", "Polygons"),
        QgsProcessingParameterField("field", "Field", None, "polygons"),
    ):
        model.addModelParameter(definition, QgsProcessingModelParameter(definition.name()))
    vectors = {"vectors": "@polygons", "class_field": "@field"}
    both = {"model": "trained.model", "cube": "built.output"}
    _add(model, "built", "buildcube", {"rasters": "@rasters", "masks": "@masks"})
    _add(model, "extracted", "extractsamples", {"cube": "built.output", **vectors})
    _add(model, "trained", "train_ltae", {"samples": "extracted.output", **FAST}, model="model")
    _add(model, "mapped", "map", both, classes="class", dates="attention")
    _add(
        model, "explained", "attentionbyclass", {"model": "trained.model", "samples": "extracted.output"}, table="table"
    )
    _add(model, "drawn", "attentionfeatures", {**both, "vectors": "@polygons"}, features="output")
    _add(model, "judged", "evaluatemap", {"map": "mapped.class", **vectors}, metrics="metrics")
    model.updateDestinationParameters()
    return model


def _add(model, child_id, algorithm, values, /, **outputs):
    """Add a child; "@x" is an input of the model, "a.x" an output of child a, all else a value."""
    child = QgsProcessingModelChildAlgorithm(f"chronomap:{algorithm}")
    child.setChildId(child_id)
    for name, value in values.items():
        child.addParameterSources(name, [_source(value)])
    made = {}
    for name, output in outputs.items():
        made[name] = QgsProcessingModelOutput(name)
        made[name].setChildId(child_id)
        made[name].setChildOutputName(output)
    child.setModelOutputs(made)
    model.addChildAlgorithm(child)


def _source(value):
    if isinstance(value, str) and value.startswith("@"):
        return QgsProcessingModelChildParameterSource.fromModelParameter(value[1:])
    if isinstance(value, str) and "." in value:
        return QgsProcessingModelChildParameterSource.fromChildOutput(*value.split("."))
    return QgsProcessingModelChildParameterSource.fromStaticValue(value)


def test_a_model_of_the_whole_chain_maps_the_fields(finished, cube):
    results, _, _ = finished
    mapped = gdal.Open(results["mapped:classes"]).ReadAsArray()
    names = np.array(["", "Grass", "Maize", "Wheat"])[mapped]
    truth = np.array(["Wheat", "Maize", "Grass"])[cube.truth]
    assert (names == truth).mean() > 0.9


def test_the_map_opens_with_the_classes(finished):
    layer = QgsRasterLayer(finished[0]["mapped:classes"], "map")
    assert isinstance(layer.renderer(), QgsPalettedRasterRenderer)
    assert [entry.label for entry in layer.renderer().classes()] == ["Grass", "Maize", "Wheat"]


def test_the_log_tells_of_samples_and_epochs(finished):
    text = "\n".join(finished[2].lines)
    assert "Samples: " in text
    assert "Epoch 1/25  loss " in text
    assert "  best" in text


def test_the_table_of_attention_is_typed(finished):
    table = QgsVectorLayer(finished[0]["explained:table"], "table", "ogr")
    kinds = {field.name(): field.typeName() for field in table.fields()}
    assert (kinds["class"], kinds["date"], kinds["mean"]) == ("String", "Date", "Real")


def test_features_carry_attention_that_sums_to_one(finished, cube):
    layer = QgsVectorLayer(finished[0]["drawn:features"], "features", "ogr")
    fields = [field.name() for field in layer.fields() if field.name().startswith("att_")]
    assert len(fields) == len(cube.dates)
    feature = next(layer.getFeatures())
    assert sum(feature[name] for name in fields) == pytest.approx(1.0, abs=1e-3)
    assert layer.diagramRenderer() is not None


def test_the_map_is_judged(finished):
    metrics = json.loads(Path(finished[0]["judged:metrics"]).read_text(encoding="utf-8"))
    assert metrics["macro_f1"] > 0.9


def test_a_fault_is_one_sentence_and_no_traceback(provider, context, tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"no model at all")
    (tmp_path / "cube.json").write_text("{}", encoding="utf-8")
    algorithm = QgsApplication.processingRegistry().algorithmById("chronomap:map").create()
    parameters = {"model": str(tmp_path / "model.safetensors"), "cube": str(tmp_path / "cube.json")}
    can_run, message = algorithm.checkParameterValues({**parameters, "class": str(tmp_path / "c.tif")}, context)
    assert not can_run
    assert "is no model file: choose a .safetensors file made by Chronomap." in message
    assert "Traceback" not in message


class Impatient(Log):
    """A user who cancels at the first epoch."""

    def pushInfo(self, info):  # noqa: N802
        super().pushInfo(info)
        if info.startswith("Epoch "):
            self.cancel()


def test_a_canceled_training_ends_soon_and_leaves_no_model(provider, context, tmp_path):
    samples = save_small_samples(tmp_path / "samples.npz")
    parameters = {"samples": str(samples), "model": str(tmp_path / "model.safetensors"), "epochs": 10000, "patience": 0}
    log = Impatient()
    algorithm = QgsApplication.processingRegistry().algorithmById("chronomap:train_tempcnn").create()
    results, _ = algorithm.run(parameters, context, log)
    assert results == {}
    assert log.lines[-1] == "Canceled."
    assert not (tmp_path / "model.safetensors").exists()
