# SPDX-License-Identifier: GPL-2.0-or-later
"""The forest predicts as scikit-learn does, from arrays alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from chronomap.plugin.core.errors import Canceled, ModelFileError
from chronomap.plugin.core.monitor import Monitor
from chronomap.plugin.worker.architectures.random_forest import RandomForest
from chronomap.plugin.worker.classical import fit_classical
from chronomap.plugin.worker.model_file import load_model, save_model
from sklearn.ensemble import RandomForestClassifier
from worker.making import make_card, make_preparation, make_samples, ranged

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


def test_fits_the_train_part_and_predicts_the_others():
    samples = make_samples(120, 3)
    card = ranged(make_card("random_forest"), samples)
    fitted_model = fit_classical(card, samples, make_preparation(card), Monitor())
    test = samples.only(2)
    assert (fitted_model.test_prediction == test.label).mean() > 0.8
    assert len(fitted_model.validation_prediction) == len(samples.only(1))
    assert fitted_model.history == ()


def test_a_saved_forest_predicts_what_the_fitted_one_did(tmp_path):
    samples = make_samples(120, 3)
    card = ranged(make_card("random_forest"), samples)
    preparation = make_preparation(card)
    fitted_model = fit_classical(card, samples, preparation, Monitor())
    save_model(tmp_path / "forest.safetensors", card, fitted_model.arrays)
    _, forest = load_model(tmp_path / "forest.safetensors")
    test = samples.only(2)
    x = preparation.prepare(torch.from_numpy(test.values), torch.from_numpy(test.valid))[0]
    found = forest.predict_proba(forest.features(x, card)).argmax(1)
    assert np.array_equal(found.numpy(), fitted_model.test_prediction)


def test_empty_parts_are_predicted_as_nothing():
    samples = make_samples(40, 3).only(0)
    card = make_card("random_forest")
    fitted_model = fit_classical(card, samples, make_preparation(card), Monitor())
    assert len(fitted_model.validation_prediction) == len(fitted_model.test_prediction) == 0
