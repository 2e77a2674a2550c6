# SPDX-License-Identifier: GPL-2.0-or-later
"""What is measured on the side of GDAL: reading alone, writing alone, and the whole map."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from memory import MemoryWatch
from osgeo import gdal

from plugin.core.card import read_card
from plugin.core.cube_spec import load_cube_spec
from plugin.core.jobs import MapJob
from plugin.core.monitor import Event, Monitor
from plugin.core.worker import running_worker
from plugin.raster.cube import open_cube
from plugin.raster.grid import tiles
from plugin.raster.writer import MapLayer, MapWriter
from plugin.run.dispatch import run_job
from plugin.run.exchange import season_days

WINDOW_PX = 512**2


@dataclass(frozen=True)
class WholeMap:
    """Pixels per second of a whole map, peak memory of both processes in MB, and what the worker told."""

    pace: float
    host_mb: float
    worker_mb: float
    notes: tuple[str, ...]


def reading_gdal(cube: Path) -> float:
    """Return the pixels per second that GDAL alone decodes, all cores at work: band by band, nothing is kept."""
    spec = load_cube_spec(cube)
    datasets = sorted({band.dataset for acquisition in spec.acquisitions for band in acquisition.bands})
    height = {name: gdal.Open(name).RasterYSize for name in datasets}
    strips = [(name, y) for name in datasets for y in range(0, height[name], 512)]

    def read(strip: tuple[str, int]) -> None:
        dataset = gdal.Open(strip[0])
        dataset.ReadRaster(0, strip[1], dataset.RasterXSize, min(512, dataset.RasterYSize - strip[1]))

    started = time.perf_counter()
    with ThreadPoolExecutor(cores()) as pool:
        list(pool.map(read, strips))
    seconds = time.perf_counter() - started
    return gdal.Open(datasets[0]).RasterXSize * height[datasets[0]] / seconds


def reading_ours(cube: Path, memory_mb: int) -> float:
    """Return the pixels per second that our cube reads into arrays, values and masks."""
    with open_cube(load_cube_spec(cube), memory_mb) as opened:
        windows = tiles(opened.grid.window, opened.block, WINDOW_PX)
        shape = (len(opened.dates), len(opened.bands))
        values = np.zeros((*shape, WINDOW_PX * 2), opened.dtype)
        valid = np.zeros((shape[0], WINDOW_PX * 2), np.uint8)
        started = time.perf_counter()
        for window in windows:
            size = (window.height, window.width)
            opened.read(
                window,
                values.reshape(-1)[: shape[0] * shape[1] * window.pixels].reshape(*shape, *size),
                valid.reshape(-1)[: shape[0] * window.pixels].reshape(shape[0], *size),
            )
        return opened.grid.window.pixels / (time.perf_counter() - started)


def writing(cube: Path, folder: Path) -> float:
    """Return the pixels per second of writing a class map of fields alone."""
    with open_cube(load_cube_spec(cube), 500) as opened:
        grid, windows = opened.grid, tiles(opened.grid.window, opened.block, WINDOW_PX)
    fields = np.random.default_rng(0).integers(1, 7, (64, 64)).astype(np.uint8)
    started = time.perf_counter()
    writer = MapWriter(MapLayer(folder / "written.tif", "uint8", 0.0, 1.0, ("class",)), grid, resume=False)
    for window in windows:
        repeats = (-(-window.height // 64), -(-window.width // 64))
        writer.write(window, np.tile(fields, repeats)[None, : window.height, : window.width])
    writer.finish(cloud_optimized=False)
    return grid.window.pixels / (time.perf_counter() - started)


def arithmetic(cube: Path, model: Path) -> float:
    """Return the series per second of the worker alone, in float32, at the batch size that a map would choose."""
    card = read_card(model)
    with open_cube(load_cube_spec(cube), 500) as opened, running_worker() as worker:
        request = {
            "do": "pace",
            "model": str(model),
            "days": season_days(card, opened.dates),
            "scale": opened.scale.tolist(),
            "offset": opened.offset.tolist(),
            "dtype": np.dtype(opened.dtype).name,
        }
        return float(worker.request(request, Monitor())["pixels_per_second"])


def whole_map(cube: Path, model: Path, precision: str, memory_mb: int) -> WholeMap:
    """Map once; the time counts from the first window's start, after torch is loaded and the batch size chosen."""
    told: list[str] = []
    first: list[float] = []

    def hear(event: Event) -> None:
        if event["event"] == "note":
            told.append(event["text"])
        if event["event"] == "window" and not first:
            first.append(time.perf_counter())
            done.append(event["done"] / event["count"])

    done: list[float] = []
    outputs = {"class": str(model.with_name(f"map_{model.stem}.tif"))}
    watch = MemoryWatch()
    watch.start()
    job = MapJob(str(cube), str(model), outputs, memory_mb=memory_mb, precision=precision)
    result = run_job(job, Monitor(hear))
    seconds = time.perf_counter() - first[0]
    watch.stop()
    return WholeMap(
        result["pixels"] * (1.0 - done[0]) / seconds, watch.peaks["host"], watch.peaks["worker"], tuple(told)
    )


def cores() -> int:
    """Return how many CPU cores this process may use."""
    return len(os.sched_getaffinity(0))
