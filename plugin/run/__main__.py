# SPDX-License-Identifier: GPL-2.0-or-later
"""Run a job without QGIS: ``python -m plugin.run job.json`` (GDAL and numpy here, torch in CHRONOMAP_PYTHON).

``--shard 2/8`` makes the second of eight parts of a map, for processes or machines that share only files; the part
that ends last joins all. Started by torchrun, it trains one model by several processes.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from ..core.errors import ChronomapError, InputError
from ..core.jobs import Job, MapJob, TrainJob, load_job
from ..core.monitor import Event, Monitor
from ..core.narration import narrate
from .dispatch import run_job
from .plan import Shard
from .shards import join_shards, map_shard


def main(arguments: list[str]) -> int:
    """Run the job file named on the command line, or a shard of it; return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        job = load_job(options.job.resolve())
        if int(os.environ.get("WORLD_SIZE", "1")) > 1:
            _take_part(job, int(os.environ["RANK"]))
        elif not (options.shard or options.join):
            run_job(job, Monitor(_tell))
        elif not isinstance(job, MapJob):
            raise InputError(f"{options.job} is no map job: only maps can be cut into shards.")
        elif options.shard:
            map_shard(job, options.shard, Monitor(_tell))
        else:
            join_shards(job, options.join, Monitor(_tell))
    except ChronomapError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _take_part(job: Job, rank: int) -> None:
    """Train as one of the processes that torchrun started: the first one reports and writes.

    Raises:
        ChronomapError: the job is not the training of one model, or it failed.
    """
    if not isinstance(job, TrainJob) or job.ensemble > 1:
        raise InputError("torchrun can only share out the training of one model: start other jobs without it.")
    job = replace(job, ensemble=1)  # however few the samples are
    if rank == 0:
        run_job(job, Monitor(_tell))
        return
    with tempfile.TemporaryDirectory(prefix="chronomap-") as folder:
        run_job(replace(job, model=str(Path(folder) / "model.safetensors"), report=""))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m plugin.run", description="Run a Chronomap job without QGIS.")
    parser.add_argument("job", type=Path, help="job.json")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--shard", type=_shard, metavar="I/N", help="make only part I of N of a map (I counts from 1)")
    which.add_argument("--join", type=int, metavar="N", help="join N finished shards, where that was interrupted")
    return parser


def _shard(text: str) -> Shard:
    """Return the shard written as "2/8"."""
    numbers = [int(part) if part.isdecimal() else 0 for part in text.split("/")]
    if len(numbers) != 2 or not 1 <= numbers[0] <= numbers[1]:
        raise argparse.ArgumentTypeError(f"'{text}' is no shard: write 1/8 to 8/8 for the eight parts of a map")
    return Shard(numbers[0] - 1, numbers[1])


def _tell(event: Event) -> None:
    line = narrate(event)
    if line:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
