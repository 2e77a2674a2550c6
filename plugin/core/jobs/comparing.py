# SPDX-License-Identifier: GPL-2.0-or-later
"""Jobs that compare models on the same samples."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .learning import SplitSpec

BASELINE = "random_forest"  # always beside what is compared


@dataclass(frozen=True)
class CompareJob:
    """Compare trained models on the same untouched test part, with intervals and paired tests over polygons.

    `samples` '': the sample file the models were trained on. Models that differ in nothing but fold and, with
    `join_seeds`, seed are one entry. `price_per_hour` of this machine gives the price of a billion pixels.
    """

    models: tuple[str, ...]  # model files, or folders of them
    samples: str = ""
    board: str = ""  # JSON, all of it
    report: str = ""  # HTML
    table: str = ""  # CSV, a row per entry
    pairs: str = ""  # CSV, a row per pair
    charts: str = ""  # folder for the figures (SVG)
    join_seeds: bool = True
    measure_pace: bool = True
    price_per_hour: float = 0.0
    draws: int = 2000
    seed: int = 0
    device: str = "auto"
    kind: str = "compare"


@dataclass(frozen=True)
class BoardJob:
    """Show a comparison again: the entries called `pick`, in that order (() = all), without computing anything anew."""

    board: str
    pick: tuple[str, ...] = ()
    report: str = ""
    table: str = ""
    pairs: str = ""
    charts: str = ""
    kind: str = "board"


@dataclass(frozen=True)
class Candidate:
    """An architecture to train for a comparison: a preset ('' = the default one), and what differs from it."""

    architecture: str
    preset: str = ""
    hyperparameters: dict[str, Any] = field(default_factory=dict)
    strategy: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class CompareTrainJob:
    """Train `candidates`, and a random forest beside them, on the same samples and split, then compare them.

    `folds` 0: one split by its shares; else so many folds, each the test part once. `seeds`: trainings of each
    candidate, with the seeds from `seed` on. `strategy` counts for all candidates. Models that `folder` already holds
    are kept, so a stopped job goes on where it was. `measure_gap`: one more forest is trained under a split by
    single pixels, to show what that would have promised.
    """

    samples: str
    folder: str
    candidates: tuple[Candidate, ...]
    split: SplitSpec = field(default_factory=SplitSpec)
    folds: int = 0
    seeds: int = 1
    seed: int = 0
    strategy: dict[str, Any] = field(default_factory=dict)
    grid_step_days: float = 0.0
    measure_gap: bool = True
    measure_pace: bool = True
    price_per_hour: float = 0.0
    draws: int = 2000
    device: str = "auto"
    kind: str = "compare_train"
