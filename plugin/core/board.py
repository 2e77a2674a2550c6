# SPDX-License-Identifier: GPL-2.0-or-later
"""The board of a comparison: what was measured of each model, and what may be said of each pair; one JSON file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Optional

from .classes import ClassInfo
from .errors import InputError
from .records import from_plain, read_json

BETTER, WORSE, NO_EVIDENCE = "better", "worse", "no evidence"
BOARD_FORMAT = 1


@dataclass(frozen=True)
class Score:
    """A figure and its 95 % interval."""

    value: float
    low: float
    high: float

    def text(self, digits: int = 3) -> str:
        """Return the figure with its interval: ``0.812 (0.774-0.846)``."""
        return f"{self.value:.{digits}f} ({self.low:.{digits}f}-{self.high:.{digits}f})"


@dataclass(frozen=True)
class Reliability:
    """Mean confidence, accuracy and share of the samples per bin of confidence; `error`: expected calibration error."""

    confidence: tuple[float, ...]
    accuracy: tuple[float, ...]
    share: tuple[float, ...]
    error: float


@dataclass(frozen=True)
class Curve:
    """How one training went, by epoch; `best` counts from 1."""

    seed: int
    fold: int
    validation_loss: tuple[Optional[float], ...]
    validation_macro_f1: tuple[Optional[float], ...]
    best: int


@dataclass(frozen=True)
class Entry:
    """One competitor: a model, or the models of one setting over folds and seeds.

    `confusion` (K, K) and `scores` are means over the seeds; `spread` is the standard deviation of macro F1 over them.
    `attention`: per row of (all classes, each class) the mean attention by date, () where it gives none. `seconds`,
    `parameters`, `flops` are means over the trainings; `pixels_per_second` 0: not measured.
    """

    name: str
    architecture: str
    models: tuple[str, ...]
    seeds: int
    folds: int
    scores: dict[str, Score]
    spread: float
    class_f1: tuple[Optional[Score], ...]  # None: the class has no test samples
    confusion: tuple[tuple[float, ...], ...]
    reliability: Reliability
    attention: tuple[tuple[float, ...], ...] = ()
    curves: tuple[Curve, ...] = ()
    seconds: float = 0.0
    parameters: float = 0.0
    flops: float = 0.0
    pixels_per_second: float = 0.0
    missing: tuple[str, ...] = ()  # classes that are in the test part and never predicted

    @property
    def hours_per_billion(self) -> float:
        """Hours of computing for a billion pixels; 0: not measured."""
        return 1e9 / self.pixels_per_second / 3600 if self.pixels_per_second else 0.0


@dataclass(frozen=True)
class Pair:
    """Two entries by number: difference in macro F1 (first minus second), and what may be said of it.

    `p`: paired polygon bootstrap; `only_first`, `only_second`: polygons that only one has right, `mcnemar_p` their
    test; `*_holm`: corrected for the number of pairs. `verdict` is about the first: BETTER, WORSE or NO_EVIDENCE.
    """

    first: int
    second: int
    difference: Score
    p: float
    p_holm: float
    only_first: int
    only_second: int
    mcnemar_p: float
    mcnemar_holm: float
    verdict: str


@dataclass(frozen=True)
class Gap:
    """What a split by single pixels would have promised: macro F1 of one model under both splits."""

    model: str
    method: str
    honest: Score
    random: Score

    @property
    def size(self) -> float:
        """By how much the random split flatters."""
        return self.random.value - self.honest.value


@dataclass(frozen=True)
class Board:
    """The comparison: entries, best first, every pair of them, and what was compared on what."""

    entries: tuple[Entry, ...]
    pairs: tuple[Pair, ...]
    classes: tuple[ClassInfo, ...]
    class_samples: tuple[int, ...]  # of the test part
    class_polygons: tuple[int, ...]
    dates: tuple[str, ...]
    samples: int  # of the test part
    polygons: int
    draws: int
    split: str  # in words
    source: str  # the sample file
    device: str = ""
    price_per_hour: float = 0.0
    gap: Optional[Gap] = None
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    created: str = ""
    plugin_version: str = ""
    observed: tuple[float, ...] = field(default=())  # share of the test samples that saw each date
    format: int = BOARD_FORMAT

    def pair(self, first: int, second: int) -> Pair:
        """Return what is known of two entries, the first minus the second."""
        for pair in self.pairs:
            if (pair.first, pair.second) == (first, second):
                return pair
            if (pair.first, pair.second) == (second, first):
                return _turned(pair)
        raise InputError(f"The comparison has no pair of entries {first} and {second}: compare the models again.")

    def picked(self, names: Sequence[str]) -> Board:
        """Return the board of the entries called `names`, in that order; corrected p-values stay as they are.

        Raises:
            InputError: the board has no entry of a name.
        """
        places = {entry.name: index for index, entry in enumerate(self.entries)}
        unknown = [name for name in names if name not in places]
        if unknown:
            raise InputError(f"The comparison has no '{unknown[0]}': choose among {', '.join(places)}.")
        chosen = [places[name] for name in names]
        pairs = tuple(
            replace(self.pair(chosen[i], chosen[j]), first=i, second=j)
            for i in range(len(chosen))
            for j in range(i + 1, len(chosen))
        )
        return replace(self, entries=tuple(self.entries[index] for index in chosen), pairs=pairs)


def pareto(entries: Sequence[Entry]) -> list[bool]:
    """Return which entries no other one beats in both macro F1 and pixels per second (not measured: none)."""
    points = [(entry.scores["macro_f1"].value, entry.pixels_per_second) for entry in entries]
    return [
        pace > 0 and not any(f >= f1 and p >= pace and (f, p) != (f1, pace) for f, p in points) for f1, pace in points
    ]


def load_board(path: Path) -> Board:
    """Read a board.

    Raises:
        InputError: the file is missing, damaged, no board, or from a newer version of the plugin.
    """
    plain = read_json(path)
    if not isinstance(plain, dict) or "entries" not in plain or "pairs" not in plain:
        raise InputError(f"{path} holds no comparison: choose a file made by 'Compare models'.")
    if plain.get("format", 0) > BOARD_FORMAT:
        raise InputError(f"{path} was made by a newer Chronomap: update the plugin.")
    return from_plain(Board, plain)


def _turned(pair: Pair) -> Pair:
    """Return the pair seen from the second entry."""
    difference = Score(-pair.difference.value, -pair.difference.high, -pair.difference.low)
    verdict = {BETTER: WORSE, WORSE: BETTER}.get(pair.verdict, pair.verdict)
    return replace(
        pair, first=pair.second, second=pair.first, difference=difference, only_first=pair.only_second,
        only_second=pair.only_first, verdict=verdict,
    )  # fmt: skip
