# SPDX-License-Identifier: GPL-2.0-or-later
"""What is wrong with jobs that make models, in sentences, before anything starts."""

from __future__ import annotations

from ..core.catalog import load_catalog, value_problems
from ..core.ensemble import MOST_MEMBERS
from ..core.jobs import TrainJob
from ..core.strategy import STRATEGY
from .continuation import base_problems
from .split import split_problems


def train_problems(job: TrainJob) -> list[str]:
    """Return why `job` cannot train."""
    catalog = load_catalog()
    if job.architecture not in catalog:
        return [f"There is no architecture '{job.architecture}': choose one of {', '.join(catalog)}."]
    found = catalog[job.architecture].problems(job.hyperparameters)
    found += value_problems(STRATEGY, job.strategy, "Learning strategy")
    found += split_problems(job.split)
    if not 1 <= job.ensemble <= MOST_MEMBERS:
        found.append(f"The ensemble has {job.ensemble} members: choose 1 (no ensemble) to {MOST_MEMBERS}.")
    if job.base_model:
        found += base_problems(job)
    return found
