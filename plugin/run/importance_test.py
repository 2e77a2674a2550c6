# SPDX-License-Identifier: GPL-2.0-or-later
"""Test the importance of dates: the deletion test over one or more models, and how far the models agree."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from ..core.card import read_card
from ..core.importance import MEASURES
from ..core.jobs import ImportanceTestJob
from ..core.monitor import Monitor
from ..core.worker import Worker, running_worker
from ..raster.samples import SampleSet, load_samples
from .deletion import HEAD, Judged, deletion_test
from .evaluate import test_part
from .explain_check import choose_method
from .explain_page import importance_test_report
from .explanation import Asked, importance
from .figures import Figures, Row
from .folder import JobFolder

_LEAST_DATES = 3
_AGREE, _DISAGREE = 0.7, 0.4  # mean rank correlation that is called agreement, and none


def check_importance(job: ImportanceTestJob, folder: JobFolder, monitor: Monitor, python: str = "") -> dict[str, Any]:
    """Write what `job` names; return it with the verdict, whether it is proven, and the mean agreement.

    Raises:
        ChronomapError: a model cannot be explained so, an input does not fit, or the worker failed.
    """
    cards = [read_card(Path(model)) for model in job.models]
    methods = {choose_method(card, job.method, Path(model).name) for card, model in zip(cards, job.models)}
    method = methods.pop() if len(methods) == 1 else "occlusion"  # "auto" over models of several kinds: what all share
    samples, notes = test_part(load_samples(Path(job.samples)), cards[0])
    with running_worker(python, folder.log) as worker:
        models = _judge_all(job, method, samples, worker, monitor.part(0.0, 0.4))
        tested = deletion_test(worker, models, monitor.part(0.4, 0.95), job.draws, job.seed)
        figures, measure = Figures(worker, folder.path, job.figures), MEASURES[method].axis
        figures.add("Deletion test", "deletion", "deletion_curves", tested.arrays(measure), job.chart)
        figures.tell("deletion", HEAD, tested.rows(), job.table)
        sentences, mean = [tested.verdict], float("nan")
        if len(models) > 1:
            sentence, mean = _compare(figures, models, job, measure)
            sentences.append(sentence)
        sentences += notes
        if job.report:
            title = f"{len(models)} models, {len(samples)} test samples, {MEASURES[method].title.lower()}."
            page = importance_test_report(title, MEASURES[method].meaning, figures.paths, sentences, tested.separates)
            Path(job.report).write_text(page, encoding="utf-8")
    for sentence in sentences:
        monitor.note(sentence)
    files = {name: getattr(job, name) for name in ("table", "agreement", "chart", "report", "figures")}
    outputs = {name: path for name, path in files.items() if path}
    return {**outputs, "verdict": tested.verdict, "is_proven": tested.separates, "mean_agreement": mean}


def class_means(model: Judged, samples: SampleSet) -> np.ndarray:
    """Return the mean importance by class and date where the date was seen, (K, T); NaN where it never was.

    Over correctly classified samples. Where seen: else models would seem to agree because they share the clouds.
    """
    classes = len(model.asked.card.classes)
    means = np.full((classes, model.importance.shape[1]), np.nan)
    for index in range(classes):
        chosen = (samples.label == index) & (model.predicted == index)
        seen = samples.valid[chosen].sum(axis=0)
        total = model.importance[chosen].sum(axis=0)
        means[index, seen > 0] = total[seen > 0] / seen[seen > 0]
    return means


def rank_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Return Spearman's rank correlation of two rows (T,) over the dates that both know (not NaN).

    Ties share their mean rank; NaN where fewer than three dates are known or a row is constant.
    """
    known = np.isfinite(first) & np.isfinite(second)
    ranks = [_mean_ranks(row[known]) for row in (first, second)]
    if known.sum() < _LEAST_DATES or min(float(np.ptp(rank)) for rank in ranks) == 0:
        return float("nan")
    return float(np.corrcoef(*ranks)[0, 1])


def _mean_ranks(row: np.ndarray) -> np.ndarray:
    _, place, count = np.unique(row, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return (last - (count - 1) / 2)[place.ravel()]


def _judge_all(
    job: ImportanceTestJob, method: str, samples: SampleSet, worker: Worker, monitor: Monitor
) -> list[Judged]:
    models = []
    for number, path in enumerate(job.models):
        part = monitor.part(number / len(job.models), (number + 1) / len(job.models))
        asked = Asked(path, read_card(Path(path)), samples, job.device)
        probability, weights = importance(worker, asked, method, part, job.reach_days)
        models.append(Judged(asked, samples, probability.argmax(axis=1), weights.mean(axis=1)))
    return models


def _compare(figures: Figures, models: list[Judged], job: ImportanceTestJob, measure: str) -> tuple[str, float]:
    """Draw and write how far the models agree; return a sentence and the mean rank correlation."""
    samples = models[0].samples
    means = np.stack([class_means(model, samples) for model in models])  # (M, K, T)
    classes = models[0].asked.card.classes
    pairs = list(combinations(range(len(models)), 2))
    table = np.array([[rank_correlation(means[a, k], means[b, k]) for a, b in pairs] for k in range(len(classes))])
    known = np.isfinite(table)
    agreement = np.array([row[seen].mean() if seen.any() else np.nan for row, seen in zip(table, known)])
    names = [Path(path).stem for path in job.models]
    rows: list[Row] = [
        [info.name, names[a], names[b], float(table[k, column])]
        for k, info in enumerate(classes)
        for column, (a, b) in enumerate(pairs)
    ]
    figures.tell("agreement", ("class", "first", "second", "rank_correlation"), rows, job.agreement)
    shown = np.flatnonzero(known.any(axis=1))
    arrays = {
        "classes": [classes[k].name for k in shown], "colors": [classes[k].color for k in shown],
        "dates": samples.dates, "models": names, "importance": means[:, shown], "agreement": agreement[shown],
        "measure": measure,
    }  # fmt: skip
    if len(shown):
        figures.add("Agreement of the models", "agreement", "seed_agreement", arrays)
    mean = float(table[known].mean()) if known.any() else float("nan")
    return _agreement_sentence(mean, len(models)), mean


def _agreement_sentence(mean: float, models: int) -> str:
    if not np.isfinite(mean):
        return "No class is known to two of the models: their dates cannot be compared."
    found = f"The {models} models rank the dates with a mean correlation of {mean:.2f}"
    if mean >= _AGREE:
        return f"{found}: they agree."
    if mean <= _DISAGREE:
        return f"{found}: they do not agree, so a single model's dates are the luck of its seed as well."
    return f"{found}: they agree in part; look at what all of them share."
