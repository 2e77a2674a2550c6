# SPDX-License-Identifier: GPL-2.0-or-later
"""Sample sets from tables of ready series."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..core.errors import InputError
from ..core.jobs import TableJob
from ..core.monitor import Monitor
from .columns import SeriesColumns, find_columns
from .legend import LEFT_OUT, few, make_legend, whole_number
from .rows import Row, Table, open_table
from .samples import SampleSet, check_enough, counted_classes, first_day, used_classes

_MISSING = ("", "na", "n/a", "nan", "null", "none", "-")
_CHECK_ROWS = 1000  # how often a job asks whether it is canceled


@dataclass
class _Read:
    """What was read so far, a list entry per row."""

    values: list[np.ndarray] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    folds: list[str] = field(default_factory=list)
    xy: list[tuple[float, float]] = field(default_factory=list)


def table_samples(job: TableJob, monitor: Monitor) -> SampleSet:
    """Read ready series from a table; values are float32 in physical units, blank cells are invalid.

    Raises:
        InputError: a column is missing or holds no numbers, dates are unknown, or too few samples or classes are found.
        Canceled: the user stopped the job.
    """
    table = open_table(job.table, job.layer)
    fields = tuple(_column(table, name) for name in (job.class_field, job.group_field, job.fold_field))
    if fields[0] < 0:
        raise InputError(f"No class column is chosen: choose one of {few(table.names, 20)}.")
    taken = [table.names[k] for k in fields if k >= 0]
    columns = find_columns(table.names, table.has_header, taken, job)
    read = _read_rows(table, fields, columns, monitor)
    samples = _sample_set(table, read, columns, job)
    for note in samples.notes:
        monitor.note(note)
    check_enough(samples)
    monitor.progress(1.0, f"{len(samples)} samples of {len(samples.classes)} classes")
    return samples


def _column(table: Table, name: str) -> int:
    """Return the index of a column, -1 for no name."""
    if not name:
        return -1
    if name not in table.names:
        raise InputError(f"{table.title} has no column '{name}': choose one of {few(table.names, 20)}.")
    return table.names.index(name)


def _read_rows(table: Table, fields: Sequence[int], columns: SeriesColumns, monitor: Monitor) -> _Read:
    read, flat = _Read(), [k for date in columns.index for k in date]
    for count, row in enumerate(table.rows()):
        if count % _CHECK_ROWS == 0:
            monitor.check()
        texts = [row.cells[k] if k >= 0 else "" for k in fields]
        read.values.append(_numbers(row, flat, table))
        for store, text in zip((read.names, read.groups, read.folds), texts):
            store.append(text)
        read.xy.append(row.xy)
    if not read.values:
        raise InputError(f"{table.title} holds no row: choose another table.")
    return read


def _numbers(row: Row, columns: Sequence[int], table: Table) -> np.ndarray:
    """Return the values of the row, (T * C,) float32; NaN where a cell is blank."""
    try:
        return np.array([float(row.cells[k]) for k in columns], np.float32)
    except ValueError:
        return np.array([_number(row, k, table) for k in columns], np.float32)


def _number(row: Row, column: int, table: Table) -> float:
    text = row.cells[column]
    if text.lower() in _MISSING:
        return math.nan
    try:
        return float(text.replace(",", ".") if table.decimal_comma else text)
    except ValueError as error:
        raise InputError(
            f"'{text}' in row {row.number}, column {table.names[column]} of {table.title} is no number: correct it or "
            "leave the cell blank."
        ) from error


def _sample_set(table: Table, read: _Read, columns: SeriesColumns, job: TableJob) -> SampleSet:
    """Put the rows together; leave out those without a class or without a valid date."""
    legend = make_legend(read.names, "rows", job.rename, job.colors)
    shape = (len(read.values), len(columns.dates), len(columns.bands))
    values = np.stack(read.values).reshape(shape)
    is_number = np.isfinite(values)
    values[~is_number] = 0.0
    valid = is_number.all(axis=2)
    named, seen = legend.label != LEFT_OUT, valid.any(axis=1)
    kept = np.flatnonzero(named & seen)
    if not len(kept):
        raise InputError(
            f"No row of {table.title} has both a class in '{job.class_field}' and a valid date: choose other columns."
        )
    label = legend.label[kept]
    group = (_groups(read.groups) if job.group_field else np.arange(len(named)))[kept]
    classes, label, class_notes = used_classes(legend.classes, label)
    notes = (*table.notes, *legend.notes, *_notes(columns, job, int((named & ~seen).sum())), *class_notes)
    return SampleSet(
        values=values[kept],
        valid=valid[kept],
        label=label,
        group=group,
        xy=np.array(read.xy, np.float64)[kept],
        fold=np.array(read.folds, np.str_)[kept],
        bands=columns.bands,
        dates=columns.dates,
        season_start=first_day(columns.dates),
        scale=np.ones(shape[1:], np.float32),
        offset=np.zeros(shape[1:], np.float32),
        classes=counted_classes(classes, label, group),
        crs_wkt=table.crs_wkt,
        days_nominal=columns.are_dates_nominal,
        is_grouped=bool(job.group_field),
        source=table.title,
        notes=(*notes, *_mixed_groups(label, group)),
    )


def _groups(texts: Sequence[str]) -> np.ndarray:
    """Return group numbers (N,) int64: whole numbers as they are, names numbered; a blank one is a group of its own."""
    if all(map(whole_number, texts)):
        return np.array([int(text) for text in texts], np.int64)
    keys = [text or f"\0{k}" for k, text in enumerate(texts)]
    return np.unique(keys, return_inverse=True)[1].reshape(-1).astype(np.int64)


def _mixed_groups(label: np.ndarray, group: np.ndarray) -> Iterator[str]:
    pairs = np.unique(np.stack([group, label], axis=1), axis=0)
    mixed = np.flatnonzero(np.bincount(np.unique(pairs[:, 0], return_inverse=True)[1].reshape(-1)) > 1)
    if len(mixed):
        yield (
            f"{len(mixed)} groups hold rows of several classes and stay whole in a split: check the group column if "
            "its numbers start anew in each class."
        )


def _notes(columns: SeriesColumns, job: TableJob, unseen: int) -> Iterator[str]:
    if unseen:
        yield f"{unseen} rows have no valid date and are left out."
    if columns.are_dates_nominal:
        yield "The dates were given by the user, not by the table: days are nominal."
    if not job.group_field:
        yield "The table has no group column: each row is its own group, so the accuracy may be optimistic."
