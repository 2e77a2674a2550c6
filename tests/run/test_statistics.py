# SPDX-License-Identifier: GPL-2.0-or-later
"""Statistics of comparisons: honest about what is equal, able to find what is better."""

from __future__ import annotations

import numpy as np
import pytest
from chronomap.plugin.core.accuracy import accuracy
from chronomap.plugin.core.board import BETTER, NO_EVIDENCE, WORSE, Score
from chronomap.plugin.run.statistics.bootstrap import draw_confusions, group_confusions, interval, intervals
from chronomap.plugin.run.statistics.calibration import reliability
from chronomap.plugin.run.statistics.pairs import compare_pairs, group_votes, holm, mcnemar, paired_difference
from chronomap.plugin.run.statistics.scores import SCORES, class_f1, scores

CLASSES = 5


def polygons(rng, skills, groups=60):
    """Return counts (1, G, K, K) of a model per skill: polygons differ in how hard they are, for all models alike."""
    label = np.arange(groups) % CLASSES
    sizes, ease = rng.integers(3, 30, groups), rng.normal(1.0, 1.5, groups)
    models = []
    for skill in skills:
        right = rng.binomial(sizes, 1 / (1 + np.exp(-(ease + skill + rng.normal(0, 1, groups)))))
        counts = np.zeros((1, groups, CLASSES, CLASSES))
        wrong = (label + rng.integers(1, CLASSES, groups)) % CLASSES
        counts[0, np.arange(groups), label, label] = right
        counts[0, np.arange(groups), label, wrong] = sizes - right
        models.append(counts)
    return models


