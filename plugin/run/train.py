# SPDX-License-Identifier: GPL-2.0-or-later
"""Train a model: samples are split here, the worker learns, the report is written."""

from __future__ import annotations

import shutil
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ..core.card import ModelCard, read_card
from ..core.catalog import find_architecture
from ..core.checkpoint import Stopped, checkpoint_path, read_checkpoint, refit_path
from ..core.ensemble import LEAST_MEMBERS, MOST_MEMBERS, lead_of, member_count, member_seed, members_advice
from ..core.jobs import EnsembleJob, TrainJob, load_job
from ..core.monitor import Monitor
from ..core.records import to_plain
from ..core.slots import local_folder
from ..core.strategy import strategy_defaults
from ..core.version import plugin_version
from ..core.worker import Worker, running_worker
from ..raster.samples import SampleSet, load_samples
from .continuation import continue_samples
from .crew import Crew, crew_size
from .ensemble import join, joined
from .exchange import draw, write_arrays
from .folder import JobFolder, folder_of
from .report import model_report
from .split import split


def train(
    job: TrainJob, folder: JobFolder, monitor: Monitor, python: str = "", running: Optional[Worker] = None
) -> dict[str, Any]:
    """Train `job.architecture` and write the model file; return its path, the report and the test metrics.

    `running`: a worker to use instead of one of its own.

    Raises:
        ChronomapError: an input does not fit, the worker failed, or the job was canceled.
    """
    outer = monitor
    if job.keep_on_cancel and find_architecture(job.architecture).kind == "network":
        monitor = Monitor(monitor.on_event, is_finishing=lambda: outer.is_canceled() or outer.is_finishing())
    samples = load_samples(Path(job.samples))
    fingerprint, parts = samples.fingerprint, split(samples, job.split)
    known: dict[str, Any] = {"fingerprint": fingerprint, "notes": (*samples.notes, *parts.warnings)}
    warnings = parts.warnings
    if job.base_model:
        continued = continue_samples(samples, job, read_card(Path(job.base_model)))
        samples, warnings = continued.samples, (*warnings, *continued.warnings)
        known = {**known, "bases": continued.bases, "notes": (*known["notes"], *continued.notes)}
        for sentence in continued.notes:
            monitor.note(sentence)
    for sentence in warnings:
        monitor.warning(sentence)
    counts = parts.counts()
    monitor.note("Samples: " + ", ".join(f"{count} {name}" for name, count in counts.items()) + ".")
    learned = counts["train"] + counts["validation"]
    members = member_count(job, learned)
    advice = "" if running else members_advice(job, learned)
    if advice:
        monitor.note(advice)
    message = training_request(job, samples, {**known, "split_counts": counts})
    hired = nullcontext(running) if running else running_worker(python, folder.log)
    with local_folder(samples.values.nbytes * 2) as arrays, hired as worker:
        message["arrays"] = write_arrays(
            arrays,
            {"values": samples.values, "valid": samples.valid, "label": samples.label, "part": parts.part},
        )
        message["threads"] = worker.threads
        size = 1 if running else crew_size(members, samples.values.nbytes, worker, job.device)
        crew = Crew(worker, python, folder.log, size)
        return _train(crew, replace(job, ensemble=members), message, folder, monitor)


def _train(crew: Crew, job: TrainJob, message: dict[str, Any], folder: JobFolder, monitor: Monitor) -> dict[str, Any]:
    """Train one model, or several that are joined; return the job's outputs."""
    outputs: dict[str, Any] = {"model": job.model}
    if job.ensemble > 1:
        outputs["members"] = _train_members(crew, job, message, folder, monitor)
    else:
        checkpoint = _checkpoint(job, folder)
        crew.first.request({**message, "checkpoint": str(checkpoint)}, monitor.part(0.0, 0.97))
    card = read_card(Path(job.model))
    outputs["metrics"] = card.metrics
    if job.report:
        outputs["report"] = _write_report(crew.first, card, Path(job.report), folder)
    return outputs


