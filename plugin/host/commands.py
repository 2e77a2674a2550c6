# SPDX-License-Identifier: GPL-2.0-or-later
"""A job as a call of the Processing algorithm that builds it again: for a shell, for Python, for the parity test."""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Callable, Union

from ..core.catalog import find_architecture
from ..core.jobs import CubeJob, ExtractJob, Job, MapJob, TableJob, TrainJob
from ..core.strategy import strategy_defaults

Value = Union[str, int, float, bool, list[str]]
_PROVIDER = "chronomap"
_ALGORITHMS = {CubeJob: "buildcube", ExtractJob: "extractsamples", TableJob: "samplesfromtable", MapJob: "map"}
_OFFSETS = {True: "subtract", False: "none"}
_SPLIT_NAMES = {
    "method": "split_method",
    "train": "split_train",
    "validation": "split_validation",
    "test": "split_test",
    "seed": "split_seed",
}  # the others have their own name


@dataclass(frozen=True)
class Call:
    """An algorithm by its id, and its parameters; those at their default are left out."""

    algorithm: str
    parameters: dict[str, Value]

    @property
    def as_shell(self) -> str:
        """One line for a shell."""
        words = [f"{name}={_shell_text(value)}" for name, value in _single(self.parameters)]
        return " ".join(["qgis_process", "run", self.algorithm, "--", *map(shlex.quote, words)])

    @property
    def as_python(self) -> str:
        """A call for QGIS's Python console."""
        lines = [f"    {name!r}: {value!r}," for name, value in self.parameters.items()]
        return "\n".join([f"processing.run({self.algorithm!r}, {{", *lines, "})"])


def algorithm_call(job: Job) -> Call:
    """Return the call that builds `job` again.

    Raises:
        KeyError: the kind of job belongs to no page of the window.
    """
    special = _SPECIAL[type(job)](job)
    named = {field.name: getattr(job, field.name) for field in _changed(job)}
    plain = {name: _value(value) for name, value in named.items() if name not in special and name not in _HIDDEN}
    given = {**plain, **{name: value for name, value in special.items() if value is not None}}
    name = f"train_{job.architecture}" if isinstance(job, TrainJob) else _ALGORITHMS[type(job)]
    return Call(f"{_PROVIDER}:{name}", given)


def completed(job: TrainJob) -> TrainJob:
    """Return `job` with every setting named, as Processing builds it: what is left out has the default preset's value.

    What continues from a model has that model's settings. A classical model computes on the CPU, has no epochs to keep
    and begins anew.
    """
    architecture = find_architecture(job.architecture)
    whole = replace(
        job,
        hyperparameters={**({} if job.base_model else architecture.defaults()), **job.hyperparameters},
        strategy={**strategy_defaults(architecture), **job.strategy},
    )
    if architecture.kind == "network":
        return whole
    return replace(whole, device="auto", keep_on_cancel=False, base_model="", fresh=False)


def shell_commands(jobs: Iterable[Job]) -> str:
    """Return a script of qgis_process lines, one per job."""
    return "\n".join(algorithm_call(job).as_shell for job in jobs) + "\n"


def python_commands(jobs: Iterable[Job]) -> str:
    """Return a script for the Python console of QGIS, one call per job."""
    return "\n".join(["import processing", "", *(algorithm_call(job).as_python for job in jobs)]) + "\n"


# ---- fields that are no parameter of the same name; None: left out ----

Special = dict[str, Any]
_HIDDEN = ("kind", "window_px")


def _of_cube(job: CubeJob) -> Special:
    rule = job.mask_rule
    return {
        "mask_rule": None,
        "mask_values": _words(rule.invalid) if rule and rule.kind == "values" else None,
        "mask_bits": _words(rule.invalid) if rule and rule.kind == "bits" else None,
        "layer_dates": None,
        "raster_dates": _value(job.layer_dates) if job.layer_dates else None,
        "dates": _words(date or "-" for date in job.dates) if job.dates else None,
        "left_out": ", ".join(job.left_out) if job.left_out else None,
        "bands": ", ".join(job.bands) if job.bands else None,
        "sentinel2_offset": _OFFSETS.get(job.sentinel2_offset) if job.sentinel2_offset is not None else None,
    }


def _of_extract(job: ExtractJob) -> Special:
    return {"vectors": _layer(job.vectors, job.layer), "layer": None, "use_style": False}


def _of_table(job: TableJob) -> Special:
    return {
        "table": _layer(job.table, job.layer),
        "layer": None,
        "use_style": False,
        "bands": ", ".join(job.bands) if job.bands else None,
        "dates": _words(job.dates) if job.dates else None,
    }


def _of_train(job: TrainJob) -> Special:
    whole = completed(job)
    settings = {**whole.hyperparameters, **_strategy(whole)}
    split = {_SPLIT_NAMES.get(field.name, field.name): getattr(job.split, field.name) for field in _changed(job.split)}
    texts = {name: str(value).lower() if isinstance(value, bool) else value for name, value in settings.items()}
    return {"architecture": None, "hyperparameters": None, "strategy": None, "split": None, **texts, **split}


def _strategy(job: TrainJob) -> dict[str, Any]:
    """Return the settings of training that the algorithm of this architecture has."""
    if find_architecture(job.architecture).kind == "network":
        return job.strategy
    return {"seed": job.strategy["seed"]}


def _of_map(job: MapJob) -> Special:
    extent = job.extent
    return {
        "outputs": None,
        "extent": f"{extent[0]!r},{extent[2]!r},{extent[1]!r},{extent[3]!r}" if extent else None,
        "aoi": _layer(job.aoi, job.aoi_layer) if job.aoi else None,
        "aoi_layer": None,
        "season": _words(job.season) if job.season else None,
        **job.outputs,
    }


_SPECIAL: dict[type, Callable[[Any], Special]] = {
    CubeJob: _of_cube,
    ExtractJob: _of_extract,
    TableJob: _of_table,
    TrainJob: _of_train,
    MapJob: _of_map,
}


# ---- values ----


def _changed(record: Any) -> list[dataclasses.Field]:
    """Return the fields of a record that are not at their default."""
    return [field for field in dataclasses.fields(record) if getattr(record, field.name) != _default(field)]


def _default(field: dataclasses.Field) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def _value(value: Any) -> Value:
    if isinstance(value, Mapping):  # a matrix of two columns, row by row
        return [text for pair in value.items() for text in pair]
    return list(value) if isinstance(value, tuple) else value


def _words(values: Iterable[Any]) -> str:
    return " ".join(map(str, values))


def _layer(dataset: str, layer: str) -> str:
    return f"{dataset}|layername={layer}" if layer else dataset


def _single(parameters: Mapping[str, Value]) -> list[tuple[str, Union[str, int, float, bool]]]:
    """Return (name, value) pairs; a list becomes one pair per entry, as qgis_process wants it."""
    return [
        (name, item) for name, value in parameters.items() for item in (value if isinstance(value, list) else [value])
    ]


def _shell_text(value: Union[str, int, float, bool]) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