def verdicts(skills, repeats, groups=60, seed=0):
    """Return the verdicts of every pair, a row per simulated comparison."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(repeats):
        counts = polygons(rng, skills, groups)
        rows.append([pair.verdict for pair in compare_pairs(counts, *draw_confusions(counts, 500, seed=1))])
    return rows


def test_scores_are_those_of_the_reports():
    matrix = np.array([[50, 3, 2], [4, 30, 6], [0, 0, 0]])
    expected = accuracy(matrix.tolist(), ["a", "b", "c"])
    found = scores(matrix)
    assert {name: float(found[name]) for name in SCORES} == pytest.approx({name: expected[name] for name in SCORES})
    np.testing.assert_allclose(class_f1(matrix)[:2], [entry["f1"] for entry in expected["classes"]][:2])
    assert np.isnan(class_f1(matrix)[2])


def test_confusions_of_groups_add_up_to_the_whole():
    rng = np.random.default_rng(0)
    label, predicted, group = rng.integers(0, 3, 200), rng.integers(0, 3, 200), rng.integers(0, 20, 200)
    counts = group_confusions(label, predicted, group, 3)
    assert counts.shape == (int(group.max()) + 1, 3, 3)
    assert counts.sum(axis=0)[1, 2] == int(((label == 1) & (predicted == 2)).sum())
    assert counts[4].sum() == int((group == 4).sum())


@pytest.mark.parametrize("groups", [18, 60])
def test_two_equal_models_give_no_evidence_in_95_percent_of_draws(groups):
    rows = verdicts((0.0, 0.0), repeats=400, groups=groups, seed=groups)
    found = np.mean([row != [NO_EVIDENCE] for row in rows])
    assert found <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 400)


def test_five_equal_models_seldom_have_any_pair_that_differs():
    rows = verdicts((0.0,) * 5, repeats=200, seed=2)
    found = np.mean([set(row) != {NO_EVIDENCE} for row in rows])
    assert found <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 200)


def test_a_truly_better_model_is_found():
    rows = verdicts((0.0, 1.5), repeats=100, seed=3)
    assert np.mean([row == [WORSE] for row in rows]) > 0.9
    assert not any(row == [BETTER] for row in rows)


def test_a_truly_better_model_is_found_among_equal_ones():
    rows = verdicts((1.8, 0.0, 0.0), repeats=60, seed=4)
    assert np.mean([row[:2] == [BETTER, BETTER] for row in rows]) > 0.9
    assert np.mean([row[2] == NO_EVIDENCE for row in rows]) > 0.9


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    rng = np.random.default_rng(5)
    truth = scores(sum(polygons(rng, (0.0,), 60)[0][0].sum(axis=0) for _ in range(2000)))["overall_accuracy"]
    hits = 0
    for _ in range(200):
        found = intervals(*draw_confusions(polygons(rng, (0.0,), 60), 500))[0]["overall_accuracy"]
        hits += found.low <= truth <= found.high
    assert 0.89 <= hits / 200 <= 0.99


def test_pixels_of_a_polygon_are_no_independent_witnesses():
    rng = np.random.default_rng(6)
    counts = polygons(rng, (0.0,), 60)[0]
    alone = counts.copy()
    by_polygon = intervals(*draw_confusions([alone], 500))[0]["overall_accuracy"]
    total = counts[0].sum(axis=0).astype(int)
    pixels = np.concatenate([
        np.repeat(np.eye(CLASSES**2)[cell].reshape(1, CLASSES, CLASSES), count, axis=0)
        for cell, count in enumerate(total.ravel())
    ])  # fmt: skip
    by_pixel = intervals(*draw_confusions([pixels[None]], 500))[0]["overall_accuracy"]
    assert by_pixel.high - by_pixel.low < 0.7 * (by_polygon.high - by_polygon.low)


def test_seeds_that_differ_widen_the_interval():
    rng = np.random.default_rng(7)
    good, bad = polygons(rng, (2.0, 0.0))
    mixed = np.concatenate([good, bad])
    one = intervals(*draw_confusions([np.concatenate([good, good])]))[0]["macro_f1"]
    two = intervals(*draw_confusions([mixed]))[0]["macro_f1"]
    assert two.high - two.low > 1.3 * (one.high - one.low)


def test_the_same_seed_draws_the_same_intervals():
    counts = polygons(np.random.default_rng(8), (0.0, 1.0))
    assert intervals(*draw_confusions(counts, 200, seed=3)) == intervals(*draw_confusions(counts, 200, seed=3))


def test_too_few_polygons_are_no_evidence_whatever_the_difference():
    difference, p = paired_difference(0.5, np.full(100, 0.5), groups=4)
    assert p == 1.0
    assert (difference.low, difference.high) == (-1.0, 1.0)


def test_a_model_against_itself_is_no_evidence():
    counts = polygons(np.random.default_rng(10), (0.0,)) * 2
    pair = compare_pairs(counts, *draw_confusions(counts, 200))[0]
    assert (pair.p, pair.mcnemar_p, pair.verdict) == (1.0, 1.0, NO_EVIDENCE)


def test_a_polygon_votes_right_when_more_than_half_of_it_is():
    counts = np.zeros((1, 3, 2, 2))
    counts[0, :, 0, 0], counts[0, :, 0, 1] = (6, 5, 4), (4, 5, 6)
    assert group_votes(counts).tolist() == [True, False, False]


def test_mcnemar_counts_polygons_that_only_one_has_right():
    first = np.array([True, True, True, False, True, False])
    second = np.array([True, False, False, True, False, False])
    found = mcnemar(first, second)
    assert (found.only_first, found.only_second) == (3, 1)
    assert found.p == pytest.approx(0.625)  # 2 (1 + 4) / 2^4


def test_holm_gives_the_figures_of_a_worked_example():
    # p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm") in R
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_perfectly_calibrated_bins_have_no_error():
    probability = np.tile([0.75, 0.25], (100, 1))
    label = np.array([0] * 75 + [1] * 25)
    found = reliability(probability, label)
    assert found.error == pytest.approx(0.0)
    assert (found.confidence, found.accuracy, found.share) == ((0.75,), (0.75,), (1.0,))


def test_overconfidence_is_the_distance_of_confidence_and_accuracy():
    found = reliability(np.tile([1.0, 0.0], (10, 1)), np.array([0] * 6 + [1] * 4))
    assert found.error == pytest.approx(0.4)


def test_an_interval_always_holds_its_figure():
    assert interval(0.9, np.array([0.1, 0.2, np.nan])) == Score(0.9, pytest.approx(0.1025), 0.9)
