# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest
from chronomap.plugin.core.catalog import (
    FAMILIES,
    Architecture,
    Hyperparameter,
    Preset,
    condition_text,
    load_catalog,
    value_problems,
)
from chronomap.plugin.core.errors import InputError
from chronomap.plugin.core.strategy import STRATEGY, strategy_defaults, strategy_groups, strategy_of

WIDTH = Hyperparameter("width", "Width", "int", 64, "", 1, 512)
DROPOUT = Hyperparameter("dropout", "Dropout", "float", 0.5, "", 0.0, 0.9)
NORM = Hyperparameter("norm", "Normalise", "bool", True, "")
CELL = Hyperparameter("cell", "Cell", "choice", "gru", "", choices=("gru", "lstm"))
SMALL = Preset("small", "Small", {"width": 8}, {"epochs": 3})
NET = Architecture(
    "net", "Net", "", "network", "", False, True, (WIDTH, DROPOUT, NORM, CELL), (Preset("paper", ""), SMALL)
)


@pytest.mark.parametrize(("setting", "value"), [(WIDTH, 1), (WIDTH, 512), (WIDTH, 64.0), (DROPOUT, 0), (NORM, False)])
def test_values_within_the_range_are_taken(setting, value):
    assert setting.problem(value) == ""


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        (WIDTH, 0, "Width is 0: choose a value from 1 to 512."),
        (WIDTH, 2.5, "Width is '2.5': give a whole number."),
        (WIDTH, True, "Width is 'True': give a whole number."),
        (WIDTH, "wide", "Width is 'wide': give a whole number."),
        (DROPOUT, 0.95, "Dropout is 0.95: choose a value from 0 to 0.9."),
        (DROPOUT, float("nan"), "Dropout is nan: choose a value from 0 to 0.9."),
        (DROPOUT, None, "Dropout is 'None': give a number."),
        (NORM, 1, "Normalise is '1': choose true or false."),
        (CELL, "rnn", "Cell is 'rnn': choose one of gru, lstm."),
    ],
)
def test_values_outside_are_answered_in_a_sentence(setting, value, sentence):
    assert setting.problem(value) == sentence


@pytest.mark.parametrize("value", [float("inf"), float("nan"), float("-inf")])
def test_an_infinite_whole_number_is_a_sentence_and_no_crash(value):
    assert WIDTH.problem(value)


def test_a_preset_keeps_the_defaults_of_what_it_leaves_out():
    assert NET.defaults("small") == {"width": 8, "dropout": 0.5, "norm": True, "cell": "gru"}
    assert NET.defaults()["width"] == 64
    assert strategy_defaults(NET, "small")["epochs"] == 3


def test_an_unknown_preset_is_answered_with_the_known_ones():
    with pytest.raises(InputError, match="no preset 'huge': choose one of paper, small"):
        NET.preset("huge")


def test_unknown_and_wrong_settings_are_all_named():
    assert NET.problems({"width": 0, "depth": 3, "dropout": 0.1}) == [
        "Net has no setting 'depth': remove it.",
        "Net: Width is 0: choose a value from 1 to 512.",
    ]


def test_every_default_and_preset_of_the_stored_catalog_is_valid():
    catalog = load_catalog()
    assert {"tempcnn", "ltae", "gru", "random_forest"} <= set(catalog)
    for architecture in catalog.values():
        for preset in architecture.presets:
            assert architecture.problems(preset.hyperparameters) == []
            assert architecture.problems(architecture.defaults(preset.name)) == []
            assert value_problems(STRATEGY, strategy_defaults(architecture, preset.name), architecture.title) == []


def test_every_setting_has_a_help_text():
    settings = [*STRATEGY, *(setting for entry in load_catalog().values() for setting in entry.hyperparameters)]
    assert [setting.name for setting in settings if not (setting.help and setting.label)] == []


def test_conditions_name_settings_that_are_there_and_values_they_can_have():
    for declared in (STRATEGY, *(entry.hyperparameters for entry in load_catalog().values())):
        known = {setting.name: setting for setting in declared}
        for setting in declared:
            if setting.only_if:
                other, *wanted = setting.only_if
                assert set(wanted) <= set(known[other].choices)
                assert wanted or known[other].kind != "choice"


def test_no_architecture_has_a_setting_named_like_one_of_the_strategy():
    names = {setting.name for setting in STRATEGY}
    for entry in load_catalog().values():
        assert names.isdisjoint(setting.name for setting in entry.hyperparameters)


def test_settings_matter_where_their_condition_is_met():
    peepholes = Hyperparameter("peepholes", "Peepholes", "bool", True, "", only_if=("cell", "lstm"))
    share = Hyperparameter("share", "Share", "float", 0.1, "", 0.0, 1.0, only_if=("dropout",))
    assert peepholes.matters({"cell": "lstm"})
    assert not peepholes.matters({"cell": "gru"})
    assert share.matters({"dropout": 0.5})
    assert not share.matters({"dropout": 0.0})
    assert [condition_text(setting, (DROPOUT, CELL)) for setting in (peepholes, share, WIDTH)] == [
        "Matters only with cell lstm.",
        "Matters only with dropout above 0.",
        "",
    ]


def test_every_architecture_belongs_to_a_family():
    assert {entry.family for entry in load_catalog().values()} == set(FAMILIES)


def test_groups_hold_every_setting_of_the_strategy_once_and_in_order():
    groups = strategy_groups(STRATEGY)
    assert [setting for _, settings in groups for setting in settings] == list(STRATEGY)
    assert len({title for title, _ in groups}) == len(groups)
    assert "" not in dict(groups)


def test_a_classical_model_only_has_a_seed():
    assert [setting.name for setting in strategy_of(load_catalog()["random_forest"])] == ["seed"]
    assert strategy_of(load_catalog()["ltae"]) == STRATEGY


def test_networks_of_attention_hide_dates_in_training_unless_told_otherwise():
    attentive = [architecture for architecture in load_catalog().values() if architecture.gives_attention]
    assert attentive
    assert all(strategy_defaults(architecture)["date_dropping"] >= 0.3 for architecture in attentive)
