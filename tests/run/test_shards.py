# SPDX-License-Identifier: GPL-2.0-or-later
"""One map by several processes: the same bits as by one, whoever is killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from chronomap.plugin.core.errors import Canceled, InputError
from chronomap.plugin.core.jobs import save_job
from chronomap.plugin.core.monitor import Monitor
from chronomap.plugin.run import shards
from chronomap.plugin.run.dispatch import run_job
from chronomap.plugin.run.plan import Shard
from chronomap.plugin.run.shards import join_shards, make_shard, map_shard
from osgeo import gdal

ROOT = Path(__file__).resolve().parents[2]
PRODUCTS = ("class", "probability")


def pixels(folder: Path) -> list[np.ndarray]:
    return [gdal.Open(str(folder / f"{product}.tif")).ReadAsArray() for product in PRODUCTS]


@pytest.fixture(scope="module")
def whole(chain, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    run_job(chain.map_job(folder, PRODUCTS, window_px=16))
    return pixels(folder)


def stopping_after(windows: int) -> Monitor:
    """Return a monitor that cancels once so many windows are done."""
    seen = []
    return Monitor(
        lambda event: seen.append(event) if event["event"] == "window" else None,
        lambda: bool(seen) and seen[-1]["done"] >= windows,
    )


def test_shards_make_the_same_map_as_one_process(chain, whole, tmp_path):
    job = chain.map_job(tmp_path, PRODUCTS, window_px=16)
    assert map_shard(job, Shard(1, 2), Monitor()) == {}
    assert not (tmp_path / "class.tif").exists()
    outputs = map_shard(job, Shard(0, 2), Monitor())
    assert outputs["class"] == str(tmp_path / "class.tif")
    assert all(np.array_equal(found, expected) for found, expected in zip(pixels(tmp_path), whole))
    assert list(tmp_path.glob("*.part*")) == []


def test_a_stopped_shard_goes_on_where_it_was(chain, whole, tmp_path, listener):
    job = chain.map_job(tmp_path, PRODUCTS, window_px=16)
    map_shard(job, Shard(0, 2), Monitor())
    with pytest.raises(Canceled):
        map_shard(job, Shard(1, 2), stopping_after(3))
    map_shard(job, Shard(1, 2), listener.monitor)
    assert "Resuming: " in listener.texts()
    assert all(np.array_equal(found, expected) for found, expected in zip(pixels(tmp_path), whole))


def test_processes_that_start_together_agree_on_one_plan(chain, whole, tmp_path):
    job = chain.map_job(tmp_path, PRODUCTS, window_px=16)
    save_job(job, tmp_path / "job.json")
    command = [sys.executable, "-m", "plugin.run", str(tmp_path / "job.json"), "--shard"]
    processes = [subprocess.Popen([*command, f"{index}/2"], cwd=ROOT) for index in (1, 2)]
    assert [process.wait() for process in processes] == [0, 0]
    assert all(np.array_equal(found, expected) for found, expected in zip(pixels(tmp_path), whole))


def test_a_shard_that_finds_the_map_joined_leaves_it_as_it_is(chain, whole, tmp_path, listener, monkeypatch):
    job = chain.map_job(tmp_path, PRODUCTS, window_px=16)
    map_shard(job, Shard(0, 2), Monitor())

    def made_while_another_joins(*arguments):
        missing = make_shard(*arguments)
        join_shards(job, 2, Monitor())
        return missing

    monkeypatch.setattr(shards, "make_shard", made_while_another_joins)
    assert map_shard(job, Shard(1, 2), listener.monitor) == {}
    assert "Another process has joined the shards" in listener.texts()
    assert all(np.array_equal(found, expected) for found, expected in zip(pixels(tmp_path), whole))


def test_joining_unfinished_shards_is_refused_in_words(chain, tmp_path):
    job = chain.map_job(tmp_path, PRODUCTS, window_px=16)
    map_shard(job, Shard(0, 3), Monitor())
    with pytest.raises(InputError, match="shards 2-of-3, 3-of-3 are not finished"):
        join_shards(job, 3, Monitor())


def test_a_damaged_part_is_found_before_the_map_is_there(chain, tmp_path):
    job = chain.map_job(tmp_path, ("class",), window_px=16)
    map_shard(job, Shard(0, 2), Monitor())
    part = gdal.Open(str(tmp_path / "class.1-of-2.part.tif"), gdal.GA_Update)
    part.GetRasterBand(1).WriteArray(np.full((4, 4), 77, np.uint8))
    part = None
    with pytest.raises(InputError, match="shard 1-of-2 is damaged: run this shard again"):
        map_shard(job, Shard(1, 2), Monitor())
    assert not (tmp_path / "class.tif").exists()
    map_shard(job, Shard(0, 2), Monitor())
    assert (tmp_path / "class.tif").exists()


@pytest.mark.parametrize("text", ["9/8", "0/8", "2", "two/8", "1/8/3x"])
def test_what_is_no_shard_is_refused_in_words(text, tmp_path):
    command = [sys.executable, "-m", "plugin.run", str(tmp_path / "job.json"), "--shard", text]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 2
    assert f"'{text}' is no shard: write 1/8 to 8/8" in found.stderr
