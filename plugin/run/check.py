# SPDX-License-Identifier: GPL-2.0-or-later
"""What is wrong with a job, in sentences, before anything starts; quick enough to ask at every change of a form."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Callable

from ..core.card import ModelCard, read_card
from ..core.catalog import load_catalog
from ..core.cube_spec import load_cube_spec
from ..core.ensemble import gives_attention, members_of, model_title
from ..core.errors import InputError, ModelFileError
from ..core.jobs import (
    DEVICES,
    PRECISIONS,
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
from ..core.products import PRODUCTS
from ..core.season import within_season
from .compare_check import board_problems, compare_problems, compare_train_problems, comparison_paths
from .ensemble import ensemble_problems
from .exchange import band_order
from .explain_check import importance_problems, importance_test_problems, series_problems
from .fit import season_fit
from .judge_check import area_accuracy_problems, area_problems, gap_problems, map_list_problems, points_problems
from .search import search_problems
from .training_check import rate_problems, train_problems

_LEAST_MEMORY_MB = 200
_LEAST_DISK_BYTES = 20_000_000
# Which fields of a job name files that must be there, and which name files that will be written.
_INPUTS = ("cube", "vectors", "samples", "model", "map")
_OUTPUTS = ("output", "pairs", "agreement", "table", "chart", "report", "metrics")
_FOLDERS = ("figures",)
_ON_SAMPLES = (TrainJob, RateFinderJob, SearchJob)  # checked whole also before their samples are there


def problems(job: Job, awaited: Collection[str] = ()) -> list[str]:
    """Return what is wrong with `job`, a sentence each; [] when it can run.

    Inputs among `awaited` will have been written by then: what only their content tells is left out.
    """
    found = [*_path_problems(job, awaited), *_setting_problems(job)]
    is_awaiting = any(path in awaited for path in _paths(job)[0].values())
    if not found and (not is_awaiting or isinstance(job, _ON_SAMPLES)):
        found += _SPECIFIC.get(type(job), lambda _: [])(job)
    return found


def output_paths(job: Job) -> list[Path]:
    """Return the files that `job` writes."""
    return [Path(path) for path in _paths(job)[1]]


def _path_problems(job: Job, awaited: Collection[str]) -> Iterator[str]:
    inputs, outputs = _paths(job)
    for name, path in inputs.items():
        if path in awaited:
            continue
        if not path:
            yield f"No {name} is given: choose one."
        elif not Path(path).exists() and "://" not in path and not path.startswith(("/vsi", "PG:")):
            yield f"The {name} {path} does not exist: check the path."
    for path in outputs:
        sentence = _place_problem(Path(path))
        if sentence:
            yield sentence


def _paths(job: Job) -> tuple[dict[str, str], list[str]]:
    """Return the job's inputs by name, and its outputs."""
    if type(job) in _OWN_PATHS:
        return _OWN_PATHS[type(job)](job)
    fields: dict[str, Any] = vars(job)
    outputs = [fields[name] for name in _OUTPUTS if fields.get(name)]
    outputs += [str(Path(fields[name]) / name) for name in _FOLDERS if fields.get(name)]
    if isinstance(job, EnsembleJob):  # its models and samples are looked at in ensemble_problems
        return {}, outputs
    if isinstance(job, TrainJob):
        outputs.append(job.model)
    if isinstance(job, MapJob):
        outputs += [path for path in job.outputs.values() if path]
    if isinstance(job, SearchJob):
        outputs.append(str(Path(job.folder) / "search.json"))
    if isinstance(job, SceneJob):
        outputs.append(str(Path(job.folder) / "scene"))
    inputs = {name: fields[name] for name in _INPUTS if name in fields}
    if fields.get("aoi"):
        inputs["area of interest"] = fields["aoi"]
    if isinstance(job, TrainJob):
        inputs.pop("model")
    if isinstance(job, AreaAccuracyJob) and not job.map:
        inputs.pop("map")
    return inputs, outputs


