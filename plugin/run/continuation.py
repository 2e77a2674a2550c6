# SPDX-License-Identifier: GPL-2.0-or-later
"""Continue from a trained model: its bands, its season and its classes, to which new ones may come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..core.card import Base, ModelCard, read_card
from ..core.catalog import find_architecture, load_catalog
from ..core.classes import ClassInfo
from ..core.ensemble import lead_of, members_of, training_splits
from ..core.errors import InputError, ModelFileError
from ..core.jobs import SplitSpec, TrainJob
from ..core.season import season_start_for
from ..raster.samples import SampleSet
from .exchange import band_order
from .fit import season_fit

_SEEN = (
    "The base model has learned from the validation samples too (it was refit): they choose no epoch well, and their "
    "figures flatter. To continue it on these samples, train it anew with Refit below at 0."
)


@dataclass(frozen=True)
class Continued:
    """Samples as the base model reads them, and what is worth telling of them."""

    samples: SampleSet
    bases: tuple[Base, ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


def base_problems(job: TrainJob) -> list[str]:
    """Return why `job` cannot continue from its base model, a sentence each."""
    path = Path(job.base_model)
    if not path.is_file():
        return [f"The base model {path} does not exist: check the path."]
    try:
        base = read_card(path)
    except ModelFileError as error:
        return [str(error)]
    sentence = _unfit(base, job, path.name)
    return [sentence] if sentence else [*_changed_settings(lead_of(base), job), *_grid_problem(job)]


def _unfit(base: ModelCard, job: TrainJob, name: str) -> str:
    """Return why the architecture of `base`, called `name`, does not go with `job`, or ''."""
    catalog, members = load_catalog(), members_of(base)
    base = lead_of(base)
    if any((each.architecture, each.hyperparameters) != (base.architecture, base.hyperparameters) for each in members):
        return f"{name} joins models of several architectures or settings: continue from one of them."
    if base.architecture not in catalog:
        return f"This plugin has no architecture '{base.architecture}', which {name} needs: update the plugin."
    if catalog[base.architecture].kind != "network":
        return f"{name} is a {catalog[base.architecture].title}: only networks can be continued."
    if base.architecture != job.architecture:
        titles = [catalog[key].title for key in (base.architecture, job.architecture)]
        return f"{name} is of the kind {titles[0]}, not {titles[1]}: choose the architecture of the base model."
    return ""


def _changed_settings(base: ModelCard, job: TrainJob) -> list[str]:
    labels = {setting.name: setting.label for setting in find_architecture(base.architecture).hyperparameters}
    return [
        f"{labels[name]} is {base.hyperparameters[name]} in the base model, not {value}: leave the settings of the "
        "architecture as they are in it."
        for name, value in job.hyperparameters.items()
        if name in labels and base.hyperparameters.get(name) != value
    ]


def _grid_problem(job: TrainJob) -> list[str]:
    if not job.grid_step_days:
        return []
    return ["The base model keeps the grid it was trained with: leave the grid step at 0."]


def continue_samples(samples: SampleSet, job: TrainJob, base: ModelCard) -> Continued:
    """Return `samples` in the bands, season and classes of `base`, whose classes come first.

    Raises:
        InputError: a band is missing, the dates are of another season, or the base model was trained on some of what
            would be kept as test part.
    """
    _check_split(samples, job, base)
    season = season_fit(base, samples.dates)
    if season.is_fatal:
        raise InputError(season.sentence)
    order = band_order(base, samples.bands, "the sample file")
    left_out = [name for name in samples.bands if name not in base.bands]
    classes, label, notes = merged_classes(base.classes, samples)
    if left_out:
        notes.append(f"The base model does not read the bands {', '.join(left_out)}: they are left out.")
    who = ": only its first member goes on" if job.ensemble == 1 else ": each member goes on"
    notes.insert(0, f"Continued from {Path(job.base_model).name}{who if base.members else ''}.")
    read = replace(
        samples,
        values=np.ascontiguousarray(samples.values[:, :, order]),
        scale=samples.scale[:, order],
        offset=samples.offset[:, order],
        bands=base.bands,
        label=label,
        classes=classes,
        season_start=season_start_for(base.season_start, base.days[0], samples.dates).isoformat(),
    )
    bases = _bases(base, Path(job.base_model).name)
    seen = [_SEEN] if any(each.is_refit and each.fingerprint == samples.fingerprint for each in bases) else []
    doubts = [sentence for sentence in (season.sentence, *seen) if sentence]
    return Continued(read, bases, (*notes, *seen), tuple(doubts))


def _bases(base: ModelCard, name: str) -> tuple[Base, ...]:
    """Return what `base`, a model called `name`, and the models before it have learned from."""
    members = members_of(base)
    former = [each for member in members for each in member.bases]
    own = [Base(name, member.fingerprint, member.split, member.is_refit) for member in members]
    return tuple(dict.fromkeys(former + own))


def merged_classes(
    base: Sequence[ClassInfo], samples: SampleSet
) -> tuple[tuple[ClassInfo, ...], np.ndarray, list[str]]:
    """Return the base model's classes followed by new ones, the labels (N,) in these, and notes.

    A class is known by its name and keeps the base model's value; counts are those of the samples. A new class whose
    value is taken gets the next free one.
    """
    given = {info.name: info for info in samples.classes}
    merged = [replace(info, samples=0, polygons=0) for info in base]
    notes = []
    for place, info in enumerate(merged):
        if info.name in given:
            merged[place] = replace(info, samples=given[info.name].samples, polygons=given[info.name].polygons)
    absent = [info.name for info in merged if info.name not in given]
    if absent:
        notes.append(f"The samples have none of {', '.join(absent)}: the model may forget these classes.")
    for info in samples.classes:
        if info.name in {known.name for known in merged}:
            continue
        taken = {known.value for known in merged}
        value = info.value if info.value not in taken else max(taken) + 1
        merged.append(replace(info, value=value))
        notes.append(f"Class {info.name} is new and has the value {value}.")
    place_of = {info.name: place for place, info in enumerate(merged)}
    lookup = np.array([place_of[info.name] for info in samples.classes], np.int64)
    return tuple(merged), lookup[samples.label], notes


def _check_split(samples: SampleSet, job: TrainJob, base: ModelCard) -> None:
    fingerprint = samples.fingerprint
    for known, spec in training_splits(base):
        if known == fingerprint and spec != job.split:
            raise InputError(
                f"The base model has learned from these samples with another split ({_described(spec)}): use that "
                "split, as else the test part would hold samples that it has seen."
            )


def _described(spec: SplitSpec) -> str:
    shares = f"{spec.train:g}, {spec.validation:g} and {spec.test:g}"
    return f"by {spec.method}, seed {spec.seed}, shares {shares}"
