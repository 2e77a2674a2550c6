# SPDX-License-Identifier: GPL-2.0-or-later
"""Whole maps by what a user would pick instead: Orfeo ToolBox and scikit-learn, random forests of 100 trees."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import numpy as np
from osgeo import gdal, ogr

from plugin.core.cube_spec import load_cube_spec
from plugin.raster.samples import SampleSet

TREES, WINDOW_ROWS = 100, 64
ROWS = {"shallow": 1024, "deep": 512}  # of the scene that they map: deep forests take minutes


def peer_maps(cube: Path, samples: dict[str, SampleSet], folder: Path) -> dict[str, float]:
    """Return the pixels per second of whole maps by each peer that is installed here, for forests of each kind."""
    found = {}
    for kind, known in samples.items():
        stack = folder / f"peer_stack_{kind}.vrt"
        pixels = write_stack(cube, stack, ROWS[kind])
        for name, make, is_here in (("otb", _otb_map, has_otb()), ("sklearn", _sklearn_map, has_sklearn())):
            if is_here:
                found[f"{name}_{kind}"] = pixels / make(stack, known, folder)
    return found


def has_otb() -> bool:
    """Return whether Orfeo ToolBox is installed."""
    return shutil.which("otbcli_ImageClassifier") is not None


def has_sklearn() -> bool:
    """Return whether scikit-learn is installed beside GDAL."""
    try:
        import sklearn  # noqa: F401, PLC0415 (only where it is there)
    except ImportError:
        return False
    return True


def write_stack(cube: Path, stack: Path, rows: int) -> int:
    """Write a VRT of all bands of all dates, the first `rows` at most, and return how many pixels it has."""
    options = gdal.BuildVRTOptions(separate=True)
    parts = []
    for number, acquisition in enumerate(load_cube_spec(cube).acquisitions):
        for band in acquisition.bands:
            part = stack.with_name(f"{stack.stem}_{number}_{band.index}.vrt")
            source = gdal.Open(band.dataset)
            upper = [0, 0, source.RasterXSize, min(rows, source.RasterYSize)]
            gdal.Translate(str(part), source, bandList=[band.index], srcWin=upper, format="VRT").FlushCache()
            parts.append(str(part))
    dataset = gdal.BuildVRT(str(stack), parts, options=options)
    dataset.FlushCache()
    return dataset.RasterXSize * dataset.RasterYSize


def _sklearn_map(stack: Path, samples: SampleSet, folder: Path) -> float:
    """Return the seconds of a plain window loop: read, predict with all cores, write."""
    from sklearn.ensemble import RandomForestClassifier  # noqa: PLC0415 (only where it is there)

    forest = RandomForestClassifier(TREES, random_state=0, n_jobs=-1).fit(_series(samples), samples.label + 1)
    source = gdal.Open(str(stack))
    width, height = source.RasterXSize, source.RasterYSize
    options = ["COMPRESS=DEFLATE", "TILED=YES"]
    target = gdal.GetDriverByName("GTiff").Create(str(folder / "peer.tif"), width, height, 1, gdal.GDT_Byte, options)
    started = time.perf_counter()
    for y in range(0, height, WINDOW_ROWS):
        rows = min(WINDOW_ROWS, height - y)
        series = source.ReadAsArray(0, y, width, rows).reshape(source.RasterCount, -1).T.astype(np.float32)
        target.GetRasterBand(1).WriteArray(forest.predict(series).reshape(rows, width).astype(np.uint8), 0, y)
    target.FlushCache()
    return time.perf_counter() - started


def _otb_map(stack: Path, samples: SampleSet, folder: Path) -> float:
    """Return the seconds of OTB's ImageClassifier, its start included."""
    points, model = folder / "peer.shp", folder / "peer.rf"
    fields = _write_table(points, samples)
    forest = ["-classifier.rf.nbtrees", TREES, "-classifier.rf.max", 25, "-classifier.rf.min", 2]
    _otb("TrainVectorClassifier", "-io.vd", points, "-io.out", model, "-cfield", "class", "-feat", *fields,
         "-classifier", "rf", *forest)  # fmt: skip
    started = time.perf_counter()
    _otb("ImageClassifier", "-in", stack, "-model", model, "-out", folder / "peer.tif", "uint8")
    return time.perf_counter() - started


def _otb(application: str, *arguments: object) -> None:
    command = [f"otbcli_{application}", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "OTB_LOGGER_LEVEL": "WARNING"})


def _write_table(path: Path, samples: SampleSet) -> list[str]:
    """Write samples as points with a field per date and band; return the names of these fields."""
    series = _series(samples)
    fields = [f"b{number}" for number in range(series.shape[1])]
    driver = ogr.GetDriverByName("ESRI Shapefile")
    dataset = driver.CreateDataSource(str(path))
    layer = dataset.CreateLayer(path.stem, geom_type=ogr.wkbPoint)
    for name in ("class", *fields):
        layer.CreateField(ogr.FieldDefn(name, ogr.OFTInteger))
    for row, label in zip(series, samples.label):
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetGeometry(ogr.CreateGeometryFromWkt("POINT (0 0)"))
        for name, value in zip(("class", *fields), (label + 1, *row)):
            feature.SetField(name, int(value))
        layer.CreateFeature(feature)
    return fields


def _series(samples: SampleSet) -> np.ndarray:
    """Return series (N, T * C)."""
    return samples.values.reshape(len(samples), -1).astype(np.float32)