def _place_problem(path: Path) -> str:
    """Return why nothing can be written at `path`, or ''."""
    if path.is_dir():
        return f"The output {path} is a folder: give a file name."
    parent = path.parent
    while not parent.exists():
        parent = parent.parent
    if not parent.is_dir() or not os.access(parent, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
        return f"The output {path} cannot be written: choose a folder you may write to."
    if shutil.disk_usage(parent).free < _LEAST_DISK_BYTES:
        return f"The disk of {path} is full: free space or choose another place."
    return ""


def _setting_problems(job: Job) -> Iterator[str]:
    fields = vars(job)
    if fields.get("device", "auto") not in DEVICES:
        yield f"The device is '{fields['device']}': choose one of {', '.join(DEVICES)}."
    if fields.get("precision", "auto") not in PRECISIONS:
        yield f"The precision is '{fields['precision']}': choose one of {', '.join(PRECISIONS)}."
    if fields.get("memory_mb", _LEAST_MEMORY_MB) < _LEAST_MEMORY_MB:
        yield f"The memory setting is {fields['memory_mb']} MB: give at least {_LEAST_MEMORY_MB} MB."
    if "class_field" in fields and not fields["class_field"]:
        yield "No class field is given: choose the field that holds the class of each polygon."


def _map_problems(job: MapJob) -> list[str]:
    if not job.outputs:
        return ["No output is chosen: choose at least the class map."]
    unknown = [product for product in job.outputs if product not in PRODUCTS]
    if unknown:
        return [f"There is no map product '{unknown[0]}': choose among {', '.join(PRODUCTS)}."]
    if len(set(job.outputs.values())) < len(job.outputs):
        return ["Two outputs have the same file name: give each its own."]
    found = _cube_fit(job)
    if not found and any(PRODUCTS[product].from_attention for product in job.outputs):
        found = _attention_problems(job)
    found += _date_problems(job)
    if job.extent and (len(job.extent) != 4 or job.extent[0] >= job.extent[2] or job.extent[1] >= job.extent[3]):
        found.append("The extent is empty: give xmin, ymin, xmax, ymax in the CRS of the cube.")
    return found


def _date_problems(job: MapJob) -> Iterator[str]:
    if "attention_season" in job.outputs:
        try:
            within_season([], job.season)
        except InputError as error:
            yield str(error)
    if "decided_date" in job.outputs and not 0.0 < job.decided_probability <= 1.0:
        yield f"The probability of a decision is {job.decided_probability:g}: give one above 0 and up to 1."


def _cube_fit(job: MapJob | AttentionFeaturesJob) -> list[str]:
    """Return why the model does not fit the cube, as far as descriptions tell."""
    try:
        card, spec = read_card(Path(job.model)), load_cube_spec(Path(job.cube))
        band_order(card, spec.band_names, "the cube")
    except (InputError, ModelFileError) as error:
        return [str(error)]
    season = season_fit(card, tuple(acquisition.date for acquisition in spec.acquisitions))
    return [season.sentence] if season.is_fatal else []


def _attention_problems(job: MapJob | AttentionFeaturesJob) -> list[str]:
    try:
        card: ModelCard = read_card(Path(job.model))
    except ModelFileError as error:
        return [str(error)]
    catalog = load_catalog()
    for member in members_of(card):
        if member.architecture not in catalog:
            return [
                f"This plugin has no architecture '{member.architecture}', which {job.model} needs: update the plugin."
            ]
    if gives_attention(card):
        return []
    givers = ", ".join(entry.title for entry in catalog.values() if entry.gives_attention)
    name = Path(job.model).name
    return [f"{name} is a model of the kind {model_title(card)}, which gives no attention: use one of {givers}."]


def _features_problems(job: AttentionFeaturesJob) -> list[str]:
    return _cube_fit(job) or _attention_problems(job)


def _model_problems(job: EvaluateJob) -> list[str]:
    try:
        read_card(Path(job.model))
    except ModelFileError as error:
        return [str(error)]
    return []


def _extract_problems(job: ExtractJob) -> list[str]:
    try:
        load_cube_spec(Path(job.cube))
    except InputError as error:
        return [str(error)]
    return []


def _rasters_problems(job: CubeJob) -> list[str]:
    if not job.rasters and not job.folder:
        return ["No raster is given: choose raster layers, or a folder and a pattern."]
    return []


# Jobs whose fields mean other things than the names above say.
_OWN_PATHS: dict[type, Callable[[Any], tuple[dict[str, str], list[str]]]] = {
    TableJob: lambda job: ({"table": job.table}, [job.output]),
    CompareJob: comparison_paths,
    CompareTrainJob: comparison_paths,
    BoardJob: comparison_paths,
}
_SPECIFIC: dict[type, Callable[[Any], list[str]]] = {
    CubeJob: _rasters_problems,
    ExtractJob: _extract_problems,
    TrainJob: train_problems,
    EnsembleJob: ensemble_problems,
    RateFinderJob: rate_problems,
    SearchJob: search_problems,
    MapJob: _map_problems,
    AttentionJob: importance_problems,
    ImportanceTestJob: importance_test_problems,
    ExplainSeriesJob: series_problems,
    EarlySeasonJob: importance_problems,
    AttentionFeaturesJob: _features_problems,
    EvaluateJob: _model_problems,
    EvaluateMapJob: lambda _: [],
    DisagreementJob: map_list_problems,
    ConsensusJob: map_list_problems,
    ClassAreasJob: area_problems,
    AreaAccuracyJob: area_accuracy_problems,
    ValidationPointsJob: points_problems,
    SplitGapJob: gap_problems,
    CompareJob: compare_problems,
    CompareTrainJob: compare_train_problems,
    BoardJob: board_problems,
}
