# SPDX-License-Identifier: GPL-2.0-or-later
"""Map a large made-up scene and print pace and peak memory (proportional set size) of both processes.

One tile of noise is repeated by VRT, so that a scene of any size takes little disk:
python tools/bench.py [--size 2048 4096] [--architecture ltae] [--memory-mb 1000]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
from osgeo import gdal, osr

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from plugin.core.classes import ClassInfo
from plugin.core.cube_spec import Acquisition, BandSource, CubeSpec, save_cube_spec
from plugin.core.jobs import MapJob, TrainJob
from plugin.core.monitor import Monitor
from plugin.raster.samples import SampleSet, save_samples
from plugin.run.dispatch import run_job

DATES, BANDS, CLASSES = 24, 10, 6
TILE_PX, SCALE = 500, 0.0001
SAMPLE_S = 0.1
DAYS = tuple(f"2021-{3 + index // 3:02d}-{1 + index % 3 * 10:02d}" for index in range(DATES))
NAMES = tuple(f"B{index + 1:02d}" for index in range(BANDS))


class MemoryWatch(threading.Thread):
    """Samples the proportional set size of this process and of its worker, in MB, and keeps the peaks."""

    def __init__(self) -> None:
        """Prepare; start() begins."""
        super().__init__(daemon=True)
        self.peaks = {"host": 0.0, "worker": 0.0}
        self._stopped = threading.Event()

    def run(self) -> None:
        """Sample until stop()."""
        while not self._stopped.wait(SAMPLE_S):
            self._note("host", os.getpid())
            for pid in children_of(os.getpid()):
                self._note("worker", pid)

    def stop(self) -> None:
        """End sampling."""
        self._stopped.set()
        self.join()

    def _note(self, side: str, pid: int) -> None:
        self.peaks[side] = max(self.peaks[side], pss_mb(pid))


def pss_mb(pid: int) -> float:
    """Return the proportional set size of a process in MB, 0 when it has gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def children_of(pid: int) -> list[int]:
    """Return the processes that `pid` started."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(child) for child in task.read_text().split()]
    return found


def make_scene(folder: Path, size_px: int) -> Path:
    """Write a scene of `size_px` x `size_px` px, Int16, one VRT per date; return its cube description."""
    acquisitions = []
    for day in DAYS:
        tile = folder / f"tile_{day}.tif"
        if not tile.exists():
            write_tile(tile, seed=DAYS.index(day))
        mosaic = folder / f"scene_{size_px}_{day}.vrt"
        repeat_tile(tile, mosaic, size_px)
        bands = tuple(BandSource(name, str(mosaic), index + 1, SCALE) for index, name in enumerate(NAMES))
        acquisitions.append(Acquisition(day, mosaic.stem, bands))
    path = folder / f"cube_{size_px}.json"
    save_cube_spec(CubeSpec(tuple(acquisitions)), path)
    return path


def write_tile(path: Path, seed: int) -> None:
    """Write one tile: noise in the range of reflectances, deflate, blocks of 256 px."""
    values = np.random.default_rng(seed).normal(2000, 600, (BANDS, TILE_PX, TILE_PX)).astype(np.int16)
    options = ["TILED=YES", "COMPRESS=DEFLATE", "INTERLEAVE=BAND"]
    dataset = gdal.GetDriverByName("GTiff").Create(str(path), TILE_PX, TILE_PX, BANDS, gdal.GDT_Int16, options)
    crs = osr.SpatialReference()
    crs.ImportFromEPSG(32633)
    dataset.SetProjection(crs.ExportToWkt())
    dataset.SetGeoTransform((500000, 10, 0, 5200000, 0, -10))
    dataset.WriteArray(values)
    dataset.FlushCache()


def repeat_tile(tile: Path, path: Path, size_px: int) -> None:
    """Write a VRT in which the tile stands as often as it takes."""
    source = gdal.Open(str(tile))
    rows = []
    for band in range(1, BANDS + 1):
        places = "".join(
            f'<SimpleSource><SourceFilename relativeToVRT="0">{tile}</SourceFilename><SourceBand>{band}</SourceBand>'
            f'<SrcRect xOff="0" yOff="0" xSize="{TILE_PX}" ySize="{TILE_PX}"/>'
            f'<DstRect xOff="{x}" yOff="{y}" xSize="{TILE_PX}" ySize="{TILE_PX}"/></SimpleSource>'
            for y in range(0, size_px, TILE_PX)
            for x in range(0, size_px, TILE_PX)
        )
        rows.append(f'<VRTRasterBand dataType="Int16" band="{band}">{places}</VRTRasterBand>')
    transform = ", ".join(map(str, source.GetGeoTransform()))
    head = f'<VRTDataset rasterXSize="{size_px}" rasterYSize="{size_px}"><SRS>{source.GetProjection()}</SRS>'
    path.write_text(f"{head}<GeoTransform>{transform}</GeoTransform>{''.join(rows)}</VRTDataset>", encoding="utf-8")


def make_model(folder: Path, architecture: str) -> Path:
    """Train on noise for one epoch: a model's size and pace do not depend on what it knows."""
    rng = np.random.default_rng(0)
    count = 300
    samples = SampleSet(
        values=rng.normal(2000, 600, (count, DATES, BANDS)).astype(np.int16),
        valid=np.ones((count, DATES), bool),
        label=np.arange(count) % CLASSES,
        group=np.arange(count) // CLASSES,
        xy=np.zeros((count, 2)),
        fold=np.full(count, ""),
        bands=NAMES,
        dates=DAYS,
        season_start=DAYS[0],
        scale=np.full((DATES, BANDS), SCALE, np.float32),
        offset=np.zeros((DATES, BANDS), np.float32),
        classes=tuple(ClassInfo(index + 1, f"Class {index + 1}") for index in range(CLASSES)),
    )
    save_samples(samples, folder / "samples.npz")
    model = folder / f"{architecture}.safetensors"
    run_job(TrainJob(str(folder / "samples.npz"), architecture, str(model), strategy={"epochs": 1}))
    return model


def measure(cube: Path, model: Path, size_px: int, memory_mb: int) -> str:
    """Map once; return a line of the table."""
    watch = MemoryWatch()
    outputs = {"class": str(cube.with_name(f"map_{size_px}.tif"))}
    watch.start()
    started = time.perf_counter()
    run_job(MapJob(str(cube), str(model), outputs, memory_mb=memory_mb), Monitor())
    seconds = time.perf_counter() - started
    watch.stop()
    host, worker = watch.peaks["host"], watch.peaks["worker"]
    pace = f"{size_px:6d} px  {seconds:7.1f} s  {size_px**2 / seconds:9.0f} px/s"
    return f"{pace}  host {host:6.0f} MB  worker {worker:6.0f} MB"


def main() -> None:
    """Measure every size that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, nargs="+", default=[2000, 4000])
    parser.add_argument("--architecture", default="ltae")
    parser.add_argument("--memory-mb", type=int, default=1000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="chronomap-bench-") as name:
        folder = Path(name)
        model = make_model(folder, arguments.architecture)
        print(f"{arguments.architecture}, {DATES} dates, {BANDS} bands, limit {arguments.memory_mb} MB per process")
        for size_px in arguments.size:
            print(measure(make_scene(folder, size_px), model, size_px, arguments.memory_mb), flush=True)


if __name__ == "__main__":
    main()
