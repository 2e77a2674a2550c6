# SPDX-License-Identifier: GPL-2.0-or-later
"""Figures worked out by hand; rows are the reference, columns what was predicted."""

from __future__ import annotations

import pytest
from chronomap.plugin.core.accuracy import accuracy, collapse_warning

EVEN = [[5, 1], [2, 2]]


def test_means_are_those_worked_out_by_hand():
    metrics = accuracy(EVEN, ["a", "b"])
    assert metrics["n"] == 10
    assert metrics["overall_accuracy"] == pytest.approx(7 / 10)
    assert metrics["balanced_accuracy"] == pytest.approx((5 / 6 + 2 / 4) / 2)
    assert metrics["macro_f1"] == pytest.approx((10 / 13 + 4 / 7) / 2)
    assert metrics["kappa"] == pytest.approx((0.7 - 0.54) / (1 - 0.54))
    assert metrics["mcc"] == pytest.approx((5 * 2 - 1 * 2) / (7 * 3 * 6 * 4) ** 0.5)


def test_recall_follows_the_reference_and_precision_the_prediction():
    first = accuracy(EVEN, ["a", "b"])["classes"][0]
    assert (first["n"], first["recall"], first["precision"]) == (6, pytest.approx(5 / 6), pytest.approx(5 / 7))


def test_a_class_without_reference_does_not_enter_the_means():
    metrics = accuracy([[4, 0, 0], [0, 3, 1], [0, 0, 0]], ["a", "b", "c"])
    assert metrics["balanced_accuracy"] == pytest.approx((1 + 3 / 4) / 2)
    assert metrics["macro_f1"] == pytest.approx((1 + 6 / 7) / 2)


def test_a_class_that_is_never_predicted_is_named():
    metrics = accuracy([[8, 0], [2, 0]], ["a", "b"])
    assert metrics["missing"] == ["b"]
    assert metrics["classes"][1]["precision"] == 0.0
    assert metrics["kappa"] == 0.0
    assert "only 1 of 2 classes; never predicted: b." in collapse_warning(metrics)


def test_nothing_is_warned_of_when_every_class_is_predicted():
    assert collapse_warning(accuracy(EVEN, ["a", "b"])) == ""


def test_no_samples_give_zeros_and_no_division_by_zero():
    metrics = accuracy([[0, 0], [0, 0]], ["a", "b"])
    assert (metrics["n"], metrics["macro_f1"], metrics["kappa"], metrics["mcc"]) == (0, 0.0, 0.0, 0.0)
