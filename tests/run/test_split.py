# SPDX-License-Identifier: GPL-2.0-or-later
"""Splits are honest: groups whole, classes trained, shares kept, warnings in words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from chronomap.plugin.core.classes import ClassInfo
from chronomap.plugin.core.errors import InputError
from chronomap.plugin.core.jobs import SplitSpec
from chronomap.plugin.raster.samples import SampleSet
from chronomap.plugin.run.buffer import is_near
from chronomap.plugin.run.split import LEFT_OUT, TEST, TRAIN, VALIDATION, folds, split, split_problems

NAMES = ("Wheat", "Maize", "Grass", "Water")


def make_samples(polygons_by_class, per_polygon=5, seed=0):
    """Return samples of polygons of unequal size; polygon g lies at x = 100 g."""
    rng = np.random.default_rng(seed)
    owner_class = np.repeat(np.arange(len(polygons_by_class)), polygons_by_class)
    sizes = rng.integers(1, 2 * per_polygon, len(owner_class))
    group = np.repeat(np.arange(len(owner_class)), sizes)
    count = len(group)
    return SampleSet(
        values=np.zeros((count, 2, 1), np.int16),
        valid=np.ones((count, 2), bool),
        label=owner_class[group].astype(np.int64),
        group=group.astype(np.int64),
        xy=np.stack([group * 100.0 + 50.0, np.full(count, 50.0)], axis=1),
        fold=np.full(count, "", np.str_),
        bands=("NDVI",),
        dates=("2021-05-01", "2021-06-01"),
        season_start="2021-05-01",
        scale=np.ones((2, 1), np.float32),
        offset=np.zeros((2, 1), np.float32),
        classes=tuple(ClassInfo(k + 1, NAMES[k]) for k in range(len(polygons_by_class))),
        source="training.gpkg",
    )


def parts_of(part, units):
    return [set(part[units == unit].tolist()) for unit in np.unique(units)]


@pytest.mark.parametrize("seed", range(5))
def test_polygons_stay_whole(seed):
    samples = make_samples((30, 20, 10), seed=seed)
    part = split(samples, SplitSpec(seed=seed)).part
    assert all(len(parts) == 1 for parts in parts_of(part, samples.group))
    assert set(part.tolist()) == {TRAIN, VALIDATION, TEST}


def test_blocks_that_hold_several_classes_stay_whole():
    samples = make_samples((30, 20, 10))
    samples = replace(samples, xy=np.random.default_rng(1).uniform(0, 1000, samples.xy.shape))
    part = split(samples, SplitSpec(method="block", block_size=200.0)).part
    blocks = np.floor(samples.xy / 200.0) @ [1, 100]
    assert max(len(np.unique(samples.label[blocks == block])) for block in blocks) > 1
    assert all(len(parts) == 1 for parts in parts_of(part, blocks))


def test_each_class_gets_its_shares():
    samples = make_samples((60, 40, 20))
    part = split(samples, SplitSpec(train=0.5, validation=0.2, test=0.3)).part
    for k in range(3):
        shares = np.bincount(part[samples.label == k], minlength=3) / (samples.label == k).sum()
        np.testing.assert_allclose(shares, [0.5, 0.2, 0.3], atol=0.06)


def test_the_same_seed_gives_the_same_split_and_another_seed_another():
    samples = make_samples((30, 20, 10))
    first, again, other = (split(samples, SplitSpec(seed=seed)).part for seed in (3, 3, 4))
    assert (first == again).all()
    assert (first != other).any()


def test_a_class_with_a_single_polygon_is_trained_and_said_to_be_untested():
    samples = make_samples((10, 10, 1))
    made = split(samples, SplitSpec())
    assert set(made.part[samples.label == 2].tolist()) == {TRAIN}
    assert any("'Grass' has a single polygon" in warning and "nor tested" in warning for warning in made.warnings)


@pytest.mark.parametrize("seed", range(5))
def test_a_class_with_two_polygons_is_trained_and_tested(seed):
    samples = make_samples((10, 10, 2))
    made = split(samples, SplitSpec(seed=seed))
    assert set(made.part[samples.label == 2].tolist()) == {TRAIN, TEST}
    assert any("'Grass' has 2 polygons" in warning and "validation" in warning for warning in made.warnings)


def test_a_class_with_three_polygons_is_in_every_part():
    samples = make_samples((10, 10, 3))
    made = split(samples, SplitSpec())
    assert set(made.part[samples.label == 2].tolist()) == {TRAIN, VALIDATION, TEST}
    assert made.warnings == ()


@pytest.mark.parametrize("seed", range(5))
def test_every_class_is_trained_when_blocks_mix_them(seed):
    samples = make_samples((30, 20, 10, 2), seed=seed)
    xy = np.random.default_rng(seed).uniform(0, 1000, samples.xy.shape)
    part = split(replace(samples, xy=xy), SplitSpec(method="block", block_size=300.0, seed=seed)).part
    assert set(samples.label[part == TRAIN].tolist()) == {0, 1, 2, 3}


def test_split_by_pixel_is_warned_of():
    samples = make_samples((4, 4))
    made = split(samples, SplitSpec(method="pixel"))
    assert any("optimistic" in warning for warning in made.warnings)
    assert any(len(parts) > 1 for parts in parts_of(made.part, samples.group))


def test_ungrouped_samples_are_warned_of():
    samples = make_samples((10, 10))
    samples = replace(samples, group=np.arange(len(samples)), is_grouped=False)
    assert "own group" in split(samples, SplitSpec()).warnings[0]


def test_folds_of_a_field_stay_whole():
    samples = make_samples((30, 20))
    samples = replace(samples, fold=np.array([f"area {g % 6}" for g in samples.group]))
    part = split(samples, SplitSpec(method="field")).part
    assert all(len(parts) == 1 for parts in parts_of(part, samples.fold))


def test_a_fold_field_that_names_the_parts_is_obeyed():
    samples = make_samples((30, 20))
    names = np.array(["Train", "validation", "TEST"])[samples.group % 3]
    part = split(replace(samples, fold=names), SplitSpec(method="field")).part
    np.testing.assert_array_equal(part, samples.group % 3)


def test_a_fold_field_that_leaves_a_class_untrained_is_refused():
    samples = make_samples((9, 9))
    names = np.where(samples.label == 1, "test", np.where(samples.group % 2, "train", "validation"))
    with pytest.raises(InputError, match="No sample of Maize is in the training part"):
        split(replace(samples, fold=names), SplitSpec(method="field"))


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (SplitSpec(train=0.9), "add up to 1"),
        (SplitSpec(train=0.8, validation=0.2, test=0.0), "above 0"),
        (SplitSpec(method="field"), "no folds"),
        (SplitSpec(method="block", block_size=1e6), "1 block, but at least 3"),
        (SplitSpec(method="block", block_size=0.0), "above 0"),
        (SplitSpec(method="chance"), "choose one of polygon"),
    ],
)
def test_specs_that_make_no_sense_are_refused_in_words(spec, words):
    with pytest.raises(InputError, match=words):
        split(make_samples((5, 5)), spec)


def test_two_polygons_cannot_be_split():
    with pytest.raises(InputError, match="2 polygons, but at least 3"):
        split(make_samples((1, 1), per_polygon=60), SplitSpec())


def test_two_classes_of_one_polygon_each_leave_nothing_to_test():
    samples = make_samples((1, 1, 1), per_polygon=60)
    with pytest.raises(InputError, match="No sample is left for validation"):
        split(samples, SplitSpec())


def test_three_samples_are_too_few():
    with pytest.raises(InputError, match="only 3 samples"):
        split(make_samples((5, 5)).subset(np.array([0, 1, -1])), SplitSpec())


def test_one_class_is_not_enough():
    with pytest.raises(InputError, match="one class only"):
        split(make_samples((20,)), SplitSpec())


@pytest.mark.parametrize("grouped", [True, False])
def test_cross_validation_folds_are_stratified_and_whole(grouped):
    samples = make_samples((40, 30, 20))
    samples = samples if grouped else replace(samples, group=np.arange(len(samples)), is_grouped=False)
    fold = folds(samples, 5, seed=1)
    assert all(len(parts) == 1 for parts in parts_of(fold, samples.group))
    for k in range(3):
        shares = np.bincount(fold[samples.label == k], minlength=5) / (samples.label == k).sum()
        np.testing.assert_allclose(shares, 0.2, atol=0.06)


def test_more_folds_than_polygons_are_refused():
    with pytest.raises(InputError, match="4 polygons, but at least 5"):
        folds(make_samples((2, 2)), 5)


def fold_specs(method="polygon", count=4, **fields):
    return [SplitSpec(method=method, folds=count, fold=fold, **fields) for fold in range(count)]


@pytest.mark.parametrize("seed", range(3))
def test_k_folds_by_polygon_never_share_a_polygon(seed):
    samples = make_samples((30, 20, 10), seed=seed)
    tested = [set(samples.group[split(samples, spec).part == TEST].tolist()) for spec in fold_specs(seed=seed)]
    assert sum(len(groups) for groups in tested) == len(set.union(*tested)) == 60


def test_within_a_fold_no_polygon_stands_in_two_parts():
    samples = make_samples((30, 20, 10))
    for spec in fold_specs():
        part = split(samples, spec).part
        assert all(len(parts) == 1 for parts in parts_of(part, samples.group))
        assert set(part.tolist()) == {TRAIN, VALIDATION, TEST}


def test_folds_of_blocks_test_every_sample_once():
    samples = make_samples((30, 20, 10))
    times = sum((split(samples, spec).part == TEST).astype(int) for spec in fold_specs("block", block_size=250.0))
    assert (times == 1).all()


def test_a_class_of_one_polygon_is_trained_in_every_fold_and_said_to_be_untested():
    samples = make_samples((12, 12, 1))
    for spec in fold_specs():
        made = split(samples, spec)
        assert set(made.part[samples.label == 2].tolist()) == {TRAIN}
        assert any("'Grass'" in warning and "nor tested" in warning for warning in made.warnings)


@pytest.mark.parametrize("distance", [60.0, 350.0])
def test_nothing_that_trains_lies_within_the_buffer_of_a_test_sample(distance):
    samples = make_samples((30, 20, 10))
    made = split(samples, SplitSpec(method="block", block_size=500.0, buffer=distance))
    tested, others = samples.xy[made.part == TEST], samples.xy[np.isin(made.part, (TRAIN, VALIDATION))]
    gaps = np.linalg.norm(tested[:, None] - others[None], axis=-1)
    assert gaps.min() > distance
    assert bool((made.part == LEFT_OUT).any()) == any("left out of training" in warning for warning in made.warnings)


def test_a_buffer_leaves_out_little_more_than_it_must():
    rng = np.random.default_rng(0)
    points, others = rng.uniform(0, 1000, (3000, 2)), rng.uniform(0, 300, (2000, 2))
    gaps = np.linalg.norm(points[:, None] - others[None], axis=-1).min(axis=1)
    near = is_near(points, others, 80.0)
    assert near[gaps <= 80.0].all()
    assert not near[gaps > 1.09 * 80.0].any()


def test_a_buffer_needs_coordinates():
    samples = make_samples((30, 20))
    with pytest.raises(InputError, match="without coordinates"):
        split(replace(samples, xy=np.full(samples.xy.shape, np.nan)), SplitSpec(buffer=10.0))


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (SplitSpec(method="chance"), "choose one of polygon"),
        (SplitSpec(buffer=-1.0), "buffer is -1"),
        (SplitSpec(folds=1), "at least 2 folds"),
        (SplitSpec(folds=3, fold=3), "Fold 3 of 3"),
    ],
)
def test_problems_of_a_split_are_told_before_anything_starts(spec, words):
    assert any(words in sentence for sentence in split_problems(spec))


def test_a_split_without_problems_has_none():
    assert [split_problems(spec) for spec in (SplitSpec(), *fold_specs("block", buffer=5.0))] == [[]] * 5
