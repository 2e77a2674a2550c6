# SPDX-License-Identifier: GPL-2.0-or-later
"""Parameters become jobs."""

from __future__ import annotations

from pathlib import Path

import pytest
from chronomap.plugin.core.catalog import load_catalog
from chronomap.plugin.core.cube_spec import MaskRule
from chronomap.plugin.core.errors import InputError
from chronomap.plugin.core.jobs import CubeJob, ExtractJob, SceneJob, SplitSpec, TableJob, TrainJob
from chronomap.plugin.core.strategy import strategy_defaults
from chronomap.plugin.host.temporal import date_ranges, set_range
from qgis.core import (
    QgsApplication,
    QgsCategorizedSymbolRenderer,
    QgsFillSymbol,
    QgsProcessingFeatureSourceDefinition,
    QgsRasterLayer,
    QgsRendererCategory,
    QgsVectorLayer,
)
from synthetic import field_polygons, small_cube, table_csv


def _job(name, parameters, context):
    algorithm = QgsApplication.processingRegistry().algorithmById(f"chronomap:{name}").create()
    return algorithm.build_job(parameters, context)


def _training(context, folder: Path) -> QgsVectorLayer:
    layer = QgsVectorLayer(field_polygons(folder / "training.gpkg"), "training", "ogr")
    context.project().addMapLayer(layer)
    return layer


def test_defaults_are_those_of_the_job(provider, context):
    assert _job("createdemoscene", {"folder": "/scene"}, context) == SceneJob("/scene")
    assert _job("buildcube", {"output": "/c.json", "folder": "/rasters"}, context) == CubeJob(
        "/c.json", folder="/rasters"
    )


def test_an_extraction_with_defaults_is_the_job_s_own(provider, context, tmp_path):
    path = field_polygons(tmp_path / "training.gpkg")
    job = _job(
        "extractsamples", {"cube": "/c.json", "vectors": path, "class_field": "crop", "output": "/s.npz"}, context
    )
    assert job == ExtractJob("/c.json", path, "crop", "/s.npz")


def test_a_table_with_defaults_is_the_job_s_own(provider, context, tmp_path):
    path = str(table_csv(tmp_path / "table.csv"))
    job = _job("samplesfromtable", {"table": path, "class_field": "crop", "output": "/s.npz"}, context)
    assert job == TableJob(path, "crop", "/s.npz")


def test_layers_of_the_project_bring_their_dates(provider, context, tmp_path):
    cube = small_cube(tmp_path)
    layer = QgsRasterLayer(cube.rasters[0], "first")
    set_range(layer, date_ranges(["2020-05-01"])[0])
    context.project().addMapLayer(layer)
    job = _job("buildcube", {"rasters": [layer.id(), cube.rasters[1]], "output": "/c.json"}, context)
    assert job.rasters == cube.rasters[:2]
    assert job.layer_dates == {cube.rasters[0]: "2020-05-01"}


def test_lists_are_read_from_text(provider, context):
    parameters = {
        "output": "/c.json",
        "folder": "/r",
        "dates": "2021-03-02, 2021-04-01 2021-05-01",
        "bands": "B04, Near IR",
    }
    job = _job("buildcube", {**parameters, "mask_values": "3 8,9"}, context)
    assert job.dates == ("2021-03-02", "2021-04-01", "2021-05-01")
    assert job.bands == ("B04", "Near IR")
    assert job.mask_rule == MaskRule("values", (3, 8, 9))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"mask_values": "cloud"}, "Invalid mask values is 'cloud': give whole numbers"),
        ({"mask_values": "1", "mask_bits": "2"}, "give one of the two"),
    ],
)
def test_mask_rules_that_cannot_be_read_are_refused(provider, context, given, sentence):
    with pytest.raises(InputError, match=sentence):
        _job("buildcube", {"output": "/c.json", "folder": "/r", **given}, context)


def test_only_selected_features_are_taken_when_asked(provider, context, tmp_path):
    layer = _training(context, tmp_path)
    layer.selectByExpression("crop = 'Wheat'")
    source = QgsProcessingFeatureSourceDefinition(layer.id(), True)
    job = _job("extractsamples", {"cube": "/c", "vectors": source, "class_field": "crop", "output": "/s.npz"}, context)
    taken = QgsVectorLayer(f"{job.vectors}|layername={job.layer}", "taken", "ogr")
    assert {feature["crop"] for feature in taken.getFeatures()} == {"Wheat"}
    assert taken.featureCount() == layer.selectedFeatureCount() > 0


