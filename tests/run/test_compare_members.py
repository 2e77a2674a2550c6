# SPDX-License-Identifier: GPL-2.0-or-later
"""Who is compared, what they are called, and what is refused: read from cards alone."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from chronomap.plugin.core.card import ModelCard
from chronomap.plugin.core.classes import ClassInfo
from chronomap.plugin.core.ensemble import joined_card
from chronomap.plugin.core.jobs import SplitSpec
from chronomap.plugin.run.compare_members import Contender, Member, _grouped, _names, obstacles


def card(architecture="ltae", seed=0, fold=0, **fields):
    folds = fields.pop("folds", 0)
    known = {
        "hyperparameters": {"heads": 4},
        "bands": ("B04",),
        "dates": ("2021-05-01",),
        "season_start": "2021-05-01",
        "classes": (ClassInfo(1, "Wheat"), ClassInfo(2, "Maize")),
        "lower": (0.0,),
        "upper": (1.0,),
        "strategy": {"epochs": 5, "seed": seed},
        "split": SplitSpec(folds=folds, fold=fold),
        "samples": "/there/samples.npz",
        "fingerprint": "abc",
    }
    return ModelCard(architecture, **{**known, **fields})


def members(*cards):
    return [Member(Path(f"/there/model_{index}.safetensors"), entry) for index, entry in enumerate(cards)]


def contenders(*cards):
    return [Contender(f"M{index}", (member,)) for index, member in enumerate(members(*cards))]


def test_models_that_differ_in_fold_and_seed_are_one_entry():
    cards = [card(seed=seed, fold=fold, folds=2) for seed in (0, 1) for fold in (0, 1)]
    groups = _grouped(members(*cards, card("gru", folds=2)), join_seeds=True)
    assert [len(group) for group in groups] == [4, 1]


def test_seeds_can_be_kept_apart():
    assert len(_grouped(members(card(seed=0), card(seed=1)), join_seeds=False)) == 2


def test_ensembles_go_together_when_their_members_do():
    def ensemble(architecture, seed=0, fold=0):
        made = [card(architecture, seed=seed + number, fold=fold, folds=2) for number in (0, 1000)]
        return joined_card(made, {})

    mixed = (("ltae", 0), ("gru", 1), ("gru", 0), ("ltae", 1))
    cards = [ensemble(kind, seed, fold) for kind, fold in mixed for seed in (0, 1)]
    groups = _grouped(members(*cards), join_seeds=True)
    found = [[(m.card.members[0].architecture, m.seed, m.fold) for m in group] for group in groups]
    assert found == [[(kind, seed, fold) for seed in (0, 1) for fold in (0, 1)] for kind in ("ltae", "gru")]
    assert len(_grouped(members(*cards), join_seeds=False)) == 4


def test_a_copy_of_a_model_is_an_entry_of_its_own():
    assert len(_grouped(members(card(), card()), join_seeds=True)) == 2


def test_entries_of_one_architecture_are_told_apart():
    groups = [[member] for member in members(card(), card(hyperparameters={"heads": 8}), card("gru"))]
    names = _names(groups)
    assert len(set(names)) == 3
    assert names[2] == "GRU"
    assert all(name.startswith("L-TAE (") for name in names[:2])


def test_models_of_one_sample_file_and_split_are_comparable():
    assert obstacles(contenders(card(), card("gru", seed=4))) == []


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (card(fingerprint="xyz"), "trained on other samples"),
        (card(split=SplitSpec(seed=5)), "split differently"),
        (card(split=SplitSpec("block", buffer=20.0)), "by blocks of 1000 map units, test share 20%, buffer 20"),
        (card(classes=(ClassInfo(1, "Wheat"), ClassInfo(2, "Grass"))), r"other classes \(Grass, Maize in one only\)"),
    ],
)
def test_what_is_not_comparable_is_refused_in_words(other, words):
    found = obstacles(contenders(card(), other))
    assert len(found) == 1
    assert re.search(words, found[0])


def test_samples_that_neither_has_seen_make_models_of_any_split_comparable():
    assert obstacles(contenders(card(), card(split=SplitSpec(seed=5))), is_own_samples=False) == []


def test_a_model_that_learned_from_the_samples_under_another_split_before_is_refused():
    base = replace(card(), split=SplitSpec(seed=9))
    joined = card(members=(card(), base))
    assert any("another split before" in sentence for sentence in obstacles(contenders(card("gru"), joined)))
