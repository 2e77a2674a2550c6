# SPDX-License-Identifier: GPL-2.0-or-later
"""What is wrong with a comparison before it starts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Union

from ..core.board import load_board
from ..core.catalog import load_catalog, value_problems
from ..core.errors import ChronomapError
from ..core.jobs import BoardJob, Candidate, CompareJob, CompareTrainJob
from ..core.strategy import STRATEGY
from .compare_members import contenders, obstacles
from .split import split_problems

_LEAST_DRAWS = 200


def comparison_paths(job: Union[CompareJob, CompareTrainJob, BoardJob]) -> tuple[dict[str, str], list[str]]:
    """Return the files a comparison reads, by name, and those it writes."""
    fields: dict[str, Any] = vars(job)
    if isinstance(job, CompareTrainJob):
        return {"samples": job.samples}, [str(Path(job.folder) / "board.json")] if job.folder else []
    names = ["report", "table", "pairs", *(["board"] if isinstance(job, CompareJob) else [])]
    outputs = [fields[name] for name in names if fields[name]]
    outputs += [str(Path(job.charts) / "scores.svg")] if job.charts else []
    if isinstance(job, BoardJob):
        return {"board": job.board}, outputs
    return ({"samples": job.samples} if job.samples else {}), outputs


def compare_problems(job: CompareJob) -> list[str]:
    """Return why models cannot be compared, as far as their cards tell."""
    found = _draw_problems(job.draws)
    if not job.models:
        return [*found, "No model is given: choose model files, or a folder of them."]
    try:
        who = contenders(job)
    except ChronomapError as error:
        return [*found, str(error)]
    known = who[0].card.samples
    if not job.samples and not Path(known).exists():
        found.append(f"The sample file {known} of the models is not there any more: give the sample file.")
    return found + obstacles(who, is_own_samples=not job.samples)


def compare_train_problems(job: CompareTrainJob) -> list[str]:
    """Return what is wrong with a list of architectures to train."""
    found = _draw_problems(job.draws)
    if not job.folder:
        found.append("No folder is given: choose one for the models and the comparison.")
    elif Path(job.folder).is_file():
        found.append(f"{job.folder} is a file: choose a folder.")
    if not job.candidates:
        found.append("No architecture is chosen: choose at least one to compare with the random forest.")
    for candidate in job.candidates:
        found += _candidate_problems(candidate)
    found += value_problems(STRATEGY, job.strategy, "Learning strategy")
    if job.seeds < 1:
        found.append(f"{job.seeds} seeds were asked for: choose at least 1.")
    return found + split_problems(replace(job.split, folds=job.folds, fold=0))


def board_problems(job: BoardJob) -> list[str]:
    """Return why a board cannot be shown."""
    try:
        board = load_board(Path(job.board))
        board.picked(job.pick)
    except ChronomapError as error:
        return [str(error)]
    return []


def _candidate_problems(candidate: Candidate) -> list[str]:
    catalog = load_catalog()
    if candidate.architecture not in catalog:
        return [f"There is no architecture '{candidate.architecture}': choose one of {', '.join(catalog)}."]
    architecture = catalog[candidate.architecture]
    try:
        architecture.preset(candidate.preset)
    except ChronomapError as error:
        return [str(error)]
    found = architecture.problems(candidate.hyperparameters)
    return found + value_problems(STRATEGY, candidate.strategy, "Learning strategy")


def _draw_problems(draws: int) -> list[str]:
    return [f"{draws} draws are too few for an interval: give at least {_LEAST_DRAWS}."] if draws < _LEAST_DRAWS else []
