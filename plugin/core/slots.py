# SPDX-License-Identifier: GPL-2.0-or-later
"""Slots: the memory-mapped files in which a window's series go to the worker and its results come back.

Each slot is a set of flat files of fixed size. A window of n <= `pixels` pixels uses the start of each, C order:
values (T, C, n) in the sensor's type, valid (T, n) uint8 (1 is valid), and per product (bands, n) in its type.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class OutputArray:
    """One product in a slot: its id, number of bands and numpy type."""

    product: str
    bands: int
    dtype: str


@dataclass(frozen=True)
class SlotLayout:
    """Shapes of one slot: T dates, C bands, at most `pixels` pixels of numpy type `dtype`, and the outputs."""

    dates: int
    bands: int
    pixels: int
    dtype: str
    outputs: tuple[OutputArray, ...]

    def files(self, folder: Path, slot: int) -> dict[str, Path]:
        """Return the files of slot number `slot`: "values", "valid" and one per product."""
        names = ["values", "valid", *(output.product for output in self.outputs)]
        return {name: folder / f"slot{slot}_{name}.bin" for name in names}


@contextmanager
def local_folder(needed_bytes: int) -> Iterator[Path]:
    """Yield a folder for slots, in the memory file system where twice the need is free; deleted at the end."""
    memory = Path("/dev/shm")  # noqa: S108  # nosec B108 # (a private folder is made in it)
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 2 * needed_bytes
    folder = Path(tempfile.mkdtemp(prefix="chronomap-", dir=memory if roomy else None))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
