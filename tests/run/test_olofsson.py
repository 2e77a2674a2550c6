# SPDX-License-Identifier: GPL-2.0-or-later
"""Area-weighted estimates give the figures of the two papers, and say what a sample cannot tell."""

from __future__ import annotations

import numpy as np
import pytest
from chronomap.plugin.run.olofsson import estimate

# Olofsson et al. 2014, tables 8 and 9: deforestation, forest gain, stable forest, stable non-forest.
POINTS = np.array([[66, 0, 5, 4], [0, 55, 8, 12], [1, 0, 153, 11], [2, 1, 9, 313]])
AREA_HA = np.array([200_000, 150_000, 3_200_000, 6_450_000]) * 0.09
NAMES = ["deforestation", "gain", "forest", "other"]


def by_stratum(points):
    """Return counts (H, K, K) where the strata are the map's classes."""
    counts = np.zeros((len(points), *points.shape))
    counts[np.arange(len(points)), np.arange(len(points))] = points
    return counts


@pytest.fixture(scope="module")
def worked():
    return estimate(by_stratum(POINTS), AREA_HA, NAMES)


def test_overall_accuracy_is_that_of_the_paper(worked):
    assert round(worked.overall.value, 4) == 0.9465
    assert round(worked.overall.half_width, 4) == 0.0185


def test_users_and_producers_accuracies_are_those_of_the_paper(worked):
    assert [round(one.value, 3) for one in worked.users] == [0.880, 0.733, 0.927, 0.963]
    assert [round(one.half_width, 3) for one in worked.users] == [0.074, 0.101, 0.040, 0.021]
    assert [round(one.value, 3) for one in worked.producers] == [0.749, 0.847, 0.935, 0.962]
    assert [round(one.half_width, 3) for one in worked.producers] == [0.213, 0.254, 0.034, 0.018]


def test_areas_are_those_of_the_paper_to_the_hectare(worked):
    areas = [one.scaled(worked.total_ha) for one in worked.area]
    assert [round(one.value) for one in areas] == [21158, 11686, 285770, 581386]
    assert [round(one.half_width) for one in areas] == [6158, 3756, 15510, 16282]


def test_proportions_of_the_error_matrix_add_up_to_the_strata(worked):
    assert worked.proportion.sum(axis=1) == pytest.approx(AREA_HA / AREA_HA.sum())


def test_strata_other_than_the_map_give_the_figures_of_stehman():
    # Stehman 2014, table 2: 10 points in each of four strata of 40000, 30000, 20000 and 10000 pixels.
    strata, mapped = "A" * 10 + "B" * 10 + "C" * 10 + "D" * 10, "AAAAAAABBBABBBBBBBBBBBCCCCCCBBDDDDDDDDDD"
    reference = "AAAAACBABCABBBBBAABBCCCCCDDBBADDDDDDDCCB"
    counts = np.zeros((4, 4, 4))
    for place in zip(strata, mapped, reference):
        counts[tuple("ABCD".index(letter) for letter in place)] += 1
    found = estimate(counts, [40_000, 30_000, 20_000, 10_000], list("ABCD"))
    figures = {
        "area A": found.area[0], "area C": found.area[2], "overall": found.overall,
        "users B": found.users[1], "producers B": found.producers[1],
    }  # fmt: skip
    assert {name: round(one.value, 3) for name, one in figures.items()} == {
        "area A": 0.35, "area C": 0.2, "overall": 0.63, "users B": 0.574, "producers B": 0.794
    }  # fmt: skip
    assert {name: round(one.error, 3) for name, one in figures.items()} == {
        "area A": 0.082, "area C": 0.064, "overall": 0.085, "users B": 0.125, "producers B": 0.117
    }  # fmt: skip
    assert found.proportion[1, 2] == pytest.approx(0.08)


def test_a_stratum_without_points_is_left_out_and_told():
    points = POINTS.copy()
    points[1] = 0
    found = estimate(by_stratum(points), AREA_HA, NAMES)
    assert found.total_ha == pytest.approx(AREA_HA.sum() - AREA_HA[1])
    assert found.users[1].value is None
    assert "No labelled point lies in gain: 1.50 % of the area" in found.notes[0]


def test_a_single_point_takes_the_largest_variance_and_is_told():
    points = np.array([[1, 0], [0, 50]])
    found = estimate(by_stratum(points), [30.0, 70.0], ["a", "b"])
    assert found.overall.error == pytest.approx(0.3 * 0.5)  # W sqrt(1/4), the other stratum has no variance
    assert "Only one labelled point lies in a" in found.notes[0]


def test_intervals_hold_the_truth_in_most_of_many_samples():
    generator = np.random.default_rng(5)
    share, right = np.array([0.1, 0.9]), np.array([0.7, 0.95])
    truth = 0.1 * 0.7 + 0.9 * 0.05  # true area of the first class
    held = 0
    for _ in range(400):
        hits = generator.binomial(400, right)
        points = np.array([[hits[0], 400 - hits[0]], [400 - hits[1], hits[1]]])
        area = estimate(by_stratum(points), share, ["a", "b"]).area[0]
        held += abs(area.value - truth) <= area.half_width
    assert 0.92 < held / 400 < 0.98
