# SPDX-License-Identifier: GPL-2.0-or-later
"""Importance of dates by class: table, charts and report over samples the model was not trained on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..core.card import ModelCard, read_card
from ..core.errors import InputError
from ..core.importance import ATTENTION, MEASURES
from ..core.jobs import AttentionJob
from ..core.monitor import Monitor
from ..core.theme import HEAT
from ..core.worker import running_worker
from ..raster.samples import SampleSet, load_samples
from .deletion import HEAD, DeletionTest, Judged, deletion_test
from .evaluate import test_part
from .explain_check import choose_method
from .explain_page import importance_report
from .explanation import Asked, importance
from .figures import Figures, Row, file_stem
from .folder import JobFolder
from .profiles import Profile, class_profile

_LOW, _HIGH = 10, 90  # percentiles of the band
_MEAN_OF_HEADS = "mean"
_LEADING = 5  # dates named per class
_TABLE = ("class", "head", "date", "mean", "p10", "p90", "samples")


@dataclass(frozen=True)
class ClassImportance:
    """Mean, 10th and 90th percentile of importance over samples, (rows, T); the last row: mean of heads, or the only.

    Attention has a row per head before it.
    """

    name: str
    color: str
    samples: int
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @property
    def heads(self) -> int:
        """Number of heads that are shown one by one: 0 or more than 1."""
        return len(self.mean) - 1


@dataclass(frozen=True)
class Explained:
    """What is known of one model before anything is drawn; `samples` are all it was judged on, `correct` (N,)."""

    card: ModelCard
    method: str
    samples: SampleSet
    correct: np.ndarray
    classes: tuple[ClassImportance, ...]
    whole: ClassImportance  # all classes together
    deletion: DeletionTest

    @property
    def axis(self) -> str:
        """How axes call the measure."""
        return MEASURES[self.method].axis


def explain(job: AttentionJob, folder: JobFolder, monitor: Monitor, python: str = "") -> dict[str, Any]:
    """Write importance by class, head and date as table, charts and report, whichever `job` names.

    Only samples that the model classifies correctly count by class, as a wrong decision explains no class; the
    deletion test judges all.

    Raises:
        ChronomapError: the model cannot be explained so, an input does not fit, or the worker failed.
    """
    card = read_card(Path(job.model))
    method = choose_method(card, job.method, Path(job.model).name)
    samples, notes = test_part(load_samples(Path(job.samples)), card)
    outputs: dict[str, Any] = {"method": method}
    with running_worker(python, folder.log) as worker:
        asked = Asked(job.model, card, samples, job.device)
        probability, weights = importance(worker, asked, method, monitor.part(0.0, 0.5), job.reach_days)
        predicted = probability.argmax(axis=1)
        correct = predicted == samples.label
        notes.append(f"{int(correct.sum())} of {len(correct)} test samples are classified correctly and counted here.")
        classes = tuple(importance_by_class(card, samples.label[correct], weights[correct]))
        if not classes:
            raise InputError(f"{Path(job.model).name} has no test sample right: there is nothing to explain.")
        judged = Judged(asked, samples, predicted, weights.mean(axis=1))
        tested = deletion_test(worker, [judged], monitor.part(0.5, 0.9))
        notes.append(tested.verdict)
        whole = _over("all classes", HEAT, weights[correct])
        explained = Explained(card, method, samples, correct, classes, whole, tested)
        figures = Figures(worker, folder.path, job.figures)
        _draw(figures, explained, job)
        if job.report:
            page = importance_report(explained.card, method, figures.paths, notes, tested, leading_dates(explained))
            Path(job.report).write_text(page, encoding="utf-8")
    for name in ("table", "chart", "report", "figures"):
        if getattr(job, name):
            outputs[name] = getattr(job, name)
    for note in notes:
        monitor.note(note)
    return outputs


def importance_by_class(card: ModelCard, label: np.ndarray, weights: np.ndarray) -> Iterator[ClassImportance]:
    """Yield the importance of each class that has samples; `label` (N,), `weights` (N, rows, T)."""
    for index, info in enumerate(card.classes):
        chosen = weights[label == index]
        if len(chosen):
            yield _over(info.name, info.color, chosen)


def _over(name: str, color: str, weights: np.ndarray) -> ClassImportance:
    if weights.shape[1] > 1:
        weights = np.concatenate([weights, weights.mean(axis=1, keepdims=True)], axis=1)  # (N, heads + 1, T)
    low, high = np.percentile(weights, (_LOW, _HIGH), axis=0)
    return ClassImportance(name, color, len(weights), weights.mean(axis=0), low, high)


def leading_dates(explained: Explained) -> dict[str, list[tuple[str, float]]]:
    """Return the dates most important for each class, with their mean importance, the first first."""
    leading = {}
    for entry in explained.classes:
        mean = entry.mean[-1]
        first = np.argsort(-mean)[:_LEADING]
        leading[entry.name] = [(explained.samples.dates[column], float(mean[column])) for column in first]
    return leading


def _rows(explained: Explained) -> Iterator[Row]:
    last = _MEAN_OF_HEADS if explained.method == ATTENTION else explained.method
    for entry in explained.classes:
        for row, head in enumerate([*(str(number + 1) for number in range(entry.heads)), last]):
            for column, date in enumerate(explained.samples.dates):
                figures = (entry.mean[row, column], entry.low[row, column], entry.high[row, column])
                yield [entry.name, head, date, *map(float, figures), entry.samples]


def _draw(figures: Figures, explained: Explained, job: AttentionJob) -> None:
    """Draw what the report, the chart and the user's folder need."""
    figures.tell("importance", _TABLE, _rows(explained), job.table)
    if not (job.chart or job.report or job.figures):
        return
    title, measure = MEASURES[explained.method].title, explained.axis
    names = [entry.name for entry in explained.classes]
    profiles = [class_profile(explained.samples, explained.correct, name) for name in names]
    shown = {**_bands(explained.classes, -1), **_profiles(profiles), "dates": explained.samples.dates}
    counts = [entry.samples for entry in explained.classes]
    by_class = {"classes": names, "counts": counts, "title": f"{title} by date and class", "measure": measure}
    figures.add(f"{title} by class", "by_class", "importance_by_class", {**shown, **by_class}, job.chart)
    if not (job.report or job.figures):
        return
    heat = {"importance": shown["importance_mean"], "observed": shown["observed"], "dates": shown["dates"]}
    words = {"classes": names, "title": f"{title} by class and date", "measure": measure}
    figures.add("Classes by dates", "heatmap", "importance_heatmap", {**heat, **words})
    arrays = explained.deletion.arrays(measure)
    figures.add("Does it matter which dates are deleted?", "deletion", "deletion_curves", arrays)
    figures.tell("deletion", HEAD, explained.deletion.rows())
    if explained.classes[0].heads:
        _draw_heads(figures, explained, job, profiles)


