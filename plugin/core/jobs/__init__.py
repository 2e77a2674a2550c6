# SPDX-License-Identifier: GPL-2.0-or-later
"""Jobs: one frozen dataclass describes a run whole; dialog, Processing, tests and the command line all build these.

A job names its inputs by path, so that job.json can be run again by hand: ``python -m plugin.run job.json``.
Paths are absolute. An empty path means: not wanted. ``run.check.problems(job)`` says what is wrong with one.
"""

from __future__ import annotations

import typing
from pathlib import Path
from typing import Union

from ..errors import InputError
from ..records import from_plain, read_json, to_plain, write_json
from .comparing import BASELINE, BoardJob, Candidate, CompareJob, CompareTrainJob
from .explaining import AttentionFeaturesJob, AttentionJob, EarlySeasonJob, ExplainSeriesJob, ImportanceTestJob
from .inputs import MEMORY_MB, CubeJob, ExtractJob, SceneJob, TableJob
from .judging import (
    AreaAccuracyJob,
    ClassAreasJob,
    ConsensusJob,
    DisagreementJob,
    EvaluateJob,
    EvaluateMapJob,
    SplitGapJob,
    ValidationPointsJob,
)
from .learning import DEVICES, SPLIT_METHODS, EnsembleJob, RateFinderJob, SearchJob, SplitSpec, TrainJob
from .maps import PRECISIONS, MapJob

__all__ = [
    "BASELINE",
    "DEVICES",
    "JOB_KINDS",
    "MEMORY_MB",
    "PRECISIONS",
    "SPLIT_METHODS",
    "AreaAccuracyJob",
    "AttentionFeaturesJob",
    "AttentionJob",
    "BoardJob",
    "Candidate",
    "ClassAreasJob",
    "CompareJob",
    "CompareTrainJob",
    "ConsensusJob",
    "CubeJob",
    "DisagreementJob",
    "EarlySeasonJob",
    "EnsembleJob",
    "EvaluateJob",
    "EvaluateMapJob",
    "ExplainSeriesJob",
    "ExtractJob",
    "ImportanceTestJob",
    "Job",
    "MapJob",
    "RateFinderJob",
    "SceneJob",
    "SearchJob",
    "SplitGapJob",
    "SplitSpec",
    "TableJob",
    "TrainJob",
    "ValidationPointsJob",
    "load_job",
    "save_job",
]

Job = Union[
    CubeJob, ExtractJob, TableJob, TrainJob, EnsembleJob, RateFinderJob, SearchJob, MapJob,
    AttentionJob, AttentionFeaturesJob, ImportanceTestJob, ExplainSeriesJob, EarlySeasonJob,
    EvaluateJob, EvaluateMapJob, SceneJob,
    DisagreementJob, ClassAreasJob, ConsensusJob, AreaAccuracyJob, ValidationPointsJob, SplitGapJob,
    CompareJob, CompareTrainJob, BoardJob,
]  # fmt: skip
JOB_KINDS: dict[str, type] = {cls.kind: cls for cls in typing.get_args(Job)}


def save_job(job: Job, path: Path) -> None:
    """Write the job as JSON."""
    write_json(path, to_plain(job))


def load_job(path: Path) -> Job:
    """Read a job written by save_job.

    Raises:
        InputError: the file is missing, damaged or no job.
    """
    plain = read_json(path)
    kind = plain.get("kind") if isinstance(plain, dict) else None
    if kind not in JOB_KINDS:
        raise InputError(f"{path} is not a Chronomap job: choose a job.json.")
    return from_plain(JOB_KINDS[kind], plain)
