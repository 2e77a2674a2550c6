# SPDX-License-Identifier: GPL-2.0-or-later
"""One map made by several processes or machines that share nothing but files: shards, and joining them."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Optional

from ..core.card import read_card
from ..core.cube_spec import load_cube_spec
from ..core.errors import InputError
from ..core.jobs import MapJob
from ..core.monitor import Monitor
from ..raster.area import map_area
from ..raster.cube import open_cube
from ..raster.grid import Grid, Window
from ..raster.writer import MapLayer, MapWriter
from .check import problems
from .folder import JobFolder, job_folder
from .mapping import area_pixels, map_layer, map_windows, select_bands, summary
from .plan import Checkpoint, Shard, as_windows, checksum, fingerprint_inputs

_CLAIM = "joining"  # a folder: making it succeeds for one process only


def map_shard(job: MapJob, shard: Shard, monitor: Monitor, python: str = "") -> dict[str, Any]:
    """Make the windows of one shard into partial files; the shard that ends last joins all and returns the outputs.

    A killed shard goes on where it stopped when it is started again. {} while other shards are at work.

    Raises:
        ChronomapError: as for a whole map.
    """
    with job_folder(job) as folder:
        missing = make_shard(job, shard, folder, monitor.part(0.0, 0.95), python)
        if missing:
            monitor.note(f"Shard {shard.label} is finished; still to come: {', '.join(missing)}.")
            return {}
        try:
            (folder.path / _CLAIM).mkdir()
        except FileExistsError:
            monitor.note("Another process joins the shards; if it was killed, start the job with --join.")
            return {}
        if _missing(_checkpoints(job, folder, shard.count)):  # gone: the map was joined since we looked
            (folder.path / _CLAIM).rmdir()
            monitor.note("Another process has joined the shards.")
            return {}
    return join_shards(job, shard.count, monitor.part(0.95, 1.0))


def make_shard(job: MapJob, shard: Shard, folder: JobFolder, monitor: Monitor, python: str = "") -> list[str]:
    """Make the windows of one shard into partial files; return the labels of the shards that are not finished.

    Raises:
        ChronomapError: as for a whole map.
    """
    found = problems(job)
    if found:
        raise InputError("\n".join(found))
    map_windows(job, folder, shard, monitor, python)
    return _missing(_checkpoints(job, folder, shard.count))


def join_shards(job: MapJob, count: int, monitor: Monitor) -> dict[str, Any]:
    """Copy the windows of `count` finished shards into the final files, remove the parts, return the map's outputs.

    Raises:
        InputError: a shard is not finished, or its file is damaged.
        OutputError: the map cannot be written.
    """
    with job_folder(job) as folder, ExitStack() as stack:
        stack.callback(shutil.rmtree, folder.path / _CLAIM, ignore_errors=True)
        checkpoints = _checkpoints(job, folder, count)
        missing = _missing(checkpoints)
        if missing:
            raise InputError(f"The shards {', '.join(missing)} are not finished: run them, then join.")
        place = _place(job)
        whole = {product: place.open(stack, product) for product in job.outputs}
        for number, checkpoint in enumerate(checkpoints, start=1):
            part = {product: place.open(stack, product, checkpoint.shard) for product in job.outputs}
            _copy(checkpoint, place.area, part, whole)
            monitor.progress(number / count)
        for writer in whole.values():
            writer.finish(job.cloud_optimized)
    done = [entry for checkpoint in checkpoints for entry in checkpoint.done.values()]
    outcome = summary(job, done, area_pixels(checkpoints[0]), monitor)
    for checkpoint in checkpoints:
        checkpoint.clear()
        place.remove_parts(checkpoint.shard)
    return outcome


@dataclass(frozen=True)
class _Place:
    """Where the files of a map lie, and where the map lies in the cube's grid."""

    whole: dict[str, MapLayer]
    grid: Grid
    area: Window

    def layer(self, product: str, shard: Optional[Shard]) -> MapLayer:
        return replace(self.whole[product], shard=shard.label) if shard else self.whole[product]

    def open(self, stack: ExitStack, product: str, shard: Optional[Shard] = None) -> MapWriter:
        """Open the part of a shard, or begin the whole map; `stack` closes it."""
        writer = MapWriter(self.layer(product, shard), self.grid, resume=shard is not None)
        stack.callback(writer.close)
        return writer

    def remove_parts(self, shard: Optional[Shard]) -> None:
        for product in self.whole:
            self.layer(product, shard).partial.unlink(missing_ok=True)


def _place(job: MapJob) -> _Place:
    card = read_card(Path(job.model))
    with open_cube(select_bands(load_cube_spec(Path(job.cube)), card), job.memory_mb) as cube:
        area, _ = map_area(job, cube.grid)
        return _Place({p: map_layer(job, card, cube, p) for p in job.outputs}, cube.grid.part(area), area)


def _copy(checkpoint: Checkpoint, area: Window, part: dict[str, MapWriter], whole: dict[str, MapWriter]) -> None:
    """Copy the windows of one shard from its partial files.

    Raises:
        InputError: what is on disk is not what the shard wrote.
    """
    windows = as_windows(checkpoint.plan) if checkpoint.plan else []
    for number in checkpoint.numbers:
        window = windows[number].counted_from(area)
        content = {product: reader.read(window) for product, reader in part.items()}
        if checksum(list(content.values())) != checkpoint.done[number]["crc"]:
            checkpoint.forget()
            label = checkpoint.shard.label if checkpoint.shard else ""
            raise InputError(f"The file of shard {label} is damaged: run this shard again; the others are kept.")
        for product, values in content.items():
            whole[product].write(window, values)


def _checkpoints(job: MapJob, folder: JobFolder, count: int) -> list[Checkpoint]:
    """Return how far each of the shards is."""
    spec = select_bands(load_cube_spec(Path(job.cube)), read_card(Path(job.model)))
    inputs = fingerprint_inputs(job, spec)
    checkpoints = [Checkpoint(folder, job, inputs, Shard(index, count)) for index in range(count)]
    for checkpoint in checkpoints:
        checkpoint.load()
    return checkpoints


def _missing(checkpoints: list[Checkpoint]) -> list[str]:
    return [c.shard.label for c in checkpoints if c.shard and not c.is_complete]
