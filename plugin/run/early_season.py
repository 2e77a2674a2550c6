# SPDX-License-Identifier: GPL-2.0-or-later
"""Early season: F1 of each class when the season ends with each date, from one model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..core.card import ModelCard, read_card
from ..core.ensemble import members_of
from ..core.jobs import EarlySeasonJob
from ..core.monitor import Monitor
from ..core.worker import running_worker
from ..raster.samples import load_samples
from .evaluate import test_part
from .explain_page import early_report
from .explanation import Asked, growth
from .figures import Figures, Row
from .folder import JobFolder

_GOAL = 0.9  # of the F1 of the whole season: from there on a class counts as known
_ALL = "all (macro F1)"
_TABLE = ("date", "class", "f1", "precision", "recall")
NO_DROPPING = (
    "The model was trained on whole seasons only (no dates dropped): for short seasons it is asked what it never saw, "
    "so its early figures are lower than they could be. Train with date dropping or block dropping for this purpose."
)


def early_season(job: EarlySeasonJob, folder: JobFolder, monitor: Monitor, python: str = "") -> dict[str, Any]:
    """Write table, chart and report, whichever `job` names; return the date each class is known since.

    Raises:
        ChronomapError: an input does not fit, or the worker failed.
    """
    card = read_card(Path(job.model))
    samples, notes = test_part(load_samples(Path(job.samples)), card)
    cautions = [] if has_dropping(card) else [NO_DROPPING]
    with running_worker(python, folder.log) as worker:
        grown = growth(worker, Asked(job.model, card, samples, job.device), monitor.part(0.0, 0.9))
        order = np.argsort(samples.dates, kind="stable")
        found = class_scores(grown[order], samples.label, len(card.classes))  # (3, T, K)
        dates = [samples.dates[index] for index in order]
        present = np.flatnonzero(np.bincount(samples.label, minlength=len(card.classes)))
        macro = mean_of_classes(found[0][:, present])
        figures = Figures(worker, folder.path)
        figures.tell("early", _TABLE, _rows(card, dates, found, macro), job.table)
        if job.chart or job.report:
            arrays = {
                "classes": [card.classes[k].name for k in present], "colors": [card.classes[k].color for k in present],
                "dates": dates, "f1": found[0][:, present].T, "macro_f1": macro,
                "counts": np.bincount(samples.label, minlength=len(card.classes))[present],
            }  # fmt: skip
            figures.add("F1 by the last date seen", "early_season", "early_season", arrays, job.chart)
    known = {_ALL: macro, **{card.classes[k].name: found[0][:, k] for k in present}}
    rows = [_known_since(name, scores, dates) for name, scores in known.items()]
    if job.report:
        Path(job.report).write_text(early_report(card, figures.paths, rows, cautions), encoding="utf-8")
    for caution in cautions:
        monitor.warning(caution)
    for note in [*notes, *(f"{name}: known since {date}." for name, date, *_ in rows)]:
        monitor.note(note)
    files = {name: getattr(job, name) for name in ("table", "chart", "report") if getattr(job, name)}
    return {**files, "known_since": {name: date for name, date, *_ in rows}}


def has_dropping(card: ModelCard) -> bool:
    """Return whether the model learned from seasons with dates left out."""
    return all(
        member.strategy.get("date_dropping") or member.strategy.get("block_dropping") for member in members_of(card)
    )


def class_scores(grown: np.ndarray, label: np.ndarray, classes: int) -> np.ndarray:
    """Return F1, precision and recall (3, T, K) of probabilities (T, N, K) after each date.

    A series that has not been seen yet (NaN) has no class: it lowers recall, and no precision. Without any answer,
    and for classes without samples, NaN.
    """
    scores = np.full((3, len(grown), classes), np.nan)
    reference = np.bincount(label, minlength=classes).astype(float)
    for date, probability in enumerate(grown):
        answered = np.isfinite(probability).all(axis=1)
        if not answered.any():
            continue
        predicted = np.where(np.isfinite(probability), probability, -1.0).argmax(axis=1)[answered]
        given = np.bincount(predicted, minlength=classes).astype(float)
        right = np.bincount(predicted[predicted == label[answered]], minlength=classes).astype(float)
        for row, whole in enumerate(((reference + given) / 2, given, reference)):
            scores[row, date] = np.divide(right, whole, out=np.zeros(classes), where=whole > 0)
        scores[:, date, reference == 0] = np.nan
    return scores


def mean_of_classes(f1: np.ndarray) -> np.ndarray:
    """Return macro F1 (T,) of F1 (T, K) of the classes that have samples; NaN where nothing was answered."""
    return f1.mean(axis=1)


def _rows(card: ModelCard, dates: list[str], found: np.ndarray, macro: np.ndarray) -> Iterator[Row]:
    for index, date in enumerate(dates):
        yield [date, _ALL, float(macro[index]), "", ""]
        for k, info in enumerate(card.classes):
            yield [date, info.name, *(float(found[row, index, k]) for row in range(3))]


def _known_since(name: str, scores: np.ndarray, dates: list[str]) -> tuple[str, str, str, str]:
    """Return name, the date from which the score stays at 9/10 of the last one, the score there, and the last one."""
    goal = _GOAL * scores[-1]
    below = np.flatnonzero(~(scores >= goal))
    first = int(below[-1]) + 1 if len(below) else 0
    if not goal > 0:
        return name, "never", "", f"{scores[-1]:.3f}"
    return name, dates[first], f"{scores[first]:.3f}", f"{scores[-1]:.3f}"
