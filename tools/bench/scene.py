# SPDX-License-Identifier: GPL-2.0-or-later
"""The scene and the model that are measured: fields with seasonal courses and noise, and a model trained on such."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from osgeo import gdal, osr

from plugin.core.classes import ClassInfo
from plugin.core.cube_spec import Acquisition, BandSource, CubeSpec, save_cube_spec
from plugin.core.jobs import TrainJob
from plugin.raster.samples import SampleSet, save_samples
from plugin.run.dispatch import run_job

DATES, BANDS, CLASSES = 24, 10, 6
FIELD_PX, NOISE = 32, 150.0  # fields of one class; what sensor and season add, in stored units
SCALE = 0.0001
TILE_PX = 500  # of scenes made of one tile
DAYS = tuple(f"2021-{3 + index // 3:02d}-{1 + index % 3 * 10:02d}" for index in range(DATES))
NAMES = tuple(f"B{index + 1:02d}" for index in range(BANDS))

_OPTIONS = ["TILED=YES", "INTERLEAVE=BAND", "BIGTIFF=IF_SAFER"]


@dataclass(frozen=True)
class Layout:
    """How the scene is stored: side in pixels, GDAL compression, one of LAYOUTS, one tile repeated."""

    size_px: int = 2048
    compress: str = "DEFLATE"
    kind: str = "files"
    is_repeated: bool = False


def make_scene(folder: Path, layout: Layout) -> Path:
    """Write the scene, Int16 in tiles of 256 px, and return its cube description."""
    size = TILE_PX if layout.is_repeated else layout.size_px
    label = field_labels(size)
    if layout.kind == "stack":
        path = folder / "stack.tif"
        _write(path, np.concatenate([reflectance(label, date) for date in range(DATES)]), layout.compress)
        spec = [(path, date * BANDS) for date in range(DATES)]
    else:
        paths = [folder / f"scene_{layout.compress}_{day}.tif" for day in DAYS]
        for date, path in enumerate(paths):
            _write(path, reflectance(label, date), layout.compress)
        if layout.is_repeated:
            paths = [_repeated(path, layout.size_px) for path in paths]
        paths = [_CONVERSIONS[layout.kind](path, date) for date, path in enumerate(paths)]
        spec = [(path, 0) for path in paths]
    acquisitions = tuple(
        Acquisition(
            day, day, tuple(BandSource(name, str(path), first + index + 1, SCALE) for index, name in enumerate(NAMES))
        )
        for day, (path, first) in zip(DAYS, spec)
    )
    cube = folder / f"cube_{layout.size_px}_{layout.compress}_{layout.kind}.json"
    save_cube_spec(CubeSpec(acquisitions), cube)
    return cube


def _as_vrt(path: Path, date: int) -> Path:
    vrt = path.with_name(f"{path.stem}_over.vrt")
    gdal.Translate(str(vrt), str(path), format="VRT").FlushCache()
    return vrt


def _as_jpeg2000(path: Path, date: int) -> Path:
    lossless = ["REVERSIBLE=YES", "QUALITY=100", "BLOCKXSIZE=256", "BLOCKYSIZE=256"]
    jpeg = path.with_suffix(".jp2")
    gdal.Translate(str(jpeg), str(path), format="JP2OpenJPEG", creationOptions=lossless).FlushCache()
    return jpeg


def _warped(path: Path, date: int) -> Path:
    """Return all dates but the first, which fixes the grid, in the neighbouring UTM zone."""
    if not date:
        return path
    warped = path.with_name(f"{path.stem}_32632.tif")
    gdal.Warp(str(warped), str(path), dstSRS="EPSG:32632", creationOptions=[*_OPTIONS, "COMPRESS=DEFLATE"]).FlushCache()
    return warped


_CONVERSIONS = {"files": lambda path, _: path, "vrt": _as_vrt, "jp2": _as_jpeg2000, "warped": _warped}
LAYOUTS = ("stack", *_CONVERSIONS)


def field_labels(size: int) -> np.ndarray:
    """Return the class of each pixel of a scene of square fields, (size, size)."""
    fields = np.random.default_rng(1).integers(0, CLASSES, (size // FIELD_PX + 1,) * 2)
    return np.kron(fields, np.ones((FIELD_PX, FIELD_PX), np.int64))[:size, :size]


def reflectance(label: np.ndarray, date: int) -> np.ndarray:
    """Return stored reflectances of classes `label` (...) on one date: (bands, ...) int16."""
    generator = np.random.default_rng(100 + date)
    curves = _curves()[:, date]  # (classes, bands)
    noise = generator.normal(0.0, NOISE, (BANDS, *label.shape)).astype(np.float32)
    return (np.moveaxis(curves[label], -1, 0) + noise).clip(1, 10000).astype(np.int16)


def _curves() -> np.ndarray:
    """Return the seasonal course of each class, (classes, dates, bands)."""
    generator = np.random.default_rng(2)
    season = np.linspace(0.0, 1.0, DATES)[None, :, None]
    peak, width = generator.uniform(0.2, 0.8, (CLASSES, 1, BANDS)), generator.uniform(0.1, 0.3, (CLASSES, 1, BANDS))
    return 1500.0 + 2500.0 * np.exp(-(((season - peak) / width) ** 2))


def _write(path: Path, values: np.ndarray, compress: str) -> None:
    options = [*_OPTIONS, f"COMPRESS={compress}"]
    bands, height, width = values.shape
    dataset = gdal.GetDriverByName("GTiff").Create(str(path), width, height, bands, gdal.GDT_Int16, options)
    crs = osr.SpatialReference()
    crs.ImportFromEPSG(32633)
    dataset.SetProjection(crs.ExportToWkt())
    dataset.SetGeoTransform((500000, 10, 0, 5200000, 0, -10))
    dataset.WriteArray(values)
    dataset.FlushCache()


def _repeated(tile: Path, size_px: int) -> Path:
    path = tile.with_name(f"{tile.stem}_{size_px}.vrt")
    repeat_tile(tile, path, size_px)
    return path


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


def make_samples(folder: Path, count: int = 3000, is_shuffled: bool = False) -> Path:
    """Write series drawn as the scene's pixels are; with labels shuffled, forests grow as deep as on real samples."""
    label = np.arange(count) % CLASSES
    values = np.stack([reflectance(label, date).T for date in range(DATES)], axis=1)
    if is_shuffled:
        label = np.random.default_rng(0).permutation(label)
    samples = SampleSet(
        values=values,
        valid=np.ones((count, DATES), bool),
        label=label,
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
    path = folder / ("samples_deep.npz" if is_shuffled else "samples.npz")
    save_samples(samples, path)
    return path


def make_model(folder: Path, samples: Path, architecture: str) -> Path:
    """Train for a few epochs: pace does not depend on what a network knows, but a map in bfloat16 does."""
    model = folder / f"{architecture}{samples.stem.replace('samples', '')}.safetensors"
    run_job(TrainJob(str(samples), architecture, str(model), strategy={"epochs": 4}, ensemble=1))
    return model
