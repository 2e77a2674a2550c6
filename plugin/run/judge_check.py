# SPDX-License-Identifier: GPL-2.0-or-later
"""What is wrong with the jobs that compare and judge maps, before they start."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..core.catalog import load_catalog
from ..core.errors import InputError
from ..core.jobs.judging import (
    ALLOCATIONS,
    DESIGNS,
    AreaAccuracyJob,
    ClassAreasJob,
    ConsensusJob,
    DisagreementJob,
    SplitGapJob,
    ValidationPointsJob,
)
from ..core.jobs.learning import SPLIT_METHODS
from ..raster.vectors import VectorSource, layer_fields


def map_list_problems(job: DisagreementJob | ConsensusJob) -> list[str]:
    """Return what is wrong with jobs over two or more maps."""
    found = _missing(job.maps)
    if len(job.maps) < 2:
        found.append("Fewer than two maps are given: choose two or more class maps of the same grid.")
    if len(set(job.maps)) < len(job.maps):
        found.append("A map is given twice: choose each once.")
    if isinstance(job, DisagreementJob):
        if job.pairs and len(job.maps) != 2:
            found.append(f"The map of swapped classes compares two maps, not {len(job.maps)}: leave it out.")
        if not (job.output or job.pairs or job.table):
            found.append("No output is chosen: choose the map of disagreement, the swapped classes or the table.")
        if job.output and job.output == job.pairs:
            found.append("Two outputs have the same file name: give each its own.")
    return found


def area_problems(job: ClassAreasJob) -> list[str]:
    """Return what is wrong with a job that counts areas."""
    found = _missing(job.maps)
    if not job.maps:
        found.append("No map is given: choose one or more class maps.")
    if not (job.table or job.chart or job.report):
        found.append("No output is chosen: choose the table, the chart or the report.")
    return found


def area_accuracy_problems(job: AreaAccuracyJob) -> list[str]:
    """Return what is wrong with an assessment from points."""
    found = _missing([path for path in (job.map, job.areas, job.strata) if path])
    if not job.reference_field:
        found.append("No reference field is given: choose the field that holds the class seen at each point.")
    if job.design not in DESIGNS:
        found.append(f"The design is '{job.design}': choose one of {', '.join(DESIGNS)}.")
    if not job.map and not job.areas:
        found.append("Neither a class map nor a table of areas is given: one of them tells how large the classes are.")
    if not job.map and job.areas and not job.map_field:
        found.append("With a table of areas, choose the field that holds each point's class on the map.")
    if job.map and job.areas:
        found.append("A class map and a table of areas are given: the map counts its own areas, leave one out.")
    if not found:
        found += _field_problems(job)
    return found


def points_problems(job: ValidationPointsJob) -> list[str]:
    """Return what is wrong with a job that draws points."""
    found = []
    if not job.output.lower().endswith(".gpkg"):
        found.append(f"The points go to {job.output}: give a file name that ends in .gpkg.")
    if job.allocation not in ALLOCATIONS:
        found.append(f"The allocation is '{job.allocation}': choose one of {', '.join(ALLOCATIONS)}.")
    if not job.points and not 0 < job.target_error < 0.5:
        found.append(f"The target standard error is {job.target_error:g}: give one between 0 and 0.5, such as 0.02.")
    expected = {"all classes": job.expected_accuracy, **job.expected}
    wrong = [f"{name} {value:g}" for name, value in expected.items() if not 0 < value < 1]
    if wrong:
        found.append(f"Expected user's accuracies must lie between 0 and 1: {', '.join(wrong)}.")
    if min(job.points, job.least_per_class, job.min_distance_m) < 0:
        found.append("Numbers of points and the distance cannot be below 0.")
    return found


def gap_problems(job: SplitGapJob) -> list[str]:
    """Return what is wrong with a comparison of splits."""
    found = []
    if job.architecture not in load_catalog():
        found.append(f"There is no architecture '{job.architecture}': choose one of {', '.join(load_catalog())}.")
    strange = [method for method in job.methods if method not in SPLIT_METHODS]
    if strange or len(job.methods) < 2:
        found.append(f"The splits are {', '.join(job.methods)}: choose two or more of {', '.join(SPLIT_METHODS)}.")
    if job.seeds < 1:
        found.append(f"The number of seeds is {job.seeds}: give at least 1.")
    if job.block_size <= 0:
        found.append(f"The block size is {job.block_size:g}: give a size above 0 in map units.")
    return found


def _missing(paths: Sequence[str]) -> list[str]:
    return [
        f"The map {path} does not exist: check the path."
        for path in paths
        if not Path(path).exists() and not path.startswith("/vsi")
    ]


def _field_problems(job: AreaAccuracyJob) -> list[str]:
    try:
        names = layer_fields(VectorSource(job.vectors, job.layer))
    except InputError as error:
        return [str(error)]
    return [
        f"{Path(job.vectors).name} has no field '{field}': choose one of {', '.join(names)}."
        for field in (job.reference_field, job.map_field)
        if field and field not in names
    ]
