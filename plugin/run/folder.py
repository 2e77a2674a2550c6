# SPDX-License-Identifier: GPL-2.0-or-later
"""The folder of a running job: job.json in; events.jsonl and log.txt out."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..core.errors import OutputError
from ..core.jobs import CompareTrainJob, Job, MapJob, TrainJob, save_job
from ..core.messages import encode
from ..core.monitor import Event, Monitor


@dataclass(frozen=True)
class JobFolder:
    """Paths inside a job's folder."""

    path: Path

    @property
    def job(self) -> Path:
        """The job itself."""
        return self.path / "job.json"

    @property
    def log(self) -> Path:
        """What the worker printed."""
        return self.path / "log.txt"

    @property
    def events(self) -> Path:
        """Every event of the run, one JSON object per line."""
        return self.path / "events.jsonl"

    def recorded(self, monitor: Monitor) -> Monitor:
        """Return a monitor that also keeps every event in the folder."""

        def record(event: Event) -> None:
            with self.events.open("a", encoding="utf-8") as file:
                file.write(encode(event))
            monitor.on_event(event)

        return Monitor(record, monitor.is_canceled, monitor.is_finishing)


def folder_of(job: Job) -> Path | None:
    """Return where the folder of a long job is kept, beside its main output; None for jobs that need none after."""
    if isinstance(job, TrainJob):
        return Path(job.model + ".job")
    if isinstance(job, MapJob):
        return Path(next(iter(job.outputs.values())) + ".job")
    if isinstance(job, CompareTrainJob):
        return Path(job.folder) / "comparison.job"
    return None


@contextmanager
def job_folder(job: Job) -> Iterator[JobFolder]:
    """Make the folder of `job`; a temporary one goes again unless the job fails.

    Raises:
        OutputError: the folder cannot be written.
    """
    kept = folder_of(job)
    try:
        if kept is None:
            path = Path(tempfile.mkdtemp(prefix=f"chronomap-{job.kind}-"))
        else:
            path = kept
            path.mkdir(parents=True, exist_ok=True)
        folder = JobFolder(path)
        if not isinstance(job, MapJob):  # a map compares itself with what an interrupted run left (see plan.py)
            folder.events.unlink(missing_ok=True)
            folder.log.unlink(missing_ok=True)
            save_job(job, folder.job)
    except OSError as error:
        raise OutputError(f"The folder {kept or tempfile.gettempdir()} cannot be written: {error.strerror}.") from error
    yield folder
    if kept is None:
        shutil.rmtree(path, ignore_errors=True)
