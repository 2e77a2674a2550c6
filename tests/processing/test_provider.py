# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest
from chronomap.plugin.core.catalog import load_catalog
from chronomap.plugin.core.products import PRODUCTS
from chronomap.plugin.core.strategy import STRATEGY
from chronomap.plugin.processing.about import GROUPS
from qgis.core import QgsApplication, QgsProcessingParameterDefinition, QgsProcessingParameterNumber

FIXED = {
    "ensemble", "findlearningrate", "search", "comparearchitectures", "comparemodels",
    "createdemoscene", "buildcube", "extractsamples", "samplesfromtable", "map", "attentionbyclass",
    "attentionfeatures", "importancetest", "explainseries", "earlyseason", "evaluatemodel", "evaluatemap",
    "samplevalidationpoints", "areaaccuracy", "splitgap", "mapdisagreement", "consensusmap", "classareas",
}  # fmt: skip
ADVANCED = QgsProcessingParameterDefinition.Flag.FlagAdvanced
OPTIONAL = QgsProcessingParameterDefinition.Flag.FlagOptional
IDS = sorted(FIXED | {f"train_{name}" for name in load_catalog()})


def _algorithm(name):
    return QgsApplication.processingRegistry().algorithmById(f"chronomap:{name}")


def test_the_provider_offers_each_job_and_each_architecture(provider):
    jobs = [algorithm.name() for algorithm in provider.algorithms() if algorithm.groupId() != "models"]
    assert sorted(jobs) == IDS


@pytest.mark.parametrize("name", IDS)
def test_an_algorithm_says_what_it_does(provider, name):
    algorithm = _algorithm(name)
    assert len(algorithm.shortHelpString()) > 100
    assert algorithm.groupId() in GROUPS
    assert "chronomap" in algorithm.tags()
    assert algorithm.displayName()[0].isupper()


@pytest.mark.parametrize("name", IDS)
def test_every_parameter_has_a_lower_case_id_a_label_and_help(provider, name):
    for parameter in _algorithm(name).parameterDefinitions():
        assert parameter.name() == parameter.name().lower()
        assert parameter.description(), parameter.name()
        assert parameter.help().endswith("."), parameter.name()


@pytest.mark.parametrize("name", IDS)
def test_a_created_instance_has_the_same_parameters(provider, name):
    algorithm = _algorithm(name)
    copy = algorithm.create()
    assert copy is not algorithm
    assert [p.name() for p in copy.parameterDefinitions()] == [p.name() for p in algorithm.parameterDefinitions()]


@pytest.mark.parametrize("name", list(load_catalog()))
def test_a_training_algorithm_has_every_setting_of_the_catalog(provider, name):
    algorithm, architecture = _algorithm(f"train_{name}"), load_catalog()[name]
    strategy = STRATEGY if architecture.kind == "network" else STRATEGY[-1:]
    for setting in (*architecture.hyperparameters, *strategy):
        parameter = algorithm.parameterDefinition(setting.name)
        assert parameter.defaultValue() is None
        assert parameter.flags() & OPTIONAL
        assert bool(parameter.flags() & ADVANCED) == (setting in strategy)
        assert setting.help in parameter.help()
        if setting.kind in ("int", "float"):
            is_whole = parameter.dataType() == QgsProcessingParameterNumber.Type.Integer
            assert is_whole == (setting.kind == "int")
            assert (parameter.minimum(), parameter.maximum()) == (setting.minimum, setting.maximum)
        else:
            assert tuple(parameter.options()) == (setting.choices or ("true", "false"))


@pytest.mark.parametrize("name", list(load_catalog()))
def test_settings_of_an_architecture_and_of_training_do_not_share_names(provider, name):
    names = [p.name() for p in _algorithm(f"train_{name}").parameterDefinitions()]
    assert len(names) == len(set(names))
    assert len(load_catalog()[name].hyperparameters) + len(STRATEGY) == len(
        {s.name for s in (*load_catalog()[name].hyperparameters, *STRATEGY)}
    )


def test_the_presets_of_an_architecture_can_be_chosen(provider):
    parameter = _algorithm("train_tempcnn").parameterDefinition("preset")
    assert parameter.options() == [preset.name for preset in load_catalog()["tempcnn"].presets]
    assert parameter.defaultValue() == parameter.options()[0]


def test_the_map_has_one_optional_output_per_product(provider):
    algorithm = _algorithm("map")
    for product in PRODUCTS.values():
        parameter = algorithm.parameterDefinition(product.id)
        assert parameter.isDestination()
        assert parameter.flags() & OPTIONAL
        assert parameter.createByDefault() == (product.id == "class")


def test_temporary_layers_get_formats_that_are_written(provider):
    algorithm = _algorithm("attentionbyclass")
    assert algorithm.parameterDefinition("table").defaultFileExtension() == "csv"
    assert _algorithm("attentionfeatures").parameterDefinition("output").defaultFileExtension() == "gpkg"
    assert _algorithm("map").parameterDefinition("class").defaultFileExtension() == "tif"
