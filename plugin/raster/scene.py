# SPDX-License-Identifier: GPL-2.0-or-later
"""The demo scene: one season of a Sentinel-2-like sensor over farmland that never was.

Everything follows from the seed of the job, so the same job makes the same scene.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from osgeo import gdal, gdal_array, osr

from ..core.cube_spec import MASK_PRESETS, Acquisition, BandSource, CubeSpec, MaskSource, load_cube_spec, save_cube_spec
from ..core.errors import InputError, OutputError
from ..core.jobs import SceneJob
from ..core.monitor import Monitor
from ..core.records import write_json
from .access import attempt
from .clouds import NO_DATA, classify, draw_covers, make_sky, through_sky
from .covers import BANDS, CLASSES, COVERS
from .grid import Grid
from .landscape import Landscape, Mixture, make_landscape, mix_pixels
from .noise import smooth_noise
from .phenology import Place, Traits, draw_traits, reflectance
from .scene_vectors import write_polygons, write_style

EPSG = 32633
CORNER = (612_000.0, 5_346_400.0)  # upper left, metres
PIXEL_M = 10.0
SCALE = 0.0001
YEAR = 2021
_SEASON = (63, 300)  # days of the year of the first and last pass
_COARSE = np.isin(BANDS, ("B05", "B06", "B07", "B8A", "B11", "B12"))  # bands of 20 m
_CLOUDS_ALONE = 0.75  # what is hidden by clouds; shadows and swath edges hide the rest
_OPTIONS = ["TILED=YES", "BLOCKXSIZE=256", "BLOCKYSIZE=256", "COMPRESS=DEFLATE", "INTERLEAVE=BAND", "NUM_THREADS=2"]


@dataclass(frozen=True)
class Ground:
    """The land as pixels: traits and place of each pixel's main piece, then of the second one where there is one.

    `edge` are the flat indices of pixels with a second piece, `share` what it covers, `texture` (H * W,) factors.
    """

    traits: Traits
    place: Place
    edge: np.ndarray
    share: np.ndarray
    texture: np.ndarray
    wetness: np.ndarray  # 0 to 1, where water stays in the soil


def make_scene(job: SceneJob, monitor: Monitor) -> dict[str, Any]:
    """Make the scene in `job.folder` and return the paths of what was made.

    Keys: folder, cube, training, reference, style, truth, windows (days that set each class apart), rasters, masks.

    Raises:
        InputError: the size, the number of dates or the cloud share is out of range.
        OutputError: the folder cannot be written.
    """
    _check(job)
    folder = Path(job.folder).resolve()
    _make_folder(folder)
    _clear(folder)
    rng = np.random.default_rng(job.seed)
    grid = _grid(job.size_px)
    monitor.progress(0.0, "Drawing the land")
    landscape = make_landscape(rng, job.size_px * PIXEL_M)
    mixture = mix_pixels(landscape, job.size_px, PIXEL_M)
    truth = landscape.class_values[mixture.first]
    _write_raster(folder / "truth.tif", truth[None], grid, ("class",))
    monitor.check()
    ground = _make_ground(rng, landscape, mixture)
    polygons = write_polygons(rng, landscape, grid, folder)
    days = draw_days(rng, job.dates)
    rasters, masks = _write_dates(rng, (job, ground, grid), days, monitor.part(0.15, 1.0))
    save_cube_spec(_cube_spec(days, rasters, masks), folder / "cube.json")
    write_json(folder / "key_windows.json", _windows())
    monitor.progress(1.0, f"Made {len(days)} dates of {job.size_px} x {job.size_px} px")
    return {
        "folder": str(folder), "cube": str(folder / "cube.json"), **polygons, "truth": str(folder / "truth.tif"),
        "style": write_style(Path(polygons["training"]), "crop"), "windows": str(folder / "key_windows.json"),
        "rasters": rasters, "masks": masks,
    }  # fmt: skip


def draw_days(rng: np.random.Generator, count: int) -> list[int]:
    """Return `count` days of the year: passes every five days, some of a second orbit, with gaps."""
    first, last = _SEASON
    passes = np.arange(first, last + 1, 5)
    second = passes[:-1] + rng.choice([2, 3], len(passes) - 1)
    kept = rng.permutation(np.concatenate([passes[1:-1], second]))
    weight = np.where(np.isin(kept, passes), 0, rng.random(len(kept)) * 1.3)  # the main orbit is used first
    order = np.argsort(weight + rng.random(len(kept)))
    chosen = kept[order][: max(0, count - 2)]
    return sorted({first, int(last - (last - first) % 5), *map(int, chosen)})


def _check(job: SceneJob) -> None:
    """Say what is out of range."""
    limits = (
        ("size", job.size_px, 160, 2000),
        ("number of dates", job.dates, 6, 80),
        ("cloud share", job.cloud, 0.0, 0.8),
    )
    for name, value, least, most in limits:
        if not least <= value <= most:
            raise InputError(f"The {name} of the demo scene is {value:g}: choose a value from {least:g} to {most:g}.")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"The folder {folder} cannot be made ({error.strerror}): choose another place.") from error


def _clear(folder: Path) -> None:
    """Remove the images of an earlier scene, whose dates may have been others."""
    if not (folder / "cube.json").exists():
        return
    for acquisition in load_cube_spec(folder / "cube.json").acquisitions:
        for name in (acquisition.bands[0].dataset, acquisition.mask.dataset if acquisition.mask else ""):
            if Path(name).parent == folder and Path(name).name.startswith("S2_"):
                Path(name).unlink(missing_ok=True)


def _grid(size_px: int) -> Grid:
    crs = osr.SpatialReference()
    crs.ImportFromEPSG(EPSG)
    return Grid(size_px, size_px, (CORNER[0], PIXEL_M, 0.0, CORNER[1], 0.0, -PIXEL_M), crs.ExportToWkt())


def _make_ground(rng: np.random.Generator, landscape: Landscape, mixture: Mixture) -> Ground:
    """Draw how parcels, and pixels within them, differ."""
    parcels = draw_traits(rng, [COVERS[piece.cover] for piece in landscape.pieces])
    size = len(mixture.first)
    first, edge = mixture.first.ravel(), np.flatnonzero(mixture.share.ravel() > 0)
    index = np.concatenate([first, mixture.second.ravel()[edge]])
    pixel = np.concatenate([np.arange(first.size), edge])
    delay = 3.0 * smooth_noise(rng, size, 25, 2.6).ravel()
    vigor = np.clip(1 + 0.14 * smooth_noise(rng, size, 20, 2.2).ravel(), 0.5, 1.5)
    soil = np.clip(1 + 0.13 * smooth_noise(rng, size, 60, 2.8).ravel(), 0.6, 1.5)
    grain = 0.75 * rng.standard_normal(first.size, np.float32) + 0.65 * smooth_noise(rng, size, 3, 1.5).ravel()
    texture = np.clip(1 + parcels.contrast[first] * grain, 0.4, 1.9)
    hollows = np.clip(0.5 + 0.25 * smooth_noise(rng, size, 90, 3.0).ravel(), 0, 1)
    return Ground(
        parcels.take(index), Place(delay[pixel], vigor[pixel], soil[pixel]), edge, mixture.share.ravel()[edge],
        texture.astype(np.float32), hollows[pixel],
    )  # fmt: skip


def _write_dates(
    rng: np.random.Generator, scene: tuple[SceneJob, Ground, Grid], days: Sequence[int], monitor: Monitor
) -> tuple[list[str], list[str]]:
    """Write an image and a mask per date and return their paths."""
    job, ground, grid = scene
    folder = Path(job.folder).resolve()
    rasters, masks = [], []
    for number, (day, cover) in enumerate(zip(days, draw_covers(rng, len(days), _CLOUDS_ALONE * job.cloud))):
        monitor.check()
        stamp = f"{_date_of(day):%Y%m%d}"
        monitor.progress(number / len(days), f"Date {number + 1} of {len(days)}: {stamp}")
        surface = _see(rng, ground, day, job.size_px)
        sky = make_sky(rng, job.size_px, float(cover), _sun(day))
        codes = classify(rng, sky, surface)
        stored = _sense(rng, through_sky(surface, sky))
        if rng.random() < 0.08:
            _cut_swath(rng, stored, codes)
        rasters.append(str(folder / f"S2_{stamp}.tif"))
        masks.append(str(folder / f"S2_{stamp}_SCL.tif"))
        _write_raster(Path(rasters[-1]), stored, grid, BANDS, scale=SCALE, nodata=0)
        _write_raster(Path(masks[-1]), codes[None], grid, ("SCL",))
    return rasters, masks


def _see(rng: np.random.Generator, ground: Ground, day: int, size_px: int) -> np.ndarray:
    """Return the reflectance (C, H, W) of the land on a day, mixed at edges and as sharp as the sensor sees it."""
    wetness = np.float32(rng.uniform(0.0, 0.35)) * (0.4 + 0.6 * ground.wetness)
    clean = reflectance(ground.traits, ground.place, day, wetness)
    pixels = ground.texture.size
    surface = clean[:, :pixels]
    surface[:, ground.edge] += ground.share * (clean[:, pixels:] - surface[:, ground.edge])
    surface = (surface * ground.texture).reshape(len(BANDS), size_px, size_px)
    offset = rng.normal(0, 0.12, 2)  # images of different dates do not lie exactly upon each other
    surface[~_COARSE] = _blur(surface[~_COARSE], 0.12, offset)
    surface[_COARSE] = _blur(surface[_COARSE], 0.25, offset)
    gain = rng.normal(1, 0.035) * rng.normal(1, 0.012, len(BANDS))  # sun and view angles, atmosphere
    haze = abs(rng.normal(0, 0.006)) * np.array([1.0, 0.7, 0.5, 0.4, 0.3, 0.3, 0.2, 0.2, 0.05, 0.02])
    return (surface * gain[:, None, None] + haze[:, None, None]).astype(np.float32)


def _blur(surface: np.ndarray, spread: float, offset: np.ndarray) -> np.ndarray:
    """Spread each pixel over its neighbours, down and across, and shift it by a part of a pixel."""
    for axis, shift in zip((1, 2), offset):
        left, right = np.clip([spread - shift / 2, spread + shift / 2], 0, 0.5)
        padded = np.pad(surface, [(1, 1) if axis == a else (0, 0) for a in range(3)], mode="edge")
        count = surface.shape[axis]
        before, middle, after = (padded.take(range(k, k + count), axis) for k in range(3))
        surface = np.float32(left) * before + np.float32(1 - left - right) * middle + np.float32(right) * after
    return surface


def _sense(rng: np.random.Generator, seen: np.ndarray) -> np.ndarray:
    """Add the sensor's noise and store reflectance x 10000 as Int16; 0 is nodata and never a value."""
    noise = rng.standard_normal(seen.shape, np.float32) * (0.0018 + 0.010 * seen)
    return np.clip(np.rint((seen + noise) / SCALE), 1, 20_000).astype(np.int16)


