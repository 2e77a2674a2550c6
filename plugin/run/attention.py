# SPDX-License-Identifier: GPL-2.0-or-later
"""Attention of a model by class: table, chart and report over samples it was not trained on."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..core.card import ModelCard, read_card
from ..core.ensemble import gives_attention, model_title
from ..core.errors import InputError
from ..core.jobs import AttentionJob
from ..core.monitor import Monitor
from ..core.worker import Worker, running_worker
from ..raster.samples import SampleSet, load_samples
from .evaluate import test_part
from .exchange import draw, predict
from .folder import JobFolder
from .profiles import Profile, class_profile
from .report import attention_report

_LOW, _HIGH = 10, 90  # percentiles of the band
_MEAN_OF_HEADS = "mean"
_LEADING = 5  # dates named per class


@dataclass(frozen=True)
class ClassAttention:
    """Mean, 10th and 90th percentile of attention over samples, each (heads + 1, T); the last row: mean of heads."""

    name: str
    color: str
    samples: int
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


def explain(job: AttentionJob, folder: JobFolder, monitor: Monitor, python: str = "") -> dict[str, Any]:
    """Write attention by class, head and date as table, chart and report, whichever `job` names.

    Only samples that the model classifies correctly count, as a wrong decision explains no class.

    Raises:
        ChronomapError: the model gives no attention, an input does not fit, or the worker failed.
    """
    card = read_card(Path(job.model))
    if not gives_attention(card):
        raise InputError(
            f"{Path(job.model).name} is a model of the kind {model_title(card)}, which gives no attention: use L-TAE."
        )
    samples, notes = test_part(load_samples(Path(job.samples)), card)
    outputs: dict[str, Any] = {}
    with running_worker(python, folder.log) as worker:
        probability, attention = predict(worker, job, card, samples, monitor.part(0.0, 0.8), attention=True)
        correct = probability.argmax(axis=1) == samples.label
        notes.append(f"{int(correct.sum())} of {len(correct)} test samples are classified correctly and counted here.")
        classes = list(attention_by_class(card, samples.label[correct], attention[correct]))
        if job.table:
            _write_table(Path(job.table), classes, samples.dates)
            outputs["table"] = job.table
        if job.chart or job.report:
            charts = _draw(worker, folder.path, job.chart, classes, samples, correct)
            outputs["chart"] = job.chart
        if job.report:
            page = attention_report(card, charts, notes, _leading_dates(classes, samples.dates))
            Path(job.report).write_text(page, encoding="utf-8")
            outputs["report"] = job.report
    for note in notes:
        monitor.note(note)
    return outputs


def attention_by_class(card: ModelCard, label: np.ndarray, attention: np.ndarray) -> Iterator[ClassAttention]:
    """Yield the attention of each class that has samples; `label` (N,), `attention` (N, heads, T)."""
    with_mean = np.concatenate([attention, attention.mean(axis=1, keepdims=True)], axis=1)  # (N, heads + 1, T)
    for index, info in enumerate(card.classes):
        chosen = with_mean[label == index]
        if len(chosen):
            low, high = np.percentile(chosen, (_LOW, _HIGH), axis=0)
            yield ClassAttention(info.name, info.color, len(chosen), chosen.mean(axis=0), low, high)


def _write_table(path: Path, classes: list[ClassAttention], dates: tuple[str, ...]) -> None:
    partial = path.with_name(path.name + ".part")
    with partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["class", "head", "date", "mean", "p10", "p90", "samples"])
        for entry in classes:
            heads = [*(str(head + 1) for head in range(len(entry.mean) - 1)), _MEAN_OF_HEADS]
            for row, head in enumerate(heads):
                for column, date in enumerate(dates):
                    figures = (entry.mean[row, column], entry.low[row, column], entry.high[row, column])
                    writer.writerow([entry.name, head, date, *(f"{figure:.6f}" for figure in figures), entry.samples])
    os.replace(partial, path)


def _draw(
    worker: Worker, folder: Path, chart: str, classes: list[ClassAttention], samples: SampleSet, correct: np.ndarray
) -> dict[str, Path]:
    """Draw the report's charts into `folder` and the first one to `chart` ('' : not wanted); return them by title."""
    names = [entry.name for entry in classes]
    mean = [entry.mean[-1] for entry in classes]
    profiles = _stack([class_profile(samples, correct, name) for name in names])
    by_class = {
        "classes": names,
        "colors": [entry.color for entry in classes],
        "dates": samples.dates,
        "importance_mean": mean,
        "importance_low": [entry.low[-1] for entry in classes],
        "importance_high": [entry.high[-1] for entry in classes],
        "counts": [entry.samples for entry in classes],
        **profiles,
    }
    charts = {"Attention by class": folder / "by_class.svg", "Classes by dates": folder / "heatmap.svg"}
    first, second = charts.values()
    draw(worker, "importance_by_class", by_class, [first, Path(chart)] if chart else [first])
    heatmap = {"classes": names, "dates": samples.dates, "importance": mean, "observed": profiles["observed"]}
    draw(worker, "importance_heatmap", heatmap, [second])
    return charts


def _leading_dates(classes: list[ClassAttention], dates: tuple[str, ...]) -> dict[str, list[tuple[str, float]]]:
    """Return the dates each class attends to most, with their mean attention, the first first."""
    leading = {}
    for entry in classes:
        mean = entry.mean[-1]
        leading[entry.name] = [(dates[column], float(mean[column])) for column in np.argsort(-mean)[:_LEADING]]
    return leading


def _stack(profiles: list[Profile]) -> dict[str, Any]:
    return {
        "profile_mean": [profile.mean for profile in profiles],
        "profile_low": [profile.low for profile in profiles],
        "profile_high": [profile.high for profile in profiles],
        "observed": [profile.observed for profile in profiles],
        "profile_name": profiles[0].name,
    }
