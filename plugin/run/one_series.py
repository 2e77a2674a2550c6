# SPDX-License-Identifier: GPL-2.0-or-later
"""One pixel explained: its series, the importance of its dates by every method, and the network's steps."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from ..core.card import ModelCard, read_card
from ..core.cube_spec import CubeSpec, load_cube_spec
from ..core.ensemble import model_title
from ..core.errors import InputError
from ..core.importance import ATTENTION, GRADIENTS, MEASURES, OCCLUSION
from ..core.jobs import ExplainSeriesJob
from ..core.monitor import Monitor
from ..core.season import parse_date, season_start_for
from ..core.worker import running_worker
from ..raster.cube import Cube, open_cube
from ..raster.grid import Window
from .exchange import Series
from .explain_page import series_report
from .explanation import Asked, one_series
from .figures import Figures, Row
from .fit import check_fit, probe_pixels
from .folder import JobFolder
from .mapping import select_bands

PARTS = (ATTENTION, OCCLUSION, GRADIENTS, "growth", "steps", "filters")
_WINS = "channels won at max pooling"
_Found = dict[str, np.ndarray]


def explain_series(job: ExplainSeriesJob, folder: JobFolder, monitor: Monitor, python: str = "") -> dict[str, Any]:
    """Write all that can be said of the decision on one pixel, as `job` names; return the class and its probability.

    Raises:
        ChronomapError: the point lies outside the cube or was never seen, an input does not fit, the worker failed.
    """
    card = read_card(Path(job.model))
    spec = select_bands(load_cube_spec(Path(job.cube)), card)
    with open_cube(spec, job.memory_mb) as cube, open_cube(without_masks(spec), job.memory_mb) as bare:
        check_fit(card, cube, probe_pixels(cube, cube.grid.window), monitor)
        series, shown = pixel_series(cube, job.x, job.y), pixel_series(bare, job.x, job.y)
    if not series.valid.any():
        raise InputError(f"The pixel at {job.x:g}, {job.y:g} was seen on no date: choose another.")
    with running_worker(python, folder.log) as worker:
        found = one_series(worker, Asked(job.model, card, series, job.device), PARTS, monitor.part(0.0, 0.7))
        figures = Figures(worker, folder.path, job.figures)
        best = card.classes[int(found["probability"].argmax())]
        title = f"{best.name} ({found['probability'].max():.2f}) at {job.x:.10g}, {job.y:.10g}"
        arrays = series_arrays(card, series, found, title)
        arrays["values"] = with_clouds(series, shown)
        figures.add("The series and its dates", "series", "series_explained", arrays, job.chart)
        figures.tell("series", *_table(card, series, found), job.table)
        if job.report or job.figures:
            draw_inside(figures, card, series, found)
        if job.report:
            lead = f"{model_title(card)}; {int(series.valid.sum())} of {len(series.dates)} dates were seen."
            notes = [MEASURES[name].meaning for name in (ATTENTION, OCCLUSION, GRADIENTS) if name in found]
            Path(job.report).write_text(series_report(title, lead, figures.paths, notes), encoding="utf-8")
    files = {name: getattr(job, name) for name in ("table", "chart", "report", "figures") if getattr(job, name)}
    monitor.note(f"The model says {title}.")
    return {**files, "class": best.name, "probability": float(found["probability"].max())}


def pixel_series(cube: Cube, x: float, y: float) -> Series:
    """Return the series of the pixel at `x`, `y` of the cube's CRS, as one series.

    Raises:
        InputError: the point lies outside the cube.
    """
    column, row = (math.floor(place) for place in cube.grid.to_pixel(x, y))
    if not (0 <= column < cube.grid.width and 0 <= row < cube.grid.height):
        raise InputError(f"The point {x:g}, {y:g} lies outside the cube {cube.grid.bounds}: choose another point.")
    values, valid = cube.read(Window(column, row, 1, 1))
    return Series(values[None, :, :, 0, 0], valid[None, :, 0, 0] != 0, cube.bands, cube.dates, cube.scale, cube.offset)


def without_masks(spec: CubeSpec) -> CubeSpec:
    """Return `spec` without its cloud masks: to show what lies below them."""
    return replace(spec, acquisitions=tuple(replace(entry, mask=None) for entry in spec.acquisitions))


def with_clouds(series: Series, bare: Series) -> np.ndarray:
    """Return physical values (T, C) of a series, and where it is masked those of the `bare` one, NaN without any."""
    physical = [part.values[0].astype(float) * part.scale + part.offset for part in (series, bare)]
    physical[1][~bare.valid[0]] = np.nan
    return np.where(series.valid[0][:, None], *physical)


def series_arrays(card: ModelCard, series: Series, found: _Found, title: str) -> dict[str, Any]:
    """Return the arguments of the figure series_explained for what the worker found about one series."""
    measures = dict(importance_rows(card, found))
    arrays: dict[str, Any] = {
        "dates": series.dates,
        "bands": series.bands,
        "values": series.values[0] * series.scale + series.offset,
        "valid": series.valid[0],
        "classes": [info.name for info in card.classes],
        "colors": [info.color for info in card.classes],
        "probability": found["probability"],
        "title": title,
    }
    if measures:
        arrays.update(measures=list(measures), importance=np.stack(list(measures.values())))
    if "growth" in found:
        arrays["growth"] = found["growth"]
    return arrays


def importance_rows(card: ModelCard, found: _Found) -> Iterator[tuple[str, np.ndarray]]:
    """Yield what each measure is called and its shares by date (T,), heads averaged."""
    if ATTENTION in found:
        count, words = len(found[ATTENTION]), ""
        if card.members:
            words = f" (mean of {count} members)"
        elif "steps_similarity" in found:
            words = f" ({found['steps_similarity']}, mean of {count} heads)"
        yield f"attention{words}", found[ATTENTION].mean(axis=0)
    if "steps_wins" in found and not card.members:
        yield _WINS, found["steps_wins"]
    for name in (OCCLUSION, GRADIENTS):
        if name in found:
            yield MEASURES[name].title.lower(), found[name]


def draw_inside(figures: Figures, card: ModelCard, series: Series, found: _Found) -> None:
    """Draw the steps of attention and who asks whom, or the filters and their responses, whichever there are."""
    dates, valid = series.dates, series.valid[0]
    whose = ", first member" if card.members else ""
    if "steps_scores" in found:
        similarity = str(found["steps_similarity"])
        head, query, asking = _telling_query(found, dates)
        arrays = {
            "similarity": similarity, "query": found["steps_queries"][head, query], "keys": found["steps_keys"][head],
            "scores": found["steps_scores"][head, query], "weights": found["steps_matrix"][head, query],
            "dates": dates, "valid": valid, "head": head + 1, "asking": asking,
        }  # fmt: skip
        figures.add(f"Attention step by step{whose}", "steps", "attention_steps", arrays)
        if found["steps_matrix"].shape[1] == len(dates) > 1:
            matrix = {"matrix": found["steps_matrix"], "dates": dates, "valid": valid, "similarity": similarity}
            figures.add(f"Who asks whom{whose}", "matrix", "attention_matrix", matrix)
    if "filters_input" in found:
        names = ("filters_", "responses_", "name_", "input")
        layers = {key[len("filters_") :]: array for key, array in found.items() if key.startswith("filters_")}
        arrays = {key: array for key, array in layers.items() if key.startswith(names)}
        grid = grid_dates(card, dates, layers["grid_days"])
        arrays.update(bands=np.array(card.bands), dates=np.array(grid))
        figures.add(f"Filters and responses{whose}", "filters", "filter_responses", arrays)


def grid_dates(card: ModelCard, dates: tuple[str, ...], days: np.ndarray) -> list[str]:
    """Return the dates of days since the season's start, in the years of `dates`."""
    start = season_start_for(card.season_start, card.days[0], dates)
    return [(start + timedelta(days=round(float(day)))).isoformat() for day in days]


