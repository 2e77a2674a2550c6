# SPDX-License-Identifier: GPL-2.0-or-later
"""Peak memory of this process and of its worker, as proportional set size (Linux)."""

from __future__ import annotations

import os
import threading
from pathlib import Path

SAMPLE_S = 0.1


class MemoryWatch(threading.Thread):
    """Samples the proportional set size of this process and of its worker, in MB, and keeps the peaks.

    `peaks`: of the "host", of the "worker", and of "both" at one time.
    """

    def __init__(self) -> None:
        """Prepare; start() begins."""
        super().__init__(daemon=True)
        self.peaks = {"host": 0.0, "worker": 0.0, "both": 0.0}
        self._stopped = threading.Event()

    def run(self) -> None:
        """Sample until stop()."""
        while not self._stopped.wait(SAMPLE_S):
            host, worker = pss_mb(os.getpid()), sum(map(pss_mb, children_of(os.getpid())))
            for side, used in (("host", host), ("worker", worker), ("both", host + worker)):
                self.peaks[side] = max(self.peaks[side], used)

    def stop(self) -> None:
        """End sampling."""
        self._stopped.set()
        self.join()


def pss_mb(pid: int) -> float:
    """Return the proportional set size of a process in MB, 0 when it has gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def children_of(pid: int) -> list[int]:
    """Return the processes that `pid` started."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(child) for child in task.read_text().split()]
    return found
