# SPDX-License-Identifier: GPL-2.0-or-later
"""Honest splits: polygons, blocks or folds go whole into training, validation or test, each class by its shares."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..core.errors import InputError
from ..core.jobs import SPLIT_METHODS, SplitSpec
from ..raster.legend import few
from ..raster.samples import SampleSet, check_enough
from .buffer import is_near
from .deal import best_deal, deal_singles

TRAIN, VALIDATION, TEST, LEFT_OUT = 0, 1, 2, 3
PART_NAMES = ("train", "validation", "test")
_FIRST = (TRAIN, TEST, VALIDATION)  # which parts a class with few polygons goes to first
_NAMED_PARTS = {"train": 0, "training": 0, "val": 1, "valid": 1, "validation": 1, "test": 2, "testing": 2}


@dataclass(frozen=True)
class Split:
    """Part of each sample, (N,) uint8: 0 train, 1 validation, 2 test, 3 left out; `warnings` go with the figures."""

    part: np.ndarray
    warnings: tuple[str, ...]

    def counts(self) -> dict[str, int]:
        """Return the number of samples by part."""
        return {name: int((self.part == k).sum()) for k, name in enumerate(PART_NAMES)}


def split(samples: SampleSet, spec: SplitSpec) -> Split:
    """Split samples into three parts; groups of the method stay whole, classes get their shares as nearly as they can.

    Every class is in training. A class with one group is only there; with two, it is trained and tested.

    Raises:
        InputError: too few samples, classes or groups, or the shares make no sense.
    """
    check_enough(samples)
    shares = _shares(spec)
    unit, unit_name = _units(samples, spec.method, spec.block_size)
    named = _named_parts(samples) if spec.method == "field" and not spec.folds else None
    if named is not None:
        part = named
    elif spec.folds:
        part = _fold_parts(samples, spec, unit, unit_name)
    elif len(np.unique(unit)) < len(PART_NAMES):
        raise InputError(_too_few(len(np.unique(unit)), len(PART_NAMES), unit_name, spec))
    else:
        part = _dealt(unit, samples.label, shares, _FIRST, spec.seed).astype(np.uint8)
    buffer_warnings = tuple(_leave_out_near(part, samples, spec.buffer)) if spec.buffer > 0 else ()
    _check_parts(part, samples)
    warnings = (*_method_warnings(samples, spec), *buffer_warnings, *_class_warnings(part, unit, samples, unit_name))
    return Split(part, warnings)


def split_problems(spec: SplitSpec) -> list[str]:
    """Return what is wrong with a split whatever the samples, a sentence each."""
    found = []
    if spec.method not in SPLIT_METHODS:
        found.append(f"The split is '{spec.method}': choose one of {', '.join(SPLIT_METHODS)}.")
    if min(spec.train, spec.validation, spec.test) <= 0:
        found.append("Train, validation and test need a share each: give shares above 0.")
    if spec.method == "block" and spec.block_size <= 0:
        found.append(f"The block size is {spec.block_size:g}: give a size above 0 in map units.")
    if spec.buffer < 0:
        found.append(f"The buffer is {spec.buffer:g}: give a distance of 0 or more in map units.")
    if spec.folds and not (spec.folds > 1 and 0 <= spec.fold < spec.folds):
        found.append(f"Fold {spec.fold} of {spec.folds} was asked for: give at least 2 folds, numbered from 0.")
    return found


def folds(
    samples: SampleSet, k: int, method: str = "polygon", seed: int = 0, block_size: float = SplitSpec.block_size
) -> np.ndarray:
    """Deal samples into `k` folds for cross-validation, (N,) int64; groups stay whole, classes are spread evenly.

    Raises:
        InputError: there are fewer than `k` groups, or k < 2.
    """
    if k < 2:
        raise InputError(f"{k} folds were asked for: choose at least 2.")
    unit, unit_name = _units(samples, method, block_size)
    count = len(np.unique(unit))
    if count < k:
        raise InputError(_too_few(count, k, unit_name, SplitSpec(method=method, block_size=block_size)))
    return _dealt(unit, samples.label, np.full(k, 1.0 / k), tuple(range(k)), seed)


def _shares(spec: SplitSpec) -> np.ndarray:
    """Return the shares of the three parts, which must be positive and add up to 1."""
    shares = np.array([spec.train, spec.validation, spec.test])
    if (shares <= 0).any() or abs(shares.sum() - 1.0) > 1e-3:
        listed = ", ".join(f"{name} {share:g}" for name, share in zip(PART_NAMES, shares))
        raise InputError(f"The shares of the split are {listed}: each must be above 0, and all must add up to 1.")
    return shares / shares.sum()


def _units(samples: SampleSet, method: str, block_size: float) -> tuple[np.ndarray, str]:
    """Return what stays whole, (N,) int64 numbers from 0, and what to call it."""
    if method == "polygon":
        key, name = samples.group, "polygon" if samples.is_grouped else "sample"
    elif method == "pixel":
        key, name = np.arange(len(samples)), "sample"
    elif method == "block":
        key, name = _blocks(samples, block_size), "block"
    elif method == "field":
        key, name = _folds_of(samples), "fold"
    else:
        raise InputError(f"There is no split by '{method}': choose one of {', '.join(SPLIT_METHODS)}.")
    return np.unique(key, return_inverse=True)[1].reshape(-1).astype(np.int64), name


def _blocks(samples: SampleSet, size: float) -> np.ndarray:
    """Return a number for the square block each sample lies in, (N,)."""
    if size <= 0:
        raise InputError(f"The block size is {size:g}: choose a size above 0, in map units.")
    if not np.isfinite(samples.xy).all():
        raise InputError(f"{samples.source} has samples without coordinates: split by polygon instead of by block.")
    corner = np.floor(samples.xy / size).astype(np.int64)
    return np.unique(corner, axis=0, return_inverse=True)[1].reshape(-1)


def _folds_of(samples: SampleSet) -> np.ndarray:
    blank = int((samples.fold == "").sum())
    if blank == len(samples):
        raise InputError(f"{samples.source} has no folds: choose a fold field when extracting, or split by polygon.")
    if blank:
        raise InputError(f"{blank} samples of {samples.source} have an empty fold field: fill it, or split by polygon.")
    return samples.fold


def _named_parts(samples: SampleSet) -> np.ndarray | None:
    """Return the parts the user named in the fold field (train, validation, test), None where it names others."""
    names, index = np.unique(np.char.lower(samples.fold), return_inverse=True)
    parts = [_NAMED_PARTS.get(str(name)) for name in names]
    if None in parts:
        return None
    return np.array(parts, np.uint8)[index.reshape(-1)]


def _dealt(unit: np.ndarray, label: np.ndarray, shares: np.ndarray, first: tuple[int, ...], seed: int) -> np.ndarray:
    """Return the part of each sample, (N,) int64."""
    generator = np.random.default_rng(seed)
    units = int(unit.max()) + 1
    if units == len(unit):
        return deal_singles(label, shares, first, generator)
    counts = np.zeros((units, int(label.max()) + 1), np.int64)
    np.add.at(counts, (unit, label), 1)
    return best_deal(counts, shares, first, generator)[unit]


def _fold_parts(samples: SampleSet, spec: SplitSpec, unit: np.ndarray, unit_name: str) -> np.ndarray:
    """Return the parts when one fold is the test part, (N,) uint8.

    A class whose groups all fell into one fold could not be trained without them: they stay in training throughout.
    """
    if len(np.unique(unit)) <= spec.folds:
        raise InputError(_too_few(len(np.unique(unit)), spec.folds + 1, unit_name, spec))
    fold = folds(samples, spec.folds, spec.method, spec.seed, spec.block_size)
    for k in np.unique(samples.label):
        if len(np.unique(fold[samples.label == k])) == 1:
            fold[np.isin(unit, unit[samples.label == k])] = -1
    part = np.full(len(samples), TEST, np.uint8)
    rest = np.flatnonzero(fold != spec.fold)
    shares = np.array([spec.train, spec.validation]) / (spec.train + spec.validation)
    numbers = np.unique(unit[rest], return_inverse=True)[1].reshape(-1)
    part[rest] = _dealt(numbers, samples.label[rest], shares, (TRAIN, VALIDATION), spec.seed)
    return part


def _leave_out_near(part: np.ndarray, samples: SampleSet, distance: float) -> Iterator[str]:
    """Mark in `part` what lies nearer than `distance` to a test sample as left out, and say how much that is."""
    if not np.isfinite(samples.xy).all():
        raise InputError(f"{samples.source} has samples without coordinates: choose a buffer of 0.")
    rest = np.flatnonzero(part != TEST)
    near = rest[is_near(samples.xy[rest], samples.xy[part == TEST], distance)]
    part[near] = LEFT_OUT
    if len(near):
        yield f"{len(near)} samples nearer than {distance:g} map units to the test part are left out of training."


def _check_parts(part: np.ndarray, samples: SampleSet) -> None:
    """Check that no part is empty and that every class is in training.

    Raises:
        InputError: one is not.
    """
    for k, name in enumerate(PART_NAMES):
        if not (part == k).any():
            raise InputError(
                f"No sample is left for {name}: add polygons, or choose smaller blocks or buffer, or another split."
            )
    untrained = np.setdiff1d(samples.label, samples.label[part == TRAIN])
    if len(untrained):
        names = few([samples.classes[k].name for k in untrained])
        raise InputError(
            f"No sample of {names} is in the training part: change the fold field, choose smaller blocks or another "
            "seed, or leave these classes out."
        )


def _method_warnings(samples: SampleSet, spec: SplitSpec) -> Iterator[str]:
    if spec.method == "pixel":
        yield (
            "The split is by single samples: pixels of one polygon stand in training and test alike, so the accuracy "
            "is optimistic. Split by polygon or block for figures that hold elsewhere."
        )
    elif spec.method == "polygon" and not samples.is_grouped:
        yield (
            "Nothing tells which samples belong together: each counts as its own group, so neighbours may stand in "
            "training and test alike and the accuracy may be optimistic."
        )


def _class_warnings(part: np.ndarray, unit: np.ndarray, samples: SampleSet, unit_name: str) -> Iterator[str]:
    """Say which classes are not tested or not validated."""
    for k in np.unique(samples.label):
        is_class = samples.label == k
        present = set(np.unique(part[is_class]).tolist()) - {LEFT_OUT}
        if len(present) == len(PART_NAMES):
            continue
        count = len(np.unique(unit[is_class]))
        holds = f"Class '{samples.classes[k].name}' has " + (
            f"a single {unit_name}" if count == 1 else f"{count} {unit_name}s"
        )
        if present == {TRAIN}:
            yield f"{holds}: all of it is used for training, so the class is neither validated nor tested."
        elif TEST in present:
            yield f"{holds}: it is trained and tested, but plays no part in validation (early stopping)."
        else:
            yield f"{holds}: it is trained and validated, but not tested."


def _too_few(count: int, needed: int, unit_name: str, spec: SplitSpec) -> str:
    what = f"{count} {unit_name}{'' if count == 1 else 's'}"
    advice = {
        "block": f"choose blocks smaller than {spec.block_size:g} map units (degrees, where the CRS is geographic)",
        "field": "choose a fold field with more values",
    }.get(spec.method, "add polygons, or split by block")
    return f"The samples lie in {what}, but at least {needed} are needed: {advice}."
