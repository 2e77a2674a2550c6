# SPDX-License-Identifier: GPL-2.0-or-later
"""What a contender does on the test part: its answers, confusion by polygon, attention, pace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Optional

import numpy as np

from ..core.ensemble import gives_attention
from ..core.jobs import EvaluateJob
from ..core.monitor import Monitor
from ..core.worker import Worker
from ..raster.samples import SampleSet
from .compare_members import Contender, Member
from .exchange import band_order, predict, season_days
from .split import TEST, split
from .statistics.bootstrap import group_confusions

_ATTENDED = 200  # samples of a class whose attention is looked at


@dataclass(frozen=True)
class Arena:
    """The samples all contenders are judged on, labelled in the classes of `names`.

    `chosen` maps each fold to its test samples (indices into `samples`); without folds there is fold 0. `place` (N,)
    numbers the polygon of each sample from 0, over all folds.
    """

    samples: SampleSet
    chosen: dict[int, np.ndarray]
    names: tuple[str, ...]
    is_own: bool

    @property
    def tested(self) -> np.ndarray:
        """Every sample that is judged once, as indices."""
        return np.unique(np.concatenate(list(self.chosen.values())))

    def polygons(self) -> tuple[np.ndarray, int]:
        """Return the polygon of each sample of the file, (N,), numbered from 0 (-1: not judged), and their number."""
        numbers = np.full(len(self.samples), -1, np.int64)
        unique, inverse = np.unique(self.samples.group[self.tested], return_inverse=True)
        numbers[self.tested] = inverse.reshape(-1)
        return numbers, len(unique)

    def indices(self, member: Member) -> np.ndarray:
        """Return the samples that `member` is judged on."""
        return self.chosen[member.fold if self.is_own else 0]


@dataclass
class Answers:
    """What a contender said: counts (S, G, K, K) by seed and polygon, and all probabilities with their labels."""

    counts: np.ndarray
    probability: list[np.ndarray] = field(default_factory=list)  # (n, K) each
    label: list[np.ndarray] = field(default_factory=list)
    attention: Optional[np.ndarray] = None  # (K + 1, T), mean over heads; the first row: mean of the classes
    pixels_per_second: float = 0.0
    device: str = ""


def make_arena(samples: SampleSet, members: Sequence[Member]) -> Arena:
    """Return the test part of every fold, or all samples where the members were trained on others.

    Samples are labelled in the classes of the first member.

    Raises:
        InputError: the split cannot be made again.
    """
    classes = members[0].card.classes
    place = {info.name: index for index, info in enumerate(classes)}
    lookup = np.array([place.get(info.name, -1) for info in samples.classes], np.int64)
    label = lookup[samples.label]
    is_own = samples.fingerprint == members[0].card.fingerprint
    chosen = {0: np.arange(len(samples))}
    if is_own:
        specs = {member.fold: member.card.split for member in members}
        chosen = {fold: np.flatnonzero(split(samples, spec).part == TEST) for fold, spec in specs.items()}
    known = {fold: index[label[index] >= 0] for fold, index in chosen.items()}
    return Arena(replace(samples, label=np.maximum(label, 0), classes=classes), known, tuple(place), is_own)


def answers_of(contender: Contender, arena: Arena, worker: Worker, device: str, monitor: Monitor) -> Answers:
    """Let every model of a contender classify its test samples.

    Raises:
        ChronomapError: a model does not fit the samples, or the worker failed.
    """
    place, polygons = arena.polygons()
    k, rounds = len(arena.names), contender.rounds() if arena.is_own else [[m] for m in contender.members]
    answers = Answers(np.zeros((len(rounds), polygons, k, k)))
    for number, models in enumerate(rounds):
        for member in models:
            index = arena.indices(member)
            part = arena.samples.subset(index)
            probability = _in_order(predict(worker, _job(member, device), member.card, part, monitor)[0], member, arena)
            predicted = probability.argmax(axis=1)
            found = group_confusions(part.label, predicted, place[index], k)
            answers.counts[number, : len(found)] += found
            answers.probability.append(probability)
            answers.label.append(part.label)
    return answers


def attention_of(
    contender: Contender, arena: Arena, worker: Worker, device: str, answers: Answers, monitor: Monitor
) -> Optional[np.ndarray]:
    """Return mean attention by date (K + 1, T) over correctly classified samples, or None where a model gives none.

    Of each class at most 200 samples of the first model are looked at; classes count alike in the first row.
    """
    if not gives_attention(contender.card):
        return None
    member = contender.members[0]
    index = arena.indices(member)
    label = arena.samples.label[index]
    right = answers.probability[0].argmax(axis=1) == label
    kept = np.concatenate([np.flatnonzero(right & (label == k))[:_ATTENDED] for k in range(len(arena.names))])
    if not len(kept):
        return None
    part = arena.samples.subset(index[kept])
    _, attention = predict(worker, _job(member, device), member.card, part, monitor, attention=True)
    mean = attention.mean(axis=1)  # (n, T)
    rows = np.stack([_mean(mean[part.label == k]) for k in range(len(arena.names))])
    return np.concatenate([_mean(rows[np.isfinite(rows).all(axis=1)])[None], rows])


def pace_of(
    contender: Contender, samples: SampleSet, worker: Worker, device: str, monitor: Monitor
) -> tuple[float, str]:
    """Return how many pixels the first model of a contender maps in a second, and on what."""
    card = contender.card
    order = band_order(card, samples.bands, "the sample file")
    message = {
        "do": "pace",
        "model": str(contender.members[0].path),
        "days": season_days(card, samples.dates),
        "scale": samples.scale[:, order].tolist(),
        "offset": samples.offset[:, order].tolist(),
        "dtype": samples.values.dtype.name,
        "device": device,
    }
    answer = worker.request(message, monitor)
    return float(answer["pixels_per_second"]), str(answer["device"])


def mean_card(contender: Contender, name: str) -> float:
    """Return the mean of a figure on the cards of a contender's models."""
    return float(np.mean([getattr(member.card, name) for member in contender.members]))


def _in_order(probability: np.ndarray, member: Member, arena: Arena) -> np.ndarray:
    """Return probabilities (n, K) with the columns in the order of the arena's classes."""
    own = [info.name for info in member.card.classes]
    return probability[:, [own.index(name) for name in arena.names]]


def _job(member: Member, device: str) -> EvaluateJob:
    return EvaluateJob(str(member.path), "", device=device)


def _mean(rows: np.ndarray) -> np.ndarray:
    return rows.mean(axis=0) if len(rows) else np.full(rows.shape[1:], np.nan)
