# SPDX-License-Identifier: GPL-2.0-or-later
"""The comparison's statistics against scipy and scikit-learn, which the worker's environment has."""

from __future__ import annotations

import numpy as np
import pytest
from chronomap.plugin.run.statistics.pairs import mcnemar
from chronomap.plugin.run.statistics.scores import class_f1, scores
from chronomap.plugin.run.statistics.student import chi_square_tail, fair_coin_tail, t_quantile, t_tail
from scipy import stats
from sklearn import metrics


@pytest.fixture
def answers():
    rng = np.random.default_rng(1)
    label = rng.integers(0, 6, 500)
    return label, np.where(rng.random(500) < 0.7, label, rng.integers(0, 6, 500))


def test_scores_agree_with_scikit_learn(answers):
    found = {name: float(value) for name, value in scores(metrics.confusion_matrix(*answers)).items()}
    assert found == pytest.approx({
        "macro_f1": metrics.f1_score(*answers, average="macro"),
        "balanced_accuracy": metrics.balanced_accuracy_score(*answers),
        "overall_accuracy": metrics.accuracy_score(*answers),
        "kappa": metrics.cohen_kappa_score(*answers),
        "mcc": metrics.matthews_corrcoef(*answers),
    })  # fmt: skip


def test_f1_by_class_agrees_with_scikit_learn(answers):
    expected = metrics.f1_score(*answers, average=None)
    np.testing.assert_allclose(class_f1(metrics.confusion_matrix(*answers)), expected)


@pytest.mark.parametrize("freedom", [4, 17, 59, 499])
@pytest.mark.parametrize("t", [0.0, 0.3, 1.2, 2.5, 7.0])
def test_students_tail_agrees_with_scipy(t, freedom):
    assert t_tail(t, freedom) == pytest.approx(2 * stats.t.sf(t, freedom), rel=1e-9)


@pytest.mark.parametrize("freedom", [4, 17, 499])
def test_students_quantile_agrees_with_scipy(freedom):
    assert t_quantile(0.95, freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=1e-9)


@pytest.mark.parametrize("x", [0.0, 0.5, 3.841, 12.0])
def test_the_chi_square_tail_agrees_with_scipy(x):
    assert chi_square_tail(x) == pytest.approx(stats.chi2.sf(x, 1))


@pytest.mark.parametrize(("heads", "tosses"), [(0, 0), (0, 7), (3, 10), (5, 10), (12, 24)])
def test_the_coin_agrees_with_scipys_binomial_test(heads, tosses):
    expected = stats.binomtest(heads, tosses, 0.5).pvalue if tosses else 1.0
    assert fair_coin_tail(heads, tosses) == pytest.approx(expected)


def test_mcnemar_with_many_discordant_polygons_is_the_corrected_chi_square():
    first = np.repeat([True, False], [40, 20])
    expected = stats.chi2.sf((abs(40 - 20) - 1) ** 2 / 60, 1)
    assert mcnemar(first, ~first).p == pytest.approx(expected)
