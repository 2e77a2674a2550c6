# SPDX-License-Identifier: GPL-2.0-or-later
"""What a map job keeps on disk so that it can be killed at any moment and resumed to the same map, bit for bit."""

from __future__ import annotations

import hashlib
import json
import os
import uuid
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ..core.cube_spec import CubeSpec
from ..core.jobs import MapJob, save_job
from ..core.records import from_plain, read_json, to_plain, write_json
from ..raster.grid import Window
from .folder import JobFolder


@dataclass(frozen=True)
class MapPlan:
    """What is decided once, at the start: the windows, what changes arithmetic, and what the inputs were."""

    windows: tuple[tuple[int, ...], ...]  # x, y, width, height
    compute: dict[str, Any]
    inputs: str


@dataclass(frozen=True)
class Shard:
    """One of `count` parts of a map's windows, counted from 0; each is made by a process of its own."""

    index: int
    count: int

    @property
    def label(self) -> str:
        """What its files are called by: counted from 1, as on the command line."""
        return f"{self.index + 1}-of-{self.count}"

    def numbers(self, windows: int) -> range:
        """Return the numbers of its windows, neighbours on the map."""
        return range(self.index * windows // self.count, (self.index + 1) * windows // self.count)


@dataclass
class Checkpoint:
    """The plan of a map job and the windows that are finished, with a checksum of what was written."""

    folder: JobFolder
    job: MapJob
    inputs: str  # see fingerprint_inputs
    shard: Optional[Shard] = None  # None: the whole map
    plan: Optional[MapPlan] = None
    done: dict[int, dict[str, Any]] = field(default_factory=dict)  # window number -> {"crc", "invalid"}

    def load(self) -> None:
        """Read what an interrupted run on the same inputs left, if there is one."""
        if not self._plan_path.exists():
            return
        plan = from_plain(MapPlan, read_json(self._plan_path))
        if plan.inputs != self.inputs:
            return
        self.plan = plan
        if self._done_path.exists():
            for line in self._done_path.read_text(encoding="utf-8").splitlines():
                if line.endswith("}"):  # a killed run may have cut its last line
                    entry = json.loads(line)
                    self.done[entry.pop("window")] = entry

    def forget(self) -> None:
        """Begin anew: no window is finished; the plan that shards share stays."""
        self.done = {}
        self._done_path.unlink(missing_ok=True)
        if not self.shard:
            self.plan = None

    def start(self, plan: MapPlan) -> MapPlan:
        """Keep `plan` on disk and return it, or what the quickest shard of the same map planned."""
        save_job(self.job, self.folder.job)
        if self.shard:
            plan = self._agree(plan)
        else:
            write_json(self._plan_path, plan)
        self.plan = plan
        return plan

    @property
    def numbers(self) -> range:
        """The windows that are to be made here: all of the plan's, or those of the shard."""
        count = len(self.plan.windows) if self.plan else 0
        return self.shard.numbers(count) if self.shard else range(count)

    @property
    def _plan_path(self) -> Path:
        return self.folder.path / (f"plan-{self.inputs[:16]}.json" if self.shard else "plan.json")

    @property
    def _done_path(self) -> Path:
        name = f"windows-{self.shard.label}-{self.inputs[:16]}.jsonl" if self.shard else "windows.jsonl"
        return self.folder.path / name

    def _agree(self, plan: MapPlan) -> MapPlan:
        """Publish `plan` unless another process was quicker; return the one that counts."""
        own = self.folder.path / f"plan-{uuid.uuid4().hex}.part"
        write_json(own, plan)
        try:
            os.link(own, self._plan_path)  # fails where the name is taken: never a half-written plan
        except FileExistsError:
            plan = from_plain(MapPlan, read_json(self._plan_path))
        finally:
            own.unlink()
        return plan

    def record(self, entries: Iterable[dict[str, Any]]) -> None:
        """Note windows as finished; call it only after what they wrote is on disk."""
        with self._done_path.open("a", encoding="utf-8") as file:
            for entry in entries:
                file.write("\n" + json.dumps(entry))  # a line of its own, even after one that is cut
                self.done[entry["window"]] = entry

    @property
    def is_complete(self) -> bool:
        """Whether every window that is to be made here is finished."""
        return self.plan is not None and all(number in self.done for number in self.numbers)

    def clear(self) -> None:
        """Forget plan and windows: the map is complete."""
        self._plan_path.unlink(missing_ok=True)
        self._done_path.unlink(missing_ok=True)


def checksum(arrays: Sequence[np.ndarray]) -> int:
    """Return the CRC-32 over the bytes of `arrays`."""
    crc = 0
    for array in arrays:
        crc = zlib.crc32(np.ascontiguousarray(array).tobytes(), crc)
    return crc


def fingerprint_inputs(job: MapJob, spec: CubeSpec) -> str:
    """Return a digest of job, model, cube description and the state (size, time) of every file it names."""
    digest = hashlib.sha256(Path(job.model).read_bytes())
    digest.update(json.dumps(to_plain(job)).encode())
    digest.update(json.dumps(to_plain(spec)).encode())
    names = {band.dataset for acquisition in spec.acquisitions for band in acquisition.bands}
    names |= {acquisition.mask.dataset for acquisition in spec.acquisitions if acquisition.mask}
    for name in sorted(names | {job.aoi}):
        path = Path(name)
        if path.is_file():
            status = path.stat()
            digest.update(f"{name} {status.st_size} {status.st_mtime_ns}".encode())
    return digest.hexdigest()


def as_windows(plan: MapPlan) -> list[Window]:
    """Return the windows of the plan."""
    return [Window(*numbers) for numbers in plan.windows]


def as_numbers(windows: Iterable[Window]) -> tuple[tuple[int, ...], ...]:
    """Return windows as they stand in a plan."""
    return tuple((window.x, window.y, window.width, window.height) for window in windows)
