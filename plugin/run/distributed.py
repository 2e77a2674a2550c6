# SPDX-License-Identifier: GPL-2.0-or-later
"""A map over the workers of a Dask cluster that share its files; only this module knows Dask.

Each Dask worker makes shards by GDAL and a torch worker of its own (CHRONOMAP_PYTHON in its environment). A worker
that is lost loses the windows since its last checkpoint: Dask hands its shard to another one, which goes on there.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from ..core.errors import Canceled, ChronomapError, InputError, WorkerError
from ..core.jobs import MapJob
from ..core.monitor import Monitor
from ..core.records import read_json, write_json
from .folder import JobFolder
from .plan import Shard
from .shards import join_shards, make_shard

_SHARDS_PER_WORKER = 2  # a worker that is quick, or another's heir, has more to do
CONNECT_S = 20.0
_POLL_S = 0.2
_STOP, _COUNT = "stop", "shards.json"  # files in the job's folder: the shards look for the first
_REMEDY = "see the logs of the Dask workers, then start the same map again; what is finished is kept."


def map_distributed(job: MapJob, folder: JobFolder, monitor: Monitor, python: str = "") -> dict[str, Any]:
    """Make the map of `job` by the cluster at its scheduler's address; `python` is not used: each worker has its own.

    Raises:
        InputError: Dask is not installed, or no scheduler or worker answers.
        ChronomapError: as for a map by one process.
    """
    with _client(job.scheduler) as client:
        workers = len(client.nthreads())
        shards = shard_count(folder, workers)
        stop = folder.path / _STOP
        stop.unlink(missing_ok=True)
        monitor.note(f"{job.scheduler}: {workers} workers share {shards} shards.")
        futures = [client.submit(_make, job, Shard(index, shards), pure=False) for index in range(shards)]
        try:
            _wait(futures, monitor)
        except ChronomapError:
            stop.touch()
            client.cancel(futures)
            raise
    outputs = join_shards(job, shards, monitor.part(0.95, 1.0))
    (folder.path / _COUNT).unlink()
    return outputs


def shard_count(folder: JobFolder, workers: int) -> int:
    """Return into how many shards a map is cut for so many `workers`; one that was begun keeps its number."""
    path = folder.path / _COUNT
    if not path.exists():
        write_json(path, workers * _SHARDS_PER_WORKER)
    return int(read_json(path))


def _make(job: MapJob, shard: Shard) -> list[str]:
    """Make one shard; runs in a Dask worker."""
    path = Path(next(iter(job.outputs.values())) + ".job")
    return make_shard(job, shard, JobFolder(path), Monitor(is_canceled=(path / _STOP).exists))


def _wait(futures: list[Any], monitor: Monitor) -> None:
    """Wait for all shards; a failed one raises what it raised."""
    while True:
        if monitor.is_canceled():
            raise Canceled("The job was canceled.")
        _check(futures)
        finished = sum(future.status == "finished" for future in futures)
        monitor.progress(0.95 * finished / len(futures))
        if finished == len(futures):
            return
        time.sleep(_POLL_S)


def _check(futures: list[Any]) -> None:
    """Raise what a shard raised, or say that the cluster failed."""
    for future in futures:
        if future.status == "error":
            error = future.exception()
            if isinstance(error, ChronomapError):
                raise error
            raise WorkerError(f"The cluster could not make a shard ({type(error).__name__}: {error}): {_REMEDY}")
        if future.status in ("cancelled", "lost"):
            raise WorkerError(f"The cluster gave a shard up: {_REMEDY}")


def _client(address: str) -> Any:
    try:
        from distributed import Client  # noqa: PLC0415 (an optional package of the host's Python)
    except ImportError:
        raise InputError(
            "Dask is not installed in this Python: install 'distributed' there, or leave the scheduler empty."
        ) from None
    try:
        client = Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(
            f"No Dask scheduler answers at {address} ({error}): start one, or correct the address."
        ) from error
    if not client.nthreads():
        client.close()
        raise InputError(f"The Dask scheduler at {address} has no workers: start 'dask worker {address}'.")
    return client
