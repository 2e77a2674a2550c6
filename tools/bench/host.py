# SPDX-License-Identifier: GPL-2.0-or-later
"""What is measured in parts: reading alone, writing alone, arithmetic alone."""

from __future__ import annotations

import json
import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from osgeo import gdal

from plugin.core.card import read_card
from plugin.core.cube_spec import load_cube_spec
from plugin.core.process import clean_environment
from plugin.raster.cube import open_cube
from plugin.raster.grid import tiles
from plugin.raster.writer import MapLayer, MapWriter
from plugin.run.exchange import season_days

WINDOW_PX = 512**2


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


def arithmetic(cube: Path, model: Path) -> dict[str, Any]:
    """Return what the worker does alone: series per second in every form a map may choose, operations of a series."""
    with open_cube(load_cube_spec(cube), 500) as opened:
        request = {
            "model": str(model),
            "days": season_days(read_card(model), opened.dates),
            "scale": opened.scale.tolist(),
            "offset": opened.offset.tolist(),
            "dtype": np.dtype(opened.dtype).name,
        }
    return in_worker("arithmetic.py", json.dumps(request))


def matrix_rates() -> dict[str, float]:
    """Return the floating-point operations per second of large matrix products, by number type."""
    return in_worker("arithmetic.py")


def in_worker(script: str, *arguments: str, is_plain: bool = False) -> dict[str, Any]:
    """Run a script of this folder in the worker's environment and return the JSON object that it prints.

    What `is_plain` is run as people run it: its threads wait as torch has it, which is quicker on an idle machine.
    """
    command = [os.environ["CHRONOMAP_PYTHON"], str(Path(__file__).with_name(script)), *arguments]
    environment = clean_environment()
    if is_plain:
        del environment["OMP_WAIT_POLICY"]
    finished = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    return json.loads(finished.stdout.splitlines()[-1])


def cores() -> int:
    """Return how many CPU cores this process may use."""
    return len(os.sched_getaffinity(0))
