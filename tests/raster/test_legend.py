# SPDX-License-Identifier: GPL-2.0-or-later
"""Class values are kept as the user has them; names get values of their own."""

from __future__ import annotations

import pytest
from chronomap.plugin.raster.legend import LEFT_OUT, make_legend, whole_number


def values_of(names, **options):
    return {info.name: info.value for info in make_legend(names, "rows", **options).classes}


def test_whole_numbers_are_the_values():
    assert values_of(["311", "0", "-5", "0"]) == {"-5": -5, "0": 0, "311": 311}


def test_names_are_numbered_alphabetically():
    assert values_of(["b", "a", "c", "a"]) == {"a": 1, "b": 2, "c": 3}


def test_one_name_among_numbers_makes_all_of_them_names():
    assert values_of(["311", "water"]) == {"311": 1, "water": 2}


def test_a_merged_class_has_the_smallest_of_its_values():
    assert values_of(["7", "5", "9"], rename={"7": "forest", "5": "forest"}) == {"forest": 5, "9": 9}


def test_classes_stand_in_the_order_of_their_values():
    legend = make_legend(["100", "20", "3", ""], "rows")
    assert [info.value for info in legend.classes] == [3, 20, 100]
    assert legend.label.tolist() == [2, 1, 0, LEFT_OUT]


@pytest.mark.parametrize("text", ["007", "1.0", "1e3", "", "-", "٣", str(2**31), "+5"])
def test_what_is_not_written_as_a_whole_number_is_a_name(text):
    assert not whole_number(text)
