# SPDX-License-Identifier: GPL-2.0-or-later
"""Several models as one: which go together, the card of the whole, and what to call a model of either kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev
from typing import Any, Optional

from .card import ENSEMBLE, ModelCard, read_card
from .catalog import find_architecture, load_catalog
from .jobs import SplitSpec, TrainJob
from .strategy import FEW_SAMPLES, MOST_SEED, strategy_defaults

LEAST_MEMBERS, MOST_MEMBERS = 2, 50
FEW_MEMBERS = 3  # win most of what many would
_SEED_STEP = 1000


def members_of(card: ModelCard) -> tuple[ModelCard, ...]:
    """Return the models that decide together: the members of an ensemble, or the one model itself."""
    return card.members or (card,)


def lead_of(card: ModelCard) -> ModelCard:
    """Return the model whose settings, curves and steps stand for those of an ensemble: its first member."""
    return members_of(card)[0]


def flat_members(cards: Iterable[ModelCard]) -> tuple[ModelCard, ...]:
    """Return the members of several models: an ensemble among them brings its own."""
    return tuple(member for card in cards for member in members_of(card))


def model_title(card: ModelCard) -> str:
    """Return what kind of model this is, as a reader calls it: "L-TAE", "Ensemble of 3 L-TAE"."""
    titles = [_title(member) for member in members_of(card)]
    if not card.members:
        return titles[0]
    titles = [title.partition(" (")[0] for title in titles]
    kinds = list(dict.fromkeys(titles))
    return f"Ensemble of {len(titles)} {kinds[0]}" if len(kinds) == 1 else f"Ensemble of {', '.join(titles)}"


def member_count(job: TrainJob, samples: float) -> int:
    """Return how many models a training from so many `samples` (those of the test part aside) makes.

    One that goes on from a model makes as many as that one has members: where it begins, the seed decides nothing.

    Raises:
        ModelFileError: the model to go on from cannot be read.
    """
    if job.ensemble:
        return job.ensemble
    if job.base_model:
        return len(members_of(read_card(Path(job.base_model))))
    strategy = {**strategy_defaults(find_architecture(job.architecture)), **job.strategy}
    return FEW_MEMBERS if samples < strategy["ensemble_below"] else 1


def member_seed(seed: int, number: int) -> int:
    """Return the seed of member `number` (from 0): ensembles of neighbouring seeds have no member in common."""
    return (seed + number * _SEED_STEP) % (MOST_SEED + 1)


def members_advice(job: TrainJob, samples: float) -> str:
    """Return, where the `samples` are so few that the seed decides much, what an ensemble wins and costs; else ''."""
    if job.ensemble > 1 or job.base_model:
        return ""
    few = f"With {samples:,.0f} samples to learn from, the seed decides much: "
    cost = f"{FEW_MEMBERS} times the cost of training and map."
    if member_count(job, samples) > 1:
        return f"{few}{FEW_MEMBERS} networks are trained and decide together, at {cost}"
    if samples >= FEW_SAMPLES or find_architecture(job.architecture).kind != "network":
        return ""
    return f"{few}an ensemble of {FEW_MEMBERS} members is mostly better than any one of them, at {cost}"


def gives_attention(card: ModelCard) -> bool:
    """Return whether a model gives attention; an ensemble does when each of its members does."""
    catalog = load_catalog()
    members = members_of(card)
    return all(m.architecture in catalog and catalog[m.architecture].gives_attention for m in members)


def join_problems(cards: Sequence[ModelCard], names: Sequence[str]) -> list[str]:
    """Return why models of `cards`, called `names`, cannot be joined, a sentence each; [] when they can."""
    count = len(flat_members(cards))
    if count < LEAST_MEMBERS:
        return [f"An ensemble needs at least {LEAST_MEMBERS} models: choose more."]
    if count > MOST_MEMBERS:
        return [f"These are {count} models: choose at most {MOST_MEMBERS}."]
    found = []
    for card, name in zip(cards[1:], names[1:]):
        if card.bands != cards[0].bands:
            found.append(
                f"{name} reads the bands {', '.join(card.bands)}, but {names[0]} reads {', '.join(cards[0].bands)}: "
                "join models of the same bands in the same order."
            )
        if _legend(card) != _legend(cards[0]):
            found.append(
                f"{name} knows the classes {_listed(card)}, but {names[0]} knows {_listed(cards[0])}: join models of "
                "the same classes and values in the same order."
            )
    return found


def _legend(card: ModelCard) -> list[tuple[int, str]]:
    return [(info.value, info.name) for info in card.classes]


def _listed(card: ModelCard) -> str:
    return ", ".join(f"{info.name} ({info.value})" for info in card.classes)


def share_test_part(cards: Sequence[ModelCard]) -> bool:
    """Return whether models were trained on one sample file and one split, so that none has seen the test part."""
    first = cards[0]
    is_one_file = bool(first.fingerprint) and all(card.fingerprint == first.fingerprint for card in cards)
    splits = {s for card in cards for fingerprint, s in training_splits(card) if fingerprint == first.fingerprint}
    return is_one_file and len(splits) == 1


def training_splits(card: ModelCard) -> list[tuple[str, SplitSpec]]:
    """Return fingerprint and split of every sample set a model has learned from, its members and bases included."""
    members = members_of(card)
    own = [(member.fingerprint, member.split) for member in members]
    former = [(base.fingerprint, base.split) for member in members for base in member.bases]
    return list(dict.fromkeys(own + former))


def joined_card(cards: Sequence[ModelCard], known: dict[str, Any]) -> ModelCard:
    """Return the card of the ensemble of models that can be joined; `known` sets further fields.

    Ranges are the widest of the members', each of which keeps its own, as it keeps its grid and temperature.
    """
    members = flat_members(cards)
    first = members[0]
    common: dict[str, Any] = {}
    if share_test_part(members):
        common = {name: getattr(first, name) for name in ("split", "split_counts", "samples", "fingerprint")}
    return ModelCard(
        architecture=ENSEMBLE,
        hyperparameters={},
        bands=first.bands,
        dates=first.dates,
        season_start=first.season_start,
        classes=first.classes,
        lower=tuple(min(values) for values in zip(*(member.lower for member in members))),
        upper=tuple(max(values) for values in zip(*(member.upper for member in members))),
        days_nominal=any(member.days_nominal for member in members),
        parameters=sum(member.parameters for member in members),
        flops=sum(member.flops for member in members),
        seconds=sum(member.seconds for member in members),
        members=members,
        **{**common, **known},
    )


@dataclass(frozen=True)
class MemberScore:
    """How a figure of the members lies: mean, standard deviation (n - 1), lowest and highest."""

    mean: float
    deviation: float
    lowest: float
    highest: float


def member_score(card: ModelCard, figure: str) -> Optional[MemberScore]:
    """Return how `figure` ("macro_f1", ...) of the members' test parts lies, None where a member has none."""
    values = [member.metrics.get(figure) for member in card.members]
    known = [value for value in values if value is not None]
    if len(known) < max(len(values), LEAST_MEMBERS):
        return None
    return MemberScore(mean(known), stdev(known), min(known), max(known))


def member_sentence(card: ModelCard) -> str:
    """Return how good an ensemble is beside its members, as a sentence, or '' where that is not known."""
    score = member_score(card, "macro_f1")
    if score is None or not card.metrics:
        return ""
    return (
        f"Macro F1 of the ensemble {card.metrics['macro_f1']:.3f}; of its {len(card.members)} members "
        f"{score.mean:.3f} ± {score.deviation:.3f} ({score.lowest:.3f} to {score.highest:.3f})."
    )


def member_names(card: ModelCard) -> Iterator[str]:
    """Yield what to call each member: its architecture and its seed."""
    for number, member in enumerate(card.members, 1):
        seed = f", seed {member.strategy['seed']}" if "seed" in member.strategy else ""
        yield f"{number}. {_title(member).partition(' (')[0]}{seed}"


def _title(card: ModelCard) -> str:
    catalog = load_catalog()
    return catalog[card.architecture].title if card.architecture in catalog else card.architecture