def _cut_swath(rng: np.random.Generator, stored: np.ndarray, codes: np.ndarray) -> None:
    """Remove a corner that the satellite's swath did not cover."""
    row, column = np.mgrid[0 : codes.shape[0], 0 : codes.shape[1]]
    outside = column + 0.22 * row > codes.shape[1] * rng.uniform(0.75, 1.1)
    stored[:, outside] = 0
    codes[outside] = NO_DATA


def _sun(day: int) -> float:
    """Return the height of the sun, 0 in winter to 1 at midsummer."""
    return float(0.5 + 0.5 * np.cos(2 * np.pi * (day - 172) / 365))


def _date_of(day: int) -> date:
    return date(YEAR, 1, 1) + timedelta(days=day - 1)


def _cube_spec(days: Sequence[int], rasters: Sequence[str], masks: Sequence[str]) -> CubeSpec:
    acquisitions = tuple(
        Acquisition(
            _date_of(day).isoformat(),
            Path(raster).stem,
            tuple(BandSource(name, raster, index, SCALE) for index, name in enumerate(BANDS, start=1)),
            MaskSource(mask),
        )
        for day, raster, mask in zip(days, rasters, masks)
    )
    return CubeSpec(acquisitions, MASK_PRESETS["scl"])


def _windows() -> dict[str, dict[str, str]]:
    """Return the first and last date between which a class differs most from the others, and why."""
    return {
        known.name: {
            "start": _date_of(known.window[0]).isoformat(),
            "end": _date_of(known.window[1]).isoformat(),
            "reason": known.reason,
        }
        for known in CLASSES
        if known.reason
    }


