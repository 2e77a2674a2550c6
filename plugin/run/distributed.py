# SPDX-License-Identifier: GPL-2.0-or-later
"""A map over the workers of a Dask cluster that share its files; only this module knows Dask.

Each Dask worker makes shards by GDAL and a torch worker of its own (CHRONOMAP_PYTHON in its environment). A worker
that is lost loses the windows since its last checkpoint: Dask hands its shard to another one, which goes on there.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from ..core.errors import Canceled, ChronomapError, InputError
from ..core.jobs import MapJob
from ..core.monitor import Monitor
from .folder import JobFolder
from .plan import Shard
from .shards import join_shards, make_shard

_SHARDS_PER_WORKER = 2  # a worker that is quick, or another's heir, has more to do
CONNECT_S = 20.0
_POLL_S = 0.2
_STOP = "stop"  # a file in the job's folder: the shards look for it


def map_distributed(job: MapJob, folder: JobFolder, monitor: Monitor, python: str = "") -> dict[str, Any]:
    """Make the map of `job` by the cluster at its scheduler's address; `python` is not used: each worker has its own.

    Raises:
        InputError: Dask is not installed, or no scheduler or worker answers.
        ChronomapError: as for a map by one process.
    """
    with _client(job.scheduler) as client:
        shards = max(1, len(client.scheduler_info()["workers"])) * _SHARDS_PER_WORKER
        stop = folder.path / _STOP
        stop.unlink(missing_ok=True)
        monitor.note(f"{job.scheduler}: {shards // _SHARDS_PER_WORKER} workers share {shards} shards.")
        futures = [client.submit(_make, job, Shard(index, shards), pure=False) for index in range(shards)]
        try:
            _wait(futures, monitor)
        except ChronomapError:
            stop.touch()
            client.cancel(futures)
            raise
    return join_shards(job, shards, monitor.part(0.95, 1.0))


def _make(job: MapJob, shard: Shard) -> list[str]:
    """Make one shard; runs in a Dask worker."""
    path = Path(next(iter(job.outputs.values())) + ".job")
    return make_shard(job, shard, JobFolder(path), Monitor(is_canceled=(path / _STOP).exists))


def _wait(futures: list[Any], monitor: Monitor) -> None:
    """Wait for all shards; a failed one raises what it raised."""
    while not all(future.done() for future in futures):
        if monitor.is_canceled():
            raise Canceled("The job was canceled.")
        failed = [future for future in futures if future.status == "error"]
        if failed:
            failed[0].result()
        monitor.progress(0.95 * sum(future.done() for future in futures) / len(futures))
        time.sleep(_POLL_S)
    for future in futures:
        future.result()


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
    if not client.scheduler_info()["workers"]:
        client.close()
        raise InputError(f"The Dask scheduler at {address} has no workers: start 'dask worker {address}'.")
    return client