def stopped_training(job: TrainJob) -> Optional[Stopped]:
    """Return how far a stopped training of exactly this `job` came, None where there is none to go on with.

    Of an ensemble: the member that was being trained.
    """
    folder = folder_of(job)
    if folder is None or not (folder / "job.json").is_file():
        return None
    former = load_job(folder / "job.json")
    if not isinstance(former, TrainJob) or replace(former, fresh=False) != replace(job, fresh=False):
        return None
    paths = [checkpoint_path(folder, number) for number in range((job.ensemble or MOST_MEMBERS) + 1)]
    return next((found for found in map(read_checkpoint, paths) if found), None)


def _checkpoint(job: TrainJob, folder: JobFolder, member: int = 0) -> Path:
    """Return where a training keeps its state, removed where the user wants to begin anew."""
    path = checkpoint_path(folder.path, member)
    if job.fresh:
        path.unlink(missing_ok=True)
        refit_path(path).unlink(missing_ok=True)
    return path


def _train_members(
    crew: Crew, job: TrainJob, message: dict[str, Any], folder: JobFolder, monitor: Monitor
) -> list[str]:
    """Train a model per seed into the job's folder and join them; return their paths.

    A user who ends training early keeps the members so far.
    """
    members: dict[int, str] = {}

    def train_member(number: int, worker: Worker, monitor: Monitor) -> None:
        path = folder.path / f"member{number + 1}.safetensors"
        if job.fresh:
            path.unlink(missing_ok=True)
        seed = member_seed(int(message["strategy"]["seed"]), number)
        monitor.note(f"Member {number + 1} of {job.ensemble}, seed {seed}:")
        own = {"strategy": {**message["strategy"], "seed": seed}, "model": str(path), "keep_finished": True}
        own["checkpoint"] = str(_checkpoint(job, folder, number + 1))
        own["base_member"] = number
        worker.request({**message, **own, "threads": worker.threads}, monitor)
        members[number] = str(path)

    crew.work_off([partial(train_member, number) for number in range(job.ensemble)], monitor.part(0.0, 0.95))
    judging = {name: message[name] for name in ("arrays", "scale", "offset", "days")}
    paths = [members[number] for number in sorted(members)]
    if len(paths) < LEAST_MEMBERS:
        monitor.warning("Training was ended with the first member: this model is no ensemble.")
        shutil.copyfile(paths[0], job.model)
        return paths
    ensemble = EnsembleJob(tuple(paths), job.model, device=job.device)
    join(crew.first, ensemble, joined(ensemble), judging, monitor.part(0.95, 0.97))
    return paths


def training_request(job: TrainJob, samples: SampleSet, known: dict[str, Any]) -> dict[str, Any]:
    """Return the request for a training on `samples`, yet without arrays; `known` are further fields of the card."""
    architecture = find_architecture(job.architecture)
    base = lead_of(read_card(Path(job.base_model))) if job.base_model else None
    settings = base.hyperparameters if base else architecture.defaults()
    card = {
        "bands": samples.bands,
        "dates": samples.dates,
        "season_start": samples.season_start,
        "days_nominal": samples.days_nominal,
        "classes": samples.classes,
        "split": job.split,
        "samples": job.samples,
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "plugin_version": plugin_version(),
        **known,
    }
    return {
        "do": "train",
        "scale": samples.scale.tolist(),
        "offset": samples.offset.tolist(),
        "days": samples.days.tolist(),
        "architecture": job.architecture,
        "hyperparameters": {**settings, **job.hyperparameters},
        "strategy": {**strategy_defaults(architecture), **job.strategy},
        "grid_step_days": job.grid_step_days,
        "base": job.base_model,
        "card": to_plain(card),
        "model": job.model,
        "device": job.device,
    }


def _write_report(worker: Worker, card: ModelCard, report: Path, folder: JobFolder) -> str:
    charts: dict[str, Path] = {}
    lead = lead_of(card)
    if lead.history:
        curves = folder.path / "learning_curves.svg"
        columns = ("epoch", "train_loss", "validation_loss", "validation_macro_f1")
        arrays = {name: np.array([row.get(name) for row in lead.history], float) for name in columns}  # None: NaN
        draw(worker, "learning_curves", {**arrays, "best_epoch": lead.best_epoch}, [curves])
        charts["Learning curves"] = curves
    report.write_text(model_report(card, charts), encoding="utf-8")
    return str(report)
