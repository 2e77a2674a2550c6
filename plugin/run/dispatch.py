# SPDX-License-Identifier: GPL-2.0-or-later
"""Run any job: the one door for dialog, Processing, command line and tests."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Callable

from ..core.cube_spec import save_cube_spec
from ..core.errors import InputError, OutputError
from ..core.jobs import (
    AreaAccuracyJob,
    AttentionFeaturesJob,
    AttentionJob,
    BoardJob,
    ClassAreasJob,
    CompareJob,
    CompareTrainJob,
    ConsensusJob,
    CubeJob,
    DisagreementJob,
    EarlySeasonJob,
    EnsembleJob,
    EvaluateJob,
    EvaluateMapJob,
    ExplainSeriesJob,
    ExtractJob,
    ImportanceTestJob,
    Job,
    MapJob,
    RateFinderJob,
    SceneJob,
    SearchJob,
    SplitGapJob,
    TableJob,
    TrainJob,
    ValidationPointsJob,
)
from ..core.monitor import Monitor
from ..raster.discover import discover
from ..raster.samples import SampleSet, save_samples
from ..raster.sampling import extract_samples
from ..raster.scene import make_scene
from ..raster.table import table_samples
from .area_accuracy import assess_areas
from .attention import explain
from .attention_features import explain_features
from .check import output_paths, problems
from .compare import compare, show_board
from .compare_train import compare_architectures
from .distributed import map_distributed
from .early_season import early_season
from .ensemble import join_models
from .evaluate import evaluate_map, evaluate_model
from .folder import JobFolder, job_folder
from .importance_test import check_importance
from .map_areas import class_areas
from .map_disagreement import consensus_map, map_disagreement
from .mapping import map_cube
from .one_series import explain_series
from .rate_finder import find_rate
from .report import cube_report
from .search import search
from .split_gap import split_gap
from .train import train
from .validation_points import draw_points

Runner = Callable[[Any, JobFolder, Monitor, str], dict[str, Any]]


def run_job(job: Job, monitor: Monitor = Monitor(), python: str = "") -> dict[str, Any]:  # noqa: B008 (frozen)
    """Run `job` to its end and return its outputs by name; `python` names the worker's interpreter ('' finds one).

    Raises:
        ChronomapError: bad input (all of it in one message), a failed worker, or a cancel.
    """
    found = problems(job)
    if found:
        raise InputError("\n".join(found))
    _make_folders(job)
    started = time.monotonic()
    with job_folder(job) as folder:
        recorded = folder.recorded(monitor)
        outputs = _RUNNERS[type(job)](job, folder, recorded, python)
        recorded.on_event({"event": "done", "outputs": outputs, "seconds": round(time.monotonic() - started, 2)})
    return outputs


def _make_folders(job: Job) -> None:
    for path in output_paths(job):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"The folder {path.parent} cannot be made ({error.strerror}): choose another.") from error


def _build_cube(job: CubeJob, folder: JobFolder, monitor: Monitor, python: str) -> dict[str, Any]:
    spec = discover(job)
    for note in spec.notes:
        monitor.note(note)
    save_cube_spec(spec, Path(job.output))
    masked = sum(acquisition.mask is not None for acquisition in spec.acquisitions)
    monitor.note(
        f"{len(spec.acquisitions)} acquisitions from {spec.acquisitions[0].date} to {spec.acquisitions[-1].date}, "
        f"bands {', '.join(spec.band_names)}, {masked} with a mask."
    )
    outputs = {"cube": job.output}
    if job.report:
        Path(job.report).write_text(cube_report(spec, Path(job.output).stem), encoding="utf-8")
        outputs["report"] = job.report
    return outputs


def _extract(job: ExtractJob, folder: JobFolder, monitor: Monitor, python: str) -> dict[str, Any]:
    return _save(extract_samples(job, monitor), job.output, monitor)


def _read_table(job: TableJob, folder: JobFolder, monitor: Monitor, python: str) -> dict[str, Any]:
    return _save(table_samples(job, monitor), job.output, monitor)


def _make_scene(job: SceneJob, folder: JobFolder, monitor: Monitor, python: str) -> dict[str, Any]:
    return make_scene(job, monitor)


def _map(job: MapJob, folder: JobFolder, monitor: Monitor, python: str) -> dict[str, Any]:
    return (map_distributed if job.scheduler else map_cube)(job, folder, monitor, python)


def _save(samples: SampleSet, output: str, monitor: Monitor) -> dict[str, Any]:
    for info in samples.classes:
        groups = f" from {info.polygons} polygons" if samples.is_grouped else ""
        monitor.note(f"{info.name} ({info.value}): {info.samples} samples{groups}")
    save_samples(samples, Path(output))
    return {"samples": output}


_RUNNERS: dict[type, Runner] = {
    CubeJob: _build_cube,
    ExtractJob: _extract,
    TableJob: _read_table,
    TrainJob: train,
    EnsembleJob: join_models,
    RateFinderJob: find_rate,
    SearchJob: search,
    MapJob: _map,
    AttentionJob: explain,
    ImportanceTestJob: check_importance,
    ExplainSeriesJob: explain_series,
    EarlySeasonJob: early_season,
    AttentionFeaturesJob: explain_features,
    EvaluateJob: evaluate_model,
    EvaluateMapJob: evaluate_map,
    SceneJob: _make_scene,
    DisagreementJob: map_disagreement,
    ClassAreasJob: class_areas,
    ConsensusJob: consensus_map,
    AreaAccuracyJob: assess_areas,
    ValidationPointsJob: draw_points,
    SplitGapJob: split_gap,
    CompareJob: compare,
    CompareTrainJob: compare_architectures,
    BoardJob: show_board,
}
