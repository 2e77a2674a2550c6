# SPDX-License-Identifier: GPL-2.0-or-later
"""Map a cube with a model, in memory that does not grow with the image; a killed job resumes."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..core.card import ModelCard, read_card
from ..core.cube_spec import CubeSpec, load_cube_spec
from ..core.jobs import MapJob
from ..core.monitor import Monitor
from ..core.products import PER_CLASS, PER_DATE, PRODUCTS, class_map_type
from ..core.records import to_plain
from ..core.slots import OutputArray, SlotLayout, local_folder
from ..core.worker import running_worker
from ..raster.cube import Cube, open_cube
from ..raster.grid import Window, tiles
from ..raster.writer import MapLayer, MapWriter, is_intact
from .exchange import band_order, season_days
from .fit import check_fit
from .folder import JobFolder
from .pipeline import SLOTS, Pipeline, SlotArrays
from .plan import Checkpoint, MapPlan, as_numbers, as_windows, fingerprint_inputs

_SLOT_SHARE = 0.3  # of the memory setting; the rest is for GDAL's cache on this side and for torch in the worker
_BYTE_SCALE, _BYTE_NODATA = 1.0 / 254, 255.0


def map_cube(job: MapJob, folder: JobFolder, monitor: Monitor, python: str = "") -> dict[str, Any]:
    """Make the maps of `job`; return the path of each product and how many pixels got nodata.

    Raises:
        ChronomapError: an input does not fit, a place cannot be written, the worker failed, or the job was canceled.
    """
    card = read_card(Path(job.model))
    spec = select_bands(load_cube_spec(Path(job.cube)), card)
    inputs = fingerprint_inputs(job, spec)
    checkpoint = Checkpoint(folder)
    checkpoint.load(job, inputs)
    with ExitStack() as stack:
        cube = stack.enter_context(open_cube(spec, job.memory_mb))
        check_fit(card, cube, monitor)
        area = cube.grid.window_over(job.extent) if job.extent else cube.grid.window
        layers = {product: map_layer(job, card, cube, product) for product in job.outputs}
        former = checkpoint.plan if checkpoint.done and all(is_intact(x.partial) for x in layers.values()) else None
        windows = as_windows(former) if former else tile_area(job, cube, area, layers)
        layout = slot_layout(cube, layers, max(window.pixels for window in windows))
        slot_folder = stack.enter_context(local_folder(SLOTS * slot_bytes(layout)))
        slots = [SlotArrays(layout, slot_folder, slot) for slot in range(SLOTS)]
        worker = stack.enter_context(running_worker(python, folder.log))
        message = _open_message(job, card, cube, layout, slot_folder)
        answer = worker.request({**message, "compute": former.compute if former else {}}, monitor)
        if former is None:
            checkpoint.start(job, MapPlan(as_numbers(windows), answer["compute"], inputs))
        writers = {p: MapWriter(layer, cube.grid.part(area), former is not None) for p, layer in layers.items()}
        for writer in writers.values():
            stack.callback(writer.close)
        pipeline = Pipeline(cube, area, windows, slots, writers, checkpoint, worker)
        if former:
            monitor.note(f"Resuming: {pipeline.drop_damaged()} of {len(windows)} windows are finished.")
        pipeline.run(monitor)
        worker.request({"do": "map_close"}, monitor)
        for writer in writers.values():
            writer.finish(job.cloud_optimized)
    return _summary(job, area, checkpoint, monitor)


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


def tile_area(job: MapJob, cube: Cube, area: Window, layers: dict[str, MapLayer]) -> list[Window]:
    """Cut `area` into block-aligned windows of which SLOTS fit the memory setting."""
    bytes_per_pixel = slot_bytes(slot_layout(cube, layers, 1))
    pixels = int(_SLOT_SHARE * job.memory_mb * 1e6 / SLOTS / bytes_per_pixel)
    if job.window_px:
        pixels = job.window_px**2
    return tiles(area, cube.block, pixels)


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
        "device": job.device,
    }


def _summary(job: MapJob, area: Window, checkpoint: Checkpoint, monitor: Monitor) -> dict[str, Any]:
    invalid = sum(entry["invalid"] for entry in checkpoint.done.values())
    count = area.pixels
    checkpoint.clear()
    if invalid:
        monitor.note(
            f"{invalid} of {count} pixels ({100 * invalid / count:.1f} %) have fewer than {job.min_valid_dates} valid "
            "dates and are nodata."
        )
    return {**job.outputs, "pixels": count, "invalid": invalid}
