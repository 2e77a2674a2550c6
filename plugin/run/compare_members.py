# SPDX-License-Identifier: GPL-2.0-or-later
"""Who takes part in a comparison, and why it would not be fair: read from model cards alone, so quickly known."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from typing import Any

from ..core.card import ModelCard, read_card
from ..core.catalog import load_catalog
from ..core.ensemble import lead_of, model_title, training_splits
from ..core.errors import InputError
from ..core.jobs import CompareJob, SplitSpec

SUFFIX = ".safetensors"


@dataclass(frozen=True)
class Member:
    """A model file and its card."""

    path: Path
    card: ModelCard

    @property
    def seed(self) -> int:
        """Seed of the training; of an ensemble, that of its first member."""
        return int(lead_of(self.card).strategy.get("seed", 0))

    @property
    def fold(self) -> int:
        """Which fold it was tested on; 0 where there are none."""
        return self.card.split.fold


@dataclass(frozen=True)
class Contender:
    """The models of one setting, over seeds and folds."""

    name: str
    members: tuple[Member, ...]

    @property
    def card(self) -> ModelCard:
        """The card of the first model."""
        return self.members[0].card

    def rounds(self) -> list[list[Member]]:
        """Return the models of each seed, every fold once."""
        seeds = sorted({member.seed for member in self.members})
        return [[member for member in self.members if member.seed == seed] for seed in seeds]


def model_files(paths: Sequence[str]) -> list[Path]:
    """Return the model files among `paths`, and those in the folders among them, each once.

    Raises:
        InputError: a path does not exist, or a folder holds no model.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        if not path.exists():
            raise InputError(f"The model {path} does not exist: check the path.")
        inside = sorted(path.glob("*" + SUFFIX)) if path.is_dir() else [path]
        if not inside:
            raise InputError(f"The folder {path} holds no model ({SUFFIX}): choose the folder of the models.")
        found += inside
    return list(dict.fromkeys(found))


def contenders(job: CompareJob) -> list[Contender]:
    """Return who takes part.

    Raises:
        ChronomapError: a file is no model, or fewer than two are to be compared.
    """
    members = [Member(path, read_card(path)) for path in model_files(job.models)]
    groups = _grouped(members, job.join_seeds)
    if len(groups) < 2:
        groups = _grouped(members, join_seeds=False)
    if len(groups) < 2:
        raise InputError("There is only one model to compare: choose at least two.")
    return [Contender(name, tuple(group)) for name, group in zip(_names(groups), groups)]


def obstacles(found: Sequence[Contender], is_own_samples: bool = True) -> list[str]:
    """Return why the contenders cannot be compared, a sentence each.

    `is_own_samples`: they are judged on the test part of the samples they were trained on.
    """
    sentences = [*_class_obstacles(found)]
    if is_own_samples:
        sentences += _sample_obstacles(found)
        sentences = sentences or [*_split_obstacles(found)]
        sentences = sentences or [*_fold_obstacles(found)]
    return sentences


def split_words(spec: SplitSpec) -> str:
    """Return a split in words."""
    how = {
        "polygon": "by polygon",
        "block": f"by blocks of {spec.block_size:g} map units",
        "field": "by the fold field",
    }
    words = how.get(spec.method, "by single pixels")
    words += f", {spec.folds} folds" if spec.folds else f", test share {spec.test:.0%}"
    words += f", buffer {spec.buffer:g}" if spec.buffer else ""
    return f"{words}, seed {spec.seed}"


def _grouped(members: Sequence[Member], join_seeds: bool) -> list[list[Member]]:
    """Put models that differ in nothing but fold (and seed) together; a second copy starts a group of its own."""
    groups: dict[Any, list[Member]] = {}
    seen: Counter[Any] = Counter()
    for member in members:
        key = _setting(member.card, join_seeds)
        copy = seen[key, member.seed, member.fold]
        seen[key, member.seed, member.fold] += 1
        groups.setdefault((key, copy), []).append(member)
    return [sorted(group, key=lambda member: (member.seed, member.fold)) for group in groups.values()]