def _draw_heads(figures: Figures, explained: Explained, job: AttentionJob, profiles: list[Profile]) -> None:
    """Draw the heads: a heat map per class; a chart per head over all classes, and of each class for the folder."""
    dates = explained.samples.dates
    for entry, profile in zip(explained.classes, profiles):
        heat = {"attention": entry.mean[:-1], "dates": dates, "class_name": entry.name, "observed": profile.observed}
        figures.add(f"Heads by dates: {entry.name}", f"heads_{file_stem(entry.name)}", "heads_heatmap", heat)
    figures.add("Each head, all classes", "each_head", "importance_by_class", _each_head(explained, explained.whole))
    for entry in explained.classes if job.figures else ():
        arrays = _each_head(explained, entry)
        figures.add(f"Each head of {entry.name}", f"each_head_{file_stem(entry.name)}", "importance_by_class", arrays)


def _each_head(explained: Explained, entry: ClassImportance) -> dict[str, Any]:
    names = [entry.name] if entry is not explained.whole else [info.name for info in explained.card.classes]
    profile = class_profile(explained.samples, explained.correct, *names)
    return {
        "classes": [f"head {number + 1}" for number in range(entry.heads)],
        "colors": [entry.color] * entry.heads,
        "dates": explained.samples.dates,
        **{f"importance_{name}": getattr(entry, name)[:-1] for name in ("mean", "low", "high")},
        **_profiles([profile] * entry.heads),
        "title": f"Attention of each head: {entry.name} ({entry.samples} samples)",
    }


def _bands(classes: tuple[ClassImportance, ...], row: int) -> dict[str, Any]:
    bands = {f"importance_{name}": [getattr(entry, name)[row] for entry in classes] for name in ("mean", "low", "high")}
    return {**bands, "colors": [entry.color for entry in classes]}


def _profiles(profiles: list[Profile]) -> dict[str, Any]:
    arrays = {f"profile_{name}": [getattr(profile, name) for profile in profiles] for name in ("mean", "low", "high")}
    return {**arrays, "observed": [profile.observed for profile in profiles], "profile_name": profiles[0].name}