def _telling_query(found: _Found, dates: tuple[str, ...]) -> tuple[int, int, str]:
    """Return the head whose attention is most decided, the query to show, and whose it is."""
    matrix = found["steps_matrix"]  # (heads, Q, T)
    query = int(found["steps_query_weight"].argmax())
    if matrix.shape[1] > 1:
        query = int(found["steps_received"].mean(axis=0).argmax())  # the date that is asked most, asking itself
        asking = f"that of {parse_date(dates[query]).isoformat()}"
    else:
        asking = "the head's own"
    return int(matrix[:, query].max(axis=1).argmax()), query, asking


def _table(card: ModelCard, series: Series, found: _Found) -> tuple[Row, list[Row]]:
    """Return head and rows of the table: a row per date."""
    physical = series.values[0] * series.scale + series.offset
    measures = list(importance_rows(card, found))
    signed = [name for name in (OCCLUSION, GRADIENTS) if name in found]
    effects = [(f"{name} effect (log odds)", found[f"{name}_effect"]) for name in signed]
    columns = [*measures, *effects]
    classes = [f"probability of {info.name}" for info in card.classes] if "growth" in found else []
    head = ["date", "valid", *series.bands, *(name for name, _ in columns), *classes]
    rows: list[Row] = [
        [
            date, int(series.valid[0, index]), *map(float, physical[index]),
            *(float(values[index]) for _, values in columns), *map(float, found["growth"][index] if classes else ()),
        ]
        for index, date in enumerate(series.dates)
    ]  # fmt: skip
    return head, rows
