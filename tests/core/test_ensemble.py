# SPDX-License-Identifier: GPL-2.0-or-later
"""Which models may be joined, and what the whole is called."""

from __future__ import annotations

from dataclasses import replace

from chronomap.plugin.core.card import Base, ModelCard
from chronomap.plugin.core.classes import ClassInfo
from chronomap.plugin.core.ensemble import (
    gives_attention,
    join_problems,
    joined_card,
    member_count,
    member_score,
    member_seed,
    members_advice,
    model_title,
    share_test_part,
    training_splits,
)
from chronomap.plugin.core.jobs import SplitSpec, TrainJob

LTAE = ModelCard(
    architecture="ltae",
    hyperparameters={},
    bands=("B04", "B08"),
    dates=("2021-03-02", "2021-06-01"),
    season_start="2021-03-02",
    classes=(ClassInfo(1, "Grass"), ClassInfo(2, "Maize")),
    lower=(0.0, 0.1),
    upper=(0.4, 0.5),
    fingerprint="same",
    parameters=10,
)
CNN = replace(LTAE, architecture="tempcnn", lower=(-0.1, 0.2), upper=(0.3, 0.6), grid_days=(0.0, 50.0, 91.0))
NAMES = ["a", "b", "c"]


def test_models_of_the_same_bands_and_classes_go_together():
    assert join_problems([LTAE, CNN], NAMES) == []


def test_other_bands_are_named():
    told = join_problems([LTAE, replace(CNN, bands=("B04", "B11"))], NAMES)
    assert told == [
        "b reads the bands B04, B11, but a reads B04, B08: join models of the same bands in the same order."
    ]


def test_other_classes_are_named_with_their_values():
    other = replace(CNN, classes=(ClassInfo(1, "Grass"), ClassInfo(7, "Maize")))
    assert (
        "b knows the classes Grass (1), Maize (7), but a knows Grass (1), Maize (2)"
        in join_problems([LTAE, other], NAMES)[0]
    )


def test_one_model_is_no_ensemble():
    assert "at least 2" in join_problems([LTAE], NAMES)[0]
    assert join_problems([joined_card([LTAE, CNN], {})], NAMES) == []


def test_the_whole_keeps_what_is_common_and_spans_the_ranges():
    card = joined_card([LTAE, joined_card([CNN, LTAE], {})], {"notes": ("made",)})
    assert [member.architecture for member in card.members] == ["ltae", "tempcnn", "ltae"]
    assert (card.lower, card.upper) == ((-0.1, 0.1), (0.4, 0.6))
    assert (card.parameters, card.fingerprint, card.notes) == (30, "same", ("made",))
    assert card.grid_days == ()


def test_the_test_part_is_shared_only_by_the_same_samples_and_split():
    assert share_test_part([LTAE, CNN])
    assert not share_test_part([LTAE, replace(CNN, split=SplitSpec(seed=4))])
    assert not share_test_part([LTAE, replace(CNN, fingerprint="other")])
    assert not share_test_part([replace(LTAE, fingerprint=""), replace(CNN, fingerprint="")])


def test_what_a_base_has_learned_from_counts_as_well():
    base = Base("old", "same", SplitSpec(seed=4))
    tuned = replace(LTAE, fingerprint="new", bases=(base,))
    assert training_splits(tuned) == [("new", LTAE.split), ("same", SplitSpec(seed=4))]
    assert not share_test_part([LTAE, replace(CNN, bases=(base,))])


def test_an_ensemble_is_called_by_its_members():
    assert model_title(joined_card([LTAE, LTAE], {})) == "Ensemble of 2 L-TAE"
    assert model_title(joined_card([LTAE, CNN], {})) == "Ensemble of L-TAE, TempCNN"
    assert model_title(replace(LTAE, architecture="oracle")) == "oracle"


def test_attention_needs_all_members():
    assert gives_attention(joined_card([LTAE, LTAE], {}))
    assert not gives_attention(joined_card([LTAE, CNN], {}))
    assert not gives_attention(replace(LTAE, architecture="oracle"))


def test_a_score_needs_every_members_figure():
    scored = [replace(LTAE, metrics={"macro_f1": figure}) for figure in (0.7, 0.8, 0.9)]
    score = member_score(joined_card(scored, {}), "macro_f1")
    assert (round(score.mean, 6), round(score.deviation, 6), score.lowest, score.highest) == (0.8, 0.1, 0.7, 0.9)
    assert member_score(joined_card([*scored, LTAE], {}), "macro_f1") is None


def training(architecture="ltae", ensemble_below=300, **fields):
    return TrainJob("s.npz", architecture, "m.safetensors", strategy={"ensemble_below": ensemble_below}, **fields)


def test_a_network_that_says_so_is_trained_three_times_on_few_samples():
    assert [member_count(training(), samples) for samples in (299, 300)] == [3, 1]
    assert member_count(training(ensemble=1), 10) == 1
    assert member_count(training(ensemble=5), 1000) == 5
    assert member_count(training(base_model="base.safetensors", ensemble=1), 10) == 1
    assert member_count(TrainJob("s.npz", "random_forest", "m.safetensors"), 10) == 1


def test_ensembles_of_neighbouring_seeds_share_no_member():
    seeds = [member_seed(seed, number) for seed in (0, 1, 2, 2**31 - 1) for number in range(50)]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**31 for seed in seeds)
    assert member_seed(7, 0) == 7


def test_several_members_are_advised_for_networks_with_few_samples_alone():
    assert "260 samples to learn from, the seed decides much: 3 networks are trained" in members_advice(training(), 260)
    assert "an ensemble of 3 members is mostly better" in members_advice(training(ensemble=1), 260)
    assert "an ensemble of 3 members is mostly better" in members_advice(training(), 499)
    assert members_advice(training(), 500) == ""
    assert members_advice(training(ensemble=2), 260) == ""
    assert members_advice(training("random_forest", 0), 260) == ""
    assert members_advice(training(base_model="base.safetensors"), 260) == ""
