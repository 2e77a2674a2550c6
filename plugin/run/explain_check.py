# SPDX-License-Identifier: GPL-2.0-or-later
"""What is wrong with jobs that explain a model, before they start; and which method "auto" is."""

from __future__ import annotations

from pathlib import Path
from typing import Union

from ..core.card import ModelCard, read_card
from ..core.catalog import load_catalog
from ..core.cube_spec import load_cube_spec
from ..core.ensemble import gives_attention, members_of, model_title, training_splits
from ..core.errors import ChronomapError, InputError, ModelFileError
from ..core.importance import ATTENTION, AUTO, CHOICES, GRADIENTS, MEASURES, OCCLUSION
from ..core.jobs import AttentionJob, EarlySeasonJob, ExplainSeriesJob, ImportanceTestJob
from .exchange import band_order

_MOST_DRAWS = 1000


def choose_method(card: ModelCard, method: str, name: str = "The model") -> str:
    """Return the method itself, or for "auto": attention where the model gives it, else occlusion.

    Raises:
        InputError: the model, called `name`, cannot be explained so.
        ModelFileError: this version of the plugin does not know the model.
    """
    catalog = load_catalog()
    for member in members_of(card):
        if member.architecture not in catalog:
            raise ModelFileError(
                f"This plugin has no architecture '{member.architecture}', which {name} needs: update the plugin."
            )
    if method == AUTO:
        return ATTENTION if gives_attention(card) else OCCLUSION
    if method not in MEASURES:
        raise InputError(f"There is no method '{method}' to explain a model: choose one of {', '.join(CHOICES)}.")
    if method == ATTENTION and not gives_attention(card):
        givers = ", ".join(entry.title for entry in catalog.values() if entry.gives_attention)
        raise InputError(
            f"{name} is a model of the kind {model_title(card)}, which gives no attention: take occlusion, or use one "
            f"of {givers}."
        )
    if method == GRADIENTS and not is_network(card):
        kind = model_title(card)
        raise InputError(f"{name} is a model of the kind {kind}, which has no gradients: choose occlusion.")
    return method


def is_network(card: ModelCard) -> bool:
    """Return whether a model, or every member of an ensemble, is a network."""
    return all(load_catalog()[member.architecture].kind == "network" for member in members_of(card))


def importance_problems(job: Union[AttentionJob, EarlySeasonJob]) -> list[str]:
    """Return why a model cannot be explained by the job's method, as far as its card tells."""
    return _method_problems(job.model, getattr(job, "method", AUTO)) + _reach_problems(job)


def importance_test_problems(job: ImportanceTestJob) -> list[str]:
    """Return why models cannot be tested together."""
    if not job.models:
        return ["No model is given: choose one, or several that differ by their seed."]
    missing = [model for model in job.models if not Path(model).is_file()]
    if missing:
        return [f"The model {missing[0]} does not exist: check the path."]
    found = [sentence for model in job.models for sentence in _method_problems(model, job.method)]
    if not 1 <= job.draws <= _MOST_DRAWS:
        found.append(f"The number of draws is {job.draws}: give 1 to {_MOST_DRAWS}.")
    return found or _reach_problems(job) + _kinship_problems([read_card(Path(model)) for model in job.models], job)


def series_problems(job: ExplainSeriesJob) -> list[str]:
    """Return why no series of the cube can be explained."""
    try:
        card, spec = read_card(Path(job.model)), load_cube_spec(Path(job.cube))
        band_order(card, spec.band_names, "the cube")
    except ChronomapError as error:
        return [str(error)]
    return _method_problems(job.model, AUTO)


def _method_problems(model: str, method: str) -> list[str]:
    try:
        choose_method(read_card(Path(model)), method, Path(model).name)
    except ChronomapError as error:
        return [str(error)]
    return []


def _reach_problems(job: Union[AttentionJob, EarlySeasonJob, ImportanceTestJob]) -> list[str]:
    reach = getattr(job, "reach_days", 0.0)
    return [f"The reach of occlusion is {reach:g} days: give 0 or more."] if reach < 0 else []


def _kinship_problems(cards: list[ModelCard], job: ImportanceTestJob) -> list[str]:
    """Models are compared date by date and class by class on samples that none of them has seen."""
    first, base = cards[0], Path(job.models[0]).name
    for card, model in zip(cards[1:], job.models[1:]):
        if [info.name for info in card.classes] != [info.name for info in first.classes]:
            return [f"{Path(model).name} has other classes than {base}: choose models of one legend."]
        if training_splits(card) != training_splits(first):
            return [
                f"{Path(model).name} was trained on other samples or another split than {base}: choose models that "
                "differ by their seed or settings only."
            ]
    return []
