# SPDX-License-Identifier: GPL-2.0-or-later
"""Train several architectures on the same samples and split, folds and seeds, and compare them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Optional

from ..core.board import Score
from ..core.card import read_card
from ..core.catalog import find_architecture
from ..core.errors import InputError, ModelFileError
from ..core.jobs import BASELINE, Candidate, CompareJob, CompareTrainJob, Job, SplitSpec, TrainJob, load_job
from ..core.monitor import Event, Monitor
from ..core.strategy import strategy_defaults
from ..core.worker import Worker, running_worker
from ..raster.samples import SampleSet, load_samples
from .compare import run_comparison
from .compare_measure import answers_of, make_arena
from .compare_members import SUFFIX, Contender, Member
from .crew import Crew, crew_size
from .folder import JobFolder, job_folder
from .statistics.bootstrap import draw_confusions, intervals
from .train import train

_TRAINING = 0.9  # share of the progress


@dataclass(frozen=True)
class Places:
    """Where a comparison keeps what it makes."""

    folder: Path

    @property
    def models(self) -> Path:
        """Folder of the models that are compared."""
        return self.folder / "models"

    @property
    def gap(self) -> Path:
        """Folder of the forests of the split by pixels."""
        return self.folder / "split_by_pixel"

    def comparison(self, job: CompareTrainJob, models: Sequence[str]) -> CompareJob:
        """Return the comparison of `models`, all of it written here."""
        return CompareJob(
            models=tuple(models),
            samples=job.samples,
            board=str(self.folder / "board.json"),
            report=str(self.folder / "report.html"),
            table=str(self.folder / "models.csv"),
            pairs=str(self.folder / "pairs.csv"),
            charts=str(self.folder / "charts"),
            measure_pace=job.measure_pace,
            price_per_hour=job.price_per_hour,
            draws=job.draws,
            device=job.device,
        )


def compare_architectures(
    job: CompareTrainJob, folder: JobFolder, monitor: Monitor, python: str = ""
) -> dict[str, Any]:
    """Train what is missing in the job's folder, then compare; return what CompareJob returns, and the folder.

    Raises:
        ChronomapError: an input does not fit, a training failed, or the job was canceled; what is trained stays.
    """
    places = Places(Path(job.folder))
    for place in (places.models, places.gap):
        place.mkdir(parents=True, exist_ok=True)
    samples = load_samples(Path(job.samples))
    jobs, gap_jobs = list(training_jobs(job)), _gap_jobs(job, samples)
    random: Optional[Score] = None
    with running_worker(python, folder.log) as worker:
        crew = Crew(worker, python, folder.log, crew_size(len(jobs), samples.values.nbytes, worker, job.device))
        _train_missing(jobs, samples, _without_repetition(monitor).part(0.0, _TRAINING), crew)
        if gap_jobs:
            monitor.note("One more forest, split by single pixels: what would that have promised?")
            _train_missing(gap_jobs, samples, Monitor(is_canceled=monitor.is_canceled), replace(crew, size=1))
            random = _random_score(gap_jobs, samples, worker, job.draws)
    comparison = places.comparison(job, [entry.model for entry in jobs])
    outputs = run_comparison(comparison, folder, monitor.part(_TRAINING, 1.0), python, random)
    return {**outputs, "folder": job.folder, "models": [entry.model for entry in jobs]}


def all_candidates(job: CompareTrainJob) -> tuple[Candidate, ...]:
    """Return the candidates, with a random forest where there is none, each once."""
    listed = [candidate for index, candidate in enumerate(job.candidates) if candidate not in job.candidates[:index]]
    if not any(candidate.architecture == BASELINE for candidate in listed):
        listed.append(Candidate(BASELINE))
    return tuple(listed)


def training_jobs(job: CompareTrainJob) -> Iterator[TrainJob]:
    """Yield the training of every candidate, seed and fold, settings filled in."""
    models, taken = Places(Path(job.folder)).models, Counter[str]()
    for candidate in all_candidates(job):
        name = "_".join(part for part in (candidate.architecture, candidate.preset) if part)
        taken[name] += 1
        stem = name if taken[name] == 1 else f"{name}_{taken[name]}"
        yield from _rounds(job, candidate, models / stem, job.split)


def _gap_jobs(job: CompareTrainJob, samples: SampleSet) -> list[TrainJob]:
    """Return the trainings of the forest under a split by pixels, [] where that is not asked for or the same."""
    is_same = job.split.method == "pixel" or (job.split.method == "polygon" and not samples.is_grouped)
    if is_same or not job.measure_gap:
        return []
    forest = next(candidate for candidate in all_candidates(job) if candidate.architecture == BASELINE)
    stem = Places(Path(job.folder)).gap / BASELINE
    return list(_rounds(job, forest, stem, replace(job.split, method="pixel", buffer=0.0)))


def _rounds(job: CompareTrainJob, candidate: Candidate, stem: Path, spec: SplitSpec) -> Iterator[TrainJob]:
    """Yield the trainings of one candidate; `stem`: path of the models without seed, fold and suffix."""
    architecture = find_architecture(candidate.architecture)
    for seed in range(job.seed, job.seed + job.seeds):
        for fold in range(max(job.folds, 1)):
            ending = f"_seed{seed}" * (job.seeds > 1) + f"_fold{fold}" * (job.folds > 0)
            strategy = {**strategy_defaults(architecture, candidate.preset), **job.strategy, **candidate.strategy}
            yield TrainJob(
                samples=job.samples,
                architecture=candidate.architecture,
                model=f"{stem}{ending}{SUFFIX}",
                hyperparameters={**architecture.defaults(candidate.preset), **candidate.hyperparameters},
                strategy={**strategy, "seed": seed},
                split=replace(spec, folds=job.folds, fold=fold),
                grid_step_days=job.grid_step_days,
                device=job.device,
            )


def _train_missing(jobs: Sequence[TrainJob], samples: SampleSet, monitor: Monitor, crew: Crew) -> None:
    """Train every model that is not there yet."""
    missing = [job for job in jobs if not is_trained(job, samples.fingerprint)]
    if len(missing) < len(jobs):
        monitor.note(f"{len(jobs) - len(missing)} of {len(jobs)} models are there already and are kept.")
    crew.work_off(
        [partial(_train, job, f"Training {n} of {len(missing)}") for n, job in enumerate(missing, 1)], monitor
    )


def _train(job: TrainJob, title: str, worker: Worker, monitor: Monitor) -> None:
    monitor.note(f"{title}: {Path(job.model).stem}.")
    Path(job.model).unlink(missing_ok=True)  # of other settings: a stopped training must not leave it as ours
    with job_folder(job) as folder:
        train(job, folder, folder.recorded(monitor), running=worker)


def is_trained(job: TrainJob, fingerprint: str) -> bool:
    """Return whether the model of `job` is there, trained on these samples with these settings."""
    record = Path(job.model + ".job") / "job.json"
    if not (Path(job.model).is_file() and record.is_file()):
        return False
    try:
        return read_card(Path(job.model)).fingerprint == fingerprint and _settings(load_job(record)) == _settings(job)
    except (ModelFileError, InputError):
        return False  # a damaged model is trained anew


def _settings(job: Job) -> dict[str, Any]:
    """Return what makes a model what it is: not where it is, nor on what it was computed."""
    return {name: value for name, value in vars(job).items() if name not in ("samples", "model", "report", "device")}


def _without_repetition(monitor: Monitor) -> Monitor:
    """Return a monitor that passes each warning on once: most are about the samples, which all trainings share."""
    told: set[str] = set()

    def pass_on(event: Event) -> None:
        if event.get("event") == "warning":
            if event["text"] in told:
                return
            told.add(event["text"])
        monitor.on_event(event)

    return Monitor(pass_on, monitor.is_canceled)


def _random_score(jobs: Sequence[TrainJob], samples: SampleSet, worker: Worker, draws: int) -> Score:
    """Return the macro F1 of the forests of a split by pixels."""
    members = tuple(Member(Path(job.model), read_card(Path(job.model))) for job in jobs)
    contender = Contender(BASELINE, members)
    answers = answers_of(contender, make_arena(samples, members), worker, jobs[0].device, Monitor())
    return intervals(*draw_confusions([answers.counts], draws))[0]["macro_f1"]
