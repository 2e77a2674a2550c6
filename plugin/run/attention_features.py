# SPDX-License-Identifier: GPL-2.0-or-later
"""Attention by date of polygons or points, as fields of a copy of their layer: ready for QGIS's diagrams."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from osgeo import gdal, ogr

from ..core.card import ModelCard, read_card
from ..core.cube_spec import load_cube_spec
from ..core.errors import OutputError
from ..core.jobs import AttentionFeaturesJob
from ..core.monitor import Monitor
from ..core.worker import Worker, running_worker
from ..raster.cube import Cube, open_cube
from ..raster.pixels import PixelSet, polygon_pixels, series_batches
from ..raster.vectors import VectorSource
from .exchange import Series, predict
from .fit import check_fit, probe_pixels
from .folder import JobFolder
from .mapping import select_bands

PREFIX = "att_"  # of the fields that hold attention, followed by the date


@dataclass
class _Sums:
    """Sums over the pixels of each feature: attention (F, T), probability (F, K), number of pixels (F,)."""

    attention: np.ndarray
    probability: np.ndarray
    pixels: np.ndarray


def explain_features(
    job: AttentionFeaturesJob, folder: JobFolder, monitor: Monitor, python: str = ""
) -> dict[str, Any]:
    """Write a copy of the layer with predicted class, confidence and attention by date of every feature.

    Attention is the mean over heads and over the feature's pixels.

    Raises:
        ChronomapError: an input does not fit, the output cannot be written, or the worker failed.
    """
    card = read_card(Path(job.model))
    spec = select_bands(load_cube_spec(Path(job.cube)), card)
    with open_cube(spec, job.memory_mb) as cube:
        check_fit(card, cube, probe_pixels(cube, cube.grid.window), monitor)
        pixels = polygon_pixels(VectorSource(job.vectors, job.layer), cube.grid, job.all_touched, job.memory_mb)
        for note in pixels.notes:
            monitor.note(note)
        with running_worker(python, folder.log) as worker:
            sums = _sum_over_pixels(job, card, cube, pixels, worker, monitor)
        _write_layer(job, card, attention_fields(cube.dates), pixels, sums)
    return {"output": job.output, "fields": attention_fields(cube.dates), "dates": list(cube.dates)}


def attention_fields(dates: tuple[str, ...]) -> list[str]:
    """Return the field name of each date: att_20210605, and att_20210605_2 for a second one on that day."""
    seen: Counter[str] = Counter()
    names = []
    for date in dates:
        day = date[:10].replace("-", "")
        seen[day] += 1
        names.append(f"{PREFIX}{day}" + (f"_{seen[day]}" if seen[day] > 1 else ""))
    return names


def _sum_over_pixels(
    job: AttentionFeaturesJob, card: ModelCard, cube: Cube, pixels: PixelSet, worker: Worker, monitor: Monitor
) -> _Sums:
    features = len(pixels.vectors.features)
    sums = _Sums(np.zeros((features, len(cube.dates))), np.zeros((features, len(card.classes))), np.zeros(features))
    for batch in series_batches(cube, pixels, job.memory_mb, monitor):
        series = Series(batch.values, batch.valid, cube.bands, cube.dates, cube.scale, cube.offset)
        probability, attention = predict(worker, job, card, series, Monitor(), attention=True)
        seen = batch.valid.any(axis=1)
        owner = pixels.feature[batch.index][seen]
        np.add.at(sums.attention, owner, attention[seen].mean(axis=1))
        np.add.at(sums.probability, owner, probability[seen])
        np.add.at(sums.pixels, owner, 1)
    return sums


def _write_layer(job: AttentionFeaturesJob, card: ModelCard, fields: list[str], pixels: PixelSet, sums: _Sums) -> None:
    partial = Path(job.output).with_suffix(".part.gpkg")
    partial.unlink(missing_ok=True)
    options = gdal.VectorTranslateOptions(
        format="GPKG", layers=[job.layer] if job.layer else None, layerName="attention", options=["-preserve_fid"]
    )
    dataset = gdal.VectorTranslate(str(partial), job.vectors, options=options)
    if dataset is None:
        raise OutputError(f"The layer {job.output} cannot be written: {gdal.GetLastErrorMsg()}.")
    layer = dataset.GetLayer(0)
    layer.CreateField(ogr.FieldDefn("predicted", ogr.OFTString))
    layer.CreateField(ogr.FieldDefn("confidence", ogr.OFTReal))
    layer.CreateField(ogr.FieldDefn("pixels", ogr.OFTInteger))
    for name in fields:
        layer.CreateField(ogr.FieldDefn(name, ogr.OFTReal))
    names = [info.name for info in card.classes]
    layer.StartTransaction()
    for row, feature in enumerate(pixels.vectors.features):
        count = int(sums.pixels[row])
        record = layer.GetFeature(feature.fid)
        record.SetField("pixels", count)
        if count:
            record.SetField("predicted", names[int(sums.probability[row].argmax())])
            record.SetField("confidence", float(sums.probability[row].max() / count))
            for name, total in zip(fields, sums.attention[row]):
                record.SetField(name, float(total / count))
        layer.SetFeature(record)
    layer.CommitTransaction()
    layer = dataset = record = None
    os.replace(partial, job.output)