def _write_raster(
    path: Path, values: np.ndarray, grid: Grid, names: Sequence[str], scale: float = 1.0, nodata: float | None = None
) -> None:
    """Write values (C, H, W) as a tiled GeoTIFF.

    Raises:
        OutputError: the file cannot be written.
    """
    kind = gdal_array.NumericTypeCodeToGDALTypeCode(values.dtype)
    options = [*_OPTIONS, "PREDICTOR=2"]
    driver = gdal.GetDriverByName("GTiff")
    complaint = f"{path} cannot be written ({{reason}}): choose another folder, or free disk space."
    try:
        raster = attempt(
            lambda: driver.Create(str(path), grid.width, grid.height, len(values), kind, options), complaint
        )
        raster.SetGeoTransform(grid.transform)
        raster.SetProjection(grid.crs_wkt)
        for index, name in enumerate(names, start=1):
            band = raster.GetRasterBand(index)
            band.SetDescription(name)
            if nodata is not None:
                band.SetNoDataValue(nodata)
            if scale != 1.0:
                band.SetScale(scale)
        attempt(lambda: raster.WriteArray(values) == gdal.CE_None or None, complaint)
        attempt(lambda: raster.FlushCache() in (None, gdal.CE_None) or None, complaint)
    except InputError as error:
        raise OutputError(str(error)) from error
