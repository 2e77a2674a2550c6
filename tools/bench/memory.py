# SPDX-License-Identifier: GPL-2.0-or-later
"""Peak memory of this process and of its worker, as resident set size (Linux)."""

from __future__ import annotations

import os
import threading
from pathlib import Path

SAMPLE_S = 0.1


class MemoryWatch(threading.Thread):
    """Samples the resident set size of this process and of its worker, in MB, and keeps the peaks.

    `peaks`: of the "host", of the "worker", and of "both" at one time, in which the slots that both map count once. The
    kernel's own counters are read: its walk through all pages (smaps_rollup) takes a sixth of a map's pace.
    """

    def __init__(self) -> None:
        """Prepare; start() begins."""
        super().__init__(daemon=True)
        self.peaks = {"host": 0.0, "worker": 0.0, "both": 0.0}
        self._stopped = threading.Event()

    def run(self) -> None:
        """Sample until stop()."""
        while not self._stopped.wait(SAMPLE_S):
            (host, slots), *others = map(resident_mb, [os.getpid(), *children_of(os.getpid())])
            worker = sum(resident for resident, _ in others)
            both = host + worker - sum(min(slots, shared) for _, shared in others)
            for side, used in (("host", host), ("worker", worker), ("both", both)):
                self.peaks[side] = max(self.peaks[side], used)

    def stop(self) -> None:
        """End sampling."""
        self._stopped.set()
        self.join()


def resident_mb(pid: int) -> tuple[float, float]:
    """Return the resident set size of a process in MB, and how much of it is shared memory; 0 when it has gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0, 0.0
    sizes = {line.split()[0]: int(line.split()[1]) / 1024 for line in lines if line.endswith(" kB")}
    return sizes.get("VmRSS:", 0.0), sizes.get("RssShmem:", 0.0)


def children_of(pid: int) -> list[int]:
    """Return the processes that `pid` started."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(child) for child in task.read_text().split()]
    return found
