# SPDX-License-Identifier: GPL-2.0-or-later
"""Jobs that make models."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..search_space import DEFAULT_SETTINGS

SPLIT_METHODS = ("polygon", "block", "field", "pixel")
DEVICES = ("auto", "cpu", "cuda", "mps")


@dataclass(frozen=True)
class SplitSpec:
    """How samples are split into train, validation and test.

    `method`: one of SPLIT_METHODS; block size in metres (map units); for "field" the folds of the sample file are
    dealt whole, as polygons are. With `folds` above 0 the test part is number `fold` of so many folds, and the rest is
    dealt into training and validation in the ratio of their shares. `buffer`: samples for training and validation
    that lie nearer than this (map units) to a test sample are left out.
    """

    method: str = "polygon"
    train: float = 0.6
    validation: float = 0.2
    test: float = 0.2
    block_size: float = 1000.0
    seed: int = 0
    folds: int = 0
    fold: int = 0
    buffer: float = 0.0


@dataclass(frozen=True)
class TrainJob:
    """Train one architecture on a sample file; the model file holds the best epoch."""

    samples: str
    architecture: str
    model: str  # output (.safetensors)
    hyperparameters: dict[str, Any] = field(default_factory=dict)  # what is left out keeps the default preset's value
    strategy: dict[str, Any] = field(default_factory=dict)
    split: SplitSpec = SplitSpec()
    report: str = ""  # HTML
    grid_step_days: float = 0.0  # for networks on a regular grid; 0: as many steps as there are dates
    base_model: str = ""  # a network to continue from, of the same architecture, bands and settings
    fresh: bool = False  # begin anew where the same training was stopped before, instead of going on with it
    ensemble: int = 0  # so many models of different seeds that decide together; 0: see core/ensemble.py, member_count
    keep_on_cancel: bool = False  # cancel ends training and keeps the best epoch so far, instead of nothing
    device: str = "auto"
    kind: str = "train"


@dataclass(frozen=True)
class RateFinderJob:
    """Find a learning rate: a short training in which it rises from step to step, and the loss that each step makes.

    Only training samples are looked at; no model is written.
    """

    samples: str
    architecture: str
    hyperparameters: dict[str, Any] = field(default_factory=dict)  # as in TrainJob
    strategy: dict[str, Any] = field(default_factory=dict)
    split: SplitSpec = SplitSpec()
    grid_step_days: float = 0.0
    lowest: float = 1e-6
    highest: float = 1.0
    steps: int = 150
    chart: str = ""  # .svg or .png
    table: str = ""  # CSV
    device: str = "auto"
    kind: str = "find_learning_rate"


@dataclass(frozen=True)
class SearchJob:
    """Try architectures and settings; keep a leaderboard and every model in `folder`, and name the best.

    The validation macro F1 decides; only the best model is looked at on the test part. A search in a folder that holds
    the same one goes on with it. `settings` of the learning strategy are varied, and with `vary_architecture` those of
    the architectures; `ranges` (see core/search_space.py) say where, instead of what the catalog declares. The first
    trial of each architecture is its default preset.
    """

    samples: str
    folder: str
    architectures: tuple[str, ...] = ("ltae", "tempcnn")
    settings: tuple[str, ...] = DEFAULT_SETTINGS
    vary_architecture: bool = True
    ranges: dict[str, Any] = field(default_factory=dict)
    strategy: dict[str, Any] = field(default_factory=dict)  # of all networks, instead of their presets'
    split: SplitSpec = SplitSpec()
    grid_step_days: float = 0.0
    trials: int = 40  # in all, those of before included
    minutes: float = 30.0  # of this run; 0: no limit
    prune: bool = True  # end trials early that fall behind the median
    seed: int = 0
    device: str = "auto"
    kind: str = "search"


@dataclass(frozen=True)
class EnsembleJob:
    """Join trained models of the same bands and classes into one; their mean probabilities decide.

    It is tested where all of them kept the same test part of one sample file; `samples` says where that file is now,
    '' : where it was when the models were trained.
    """

    models: tuple[str, ...]
    output: str  # model file (.safetensors)
    samples: str = ""
    report: str = ""  # HTML
    device: str = "auto"
    kind: str = "ensemble"
