# SPDX-License-Identifier: GPL-2.0-or-later
"""What this machine has to give: cores and memory."""

from __future__ import annotations

import os
from pathlib import Path


def cores() -> int:
    """Return how many CPU cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def available_memory() -> int:
    """Return the free memory in bytes, 0 where the system does not tell (only Linux does, in a file)."""
    try:
        text = Path("/proc/meminfo").read_text(encoding="utf-8")
    except OSError:
        return 0
    lines = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    return int(lines.get("MemAvailable", "0 kB").split()[0]) * 1024
