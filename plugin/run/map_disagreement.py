# SPDX-License-Identifier: GPL-2.0-or-later
"""Where class maps differ, which classes they swap, and what most of them say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from ..core.classes import ClassInfo, palette_color
from ..core.jobs import ConsensusJob, DisagreementJob
from ..core.monitor import Monitor
from ..core.products import class_map_type
from ..core.records import to_plain
from ..core.theme import FALLBACK, GRID
from ..raster.map_stack import NO_CLASS, MapStack, open_stack
from ..raster.pixel_area import PixelAreas, pixel_areas
from ..raster.whole_maps import whole_maps
from ..raster.writer import MapLayer, write_attribute_table
from .folder import JobFolder
from .map_areas import stack_notes, tally, write_rows

SAME = 0  # in the raster of pairs
_COUNT_NODATA, _PAIR_NODATA = 255, 65535
_TOP_PAIRS = 12  # in colours of their own; the rest is grey
_OTHER_SHADE = FALLBACK
PAIR_COLUMNS = ("map_1", "map_2", "class_1", "class_2", "differs", "pixels", "area_ha", "share")


@dataclass(frozen=True)
class Votes:
    """What M maps say of each pixel: class named most often (h, w), by how many, and number of distinct classes.

    `winner` is NO_CLASS where no map has a class; of a tie the map named first decides.
    """

    winner: np.ndarray
    count: np.ndarray
    distinct: np.ndarray


def count_votes(index: np.ndarray) -> Votes:
    """Return the votes of class indices (M, h, w); maps without a class at a pixel do not vote there."""
    votes = [((index == one) & (one != NO_CLASS)).sum(axis=0, dtype=np.int16) for one in index]
    is_new = [(one != NO_CLASS) & ~(index[:m] == one).any(axis=0) for m, one in enumerate(index)]
    best = np.argmax(votes, axis=0)[None]  # the first of equals
    winner = np.take_along_axis(index, best, axis=0)[0]
    return Votes(winner, np.max(votes, axis=0), np.sum(is_new, axis=0, dtype=np.int16))


def map_disagreement(job: DisagreementJob, folder: JobFolder, monitor: Monitor, python: str = "") -> dict[str, Any]:
    """Compare the maps of `job` pixel by pixel; return what was written and the share that differs.

    Raises:
        ChronomapError: the maps do not fit each other, or a place cannot be written.
    """
    stack = open_stack(job.maps, job.names, monitor)
    areas = pixel_areas(stack.grid, stack.titles[0])
    counts = PairCounts(stack, areas)
    differing_ha = compared_ha = 0.0
    with whole_maps(_layers(job, stack), stack.grid) as writers:
        for window, index in stack.scan(monitor, "Comparing the maps"):
            is_full = (index != NO_CLASS).all(axis=0)
            votes = count_votes(index)
            if "output" in writers:
                shown = np.stack([len(index) - votes.count, votes.distinct])
                writers["output"].write(window, np.where(is_full, shown, _COUNT_NODATA).astype(np.uint8))
            if "pairs" in writers:
                writers["pairs"].write(window, _pair_codes(index, is_full, len(stack.classes)))
            counts.add(np.where(is_full, index, NO_CLASS), window.y)
            state = np.where(is_full, (votes.distinct > 1).astype(np.int16), NO_CLASS)
            _, found_ha = tally(state, areas, window.y, 2)
            differing_ha, compared_ha = differing_ha + found_ha[1], compared_ha + found_ha.sum()
    outputs: dict[str, Any] = {name: getattr(job, name) for name in ("output", "pairs") if getattr(job, name)}
    if job.pairs:
        write_attribute_table(Path(job.pairs), counts.pair_classes())
        outputs["pair_classes"] = to_plain(counts.pair_classes())
    if job.table:
        write_rows(Path(job.table), PAIR_COLUMNS, counts.rows())
        outputs["table"] = job.table
    share = differing_ha / compared_ha if compared_ha else 0.0
    _tell(stack, counts, (differing_ha, compared_ha), monitor)
    return {**outputs, "differing_share": share, "differing_ha": differing_ha, "compared_ha": compared_ha}


class PairCounts:
    """Pixels and area of every pair of classes, for every two maps of a stack."""

    def __init__(self, stack: MapStack, areas: PixelAreas) -> None:
        self._stack, self._areas = stack, areas
        size = len(stack.classes)
        self.couples = list(combinations(range(len(stack.titles)), 2))
        self.pixels = np.zeros((len(self.couples), size * size), np.int64)
        self.area_ha = np.zeros((len(self.couples), size * size))

    def add(self, index: np.ndarray, top: int) -> None:
        """Count class indices (M, h, w) of a window whose first row is `top`; pixels that are NO_CLASS are left out."""
        size = len(self._stack.classes)
        for couple, (first, second) in enumerate(self.couples):
            codes = np.where(index[first] == NO_CLASS, NO_CLASS, index[first].astype(np.int32) * size + index[second])
            pixels, area_ha = tally(codes, self._areas, top, size * size)
            self.pixels[couple] += pixels
            self.area_ha[couple] += area_ha

    def largest(self, couple: int) -> list[int]:
        """Return the codes of the pairs of different classes that occur, largest area first."""
        size = len(self._stack.classes)
        codes = np.arange(size * size)
        found = codes[(self.pixels[couple] > 0) & (codes // size != codes % size)]
        return [int(code) for code in found[np.argsort(-self.area_ha[couple][found], kind="stable")]]

    def names(self, code: int) -> tuple[str, str]:
        """Return the two class names of a pair."""
        first, second = divmod(code, len(self._stack.classes))
        return self._stack.classes[first].name, self._stack.classes[second].name

    def pair_classes(self) -> tuple[ClassInfo, ...]:
        """Return the legend of the raster of pairs: no difference, then pairs by area, the largest in colours."""
        pairs = [
            ClassInfo(code + 1, " → ".join(self.names(code)), palette_color(k) if k < _TOP_PAIRS else _OTHER_SHADE)
            for k, code in enumerate(self.largest(0))
        ]
        return (ClassInfo(SAME, "same class", GRID), *pairs)

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of the table, PAIR_COLUMNS: for every two maps the pairs that occur, largest first."""
        for couple, (first, second) in enumerate(self.couples):
            titles, total = (self._stack.titles[first], self._stack.titles[second]), self.area_ha[couple].sum()
            for code in np.argsort(-self.area_ha[couple], kind="stable"):
                if self.pixels[couple][code]:
                    names, area = self.names(int(code)), self.area_ha[couple][code]
                    figures = (int(self.pixels[couple][code]), f"{area:.4f}", f"{area / total:.6f}")
                    yield (*titles, *names, int(names[0] != names[1]), *figures)