def _setting(card: ModelCard, join_seeds: bool) -> str:
    """Return what makes models one contender: the settings, of an ensemble those of each member."""
    strategy = {name: value for name, value in card.strategy.items() if name != "seed" or not join_seeds}
    split = vars(replace(card.split, fold=0))
    parts = [card.architecture, card.hyperparameters, strategy, split, card.fingerprint, card.grid_days, card.bands]
    return json.dumps([*parts, *(_setting(member, join_seeds) for member in card.members)], sort_keys=True)


def _names(groups: Sequence[Sequence[Member]]) -> list[str]:
    """Return the title of each group's architecture; with preset, else file name, where that is not enough."""
    kinds = [model_title(group[0].card).partition(" (")[0] for group in groups]
    titles = kinds
    for more in (_preset, None):
        counts = Counter(titles)
        titles = [
            title if counts[title] == 1 else f"{kind} ({more(group[0].card) or _stem(group) if more else _stem(group)})"
            for title, kind, group in zip(titles, kinds, groups)
        ]
    counts = Counter(titles)
    return [title if counts[title] == 1 else f"{title} {index + 1}" for index, title in enumerate(titles)]


def _preset(card: ModelCard) -> str:
    """Return the preset a model's settings are those of, or ''."""
    architecture = load_catalog().get(card.architecture)
    presets = architecture.presets if architecture else ()
    fitting = (p.name for p in presets if architecture and architecture.defaults(p.name) == card.hyperparameters)
    return next(fitting, "")


def _stem(group: Sequence[Member]) -> str:
    stems = [member.path.stem for member in group]
    letters = takewhile(lambda column: len(set(column)) == 1, zip(*stems))
    shared = "".join(column[0] for column in letters).rstrip("_-")
    return shared or stems[0]


def _class_obstacles(found: Sequence[Contender]) -> Iterator[str]:
    first, known = found[0], {info.name for info in found[0].card.classes}
    for other in found[1:]:
        names = {info.name for info in other.card.classes}
        if names != known:
            differing = ", ".join(sorted(names ^ known))
            yield (
                f"{first.name} and {other.name} know other classes ({differing} in one only): compare models of the "
                "same classes."
            )


def _sample_obstacles(found: Sequence[Contender]) -> Iterator[str]:
    first = found[0]
    for other in found[1:]:
        if other.card.fingerprint != first.card.fingerprint:
            yield (
                f"{first.name} and {other.name} were trained on other samples ({_file(first)} and {_file(other)}): "
                "train both on one sample file, or give a sample file that neither has seen."
            )


def _split_obstacles(found: Sequence[Contender]) -> Iterator[str]:
    for contender in found:
        if any(_knows_more(member.card) for member in contender.members):
            yield (
                f"{contender.name} has learned from these samples under another split before, so it may know the test "
                "samples: give a sample file that no model has seen."
            )
    first, spec = found[0], replace(found[0].card.split, fold=0)
    for other in found[1:]:
        if replace(other.card.split, fold=0) != spec:
            yield (
                f"{first.name} and {other.name} were split differently ({split_words(first.card.split)} against "
                f"{split_words(other.card.split)}), so one may know the other's test samples: train both alike."
            )


def _knows_more(card: ModelCard) -> bool:
    """Return whether a model, a member or a base of it learned from its samples under another split than its own."""
    return any(samples == card.fingerprint and spec != card.split for samples, spec in training_splits(card))


def _fold_obstacles(found: Sequence[Contender]) -> Iterator[str]:
    everywhere = {member.fold for contender in found for member in contender.members}
    for contender in found:
        for models in contender.rounds():
            missing = sorted(everywhere - {member.fold for member in models})
            if missing:
                numbers = ", ".join(map(str, missing))
                yield (
                    f"{contender.name} (seed {models[0].seed}) has no model of fold {numbers}, but others have: choose "
                    "the models of the same folds, or train the missing ones."
                )


def _file(contender: Contender) -> str:
    return f"{Path(contender.card.samples).name}, fingerprint {contender.card.fingerprint[:8]}"
