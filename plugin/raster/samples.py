# SPDX-License-Identifier: GPL-2.0-or-later
"""Sample sets: labelled series ready for training, and their file (.npz without pickle)."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..core.classes import ClassInfo
from ..core.errors import InputError, OutputError
from ..core.records import from_plain, to_plain
from ..core.season import days_since, parse_date
from .legend import few

FORMAT_VERSION = 1
MIN_SAMPLES = 10  # below this no split into train, validation and test means anything
_ARRAYS = ("values", "valid", "label", "group", "xy", "fold", "scale", "offset")
_META = ("bands", "dates", "season_start", "classes", "crs_wkt", "days_nominal", "is_grouped", "source", "notes")


@dataclass(frozen=True)
class SampleSet:
    """N labelled series of T dates and C bands.

    `values` (N, T, C) as stored (physical = values * scale + offset; scale and offset (T, C)), `valid` (N, T) bool,
    `label` (N,) int64 index into `classes`, `group` (N,) int64 polygon (or row) the sample came from, `xy` (N, 2)
    float64 map coordinates in `crs_wkt` (NaN: unknown), `fold` (N,) text ('' : none). `dates` and `season_start` are
    ISO; `days_nominal`: the user gave dates to a table that had none. `is_grouped` False: each sample is a group of its
    own, as nothing told which belong together. `notes` are sentences about what was found and left out.
    """

    values: np.ndarray
    valid: np.ndarray
    label: np.ndarray
    group: np.ndarray
    xy: np.ndarray
    fold: np.ndarray
    bands: tuple[str, ...]
    dates: tuple[str, ...]
    season_start: str
    scale: np.ndarray
    offset: np.ndarray
    classes: tuple[ClassInfo, ...]
    crs_wkt: str = ""
    days_nominal: bool = False
    is_grouped: bool = True
    source: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check that the arrays fit each other.

        Raises:
            ValueError: a shape is wrong, or a label has no class.
        """
        count, dates, bands = len(self.label), len(self.dates), len(self.bands)
        shapes = {"values": (count, dates, bands), "valid": (count, dates), "group": (count,), "xy": (count, 2)}
        shapes.update(fold=(count,), scale=(dates, bands), offset=(dates, bands))
        for name, shape in shapes.items():
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name} has the shape {getattr(self, name).shape}, not {shape}")
        if count and not 0 <= self.label.min() <= self.label.max() < len(self.classes):
            raise ValueError("a label has no class")

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.label)

    @property
    def days(self) -> np.ndarray:
        """Days since the season's start, (T,) float32."""
        return np.array(days_since(parse_date(self.season_start), self.dates), np.float32)

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of arrays and meaning; file names and notes do not count."""
        digest = hashlib.sha256()
        meta = {name: to_plain(getattr(self, name)) for name in _META if name not in ("source", "notes")}
        digest.update(json.dumps(meta, sort_keys=True).encode())
        for name in _ARRAYS:
            member = getattr(self, name)
            digest.update(f"{name}{member.dtype.str}{member.shape}".encode())
            digest.update(np.ascontiguousarray(member).tobytes())
        return digest.hexdigest()

    def subset(self, index: np.ndarray) -> SampleSet:
        """Return the samples at `index` (integers or a mask); the classes and their counts stay as they are."""
        chosen = {name: getattr(self, name)[index] for name in _ARRAYS if name not in ("scale", "offset")}
        return replace(self, **chosen)

    def physical(self) -> np.ndarray:
        """Return the values in physical units, (N, T, C) float32; NaN on invalid dates."""
        values = self.values.astype(np.float32) * self.scale + self.offset
        values[~self.valid] = np.nan
        return values


def first_day(dates: Sequence[str]) -> str:
    """Return the season's start of a set of ISO dates: its first day."""
    return min(parse_date(text) for text in dates).isoformat()


def counted_classes(classes: Sequence[ClassInfo], label: np.ndarray, group: np.ndarray) -> tuple[ClassInfo, ...]:
    """Return `classes` with the number of their samples and groups filled in."""
    return tuple(
        replace(info, samples=int((label == k).sum()), polygons=len(np.unique(group[label == k])))
        for k, info in enumerate(classes)
    )


def used_classes(
    classes: Sequence[ClassInfo], label: np.ndarray
) -> tuple[tuple[ClassInfo, ...], np.ndarray, tuple[str, ...]]:
    """Return the classes that have samples, the labels (N,) as index into these, and a note that names the others."""
    used = np.unique(label)
    missing = [info.name for k, info in enumerate(classes) if k not in used]
    notes = (f"Classes without a single sample, left out: {few(missing, 20)}.",) if missing else ()
    return tuple(classes[k] for k in used), np.searchsorted(used, label).astype(np.int64), notes


def check_enough(samples: SampleSet) -> None:
    """Check that a model can be trained and tested on `samples` at all.

    Raises:
        InputError: fewer than MIN_SAMPLES samples, or fewer than two classes.
    """
    notes = " ".join(samples.notes)
    if len(samples) < MIN_SAMPLES:
        raise InputError(
            f"{samples.source} gives only {len(samples)} samples, but at least {MIN_SAMPLES} are needed to train, "
            f"validate and test: add polygons, points or rows. {notes}".strip()
        )
    present = np.unique(samples.label)
    if len(present) < 2:
        raise InputError(
            f"{samples.source} gives samples of one class only ('{samples.classes[present[0]].name}'): at least two "
            f"classes are needed. {notes}".strip()
        )


def save_samples(samples: SampleSet, path: Path) -> None:
    """Write a sample file (.npz), whole or not at all.

    Raises:
        OutputError: the place cannot be written.
    """
    meta = {"chronomap": "samples", "version": FORMAT_VERSION}
    meta.update({name: to_plain(getattr(samples, name)) for name in _META})
    members = {name: np.ascontiguousarray(getattr(samples, name)) for name in _ARRAYS}
    partial = path.with_name(path.name + ".part")
    try:
        with partial.open("wb") as file:
            np.savez(file, meta=np.array(json.dumps(meta, ensure_ascii=False)), **members)
        os.replace(partial, path)
    except OSError as error:
        if partial.exists():
            partial.unlink()
        raise OutputError(
            f"The sample file {path} cannot be written ({error.strerror}): choose another place."
        ) from error


def load_samples(path: Path) -> SampleSet:
    """Read a sample file.

    Raises:
        InputError: the file is missing, damaged, foreign or from a newer version.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            meta: dict[str, Any] = json.loads(str(file["meta"]))
            arrays = {name: file[name] for name in _ARRAYS}
    except OSError as error:
        reason = error.strerror or "no sample file"
        raise InputError(f"The sample file {path} cannot be read ({reason}): check the path.") from error
    except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} is damaged or no sample file: extract the samples again.") from error
    if not isinstance(meta, dict) or meta.get("chronomap") != "samples":
        raise InputError(f"{path} is no sample file: choose a file made by 'Extract samples'.")
    if meta["version"] > FORMAT_VERSION:
        raise InputError(f"{path} was made by a newer Chronomap: update the plugin.")
    try:
        return SampleSet(**arrays, **_meta_members(meta))
    except (ValueError, KeyError) as error:
        raise InputError(f"{path} is damaged ({error}): extract the samples again.") from error


def _meta_members(meta: dict[str, Any]) -> dict[str, Any]:
    members = {name: meta[name] for name in _META}
    members["classes"] = tuple(from_plain(ClassInfo, plain) for plain in meta["classes"])
    for name in ("bands", "dates", "notes"):
        members[name] = tuple(members[name])
    return members
