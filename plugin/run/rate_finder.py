# SPDX-License-Identifier: GPL-2.0-or-later
"""Find a learning rate on the training samples: table, chart and a suggestion."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

import numpy as np

from ..core.jobs import RateFinderJob, TrainJob
from ..core.monitor import Event, Monitor
from ..core.slots import local_folder
from ..core.worker import running_worker
from ..raster.samples import load_samples
from .exchange import draw, write_arrays
from .folder import JobFolder
from .split import split
from .train import training_request


def as_training(job: RateFinderJob) -> TrainJob:
    """Return the training whose learning rate is looked for."""
    return TrainJob(
        samples=job.samples,
        architecture=job.architecture,
        model="",
        hyperparameters=job.hyperparameters,
        strategy=job.strategy,
        split=job.split,
        grid_step_days=job.grid_step_days,
        device=job.device,
    )


def find_rate(job: RateFinderJob, folder: JobFolder, monitor: Monitor, python: str = "") -> dict[str, Any]:
    """Try rising learning rates; return the suggested one, and the chart and table that `job` names.

    Raises:
        ChronomapError: an input does not fit, the loss falls at no rate, the worker failed, or the job was canceled.
    """
    samples = load_samples(Path(job.samples))
    part = split(samples, job.split).part
    rates = np.geomspace(job.lowest, job.highest, job.steps).tolist()
    message = {**training_request(as_training(job), samples, {}), "do": "find_rate", "rates": rates}
    with local_folder(samples.values.nbytes * 2) as folder_of_arrays, running_worker(python, folder.log) as worker:
        arrays = {"values": samples.values, "valid": samples.valid, "label": samples.label, "part": part}
        message["arrays"] = write_arrays(folder_of_arrays, arrays)
        found = worker.request(message, monitor.part(0.0, 0.95))
        outputs: dict[str, Any] = {"learning_rate": found["suggestion"]}
        if job.chart:
            named = {name: found[name] for name in ("rate", "loss", "smoothed", "suggestion")}
            draw(worker, "rate_sweep", named, [Path(job.chart)])
            outputs["chart"] = job.chart
    if job.table:
        _write_table(Path(job.table), found)
        outputs["table"] = job.table
    monitor.note(rate_sentence(found, len(rates)))
    return outputs


def rate_sentence(found: Event, asked: int) -> str:
    """Return what a sweep of `asked` rates found, as a sentence."""
    sentence = f"Suggested learning rate: {found['suggestion']:.2g}, where the loss falls fastest."
    if len(found["rate"]) < asked:
        sentence += f" Above {found['rate'][-1]:.2g} training breaks loose."
    return sentence


def _write_table(path: Path, found: Event) -> None:
    partial = path.with_name(path.name + ".part")
    with partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["learning_rate", "loss", "smoothed_loss"])
        for rate, loss, smoothed in zip(found["rate"], found["loss"], found["smoothed"]):
            writer.writerow([f"{rate:.6g}", f"{loss:.6f}", f"{smoothed:.6f}"])
    os.replace(partial, path)
