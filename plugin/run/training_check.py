# SPDX-License-Identifier: GPL-2.0-or-later
"""What is wrong with jobs that make models, in sentences, before anything starts."""

from __future__ import annotations

from ..core.catalog import load_catalog, value_problems
from ..core.ensemble import MOST_MEMBERS
from ..core.jobs import RateFinderJob, TrainJob
from ..core.strategy import STRATEGY
from .continuation import base_problems
from .rate_finder import as_training
from .split import split_problems

_HIGHEST_RATE = 100.0
_LEAST_STEPS, _MOST_STEPS = 20, 10_000  # of a search for a learning rate


def train_problems(job: TrainJob) -> list[str]:
    """Return why `job` cannot train."""
    catalog = load_catalog()
    if job.architecture not in catalog:
        return [f"There is no architecture '{job.architecture}': choose one of {', '.join(catalog)}."]
    found = catalog[job.architecture].problems(job.hyperparameters)
    found += value_problems(STRATEGY, job.strategy, "Learning strategy")
    found += split_problems(job.split)
    if not 0 <= job.ensemble <= MOST_MEMBERS:
        found.append(
            f"The ensemble has {job.ensemble} members: choose 1 (no ensemble) to {MOST_MEMBERS}, 0 for either."
        )
    if job.base_model:
        found += base_problems(job)
    return found


def rate_problems(job: RateFinderJob) -> list[str]:
    """Return why no learning rate can be looked for."""
    found = train_problems(as_training(job))
    if not found and load_catalog()[job.architecture].kind != "network":
        found.append(f"{load_catalog()[job.architecture].title} has no learning rate: choose a network.")
    if not 0 < job.lowest < job.highest <= _HIGHEST_RATE:
        found.append(f"The rates go from {job.lowest:g} to {job.highest:g}: choose rising rates from above 0 to 100.")
    if not _LEAST_STEPS <= job.steps <= _MOST_STEPS:
        found.append(f"There are {job.steps} steps: choose {_LEAST_STEPS} to {_MOST_STEPS}.")
    return found
