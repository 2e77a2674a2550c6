# SPDX-License-Identifier: GPL-2.0-or-later
"""Where a search looks, and how it ranks what it found."""

from __future__ import annotations

import pytest
from chronomap.plugin.core.catalog import Architecture, Hyperparameter, Preset, load_catalog
from chronomap.plugin.core.search import (
    COMPLETE,
    FAILED,
    PRUNED,
    TrialRecord,
    append_record,
    best_record,
    ranked,
    read_records,
)
from chronomap.plugin.core.search_space import (
    DEFAULT_SETTINGS,
    Axis,
    axes_of,
    range_problems,
    searchable_settings,
)

WIDTH = Hyperparameter("width", "Width", "int", 64, "", 1, 512)
KERNEL = Hyperparameter("kernel", "Kernel", "int", 5, "", 1, 31)
DROPOUT = Hyperparameter("dropout", "Dropout", "float", 0.5, "", 0.0, 0.9)
CELL = Hyperparameter("cell", "Cell", "choice", "gru", "", choices=("gru", "lstm"))
NORM = Hyperparameter("norm", "Normalise", "bool", True, "")
PRESETS = (Preset("small", ""), Preset("large", "", {"width": 128}))
NET = Architecture("net", "Net", "", "network", "", False, True, (WIDTH, KERNEL, DROPOUT, CELL, NORM), PRESETS)


def axis(name: str, **ranges) -> Axis:
    return next(each for each in axes_of(NET, DEFAULT_SETTINGS, True, ranges) if each.setting.name == name)


def test_numbers_are_tried_around_what_the_presets_say():
    assert (axis("width").low, axis("width").high) == (32, 128)
    assert (axis("kernel").low, axis("kernel").high) == (2, 10)
    assert (axis("dropout").low, axis("dropout").high) == (0.0, 0.6)


def test_widths_come_in_powers_of_two():
    assert axis("width").is_by_powers
    assert not axis("kernel").is_by_powers
    assert not axis("width", width=(30, 128)).is_by_powers


def test_learning_rates_are_tried_in_factors():
    rate = axis("learning_rate")
    assert rate.is_log
    assert rate.low < 1e-3 < rate.high
    assert not axis("dropout").is_log


def test_choices_are_all_tried():
    assert (axis("cell").choices, axis("norm").choices) == (("gru", "lstm"), (False, True))


def test_a_range_that_is_given_wins_also_for_one_architecture_alone():
    assert axis("kernel", kernel=(3, 5)).high == 5
    ranges = {"net.kernel": (7, 9), "kernel": (3, 5)}
    found = next(each for each in axes_of(NET, (), True, ranges) if each.setting.name == "kernel")
    assert found.low == 7


def test_only_what_is_wanted_is_varied():
    assert [each.setting.name for each in axes_of(NET, ("learning_rate",), False, {})] == ["learning_rate"]
    forest = load_catalog()["random_forest"]
    assert "learning_rate" not in [each.setting.name for each in axes_of(forest, DEFAULT_SETTINGS, True, {})]


@pytest.mark.parametrize("entry", load_catalog().values(), ids=lambda entry: entry.id)
def test_every_axis_lies_within_what_its_setting_allows(entry):
    names = tuple(setting.name for setting in searchable_settings())
    axes = axes_of(entry, names, True, {})
    assert axes
    for each in axes:
        values = each.choices or (each.low, each.high)
        assert [each.setting.problem(value) for value in values] == [""] * len(values), each.setting.name


@pytest.mark.parametrize(
    ("ranges", "words"),
    [
        ({"width": (64, 1024)}, "Width is 1024"),
        ({"width": (64, 8)}, "give a lower and a higher value"),
        ({"cell": ("rnn",)}, "choose one of gru, lstm"),
    ],
)
def test_wrong_ranges_are_named(ranges, words):
    assert words in range_problems(NET, ranges)[0]
    assert range_problems(NET, {"width": (32, 64), "other.width": (1, 1)}) == []


def trial(number: int, macro_f1: float = 0.5, state: str = COMPLETE, parameters: int = 10) -> TrialRecord:
    return TrialRecord(number, "net", state, {"width": 8}, macro_f1, parameters=parameters)


def test_the_best_is_complete_and_of_equal_ones_the_smaller():
    records = [trial(1, 0.7), trial(2, 0.9, PRUNED), trial(3, 0.8, parameters=50), trial(4, 0.8), trial(5, 0, FAILED)]
    assert [record.trial for record in ranked(records)] == [4, 3, 1, 2, 5]
    assert best_record(records).trial == 4
    assert best_record([trial(2, 0.9, PRUNED)]) is None


def test_records_survive_a_line_that_was_cut(tmp_path):
    path = tmp_path / "trials.jsonl"
    assert read_records(path) == []
    for number in (1, 2):
        append_record(path, trial(number))
    with path.open("a", encoding="utf-8") as file:
        file.write('{"trial": 3, "archi')
    assert read_records(path) == [trial(1), trial(2)]
