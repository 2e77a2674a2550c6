# SPDX-License-Identifier: GPL-2.0-or-later
"""Windows through the worker: while one is computed the next is read and the one before is written."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ..core.monitor import Monitor
from ..core.slots import SlotLayout
from ..core.worker import Worker
from ..raster.area import AreaOfInterest
from ..raster.cube import Cube
from ..raster.grid import Window
from ..raster.writer import MapWriter
from .plan import Checkpoint, checksum

SLOTS = 3  # one is read, one is computed, one is written
_FLUSH_EVERY = 16  # windows between two checkpoints


class SlotArrays:
    """One slot, mapped into memory: series in, results out."""

    def __init__(self, layout: SlotLayout, folder: Path, slot: int) -> None:
        """Create the slot's files."""
        files = layout.files(folder, slot)
        self._layout = layout
        self._values = np.memmap(files["values"], layout.dtype, "w+", shape=layout.dates * layout.bands * layout.pixels)
        self._valid = np.memmap(files["valid"], np.uint8, "w+", shape=layout.dates * layout.pixels)
        self._results = {
            output.product: np.memmap(files[output.product], output.dtype, "w+", shape=output.bands * layout.pixels)
            for output in layout.outputs
        }

    def inputs(self, window: Window) -> tuple[np.ndarray, np.ndarray]:
        """Return values (T, C, h, w) and valid (T, h, w), views to be filled."""
        dates, bands, pixels = self._layout.dates, self._layout.bands, window.pixels
        values = self._values[: dates * bands * pixels].reshape(dates, bands, window.height, window.width)
        return values, self._valid[: dates * pixels].reshape(dates, window.height, window.width)

    def results(self, window: Window) -> dict[str, np.ndarray]:
        """Return the result of each product, (bands, h, w)."""
        return {
            output.product: self._results[output.product][: output.bands * window.pixels].reshape(
                output.bands, window.height, window.width
            )
            for output in self._layout.outputs
        }


@dataclass
class Pipeline:
    """The windows of one map on their way; `area` is where the map lies in the cube's grid."""

    cube: Cube
    area: Window
    windows: Sequence[Window]  # in the cube's grid
    slots: Sequence[SlotArrays]
    writers: dict[str, MapWriter]
    checkpoint: Checkpoint
    worker: Worker
    aoi: Optional[AreaOfInterest] = None
    _unsaved: list[dict[str, Any]] = field(default_factory=list)

    def run(self, monitor: Monitor) -> None:
        """Process every window that is not finished yet.

        Raises:
            ChronomapError: reading, computing or writing failed, or the job was canceled; what is finished stays so.
        """
        with ThreadPoolExecutor(1, "reader") as reader, ThreadPoolExecutor(1, "writer") as writer:
            try:
                self._loop(reader, writer, monitor)
            finally:
                reader.shutdown(cancel_futures=True)
                writer.shutdown()
                self._save()

    def _loop(self, reader: ThreadPoolExecutor, writer: ThreadPoolExecutor, monitor: Monitor) -> None:
        pending = deque(number for number in self.checkpoint.numbers if number not in self.checkpoint.done)
        free = deque(range(len(self.slots)))
        reading: deque[tuple[int, int, Future]] = deque()
        computing: deque[tuple[int, int]] = deque()
        writing: deque[tuple[int, Future]] = deque()
        while pending or reading or computing or writing:
            monitor.check()
            while pending and free:
                number, slot = pending.popleft(), free.popleft()
                reading.append((number, slot, reader.submit(self._read, number, slot)))
            while reading and (reading[0][2].done() or not computing):
                number, slot, future = reading.popleft()
                future.result()
                window = self.windows[number]
                self.worker.send({"do": "window", "slot": slot, "pixels": window.pixels})
                computing.append((number, slot))
            if computing:
                event = self.worker.receive(monitor)
                number, slot = computing.popleft()
                writing.append((slot, writer.submit(self._write, number, slot, int(event["invalid"]))))
            while writing and (writing[0][1].done() or not (reading or computing or (pending and free))):
                slot, future = writing.popleft()
                future.result()
                free.append(slot)
            self._report(monitor)

    def _read(self, number: int, slot: int) -> None:
        values, valid = self.slots[slot].inputs(self.windows[number])
        self.cube.read(self.windows[number], values, valid)
        if self.aoi is not None:
            valid[:, ~self.aoi.inside(self.windows[number])] = 0

    def _write(self, number: int, slot: int, invalid: int) -> None:
        window = self.windows[number]
        results = self.slots[slot].results(window)
        for product, writer in self.writers.items():
            writer.write(window.counted_from(self.area), results[product])
        outside = window.pixels - int(self.aoi.inside(window).sum()) if self.aoi else 0
        entry = {"window": number, "crc": checksum(list(results.values())), "invalid": invalid - outside}
        self._unsaved.append({**entry, "outside": outside} if outside else entry)
        if len(self._unsaved) >= _FLUSH_EVERY:
            self._save()

    def _save(self) -> None:
        """Bring the results to disk, then note their windows as finished: in this order."""
        if self._unsaved:
            for writer in self.writers.values():
                writer.flush()
            self.checkpoint.record(self._unsaved)
            self._unsaved = []

    def _report(self, monitor: Monitor) -> None:
        done, count = len(self.checkpoint.done) + len(self._unsaved), len(self.checkpoint.numbers)
        monitor.on_event({"event": "window", "done": done, "count": count})
        monitor.progress(done / count)

    def drop_damaged(self) -> int:
        """Compare the finished windows with their checksums, forget those that differ; return how many are left."""
        done = self.checkpoint.done
        for number in [number for number, entry in done.items() if self._crc_on_disk(number) != entry["crc"]]:
            del done[number]
        return len(done)

    def _crc_on_disk(self, number: int) -> int:
        window = self.windows[number].counted_from(self.area)
        return checksum([writer.read(window) for writer in self.writers.values()])
