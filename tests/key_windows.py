# SPDX-License-Identifier: GPL-2.0-or-later
"""The check that a model looks where its classes differ: declared key windows against a table of importance."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from chronomap.plugin.raster.samples import SampleSet, load_samples, save_samples

LEADING = 5  # dates
LEAST_LIFT = 1.3  # importance within the windows over what even importance would give, mean over classes
Windows = Mapping[str, tuple[str, str]]  # class -> first and last ISO date


@dataclass(frozen=True)
class Verdict:
    """`missed`: classes none of whose leading dates lies in their window; `lift` per class."""

    missed: list[str]
    lift: dict[str, float]

    @property
    def mean_lift(self) -> float:
        return float(np.mean(list(self.lift.values())))

    @property
    def is_passed(self) -> bool:
        return not self.missed and self.mean_lift >= LEAST_LIFT

    def __str__(self) -> str:
        lifts = ", ".join(f"{name} {value:.1f}" for name, value in self.lift.items())
        return f"missed: {', '.join(self.missed) or 'none'}; lift {self.mean_lift:.2f} ({lifts})"


def judge(table: Path, samples: SampleSet, windows: Windows, leading: int = LEADING) -> Verdict:
    """Judge the table of an AttentionJob (CSV) by the declared windows of the classes."""
    with table.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if not row["head"].isdigit()]  # the mean of heads, or the method
    importance = {name: np.array([float(r["mean"]) for r in rows if r["class"] == name]) for name in windows}
    names = [info.name for info in samples.classes]
    missed, lift = [], {}
    for name, (start, end) in windows.items():
        inside = np.array([start <= date[:10] <= end for date in samples.dates])
        valid = samples.valid[samples.label == names.index(name)]
        even = (valid / np.maximum(valid.sum(axis=1, keepdims=True), 1)).mean(axis=0)
        if not len(importance[name]):  # the model knows no sample of the class
            missed.append(name)
            lift[name] = 0.0
            continue
        if not inside[np.argsort(-importance[name])[:leading]].any():
            missed.append(name)
        lift[name] = float(importance[name][inside].sum() / even[inside].sum())
    return Verdict(missed, lift)


def shuffle_labels(source: Path, target: Path, seed: int = 0) -> Path:
    """Write the sample file `source` with its labels dealt out at random."""
    samples = load_samples(source)
    shuffled = np.random.default_rng(seed).permutation(samples.label)
    save_samples(replace(samples, label=shuffled), target)
    return target
