# SPDX-License-Identifier: GPL-2.0-or-later
"""From the recipe to the jobs of a run: what has to be made, and what is there already."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import replace
from itertools import chain
from pathlib import Path

from ..core.jobs import CubeJob, ExtractJob, Job, RateFinderJob, TableJob
from ..core.recipe import Recipe, placed
from .commands import completed
from .project import results_folder
from .shelf import SUFFIX

_LONGEST_NAME = 1000  # how many numbered names are tried


def run_jobs(recipe: Recipe) -> list[Job]:
    """Return every job of a run, in order: cube, samples, training and, where it is wanted, the map."""
    whole = placed(named(recipe))
    is_mapped = recipe.is_mapped and bool(recipe.map.outputs)
    jobs: list[Job] = [whole.cube] if recipe.table is None or is_mapped else []
    jobs += [whole.samples, completed(whole.train)]
    return [*jobs, whole.map] if is_mapped else jobs


def sampling_jobs(recipe: Recipe) -> list[Job]:
    """Return the jobs that make the samples of `recipe`, without those whose output is there already."""
    due = due_jobs(run_jobs(replace(recipe, is_mapped=False)))
    return [job for job in due if isinstance(job, (CubeJob, ExtractJob, TableJob))]


def rate_jobs(recipe: Recipe) -> list[Job]:
    """Return what finds a learning rate for the network of `recipe`: its samples where they are due, and the search."""
    train = completed(placed(named(recipe)).train)
    model = Path(train.model)
    finder = RateFinderJob(
        samples=train.samples,
        architecture=train.architecture,
        hyperparameters=train.hyperparameters,
        strategy=train.strategy,
        split=train.split,
        grid_step_days=train.grid_step_days,
        chart=str(free_path(model.parent, f"{model.stem}_learning_rate", ".svg")),
        device=train.device,
    )
    return [*sampling_jobs(recipe), finder]


def search_jobs(recipe: Recipe) -> list[Job]:
    """Return what searches settings: the samples of `recipe` where they are due, and the search."""
    return [*sampling_jobs(recipe), placed(named(recipe)).search]


def due_jobs(jobs: Iterable[Job]) -> list[Job]:
    """Return `jobs` without the cube and samples that are there already and newer than what they are made of."""
    due: list[Job] = []
    for job in jobs:
        is_made = isinstance(job, (CubeJob, ExtractJob, TableJob)) and is_fresh(job)
        needs_due = isinstance(job, ExtractJob) and any(isinstance(other, CubeJob) for other in due)
        if not is_made or needs_due:
            due.append(job)
    return due


def is_fresh(job: CubeJob | ExtractJob | TableJob) -> bool:
    """Return whether the output of `job` exists and is newer than its inputs (files; a folder's time is its own)."""
    made = _changed_at(job.output)
    return made > 0 and all(_changed_at(path) <= made for path in _inputs(job))


def named(recipe: Recipe, coming: Collection[str] = ()) -> Recipe:
    """Return `recipe` with a model file: where it has none a name in the project's folder, free also of `coming`."""
    if recipe.train.model:
        return recipe
    model = free_model(results_folder(), recipe.train.architecture, coming)
    return replace(recipe, train=replace(recipe.train, model=str(model)))


def free_model(folder: Path, name: str, coming: Collection[str] = ()) -> Path:
    """Return a model file in `folder`, called `name` or name_2, ..., that is neither there nor `coming`."""
    return free_path(folder, name, SUFFIX, coming)


def free_path(folder: Path, name: str, suffix: str, coming: Collection[str] = ()) -> Path:
    """Return a file in `folder`, called `name` or name_2, ... and `suffix`, that is neither there nor `coming`."""
    first = folder / f"{name}{suffix}"
    numbered = (folder / f"{name}_{number}{suffix}" for number in range(2, _LONGEST_NAME))
    return next((path for path in chain([first], numbered) if not path.exists() and str(path) not in coming), first)


def unnumbered(name: str) -> str:
    """Return `name` without the number that free_model gave it."""
    return re.sub(r"_\d+$", "", name) or name


def _inputs(job: CubeJob | ExtractJob | TableJob) -> tuple[str, ...]:
    if isinstance(job, CubeJob):
        return (*job.rasters, *job.masks, job.folder)
    return (job.cube, job.vectors) if isinstance(job, ExtractJob) else (job.table,)


def _changed_at(path: str) -> float:
    """Return when a file was changed, 0 where it is none."""
    try:
        return Path(path).stat().st_mtime if path else 0.0
    except OSError:
        return 0.0
