# SPDX-License-Identifier: GPL-2.0-or-later
"""Stored numbers, times the product's scale, are what the model said."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from chronomap.plugin.core.products import PRODUCTS
from chronomap.plugin.core.slots import OutputArray
from chronomap.plugin.worker.encoding import Answer, make_codes

PROBABILITY = torch.tensor([[0.7, 0.2, 0.1], [0.0, 0.0, 1.0], [1 / 3, 1 / 3, 1 / 3]])
VALUES = [311, 0, 70000]
SEASON = [False, True, True]


def encode(product: str, answer: Answer, byte: bool = False) -> np.ndarray:
    (code,) = make_codes([OutputArray(product, 1, "int32")], VALUES, 255, byte, SEASON)
    return code.encode(answer).numpy()


def answer_of(probability: torch.Tensor = PROBABILITY, attention: torch.Tensor | None = None) -> Answer:
    return Answer(probability, attention, torch.tensor([4, 0, 9]))


def test_class_map_keeps_the_users_values():
    assert encode("class", answer_of())[0].tolist() == [311, 70000, 311]


@pytest.mark.parametrize(
    ("product", "expected"),
    [
        ("confidence", [70.0, 100.0, 100 / 3]),
        ("margin", [0.5, 1.0, 0.0]),
        ("valid_dates", [4, 0, 9]),
        ("entropy", [-sum(p * math.log(p) for p in (0.7, 0.2, 0.1)) / math.log(3), 0.0, 1.0]),
    ],
)
def test_stored_number_times_scale_is_the_measure(product, expected):
    scale = PRODUCTS[product].scale
    np.testing.assert_allclose(encode(product, answer_of())[0] * scale, expected, atol=0.5001 * scale)


def test_probability_has_a_band_per_class():
    stored = encode("probability", answer_of())
    np.testing.assert_allclose(stored / 65534, PROBABILITY.T, atol=0.5001 / 65534)


@pytest.mark.parametrize(("byte", "top"), [(False, 65534), (True, 254)])
def test_attention_is_the_mean_over_heads_and_sums_to_one(byte, top):
    weights = torch.tensor([[[0.5, 0.5, 0.0], [0.3, 0.7, 0.0]]])  # (1, heads, T)
    stored = encode("attention", answer_of(PROBABILITY[:1], weights), byte)
    np.testing.assert_allclose(stored[:, 0] / top, [0.4, 0.6, 0.0], atol=0.5001 / top)
    assert stored[2, 0] == 0
    assert abs(stored.sum() / top - 1.0) <= 1.5 / top


@pytest.mark.parametrize("product", sorted(PRODUCTS))
@pytest.mark.parametrize("byte", [False, True])
def test_no_answer_is_stored_as_nodata(product, byte):
    (code,) = make_codes([OutputArray(product, 1, "int32")], VALUES, 255, byte, SEASON)
    attention = torch.eye(3)[:, None, :]  # all weight on one date: the largest there is
    stored = code.encode(replace(answer_of(attention=attention), decided=torch.tensor([0, 1, 3])))
    assert stored.min() >= 0
    assert not torch.any(stored == code.nodata)


def test_a_model_of_two_classes_is_most_unsure_at_one_half():
    assert encode("entropy", answer_of(torch.full((3, 2), 0.5)))[0].tolist() == [65534] * 3


@pytest.mark.parametrize(
    ("product", "expected"),
    [
        ("attention_peak", [2, 1, 65535]),
        ("attention_spread", [math.exp(-0.4 * math.log(0.4) - 0.6 * math.log(0.6)), 1.0, 1.0]),
        ("attention_season", [0.6, 0.0, 0.0]),
    ],
)
def test_what_attention_says_of_dates_is_taken_from_the_mean_over_heads(product, expected):
    weights = torch.tensor([[[0.7, 0.3, 0.0], [0.1, 0.9, 0.0]], [[1.0, 0.0, 0.0]] * 2, [[0.0, 0.0, 0.0]] * 2])
    scale = PRODUCTS[product].scale
    np.testing.assert_allclose(encode(product, answer_of(attention=weights))[0] * scale, expected, atol=0.5001 * scale)


@pytest.mark.parametrize("product", ["attention_season", "attention_spread", "attention", "entropy"])
def test_no_bit_depends_on_a_pixels_place_among_others(product):
    torch.manual_seed(0)
    attention, probability = torch.rand(301, 4, 31).softmax(2), torch.rand(301, 5).softmax(1)
    (code,) = make_codes([OutputArray(product, 1, "float32")], range(5), 255, False, [date > 9 for date in range(31)])

    def measured(first: int, last: int) -> np.ndarray:
        return code.measure(Answer(probability[first:last], attention[first:last], torch.ones(last - first))).numpy()

    places = (0, 1, 70, 250, 301)
    parts = [measured(first, last) for first, last in zip(places, places[1:])]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), measured(0, 301))
