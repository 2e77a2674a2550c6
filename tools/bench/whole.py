# SPDX-License-Identifier: GPL-2.0-or-later
"""One whole map in a process of its own, as from the command line: its pace, and the memory of both sides.

python tools/bench/whole.py CUBE MODEL PRECISION MEMORY_MB prints one JSON object.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from memory import MemoryWatch

from plugin.core.jobs import MapJob
from plugin.core.monitor import Event, Monitor
from plugin.core.records import read_json
from plugin.run.dispatch import run_job


@dataclass(frozen=True)
class WholeMap:
    """Pixels per second of a whole map, peak memory in MB, and how.

    `both_mb`: of the two processes at one time. `form`: the number type and the engine, "bfloat16 torch".
    `notes`: what the worker told.
    """

    pace: float
    host_mb: float
    worker_mb: float
    both_mb: float
    form: str
    notes: tuple[str, ...]


def whole_map(cube: Path, model: Path, precision: str, memory_mb: int) -> WholeMap:
    """Map once in a process that has done nothing else."""
    command = [sys.executable, __file__, str(cube), str(model), precision, str(memory_mb)]
    finished = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return WholeMap(**json.loads(finished.stdout.splitlines()[-1]))


def made_here(cube: Path, model: Path, precision: str, memory_mb: int) -> WholeMap:
    """Map once; the time counts from the first window's start, after torch is loaded and the batch size chosen."""
    told: list[str] = []
    first: list[tuple[float, float, str]] = []  # when the first window was through, the share done by then, the form
    outputs = {"class": str(model.with_name(f"map_{model.stem}.tif"))}
    job = MapJob(str(cube), str(model), outputs, memory_mb=memory_mb, precision=precision)

    def hear(event: Event) -> None:
        if event["event"] == "note":
            told.append(event["text"])
        if event["event"] == "window" and not first:
            planned = read_json(Path(outputs["class"] + ".job") / "plan.json")["compute"]
            form = f"{planned['dtype']} {planned['engine']}"
            first.append((time.perf_counter(), event["done"] / event["count"], form))

    watch = MemoryWatch()
    watch.start()
    result = run_job(job, Monitor(hear))
    ended = time.perf_counter()
    watch.stop()
    begun, done, form = first[0]
    pace = result["pixels"] * (1.0 - done) / (ended - begun)
    return WholeMap(pace, watch.peaks["host"], watch.peaks["worker"], watch.peaks["both"], form, tuple(told))


if __name__ == "__main__":
    print(json.dumps(asdict(made_here(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])))))
