# SPDX-License-Identifier: GPL-2.0-or-later
"""What a search for settings keeps of each model it tried, and where."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from .errors import InputError
from .records import from_plain, to_plain

COMPLETE, PRUNED, FAILED = "complete", "pruned", "failed"


@dataclass(frozen=True)
class TrialRecord:
    """One model of a search, judged on validation samples alone.

    `state`: COMPLETE, PRUNED (ended early, as others were better by then) or FAILED (`note` says why). `settings` are
    those that were varied; `course` is the validation macro F1 of each epoch; `missing` are classes that the model
    never predicts.
    """

    trial: int
    architecture: str
    state: str
    settings: dict[str, Any]
    macro_f1: float = 0.0
    overall_accuracy: float = 0.0
    missing: tuple[str, ...] = ()
    course: tuple[float, ...] = ()
    best_epoch: int = 0
    parameters: int = 0
    seconds: float = 0.0
    model: str = ""  # file name in the folder of the trials
    note: str = ""


@dataclass(frozen=True)
class SearchPlaces:
    """Where a search keeps what it makes."""

    folder: Path

    @property
    def models(self) -> Path:
        """Folder of the trials' models."""
        return self.folder / "trials"

    @property
    def records(self) -> Path:
        """A line of JSON per trial."""
        return self.folder / "trials.jsonl"

    @property
    def table(self) -> Path:
        """The leaderboard as CSV."""
        return self.folder / "leaderboard.csv"

    @property
    def page(self) -> Path:
        """The leaderboard as HTML."""
        return self.folder / "leaderboard.html"

    @property
    def job(self) -> Path:
        """The search that this folder belongs to."""
        return self.folder / "search.json"

    @property
    def best(self) -> Path:
        """The best model, with its test figures."""
        return self.folder / "best.safetensors"


def read_records(path: Path) -> list[TrialRecord]:
    """Return the trials in a file of records; the last line of a killed run may be cut.

    Raises:
        InputError: the file is no list of trials.
    """
    if not path.is_file():
        return []
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.endswith("}")]
    try:
        return [from_plain(TrialRecord, json.loads(line)) for line in lines]
    except ValueError as error:
        raise InputError(f"{path} is no list of trials ({error}): choose another folder.") from error


def append_record(path: Path, record: TrialRecord) -> None:
    """Add a trial to a file of records."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(to_plain(record), ensure_ascii=False) + "\n")


def ranked(records: Sequence[TrialRecord]) -> list[TrialRecord]:
    """Return the trials, best first: complete ones by macro F1 (of equal ones the smaller), pruned, failed."""
    order = {COMPLETE: 0, PRUNED: 1, FAILED: 2}
    return sorted(records, key=lambda r: (order.get(r.state, 3), -r.macro_f1, r.parameters, r.trial))


def best_record(records: Sequence[TrialRecord]) -> Optional[TrialRecord]:
    """Return the best complete trial, None where there is none."""
    first = next(iter(ranked(records)), None)
    return first if first is not None and first.state == COMPLETE else None
