# SPDX-License-Identifier: GPL-2.0-or-later
"""A map by a Dask cluster of this machine: the same bits as by one process, also when a worker is killed."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from chronomap.plugin.core.errors import InputError
from chronomap.plugin.core.jobs import save_job
from chronomap.plugin.run import distributed
from chronomap.plugin.run.dispatch import run_job
from chronomap.plugin.run.folder import JobFolder
from osgeo import gdal

ROOT = Path(__file__).resolve().parents[2]
START_S = 60.0


@pytest.fixture
def cluster(tmp_path):
    """A scheduler and two workers, each a process of its own; gives the scheduler's address and the workers."""
    told = tmp_path / "scheduler.json"

    def launch(part: str, *options: str) -> subprocess.Popen:
        command = [
            sys.executable,
            "-m",
            f"distributed.cli.dask_{part}",
            "--no-dashboard",
            "--scheduler-file",
            str(told),
        ]
        with (tmp_path / f"{part}.log").open("a") as log:
            return subprocess.Popen([*command, *options], cwd=ROOT, stdout=log, stderr=log)

    scheduler = launch("scheduler", "--port", "0")
    wait_for(told.exists)
    workers = [launch("worker", "--nthreads", "1", "--no-nanny", "--local-directory", str(tmp_path)) for _ in range(2)]
    wait_for(lambda: (tmp_path / "worker.log").read_text().count("Registered to") == len(workers))
    yield json.loads(told.read_text())["address"], workers
    for process in [*workers, scheduler]:
        process.kill()
        process.wait()


def wait_for(claim):
    given_up = time.monotonic() + START_S
    while not claim():
        assert time.monotonic() < given_up
        time.sleep(0.05)


def pixels(folder):
    return gdal.Open(str(folder / "class.tif")).ReadAsArray()


def test_a_cluster_that_loses_a_worker_makes_the_same_map(chain, cluster, tmp_path):
    address, workers = cluster
    whole = tmp_path / "whole"
    run_job(chain.map_job(whole, window_px=16))
    job = replace(chain.map_job(tmp_path / "map", window_px=16), scheduler=address)
    save_job(job, tmp_path / "job.json")
    run = subprocess.Popen([sys.executable, "-m", "plugin.run", str(tmp_path / "job.json")], cwd=ROOT)
    wait_for(lambda: list((tmp_path / "map").glob("class.tif.job/plan-*.json")))
    workers[0].kill()
    assert run.wait() == 0
    assert np.array_equal(pixels(tmp_path / "map"), pixels(whole))
    assert list((tmp_path / "map").glob("*.part*")) == []


def test_a_map_that_was_begun_keeps_its_shards_whatever_the_cluster_has_now(tmp_path):
    folder = JobFolder(tmp_path)
    begun = distributed.shard_count(folder, workers=3)
    assert begun >= 3
    assert distributed.shard_count(folder, workers=50) == begun


def test_an_address_without_a_scheduler_is_said_in_words(chain, tmp_path, monkeypatch):
    monkeypatch.setattr(distributed, "CONNECT_S", 0.5)
    with pytest.raises(InputError, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:9 "):
        run_job(replace(chain.map_job(tmp_path), scheduler="tcp://127.0.0.1:9"))