def consensus_map(job: ConsensusJob, folder: JobFolder, monitor: Monitor, python: str = "") -> dict[str, Any]:
    """Write the most frequent class of the maps of `job`, and how many agree; return what was written.

    Raises:
        ChronomapError: the maps do not fit each other, or a place cannot be written.
    """
    stack = open_stack(job.maps, (), monitor)
    dtype, nodata = class_map_type([info.value for info in stack.classes])
    layers = {"output": MapLayer(Path(job.output), dtype, nodata, 1.0, ("class",), stack.classes)}
    if job.agreement:
        layers["agreement"] = MapLayer(Path(job.agreement), "uint8", _COUNT_NODATA, 1.0, ("agreement (percent)",))
    values = np.array([*(info.value for info in stack.classes), nodata])  # NO_CLASS, -1, takes the last
    with whole_maps(layers, stack.grid) as writers:
        for window, index in stack.scan(monitor, "Counting votes"):
            votes = count_votes(index)
            writers["output"].write(window, values[votes.winner].astype(dtype)[None])
            if job.agreement:
                percent = np.round(100.0 * votes.count / len(index))
                shown = np.where(votes.winner == NO_CLASS, _COUNT_NODATA, percent)
                writers["agreement"].write(window, shown.astype(np.uint8)[None])
    for note in stack_notes(stack, PixelAreas(np.ones(1))):
        monitor.note(note)
    return {name: str(layer.path) for name, layer in layers.items()}


def _layers(job: DisagreementJob, stack: MapStack) -> dict[str, MapLayer]:
    layers = {}
    if job.output:
        words = ("maps that differ from the most frequent class", "number of distinct classes")
        layers["output"] = MapLayer(Path(job.output), "uint8", _COUNT_NODATA, 1.0, words)
    if job.pairs:
        word = f"class in {stack.titles[0]} and in {stack.titles[1]}"
        layers["pairs"] = MapLayer(Path(job.pairs), "uint16", _PAIR_NODATA, 1.0, (word,))
    return layers


def _pair_codes(index: np.ndarray, is_full: np.ndarray, size: int) -> np.ndarray:
    """Return the raster of pairs (1, h, w): SAME, or 1 + first * size + second."""
    first, second = index[0].astype(np.int32), index[1]
    codes = np.where(first == second, SAME, 1 + first * size + second)
    return np.where(is_full, codes, _PAIR_NODATA).astype(np.uint16)[None]


def _tell(stack: MapStack, counts: PairCounts, found_ha: tuple[float, float], monitor: Monitor) -> None:
    differing, compared = found_ha
    for note in stack_notes(stack, counts._areas):
        monitor.note(note)
    if not compared:
        monitor.warning("No pixel has a class on all maps: nothing could be compared.")
        return
    monitor.note(f"{100 * differing / compared:.2f} % of {compared:,.1f} ha differ ({differing:,.1f} ha).")
    for couple, (first, second) in enumerate(counts.couples):
        swaps = [f"{' → '.join(counts.names(c))} ({counts.area_ha[couple][c]:,.1f} ha)" for c in counts.largest(couple)]
        if swaps:
            monitor.note(f"{stack.titles[first]} → {stack.titles[second]}: most often {', '.join(swaps[:3])}.")
