# SPDX-License-Identifier: GPL-2.0-or-later
"""A look at one place with several models: what they say of it and why; cube, models and samples stay open."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Optional, Union

import numpy as np

from ..core.card import ModelCard, read_card
from ..core.cube_spec import load_cube_spec
from ..core.ensemble import gives_attention, model_title
from ..core.errors import Canceled, ChronomapError, InputError, WorkerError
from ..core.importance import ATTENTION, OCCLUSION
from ..core.jobs import CubeJob
from ..core.jobs.inputs import MEMORY_MB
from ..core.monitor import Event, Monitor
from ..core.worker import Worker
from ..raster.cube import Cube, open_cube
from ..raster.discover import discover
from .exchange import Series, band_order
from .explanation import Asked, one_series
from .fit import check_fit, probe_pixels
from .inspect_neighbours import Neighbour, SampleIndex, open_index
from .inspect_place import Place, PlaceSeries, read_place
from .one_series import without_masks

CubeSource = Union[CubeJob, Path]  # rasters that were chosen, or a cube description


@dataclass(frozen=True)
class ModelAnswer:
    """What one model says of a place; with a `problem` (a sentence) it says nothing else.

    `probability` (K,) over card.classes. `measure`: which importance of dates, `importance` (T,): it sums to 1, 0 on
    invalid dates. `growth` (T, K): probabilities once each date has come, NaN before the first. `remark`: a doubt.
    """

    path: Path
    title: str = ""
    card: Optional[ModelCard] = None
    problem: str = ""
    remark: str = ""
    probability: np.ndarray = field(default_factory=lambda: np.zeros(0))
    measure: str = ""
    importance: np.ndarray = field(default_factory=lambda: np.zeros(0))
    growth: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    neighbours: tuple[Neighbour, ...] = ()
    neighbours_crs: str = ""
    neighbours_note: str = ""


@dataclass(frozen=True)
class Inspection:
    """One place and what every model says of it."""

    place: PlaceSeries
    crs_wkt: str
    answers: tuple[ModelAnswer, ...]


@dataclass(frozen=True)
class _Known:
    """A model whose card was read and that was compared with the cube."""

    card: ModelCard
    remark: str


class Inspector:
    """Answers clicks on one cube. `look` runs in one thread at a time; `close` may come from another."""

    def __init__(self, source: CubeSource, memory_mb: int = MEMORY_MB, device: str = "auto") -> None:
        self._source, self._memory_mb, self._device = source, memory_mb, device
        self._cubes: list[Cube] = []  # as it is, and without masks
        self._probe: Optional[tuple[np.ndarray, np.ndarray]] = None
        self._models: dict[tuple[Path, int], _Known] = {}
        self._indices: dict[str, tuple[SampleIndex, str]] = {}
        self._busy = threading.Lock()
        self._is_closed = False

    def look(self, worker: Worker, models: tuple[Path, ...], place: Place, monitor: Monitor) -> Inspection:
        """Read the series at `place` and ask every model about it.

        A model that cannot answer says why in its answer, the others answer all the same.

        Raises:
            InputError: the place lies outside the cube or was never seen, or the cube cannot be read.
            WorkerError: the worker died.
            Canceled: the inspector was closed.
        """
        with self._busy:
            try:
                cube, bare = self._opened()
                found = read_place(cube, bare, place)
                answers = tuple(self._answer(worker, path, found.series, monitor) for path in models)
            finally:
                if self._is_closed:
                    self._close_cubes()
        return Inspection(found, cube.grid.crs_wkt, answers)

    def close(self) -> None:
        """Close the rasters, at once or as soon as the click at hand is answered."""
        self._is_closed = True
        if self._busy.acquire(blocking=False):
            try:
                self._close_cubes()
            finally:
                self._busy.release()

    def _opened(self) -> tuple[Cube, Cube]:
        if self._is_closed:
            raise Canceled("The inspector was closed.")
        if not self._cubes:
            spec = discover(self._source) if isinstance(self._source, CubeJob) else load_cube_spec(self._source)
            self._cubes.append(open_cube(spec, self._memory_mb))
            if any(acquisition.mask for acquisition in spec.acquisitions):
                try:
                    self._cubes.append(open_cube(without_masks(spec), self._memory_mb))
                except InputError:
                    self._close_cubes()
                    raise
        return self._cubes[0], self._cubes[-1]

    def _close_cubes(self) -> None:
        while self._cubes:
            self._cubes.pop().close()

    def _answer(self, worker: Worker, path: Path, series: Series, monitor: Monitor) -> ModelAnswer:
        answer = ModelAnswer(path, path.stem)
        try:
            known = self._known(path)
            answer = replace(answer, title=model_title(known.card), card=known.card, remark=known.remark)
            answer = self._explained(worker, answer, known.card, series, monitor)
        except (WorkerError, Canceled):
            raise
        except ChronomapError as error:
            return replace(answer, problem=str(error))
        return self._with_neighbours(answer, known.card, series)

    def _known(self, path: Path) -> _Known:
        """Return the model's card once it is known to fit the cube."""
        key = (path, path.stat().st_mtime_ns if path.exists() else 0)
        if key not in self._models:
            card = read_card(path)
            remarks: list[str] = []

            def hear(event: Event) -> None:
                remarks.append(str(event.get("text", "")))

            check_fit(card, *self._probed(card), Monitor(hear))
            self._models[key] = _Known(card, " ".join(remarks))
        return self._models[key]

    def _probed(self, card: ModelCard) -> tuple[Series, tuple[np.ndarray, np.ndarray]]:
        """Return some pixels of the cube in the model's bands, as check_fit reads them."""
        cube = self._cubes[0]
        if self._probe is None:
            self._probe = probe_pixels(cube, cube.grid.window)
        values, valid = self._probe
        order = band_order(card, cube.bands, "the cube")
        bands = tuple(cube.bands[index] for index in order)
        seen = Series(values[:, :, order], valid, bands, cube.dates, cube.scale[:, order], cube.offset[:, order])
        return seen, (seen.values, seen.valid)

    def _explained(
        self, worker: Worker, answer: ModelAnswer, card: ModelCard, series: Series, monitor: Monitor
    ) -> ModelAnswer:
        measure = ATTENTION if gives_attention(card) else OCCLUSION
        found = one_series(worker, Asked(str(answer.path), card, series, self._device), (measure, "growth"), monitor)
        weights = found[measure]
        return replace(
            answer,
            probability=found["probability"],
            measure=measure,
            importance=weights.mean(axis=0) if measure == ATTENTION else weights,
            growth=found["growth"],
        )

    def _with_neighbours(self, answer: ModelAnswer, card: ModelCard, series: Series) -> ModelAnswer:
        key = repr((card.samples, card.fingerprint, card.lower, card.upper, card.season_start))
        try:
            if key not in self._indices:
                self._indices[key] = open_index(card)
            index, note = self._indices[key]
            nearest = index.nearest(series)
        except InputError as error:
            return replace(answer, neighbours_note=str(error))
        note = note or ("" if nearest else "No sample saw enough of the dates that this place did.")
        return replace(answer, neighbours=nearest, neighbours_crs=index.crs_wkt, neighbours_note=note)
