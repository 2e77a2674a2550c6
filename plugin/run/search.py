# SPDX-License-Identifier: GPL-2.0-or-later
"""Search architectures and settings: the leaderboard is on disk as it grows, and a stopped search goes on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Optional

from ..core.accuracy import collapse_warning
from ..core.card import read_card
from ..core.catalog import find_architecture, load_catalog, value_problems
from ..core.errors import InputError
from ..core.jobs import SearchJob, TrainJob
from ..core.monitor import Event, Monitor
from ..core.records import from_plain, read_json, to_plain, write_json
from ..core.search import SearchPlaces, TrialRecord, append_record, best_record, read_records
from ..core.search_space import axes_of, range_problems, searchable_settings
from ..core.slots import local_folder
from ..core.strategy import STRATEGY
from ..core.worker import running_worker
from ..raster.samples import load_samples
from .exchange import write_arrays
from .folder import JobFolder
from .search_page import write_leaderboard
from .split import split, split_problems
from .train import training_request


def search_problems(job: SearchJob) -> list[str]:
    """Return why `job` cannot search, a sentence each."""
    catalog = load_catalog()
    unknown = [name for name in job.architectures if name not in catalog]
    if unknown or not job.architectures:
        what = f"There is no architecture '{unknown[0]}'" if unknown else "No architecture is chosen"
        return [f"{what}: choose among {', '.join(catalog)}."]
    found = split_problems(job.split) + value_problems(STRATEGY, job.strategy, "Learning strategy")
    known = [setting.name for setting in searchable_settings()]
    found += [f"'{name}' cannot be searched: choose among {', '.join(known)}." for name in job.settings
              if name not in known]  # fmt: skip
    found += all_range_problems(job)
    if job.trials < 1 or job.minutes < 0:
        found.append("Give at least 1 trial, and 0 minutes (no limit) or more.")
    if not found and not varies(job):
        found.append("Nothing is varied: choose settings of the learning strategy, or vary the architectures.")
    former = folder_problem(job)
    return [*found, former] if former else found


def varies(job: SearchJob) -> bool:
    """Return whether any setting of any architecture is varied."""
    return any(
        axes_of(find_architecture(name), job.settings, job.vary_architecture, job.ranges) for name in job.architectures
    )


def all_range_problems(job: SearchJob) -> list[str]:
    """Return what is wrong with the ranges of `job`, a sentence each."""
    names = {setting.name for setting in searchable_settings()}
    for name in job.architectures:
        own = [setting.name for setting in find_architecture(name).hyperparameters]
        names |= {*own, *(f"{name}.{setting}" for setting in (*own, *names))}
    found = [
        f"There is no setting '{name}' to give a range: check its name." for name in job.ranges if name not in names
    ]
    for name in job.architectures:
        found += range_problems(find_architecture(name), job.ranges)
    return list(dict.fromkeys(found))


def former_search(folder: Path) -> Optional[SearchJob]:
    """Return the search that `folder` holds, None where it holds none.

    Raises:
        InputError: what is there is damaged.
    """
    place = SearchPlaces(folder).job
    plain = read_json(place) if place.is_file() else None
    return from_plain(SearchJob, plain["job"]) if isinstance(plain, dict) and "job" in plain else None


def folder_problem(job: SearchJob) -> str:
    """Return why `job` cannot use its folder, or ''."""
    former = former_search(Path(job.folder))
    if former is None or _identity(former) == _identity(job):
        return ""
    return (
        f"{job.folder} holds another search: choose an empty folder, or the settings of that search to go on with it."
    )


def _identity(job: SearchJob) -> Any:
    """Return what two runs of one search have in common; whether the samples are the same their fingerprint tells."""
    settings = tuple(sorted(job.settings))
    return to_plain(replace(job, samples="", folder="", settings=settings, trials=0, minutes=0.0, device="auto"))


def search(job: SearchJob, folder: JobFolder, monitor: Monitor, python: str = "") -> dict[str, Any]:
    """Try models until trials or time are used up; return the best one, its test metrics, leaderboard and trials.

    Raises:
        ChronomapError: an input does not fit, no trial was completed, the worker failed, or the job was canceled (what
            was tried stays, and the same job goes on with it).
    """
    places = SearchPlaces(Path(job.folder))
    places.models.mkdir(parents=True, exist_ok=True)
    samples = load_samples(Path(job.samples))
    parts = split(samples, job.split)
    for sentence in parts.warnings:
        monitor.warning(sentence)
    _claim(job, places, samples.fingerprint)
    board = Leaderboard(places, monitor)
    known = {
        "fingerprint": samples.fingerprint,
        "notes": (*samples.notes, *parts.warnings),
        "split_counts": parts.counts(),
    }
    message = {**training_request(_as_training(job), samples, known), **_own_request(job, places, board.records)}
    with local_folder(samples.values.nbytes * 2) as arrays, running_worker(python, folder.log) as worker:
        given = {"values": samples.values, "valid": samples.valid, "label": samples.label, "part": parts.part}
        message["arrays"] = write_arrays(arrays, given)
        worker.request(message, Monitor(board.take, monitor.is_canceled, monitor.is_finishing))
    card = read_card(places.best)
    board.write(card.metrics)
    warning = collapse_warning(card.metrics)
    if warning:
        monitor.warning(warning)
    return {
        "model": str(places.best),
        "metrics": card.metrics,
        "validation_macro_f1": card.validation_metrics.get("macro_f1"),
        "report": str(places.page),
        "table": str(places.table),
        "trials": len(board.records),
    }


class Leaderboard:
    """The trials so far, kept on disk with each one that comes."""

    def __init__(self, places: SearchPlaces, monitor: Monitor) -> None:
        self.places, self._monitor = places, monitor
        self.records = read_records(places.records)
        if self.records:
            monitor.note(f"Going on with a search of {len(self.records)} trials.")

    def take(self, event: Event) -> None:
        """Keep the trial of an event, if it is one, and pass the event on."""
        if event.get("event") == "trial":
            record = from_plain(TrialRecord, event)
            append_record(self.places.records, record)
            self.records.append(record)
            self.write({})
            self._monitor.note(trial_line(record, best_record(self.records)))
        self._monitor.on_event(event)

    def write(self, tested: dict[str, Any]) -> None:
        """Write the leaderboard; `tested` are the test figures of the best model, once there are any."""
        write_leaderboard(self.places, self.records, tested)


def trial_line(record: TrialRecord, best: Optional[TrialRecord]) -> str:
    """Return a trial as a line worth reading."""
    title = find_architecture(record.architecture).title.partition(" (")[0]
    start = f"Trial {record.trial}: {title}, "
    if record.state == "failed":
        return f"{start}failed: {record.note}"
    line = f"{start}validation macro F1 {record.macro_f1:.3f}"
    if record.state == "pruned":
        line += ", ended early"
    if record.missing:
        line += f", never predicts {', '.join(record.missing)}"
    return line + (" (best so far)" if record == best else "")


def _claim(job: SearchJob, places: SearchPlaces, fingerprint: str) -> None:
    """Make the folder that of this search.

    Raises:
        InputError: its trials were trained on other samples.
    """
    if places.job.is_file() and read_json(places.job).get("fingerprint") != fingerprint:
        raise InputError(
            f"The samples {job.samples} have changed since the search in {job.folder}: choose an empty folder."
        )
    write_json(places.job, {"job": _identity(job), "fingerprint": fingerprint})


def _as_training(job: SearchJob) -> TrainJob:
    return TrainJob(
        samples=job.samples,
        architecture=job.architectures[0],
        model="",
        split=job.split,
        grid_step_days=job.grid_step_days,
        device=job.device,
    )


def _own_request(job: SearchJob, places: SearchPlaces, former: list[TrialRecord]) -> dict[str, Any]:
    return {
        "do": "search",
        "architectures": list(job.architectures),
        "settings": list(job.settings),
        "vary_architecture": job.vary_architecture,
        "ranges": job.ranges,
        "strategy": job.strategy,
        "trials": job.trials,
        "seconds": 60.0 * job.minutes,
        "prune": job.prune,
        "seed": job.seed,
        "former": to_plain(former),
        "folder": str(places.models),
        "best": str(places.best),
    }
