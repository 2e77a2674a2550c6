# SPDX-License-Identifier: GPL-2.0-or-later
"""How good a map is and how large its classes truly are, from labelled points: area-weighted, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..core.jobs import AreaAccuracyJob
from ..core.jobs.judging import RANDOM
from ..core.monitor import Monitor
from ..core.records import write_json
from ..core.worker import running_worker
from .area_accuracy_page import area_accuracy_page
from .area_points import LabelledPoints, labelled_points
from .exchange import draw
from .folder import JobFolder
from .map_areas import write_rows
from .olofsson import AreaAccuracy, Estimate, estimate

_COLUMNS = (
    "class", "points_mapped", "points_reference", "mapped_ha", "area_ha", "area_ci95_ha", "users", "users_ci95",
    "producers", "producers_ci95",
)  # fmt: skip
_FEW_POINTS = 30
_POST_STRATIFIED = (
    "The points were drawn without regard to the map's classes: they are stratified afterwards (post-stratified "
    "estimator), which is unbiased; the intervals hold for the numbers of points per class as they fell."
)


def assess_areas(job: AreaAccuracyJob, folder: JobFolder, monitor: Monitor, python: str = "") -> dict[str, Any]:
    """Estimate accuracy and areas from the labelled points of `job`; return figures and what was written.

    Raises:
        ChronomapError: map, points or table cannot be used, no point is labelled, or the worker failed.
    """
    points = labelled_points(job, monitor)
    found = estimate(points.counts, points.stratum_ha, points.strata)
    notes = [*points.notes, *found.notes, *_cautions(points, found)]
    if job.design == RANDOM:
        notes.insert(0, _POST_STRATIFIED)
    for sentence in notes:
        monitor.warning(sentence) if sentence in (*found.notes, *points.doubts) else monitor.note(sentence)
    overall = found.overall
    monitor.note(
        f"Overall accuracy {_figure(overall)} (95 % interval) over {int(points.counts.sum()):,} points, weighted by "
        "area."
    )
    summary = figures(points, found, notes)
    return {"figures": summary, **_write(job, (points, found, notes), summary, folder, python)}


def figures(points: LabelledPoints, found: AreaAccuracy, notes: Sequence[str]) -> dict[str, Any]:
    """Return everything as plain values: the JSON. Half widths are those of 95 % intervals."""
    matrix = points.counts.sum(axis=0)
    classes = [
        {
            "name": name,
            "points_mapped": int(matrix[k].sum()),
            "points_reference": int(matrix[:, k].sum()),
            "mapped_ha": float(points.mapped_ha[k]),
            "area_ha": _plain(found.area[k].scaled(found.total_ha)),
            "users": _plain(found.users[k]),
            "producers": _plain(found.producers[k]),
        }
        for k, name in enumerate(points.names)
    ]
    strata = [
        {"name": name, "area_ha": float(area), "points": int(counts.sum())}
        for name, area, counts in zip(points.strata, points.stratum_ha, points.counts)
    ]
    return {
        "overall_accuracy": _plain(found.overall),
        "classes": classes,
        "strata": strata,
        "counts": matrix.astype(int).tolist(),  # rows = map, columns = reference
        "area_proportions": found.proportion.tolist(),
        "total_ha": found.total_ha,
        "points": int(matrix.sum()),
        "notes": list(notes),
    }


def _write(
    job: AreaAccuracyJob,
    results: tuple[LabelledPoints, AreaAccuracy, list[str]],
    summary: dict[str, Any],
    folder: JobFolder,
    python: str,
) -> dict[str, str]:
    points, found, notes = results
    outputs = {name: getattr(job, name) for name in ("metrics", "table", "chart", "report") if getattr(job, name)}
    if job.metrics:
        write_json(Path(job.metrics), summary)
    if job.table:
        write_rows(Path(job.table), _COLUMNS, [_row(entry) for entry in summary["classes"]])
    if job.chart:
        with running_worker(python, folder.log) as worker:
            draw(worker, "class_areas", _chart(points, found), [Path(job.chart)])
    if job.report:
        text = area_accuracy_page(points, found, notes, Path(job.chart) if job.chart else None)
        Path(job.report).write_text(text, encoding="utf-8")
    return outputs


def _row(entry: dict[str, Any]) -> list[Any]:
    estimates = [entry[key] for key in ("area_ha", "users", "producers")]
    numbers = [value for one in estimates for value in (one["value"], one["ci95"])]
    first = [entry["name"], entry["points_mapped"], entry["points_reference"], entry["mapped_ha"]]
    return ["" if value is None else value for value in (*first, *numbers)]


def _chart(points: LabelledPoints, found: AreaAccuracy) -> dict[str, Any]:
    areas = [estimate.scaled(found.total_ha) for estimate in found.area]
    value = np.array([one.value for one in areas], float)
    half = np.array([one.half_width for one in areas], float)
    none = np.full(len(areas), np.nan)
    return {
        "classes": list(points.names),
        "colors": list(points.colors),
        "maps": ["estimated from points, with 95 % interval", "counted on the map"],
        "area_ha": np.stack([value, points.mapped_ha]),
        "low_ha": np.stack([value - half, none]),
        "high_ha": np.stack([value + half, none]),
    }


def _cautions(points: LabelledPoints, found: AreaAccuracy) -> list[str]:
    matrix = points.counts.sum(axis=0)
    sentences = []
    thin = [
        f"{name} ({int(matrix[k].sum())})" for k, name in enumerate(points.names) if 2 <= matrix[k].sum() < _FEW_POINTS
    ]
    if thin:
        sentences.append(f"Few points in {', '.join(thin)}: intervals of so few points are rough themselves.")
    certain = [name for name, one in zip(points.names, found.area) if one.value and not one.error]
    if certain:
        sentences.append(
            f"No point contradicts the map in {', '.join(certain)}: an interval of plus or minus 0 says that the "
            "sample met no error there, not that there is none."
        )
    unseen = [name for k, name in enumerate(points.names) if matrix[k].sum() and not matrix[:, k].sum()]
    if unseen:
        sentences.append(
            f"No point has the reference class {', '.join(unseen)}: its area is estimated as 0, and its producer's "
            "accuracy is unknown."
        )
    return sentences


def _figure(one: Estimate) -> str:
    return "unknown" if one.value is None else f"{one.value:.3f} ± {one.half_width:.3f}"


def _plain(one: Estimate) -> dict[str, Any]:
    return {"value": one.value, "error": one.error, "ci95": one.half_width}
