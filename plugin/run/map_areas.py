# SPDX-License-Identifier: GPL-2.0-or-later
"""Area of every class on class maps: as a table, a chart and a page."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..core.classes import ClassInfo
from ..core.errors import OutputError
from ..core.jobs import ClassAreasJob
from ..core.monitor import Monitor
from ..core.worker import running_worker
from ..raster.map_stack import NO_CLASS, MapStack, map_titles, open_stack
from ..raster.pixel_area import PixelAreas, pixel_areas
from .exchange import draw
from .folder import JobFolder
from .html import Markup, bullets, class_name, figure, page, section, table, tag

HA_PER_KM2 = 100.0
AREA_COLUMNS = ("map", "value", "class", "pixels", "area_ha", "area_km2", "share")


@dataclass(frozen=True)
class MapAreas:
    """Pixels (K,) int64 and area (K,) in hectares of the classes of one map, and what must be said about them."""

    title: str
    classes: tuple[ClassInfo, ...]
    pixels: np.ndarray
    area_ha: np.ndarray
    notes: tuple[str, ...] = ()

    @property
    def share(self) -> np.ndarray:
        """Share of each class in the area of all, (K,)."""
        total = self.area_ha.sum()
        return self.area_ha / total if total else np.zeros(len(self.area_ha))


def class_areas(job: ClassAreasJob, folder: JobFolder, monitor: Monitor, python: str = "") -> dict[str, Any]:
    """Count the classes of every map of `job`; return what was written and the areas by map and class.

    Raises:
        ChronomapError: a map or its CRS cannot be used, a place cannot be written, or the worker failed.
    """
    titles = map_titles(job.maps, job.names)
    counted = []
    for index, (path, title) in enumerate(zip(job.maps, titles)):
        part = monitor.part(index / len(job.maps), (index + 1) / len(job.maps))
        counted.append(count_classes(open_stack([path], [title], part), part))
    for note in dict.fromkeys(note for areas in counted for note in areas.notes):
        monitor.note(note)
    outputs: dict[str, Any] = {"figures": {a.title: dict(zip(_names(a), a.area_ha.tolist())) for a in counted}}
    if job.table:
        write_rows(Path(job.table), AREA_COLUMNS, (row for areas in counted for row in _rows(areas)))
        outputs["table"] = job.table
    chart = _draw_chart(job, counted, folder, python)
    if job.chart:
        outputs["chart"] = job.chart
    if job.report:
        Path(job.report).write_text(_areas_page(counted, chart), encoding="utf-8")
        outputs["report"] = job.report
    return outputs


def count_classes(stack: MapStack, monitor: Monitor) -> MapAreas:
    """Count pixels and area of the classes of the first map of `stack`, window by window.

    Raises:
        InputError: the map is damaged, or its CRS has no usable areas.
    """
    title, size = stack.titles[0], len(stack.classes)
    areas = pixel_areas(stack.grid, title)
    pixels, area_ha = np.zeros(size, np.int64), np.zeros(size)
    for window, index in stack.scan(monitor, f"Counting {title}"):
        found, found_ha = tally(index[0], areas, window.y, size)
        pixels += found
        area_ha += found_ha
    return MapAreas(title, stack.classes, pixels, area_ha, stack_notes(stack, areas))


def tally(codes: np.ndarray, areas: PixelAreas, top: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return pixels (size,) and hectares (size,) by code of a window (h, w) with first row `top`; -1 is left out."""
    chosen = codes != NO_CLASS
    pixels = np.bincount(codes[chosen], minlength=size)
    if areas.is_constant:
        return pixels, pixels * areas.row_ha[0]
    rows = areas.row_ha[top : top + codes.shape[0], None]
    return pixels, np.bincount(codes[chosen], np.broadcast_to(rows, codes.shape)[chosen], size)


def stack_notes(stack: MapStack, areas: PixelAreas) -> tuple[str, ...]:
    """Return what must be said about maps that were read: how areas were found, and values without a class."""
    notes = [areas.note] if areas.note else []
    if stack.unnamed_px:
        notes.append(
            f"{stack.unnamed_px:,} pixels of {', '.join(stack.titles)} have values that no class is named for, and are "
            "left out."
        )
    return tuple(notes)


def write_rows(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a CSV file with a header.

    Raises:
        OutputError: it cannot be written.
    """
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows(rows)
    except OSError as error:
        raise OutputError(f"The table {path} cannot be written ({error.strerror}): choose another place.") from error


def _names(areas: MapAreas) -> list[str]:
    return [info.name for info in areas.classes]


def _rows(areas: MapAreas) -> Iterable[tuple[Any, ...]]:
    for info, pixels, area, share in zip(areas.classes, areas.pixels, areas.area_ha, areas.share):
        yield (
            areas.title, info.value, info.name, int(pixels), f"{area:.4f}", f"{area / HA_PER_KM2:.6f}", f"{share:.6f}"
        )  # fmt: skip


def _draw_chart(job: ClassAreasJob, counted: Sequence[MapAreas], folder: JobFolder, python: str) -> Path | None:
    """Draw the chart where chart or report want one; return where it is."""
    if not job.chart and not job.report:
        return None
    path = Path(job.chart) if job.chart else folder.path / "areas.svg"
    with running_worker(python, folder.log) as worker:
        draw(worker, "class_areas", chart_arrays(counted), [path])
    return path


def chart_arrays(counted: Sequence[MapAreas]) -> dict[str, Any]:
    """Return the arguments of the figure class_areas; classes of the maps are matched by name."""
    colors = {info.name: info.color for areas in reversed(counted) for info in areas.classes}
    order = list(dict.fromkeys(info.name for areas in counted for info in areas.classes))
    by_name = [dict(zip(_names(areas), areas.area_ha)) for areas in counted]
    return {
        "classes": order,
        "colors": [colors[name] for name in order],
        "maps": [areas.title for areas in counted],
        "area_ha": np.array([[found.get(name, np.nan) for name in order] for found in by_name]),
    }


def _areas_page(counted: Sequence[MapAreas], chart: Path | None) -> str:
    notes = list(dict.fromkeys(note for areas in counted for note in areas.notes))
    body: list[Any] = [figure("Area by class", chart) if chart else Markup()]
    for areas in counted:
        rows = [
            (class_name(info.name, info.color), int(n), f"{ha:,.2f}", f"{ha / HA_PER_KM2:,.4f}", f"{100 * share:.2f} %")
            for info, n, ha, share in zip(areas.classes, areas.pixels, areas.area_ha, areas.share)
        ]
        body.append(section(areas.title, table(("Class", "Pixels", "Area (ha)", "Area (km²)", "Share"), rows)))
    body.append(section("Notes", bullets(notes)))
    lead = tag(
        "span",
        "Counted pixels, not an estimate: a map's errors bias its areas. Points that were drawn at random and labelled "
        "give areas with intervals (Accuracy and areas from points).",
    )
    return page("Chronomap areas", "Area by class", lead, body)
