# SPDX-License-Identifier: GPL-2.0-or-later
"""How good a model or a map is, on samples that did not train it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..core.accuracy import accuracy, collapse_warning
from ..core.card import ModelCard, read_card
from ..core.ensemble import training_splits
from ..core.errors import InputError
from ..core.jobs import EvaluateJob, EvaluateMapJob
from ..core.monitor import Monitor
from ..core.records import write_json
from ..core.worker import running_worker
from ..raster.reference import map_confusion
from ..raster.samples import SampleSet, load_samples
from .exchange import predict
from .folder import JobFolder
from .report import evaluation_report
from .split import split

_TEST = 2


def evaluate_model(job: EvaluateJob, folder: JobFolder, monitor: Monitor, python: str = "") -> dict[str, Any]:
    """Compare the model's predictions with the labels of a sample file; return metrics and what was written.

    Raises:
        ChronomapError: an input does not fit, or the worker failed.
    """
    card = read_card(Path(job.model))
    samples, notes = test_part(load_samples(Path(job.samples)), card)
    with running_worker(python, folder.log) as worker:
        probability, _ = predict(worker, job, card, samples, monitor)
    confusion = confusion_matrix(samples.label, probability.argmax(axis=1), len(card.classes))
    title = f"Accuracy of {Path(job.model).stem}"
    return _publish(job, confusion, {info.name: info.color for info in card.classes}, title, notes, monitor)


def evaluate_map(job: EvaluateMapJob, folder: JobFolder, monitor: Monitor, python: str = "") -> dict[str, Any]:
    """Compare a class map with reference points or polygons; return metrics and what was written.

    Raises:
        ChronomapError: an input does not fit.
    """
    confusion, names, notes = map_confusion(job, monitor)
    return _publish(job, confusion, dict.fromkeys(names, ""), f"Accuracy of {Path(job.map).stem}", list(notes), monitor)


def test_part(samples: SampleSet, card: ModelCard) -> tuple[SampleSet, list[str]]:
    """Return the samples a model may be judged on, labelled in its classes, and what was left out, in words.

    Of the model's own sample file only the untouched test part counts (of several members or bases: what is test
    part for each); of another file everything.

    Raises:
        InputError: the classes are others than the model's, or nothing was kept from all members.
    """
    specs = [spec for fingerprint, spec in training_splits(card) if fingerprint == samples.fingerprint]
    if specs:
        chosen = np.logical_and.reduce([split(samples, spec).part == _TEST for spec in specs])
        if not chosen.any():
            raise InputError(
                f"Every sample of {samples.source} was used to train this model or one it was made from: choose "
                "samples that none of them has seen."
            )
        notes = [f"These are the model's own samples: only the {int(chosen.sum())} of its test part are used."]
    else:
        chosen = np.ones(len(samples.label), bool)
        notes = ["These are other samples than the model was trained on: all of them are used."]
    model_index = {info.name: index for index, info in enumerate(card.classes)}
    names = [info.name for info in samples.classes]
    unknown = [name for name in names if name not in model_index]
    if len(unknown) == len(names):
        raise InputError(
            f"None of the sample classes ({', '.join(names)}) is a class of the model ({', '.join(model_index)}): "
            "rename the classes when extracting the samples, or use another model."
        )
    lookup = np.array([model_index.get(name, -1) for name in names], np.int64)
    label = lookup[samples.label]
    if unknown:
        left_out = int(np.sum(chosen & (label < 0)))
        notes.append(f"{left_out} samples of classes the model does not know are left out: {', '.join(unknown)}.")
    chosen &= label >= 0
    return replace(samples.subset(chosen), label=label[chosen], classes=card.classes), notes


def confusion_matrix(label: np.ndarray, predicted: np.ndarray, classes: int) -> list[list[int]]:
    """Return the (K, K) matrix of counts; rows = reference, columns = predicted."""
    return np.bincount(label * classes + predicted, minlength=classes**2).reshape(classes, classes).tolist()


def _publish(
    job: EvaluateJob | EvaluateMapJob,
    confusion: list[list[int]],
    colors: dict[str, str],
    title: str,
    notes: list[str],
    monitor: Monitor,
) -> dict[str, Any]:
    figures = accuracy(confusion, list(colors))
    warning = collapse_warning(figures)
    if warning:
        monitor.warning(warning)
    for note in notes:
        monitor.note(note)
    monitor.note(
        f"Macro F1 {figures['macro_f1']:.3f}, balanced accuracy {figures['balanced_accuracy']:.3f}, overall accuracy "
        f"{figures['overall_accuracy']:.3f}, kappa {figures['kappa']:.3f} over {figures['n']} samples."
    )
    outputs: dict[str, Any] = {"figures": figures}
    if job.metrics:
        write_json(Path(job.metrics), figures)
        outputs["metrics"] = job.metrics
    if job.report:
        Path(job.report).write_text(evaluation_report(figures, title, notes, colors=colors), encoding="utf-8")
        outputs["report"] = job.report
    return outputs
