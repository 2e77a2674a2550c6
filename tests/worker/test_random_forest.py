# SPDX-License-Identifier: GPL-2.0-or-later
"""The forest predicts as scikit-learn does, from arrays alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from chronomap.plugin.core.errors import Canceled, ModelFileError
from chronomap.plugin.core.monitor import Monitor
from chronomap.plugin.worker.architectures.random_forest import RandomForest
from sklearn.ensemble import RandomForestClassifier

CLASSES, FEATURES = 4, 12


def make_features(count: int = 300, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return noisy features (N, F), many of them equal, and labels: hard enough for deep trees."""
    generator = np.random.default_rng(seed)
    label = generator.integers(0, CLASSES, count)
    features = label[:, None] * 0.3 + generator.normal(size=(count, FEATURES))
    return np.round(features, 1).astype(np.float32), label  # rounding: values meet thresholds exactly


def fitted(seed: int = 0, **hyperparameters) -> RandomForest:
    forest = RandomForest(CLASSES, **{"trees": 23, **hyperparameters})
    features, label = make_features()
    forest.fit(features, label, seed, Monitor())
    return forest


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({}, {}),
        ({"max_features": "all"}, {"max_features": None}),
        ({"max_features": "log2"}, {"max_features": "log2"}),
        ({"min_leaf": 4}, {"min_samples_leaf": 4}),
        ({"max_depth": 3}, {"max_depth": 3}),
        ({"balanced": True}, {"class_weight": "balanced"}),
    ],
)
def test_equals_scikit_learn(ours, theirs):
    features, label = make_features()
    reference = RandomForestClassifier(23, random_state=0, **theirs).fit(features, label)
    unseen, _ = make_features(500, seed=2)
    found = fitted(**ours).predict_proba(torch.from_numpy(unseen))
    np.testing.assert_allclose(found.numpy(), reference.predict_proba(unseen), atol=1e-6)


def test_same_seed_same_arrays_and_other_seed_others():
    first, again, other = fitted(seed=3).state(), fitted(seed=3).state(), fitted(seed=4).state()
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert not np.array_equal(first["feature"], other["feature"])


def test_probability_does_not_depend_on_the_batch():
    forest = fitted()
    unseen = torch.from_numpy(make_features(257, seed=5)[0])
    whole = forest.predict_proba(unseen)
    alone = torch.cat([forest.predict_proba(row[None]) for row in unseen])
    assert torch.equal(whole, alone)


def test_class_without_samples_gets_probability_zero():
    features, label = make_features()
    forest = RandomForest(CLASSES + 1, trees=5)
    forest.fit(features, np.where(label == 1, 4, label), 0, Monitor())
    found = forest.predict_proba(torch.from_numpy(features))
    assert torch.all(found[:, 1] == 0)
    assert found[:, 4].max() > 0.5


def test_single_leaf_trees_predict_the_prior():
    forest = RandomForest(2, trees=3, min_leaf=1000)
    forest.fit(np.zeros((10, 2), np.float32), np.repeat([0, 1], 5), 0, Monitor())
    found = forest.predict_proba(torch.zeros(7, 2))
    assert found.shape == (7, 2)
    torch.testing.assert_close(found.sum(1), torch.ones(7))


def test_cancel_stops_the_growing():
    features, label = make_features()
    answers = iter([False, False, True])
    seen = []
    monitor = Monitor(on_event=seen.append, is_canceled=lambda: next(answers))
    with pytest.raises(Canceled):
        RandomForest(CLASSES, trees=40).fit(features, label, 0, monitor)
    assert [event["fraction"] for event in seen] == [0.1, 0.2]


def test_comes_back_from_its_arrays():
    forest, unseen = fitted(), torch.from_numpy(make_features(50, seed=6)[0])
    assert torch.equal(RandomForest.from_state(forest.state()).predict_proba(unseen), forest.predict_proba(unseen))


@pytest.mark.parametrize(
    "damage", [lambda arrays: arrays.pop("left"), lambda arrays: arrays.update(left=arrays["left"] + 1)]
)
def test_damaged_arrays_are_refused(damage):
    arrays = fitted().state()
    damage(arrays)
    with pytest.raises(ModelFileError):
        RandomForest.from_state(arrays)
