# SPDX-License-Identifier: GPL-2.0-or-later
"""Draw the points by which a map will be judged: random within each of its classes, as many as the precision needs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..core.classes import ClassInfo
from ..core.errors import InputError
from ..core.jobs import ValidationPointsJob
from ..core.monitor import Monitor
from ..core.records import to_plain
from ..raster.drawing import DrawnPixels, centres, draw_pixels, keep_distance, spares, write_points
from ..raster.legend import few
from ..raster.map_stack import open_stack
from .folder import JobFolder
from .map_areas import MapAreas, count_classes
from .sample_size import allocate, expected_error, sample_size


def draw_points(job: ValidationPointsJob, folder: JobFolder, monitor: Monitor, python: str = "") -> dict[str, Any]:
    """Write the points of `job`; return the layer, the number of points and the classes of the map.

    Raises:
        ChronomapError: the map cannot be used, or the layer cannot be written.
    """
    stack = open_stack([job.map], (), monitor.part(0.0, 0.1))
    areas = count_classes(stack, monitor.part(0.1, 0.5))
    if not areas.pixels.sum():
        raise InputError(f"{areas.title} has no pixel with a class: choose another map.")
    wanted = _wanted(job, areas, monitor)
    generator = np.random.default_rng(job.seed)
    ask = spares(areas.pixels, wanted) if job.min_distance_m > 0 else wanted
    drawn = draw_pixels(stack, areas.pixels, ask, generator, monitor.part(0.5, 1.0))
    if job.min_distance_m > 0:
        drawn = keep_distance(drawn, stack.grid, wanted, job.min_distance_m)
        _tell_distance(job, areas.classes, (drawn, wanted), monitor)
    drawn = drawn.subset(generator.permutation(len(drawn.label)))  # the order must not tell the class
    mapped = [areas.classes[label].name for label in drawn.label]
    write_points(Path(job.output), centres(drawn, stack.grid), mapped, stack.grid.crs_wkt)
    counts = np.bincount(drawn.label, minlength=len(wanted)).tolist()
    for note in areas.notes:
        monitor.note(note)
    for info, count, share in zip(areas.classes, counts, areas.share):
        monitor.note(f"{info.name}: {count} points, {100 * share:.2f} % of the area")
    return {"output": job.output, "points": sum(counts), "classes": to_plain(areas.classes)}


def expected_accuracies(job: ValidationPointsJob, classes: Sequence[ClassInfo]) -> list[float]:
    """Return the user's accuracy that is expected of each class.

    Raises:
        InputError: the job names a class that the map does not have.
    """
    strange = sorted(set(job.expected) - {info.name for info in classes})
    if strange:
        names = few([info.name for info in classes], 12)
        raise InputError(f"Expected accuracies name {few(strange)}, but the map has {names}: correct them.")
    return [job.expected.get(info.name, job.expected_accuracy) for info in classes]


def _wanted(job: ValidationPointsJob, areas: MapAreas, monitor: Monitor) -> list[int]:
    accuracies = expected_accuracies(job, areas.classes)
    population = int(areas.pixels.sum())
    total = job.points or sample_size(areas.share.tolist(), accuracies, job.target_error, population)
    total = min(total, population)
    wanted = allocate(total, areas.pixels.tolist(), job.allocation, job.least_per_class)
    why = "as asked" if job.points else f"for a standard error of {job.target_error:g} of overall accuracy"
    more = f"; {sum(wanted)} with those that small classes get" if sum(wanted) > total else ""
    error = expected_error(areas.share.tolist(), accuracies, wanted)
    monitor.note(f"{total} points {why}{more}. Expected standard error of overall accuracy: {error:.4f}.")
    empty = [info.name for info, count in zip(areas.classes, areas.pixels) if not count]
    if empty:
        monitor.note(f"Not on the map, so no points: {', '.join(empty)}.")
    return wanted


def _tell_distance(
    job: ValidationPointsJob, classes: Sequence[ClassInfo], result: tuple[DrawnPixels, Sequence[int]], monitor: Monitor
) -> None:
    drawn, wanted = result
    got = np.bincount(drawn.label, minlength=len(wanted))
    short = [f"{info.name} ({n} of {k})" for info, n, k in zip(classes, got, wanted) if n < k]
    if short:
        monitor.warning(
            f"Fewer points than wanted keep {job.min_distance_m:g} m from each other: {', '.join(short)}. Lower the "
            "distance for more."
        )
    monitor.note(
        f"Points keep {job.min_distance_m:g} m from each other: pixels near a point are then a little less likely than "
        "others, which the estimates do not know of. A small distance does no harm."
    )