def test_style_and_new_names_decide_on_names_and_colours(provider, context, tmp_path):
    layer = _training(context, tmp_path)
    symbol = QgsFillSymbol.createSimple({"color": "#123456"})
    layer.setRenderer(QgsCategorizedSymbolRenderer("code", [QgsRendererCategory(10, symbol, "Winter wheat")]))
    parameters = {"cube": "/c", "vectors": layer.id(), "class_field": "code", "output": "/s.npz"}
    job = _job("extractsamples", {**parameters, "rename": ["20", "Corn", "30", ""]}, context)
    assert job.rename == {"10": "Winter wheat", "20": "Corn", "30": ""}
    assert job.colors == {"Winter wheat": "#123456"}


def test_a_file_s_own_style_decides_too(provider, context, tmp_path):
    layer = _training(context, tmp_path)
    symbol = QgsFillSymbol.createSimple({"color": "#123456"})
    layer.setRenderer(QgsCategorizedSymbolRenderer("crop", [QgsRendererCategory("Wheat", symbol, "Wheat")]))
    layer.saveNamedStyle(str(tmp_path / "training.qml"))
    context.project().clear()
    parameters = {"cube": "/c", "vectors": str(tmp_path / "training.gpkg"), "class_field": "crop", "output": "/s.npz"}
    assert _job("extractsamples", parameters, context).colors == {"Wheat": "#123456"}


@pytest.mark.parametrize("preset", [p.name for p in load_catalog()["tempcnn"].presets])
def test_settings_left_empty_are_the_preset_s(provider, context, preset):
    architecture = load_catalog()["tempcnn"]
    job = _job("train_tempcnn", {"samples": "/s.npz", "preset": preset, "model": "/m.safetensors"}, context)
    assert job == TrainJob(
        "/s.npz",
        "tempcnn",
        "/m.safetensors",
        hyperparameters=architecture.defaults(preset),
        strategy=strategy_defaults(architecture, preset),
    )


def test_given_settings_win_over_the_preset(provider, context):
    given = {"layers": 2, "learning_rate": 0.01, "optimizer": "sgd", "split_method": "block", "split_seed": 4}
    job = _job("train_tempcnn", {"samples": "/s.npz", "model": "/m.safetensors", **given}, context)
    assert job.hyperparameters["layers"] == 2
    assert (job.strategy["learning_rate"], job.strategy["optimizer"]) == (0.01, "sgd")
    assert job.split == SplitSpec("block", seed=4)


def test_yes_and_no_are_read_as_such(provider, context):
    job = _job("train_random_forest", {"samples": "/s", "model": "/m.safetensors", "balanced": "true"}, context)
    assert job.hyperparameters["balanced"] is True


def test_a_value_out_of_range_is_refused(provider, context):
    algorithm = QgsApplication.processingRegistry().algorithmById("chronomap:train_tempcnn").create()
    parameters = {"samples": "/s.npz", "model": "/m.safetensors", "layers": 99}
    assert not algorithm.checkParameterValues(parameters, context)[0]


def test_only_wanted_maps_are_made(provider, context):
    job = _job("map", {"model": "/m", "cube": "/c", "class": "/out/class.tif", "entropy": "/out/entropy.tif"}, context)
    assert job.outputs == {"class": "/out/class.tif", "entropy": "/out/entropy.tif"}
    assert job.extent == ()


def test_an_extent_is_brought_to_the_crs_of_the_cube(provider, context, tmp_path):
    cube = small_cube(tmp_path).save_spec()
    box = "15.0,15.001,46.953,46.954 [EPSG:4326]"
    job = _job("map", {"model": "/m", "cube": str(cube), "class": "/class.tif", "extent": box}, context)
    assert job.extent == pytest.approx((500000, 5200000, 500076, 5200112), abs=60)


def test_other_formats_are_refused(provider, context):
    with pytest.raises(InputError, match=r"Class map is '/class.img': give a file name that ends in .tif"):
        _job("map", {"model": "/m", "cube": "/c", "class": "/class.img"}, context)


def test_a_check_names_missing_inputs_and_loads_nothing(provider, context):
    algorithm = QgsApplication.processingRegistry().algorithmById("chronomap:map").create()
    can_run, message = algorithm.checkParameterValues(
        {"model": "/no.safetensors", "cube": "/no.json", "class": "TEMPORARY_OUTPUT"}, context
    )
    assert not can_run
    assert "The cube /no.json does not exist" in message
    assert not context.layersToLoadOnCompletion()
