# SPDX-License-Identifier: GPL-2.0-or-later
"""Map a cube with a model, in memory that does not grow with the image; a killed job resumes."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ..core.card import ModelCard, read_card
from ..core.cube_spec import CubeSpec, load_cube_spec
from ..core.date_legend import date_classes
from ..core.errors import InputError
from ..core.jobs import MapJob
from ..core.monitor import Monitor
from ..core.products import PER_CLASS, PER_DATE, PRODUCTS, class_map_type
from ..core.records import to_plain
from ..core.season import within_season
from ..core.slots import OutputArray, SlotLayout, local_folder
from ..core.worker import Worker, running_worker
from ..raster.area import AreaOfInterest, map_area
from ..raster.cube import Cube, open_cube
from ..raster.grid import Window, tiles
from ..raster.writer import MapLayer, MapWriter, is_intact
from .exchange import band_order, season_days, write_arrays
from .fit import check_fit, probe_pixels
from .folder import JobFolder
from .pipeline import SLOTS, Pipeline, SlotArrays
from .plan import Checkpoint, MapPlan, Shard, as_numbers, as_windows, fingerprint_inputs

SLOT_SHARE = 0.15  # of the memory setting; the rest is for GDAL's cache on this side and for torch in the worker
_BYTE_SCALE, _BYTE_NODATA = 1.0 / 254, 255.0


def map_cube(job: MapJob, folder: JobFolder, monitor: Monitor, python: str = "") -> dict[str, Any]:
    """Make the maps of `job`; return the path of each product and how many pixels got nodata.

    Raises:
        ChronomapError: an input does not fit, a place cannot be written, the worker failed, or the job was canceled.
    """
    checkpoint = map_windows(job, folder, None, monitor, python)
    outcome = summary(job, checkpoint.done.values(), area_pixels(checkpoint), monitor)
    checkpoint.clear()
    return outcome


def map_windows(job: MapJob, folder: JobFolder, shard: Optional[Shard], monitor: Monitor, python: str) -> Checkpoint:
    """Make all windows of a map, or those of a shard into a partial file of its own; go on where a former run stopped.

    Raises:
        ChronomapError: as map_cube.
    """
    card = read_card(Path(job.model))
    spec = select_bands(load_cube_spec(Path(job.cube)), card)
    checkpoint = Checkpoint(folder, job, fingerprint_inputs(job, spec), shard)
    checkpoint.load()
    with ExitStack() as stack:
        cube = stack.enter_context(open_cube(spec, job.memory_mb))
        area, aoi = map_area(job, cube.grid)
        pixels = probe_pixels(cube, area)
        check_fit(card, cube, pixels, monitor)
        layers = {product: map_layer(job, card, cube, product) for product in job.outputs}
        if shard:
            layers = {product: replace(layer, shard=shard.label) for product, layer in layers.items()}
        if not (checkpoint.done and all(is_intact(layer.partial) for layer in layers.values())):
            checkpoint.forget()
        windows = as_windows(checkpoint.plan) if checkpoint.plan else tile_area(job, cube, area, layers, aoi)
        layout = slot_layout(cube, layers, max(window.pixels for window in windows))
        slot_folder = stack.enter_context(local_folder(SLOTS * slot_bytes(layout)))
        slots = [SlotArrays(layout, slot_folder, slot) for slot in range(SLOTS)]
        worker = stack.enter_context(running_worker(python, folder.log))
        message = _open_message(job, card, cube, layout, slot_folder)
        if job.precision == "auto":
            message["probe"] = write_arrays(slot_folder, dict(zip(("values", "valid"), pixels)))
        windows = _settle(worker, message, windows, checkpoint, monitor)
        writers = {p: MapWriter(layer, cube.grid.part(area), bool(checkpoint.done)) for p, layer in layers.items()}
        for writer in writers.values():
            stack.callback(writer.close)
        pipeline = Pipeline(cube, area, windows, slots, writers, checkpoint, worker, aoi)
        if checkpoint.done:
            monitor.note(f"Resuming: {pipeline.drop_damaged()} of {len(checkpoint.numbers)} windows are finished.")
        pipeline.run(monitor)
        worker.request({"do": "map_close"}, monitor)
        if shard is None:
            for writer in writers.values():
                writer.finish(job.cloud_optimized)
    return checkpoint


def _settle(
    worker: Worker, message: dict[str, Any], windows: list[Window], checkpoint: Checkpoint, monitor: Monitor
) -> list[Window]:
    """Open the map in the worker with the arithmetic that is planned, or measure and plan it; return the windows."""
    known = checkpoint.plan.compute if checkpoint.plan else {}
    measured = worker.request({**message, "compute": known}, monitor)["compute"]
    if checkpoint.plan:
        return windows
    agreed = checkpoint.start(MapPlan(as_numbers(windows), measured, checkpoint.inputs))
    if agreed.compute != measured:  # another shard was quicker
        worker.request({**message, "compute": agreed.compute}, monitor)
    return as_windows(agreed)


def select_bands(spec: CubeSpec, card: ModelCard) -> CubeSpec:
    """Return `spec` with the model's bands only, in the model's order.

    Raises:
        InputError: a band of the model is missing.
    """
    order = band_order(card, spec.band_names, "the cube")
    acquisitions = tuple(replace(a, bands=tuple(a.bands[index] for index in order)) for a in spec.acquisitions)
    return replace(spec, acquisitions=acquisitions)


def map_layer(job: MapJob, card: ModelCard, cube: Cube, product_id: str) -> MapLayer:
    """Describe the file of one product."""
    product = PRODUCTS[product_id]
    path = Path(job.outputs[product_id])
    if product_id == "class":
        dtype, nodata = class_map_type([info.value for info in card.classes])
        return MapLayer(path, dtype, nodata, 1.0, ("class",), card.classes)
    if product.is_date:
        classes = date_classes(cube.dates, with_never=product_id == "decided_date")
        return MapLayer(path, product.dtype, product.nodata, product.scale, (product.title,), classes)
    if product_id == "attention" and job.attention_byte:
        return MapLayer(path, "uint8", _BYTE_NODATA, _BYTE_SCALE, cube.dates)
    names = {PER_CLASS: tuple(info.name for info in card.classes), PER_DATE: cube.dates}
    descriptions = names.get(product.bands_per, (product.title,))
    return MapLayer(path, product.dtype, product.nodata, product.scale, descriptions)


def slot_layout(cube: Cube, layers: dict[str, MapLayer], pixels: int) -> SlotLayout:
    """Lay out a slot for windows of at most `pixels`."""
    outputs = tuple(OutputArray(product, len(layer.descriptions), layer.dtype) for product, layer in layers.items())
    return SlotLayout(len(cube.dates), len(cube.bands), pixels, np.dtype(cube.dtype).name, outputs)


def slot_bytes(layout: SlotLayout) -> int:
    """Return the size of one slot."""
    series = layout.dates * (layout.bands * np.dtype(layout.dtype).itemsize + 1)
    results = sum(output.bands * np.dtype(output.dtype).itemsize for output in layout.outputs)
    return layout.pixels * (series + results)


def tile_area(
    job: MapJob, cube: Cube, area: Window, layers: dict[str, MapLayer], aoi: Optional[AreaOfInterest] = None
) -> list[Window]:
    """Cut `area` into block-aligned windows of which SLOTS fit the memory setting, without those outside `aoi`.

    Raises:
        InputError: no pixel centre lies inside.
    """
    bytes_per_pixel = slot_bytes(slot_layout(cube, layers, 1))
    pixels = int(SLOT_SHARE * job.memory_mb * 1e6 / SLOTS / bytes_per_pixel)
    if job.window_px:
        pixels = job.window_px**2
    windows = tiles(area, cube.block, pixels)
    if aoi is None:
        return windows
    touched = [window for window in windows if aoi.inside(window).any()]
    if not touched:
        raise InputError(f"No pixel centre lies inside the area of interest {job.aoi}: choose a larger one.")
    return touched


def _open_message(job: MapJob, card: ModelCard, cube: Cube, layout: SlotLayout, folder: Path) -> dict[str, Any]:
    values = [info.value for info in card.classes]
    return {
        "do": "map_open",
        "model": job.model,
        "days": season_days(card, cube.dates),
        "scale": cube.scale.tolist(),
        "offset": cube.offset.tolist(),
        "slots": [str(folder), SLOTS],
        "layout": to_plain(layout),
        "min_valid_dates": job.min_valid_dates,
        "class_values": values,
        "class_nodata": class_map_type(values)[1],
        "attention_byte": job.attention_byte,
        "in_season": within_season(cube.dates, job.season) if "attention_season" in job.outputs else [],
        "decided_probability": job.decided_probability,
        "device": job.device,
    }


def area_pixels(checkpoint: Checkpoint) -> int:
    """Return how many pixels the planned map has."""
    return sum(window.pixels for window in as_windows(checkpoint.plan)) if checkpoint.plan else 0


def summary(job: MapJob, done: Iterable[dict[str, Any]], pixels: int, monitor: Monitor) -> dict[str, Any]:
    """Return the outputs of a map of so many `pixels`, made of the windows `done`; tell how many pixels are nodata.

    Pixels outside the area of interest do not count.
    """
    entries = list(done)
    pixels -= sum(entry.get("outside", 0) for entry in entries)
    invalid = sum(entry["invalid"] for entry in entries)
    if invalid:
        monitor.note(
            f"{invalid} of {pixels} pixels ({100 * invalid / pixels:.1f} %) have fewer than {job.min_valid_dates} "
            "valid dates and are nodata."
        )
    return {**job.outputs, "pixels": pixels, "invalid": invalid}
