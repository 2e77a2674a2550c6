# SPDX-License-Identifier: GPL-2.0-or-later
"""What a map job keeps on disk so that it can be killed at any moment and resumed to the same map, bit for bit."""

from __future__ import annotations

import hashlib
import json
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


@dataclass
class Checkpoint:
    """The plan of a map job and the windows that are finished, with a checksum of what was written."""

    folder: JobFolder
    plan: Optional[MapPlan] = None
    done: dict[int, dict[str, Any]] = field(default_factory=dict)  # window number -> {"crc", "invalid"}

    @property
    def _plan_path(self) -> Path:
        return self.folder.path / "plan.json"

    @property
    def _done_path(self) -> Path:
        return self.folder.path / "windows.jsonl"

    def load(self, job: MapJob, inputs: str) -> None:
        """Read what an interrupted run of the same `job` on the same `inputs` left, if there is one."""
        if not (self.folder.job.exists() and self._plan_path.exists()):
            return
        plan = from_plain(MapPlan, read_json(self._plan_path))
        if read_json(self.folder.job) != to_plain(job) or plan.inputs != inputs:
            return
        self.plan = plan
        if self._done_path.exists():
            for line in self._done_path.read_text(encoding="utf-8").splitlines():
                if line.endswith("}"):  # the last line of a killed run may be cut
                    entry = json.loads(line)
                    self.done[entry.pop("window")] = entry

    def start(self, job: MapJob, plan: MapPlan) -> None:
        """Begin anew with `plan`."""
        self.plan, self.done = plan, {}
        self._done_path.unlink(missing_ok=True)
        save_job(job, self.folder.job)
        write_json(self._plan_path, plan)

    def record(self, entries: Iterable[dict[str, Any]]) -> None:
        """Note windows as finished; call it only after what they wrote is on disk."""
        with self._done_path.open("a", encoding="utf-8") as file:
            for entry in entries:
                file.write(json.dumps(entry) + "\n")
                self.done[entry["window"]] = entry

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
    """Return a digest of the model, the cube description and the state (size, time) of every raster file it names."""
    digest = hashlib.sha256(Path(job.model).read_bytes())
    digest.update(json.dumps(to_plain(spec)).encode())
    names = {band.dataset for acquisition in spec.acquisitions for band in acquisition.bands}
    names |= {acquisition.mask.dataset for acquisition in spec.acquisitions if acquisition.mask}
    for name in sorted(names):
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
