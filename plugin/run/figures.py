# SPDX-License-Identifier: GPL-2.0-or-later
"""Figures of a job: drawn once for the report, and as SVG, PNG and CSV into a folder where the user wants them."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ..core.errors import OutputError
from ..core.worker import Worker
from .exchange import draw

Row = Sequence[Any]


class Figures:
    """The figures of one job by title, in the order they were drawn; `wanted` is the user's folder ('': none)."""

    def __init__(self, worker: Worker, folder: Path, wanted: str = "") -> None:
        """Make the user's folder.

        Raises:
            OutputError: it cannot be made.
        """
        self.paths: dict[str, Path] = {}
        self._worker = worker
        self._folder = folder
        self._wanted = Path(wanted) if wanted else None
        if self._wanted:
            try:
                self._wanted.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise OutputError(f"The folder {wanted} cannot be made ({error.strerror}): choose another.") from error

    def add(self, title: str, name: str, figure: str, arrays: dict[str, Any], also: str = "") -> None:
        """Draw `figure` (a name of charts.FIGURES) as `name`, and to the file `also` ('': none)."""
        own = self._folder / f"{name}.svg"
        outputs = [own, *([Path(also)] if also else [])]
        if self._wanted:
            outputs += [self._wanted / f"{name}.svg", self._wanted / f"{name}.png"]
        draw(self._worker, figure, arrays, outputs)
        self.paths[title] = own

    def tell(self, name: str, head: Row, rows: Iterable[Row], also: str = "") -> None:
        """Write the numbers behind a figure as CSV beside it, and to the file `also` ('': none)."""
        listed = [list(row) for row in rows]
        for path in [*([Path(also)] if also else []), *([self._wanted / f"{name}.csv"] if self._wanted else [])]:
            write_csv(path, head, listed)


def write_csv(path: Path, head: Row, rows: Iterable[Row]) -> None:
    """Write a table, whole or not at all; floats with six decimals, NaN as nothing.

    Raises:
        OutputError: the place cannot be written.
    """
    partial = path.with_name(path.name + ".part")
    try:
        with partial.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(head)
            writer.writerows([_cell(value) for value in row] for row in rows)
        os.replace(partial, path)
    except OSError as error:
        raise OutputError(f"The table {path} cannot be written ({error.strerror}): choose another place.") from error


def file_stem(text: str) -> str:
    """Return `text` as a part of a file name: letters, digits, - and _ only."""
    return "".join(c if c.isalnum() or c in "-_" else "_" for c in text) or "_"


def _cell(value: Any) -> Any:
    if not isinstance(value, float):  # numpy's float64 is one; other numpy floats are made so by callers
        return value
    return "" if value != value else f"{value:.6f}"  # noqa: PLR0124 (NaN)
