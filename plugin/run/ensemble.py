# SPDX-License-Identifier: GPL-2.0-or-later
"""Join trained models into one whose mean probabilities decide, and judge it where that is honest."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ..core.card import ModelCard, read_card
from ..core.ensemble import (
    flat_members,
    join_problems,
    joined_card,
    member_sentence,
    share_test_part,
)
from ..core.errors import InputError, ModelFileError
from ..core.jobs import EnsembleJob
from ..core.monitor import Monitor
from ..core.records import to_plain
from ..core.slots import local_folder
from ..core.version import plugin_version
from ..core.worker import Worker, running_worker
from ..raster.samples import SampleSet, load_samples
from .exchange import band_order, season_days, write_arrays
from .folder import JobFolder
from .report import model_report
from .split import split

_OTHER_SAMPLES = (
    "The models were not all trained on one sample file and one split: none of these samples is unseen by all of them, "
    "so the ensemble is not tested here. Use 'Evaluate model' with samples that no member was trained on."
)


def ensemble_problems(job: EnsembleJob) -> list[str]:
    """Return why the models of `job` cannot be joined, a sentence each."""
    missing = [path for path in job.models if not Path(path).is_file()]
    if missing:
        return [f"The model {path} does not exist: check the path." for path in missing]
    if len(set(job.models)) < len(job.models):
        return ["A model is named twice: it would count double. Name each model once."]
    try:
        cards = [read_card(Path(path)) for path in job.models]
    except ModelFileError as error:
        return [str(error)]
    found = join_problems(cards, [Path(path).name for path in job.models])
    if job.samples and not Path(job.samples).is_file():
        found.append(f"The samples {job.samples} do not exist: check the path.")
    return found


def join_models(job: EnsembleJob, folder: JobFolder, monitor: Monitor, python: str = "") -> dict[str, Any]:
    """Write the ensemble of `job.models`; return its path, its test metrics ({} where nothing is unseen), the report.

    Raises:
        ChronomapError: an input does not fit, the worker failed, or the job was canceled.
    """
    members = flat_members([read_card(Path(path)) for path in job.models])
    samples, note = test_samples(members, job.samples)
    if note:
        monitor.note(note)
    card = joined(job, (note,) if note else ())
    with local_folder(samples.values.nbytes if samples else 0) as arrays, running_worker(python, folder.log) as worker:
        card = join(worker, job, card, _judging(card, samples, arrays) if samples else {}, monitor)
    outputs: dict[str, Any] = {"model": job.output, "metrics": card.metrics, "members": list(job.models)}
    if job.report:
        Path(job.report).write_text(model_report(card, {}), encoding="utf-8")
        outputs["report"] = job.report
    return outputs


def joined(job: EnsembleJob, notes: tuple[str, ...] = ()) -> ModelCard:
    """Return the card of the ensemble of `job.models`, not judged yet."""
    known = {
        "notes": notes,
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "plugin_version": plugin_version(),
    }
    return joined_card([read_card(Path(path)) for path in job.models], known)


def join(worker: Worker, job: EnsembleJob, card: ModelCard, judging: dict[str, Any], monitor: Monitor) -> ModelCard:
    """Let `worker` write the ensemble of `card` and judge it on the arrays of `judging` ({}: not); return its card."""
    message = {
        "do": "ensemble",
        "models": list(job.models),
        "model": job.output,
        "card": to_plain(card),
        "device": job.device,
        **judging,
    }
    worker.request(message, monitor)
    written = read_card(Path(job.output))
    sentence = member_sentence(written)
    if sentence:
        monitor.note(sentence)
    return written


def test_samples(members: tuple[ModelCard, ...], path: str) -> tuple[Optional[SampleSet], str]:
    """Return the samples an ensemble of `members` may be tested on, or None and why not, in a sentence.

    Raises:
        InputError: the file the user named holds other samples than the members were trained on.
    """
    if not share_test_part(members):
        return None, _OTHER_SAMPLES
    place = Path(path or members[0].samples)
    if not path and not place.is_file():
        return None, f"The samples of the models are no longer at {place}: say where they are to test the ensemble."
    samples = load_samples(place)
    if samples.fingerprint == members[0].fingerprint:
        return samples, ""
    if path:
        raise InputError(f"{place} holds other samples than these models were trained on: choose their sample file.")
    return None, f"{place} holds other samples than these models were trained on: the ensemble is not tested."


def _judging(card: ModelCard, samples: SampleSet, folder: Path) -> dict[str, Any]:
    """Return the part of the request that lets the worker judge the ensemble."""
    order = band_order(card, samples.bands, "the sample file")
    index = {info.name: number for number, info in enumerate(card.classes)}
    label = np.array([index[info.name] for info in samples.classes], np.int64)[samples.label]
    values, part = np.ascontiguousarray(samples.values[:, :, order]), split(samples, card.split).part
    arrays = {"values": values, "valid": samples.valid, "label": label, "part": part}
    return {
        "arrays": write_arrays(folder, arrays),
        "scale": samples.scale[:, order].tolist(),
        "offset": samples.offset[:, order].tolist(),
        "days": season_days(card, samples.dates),
    }
