# SPDX-License-Identifier: GPL-2.0-or-later
"""One training by two processes that are started as torchrun starts them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

from chain import tiny_training
from chronomap.plugin.core.card import read_card
from chronomap.plugin.core.jobs import MapJob, save_job
from synthetic import save_small_samples

ROOT = Path(__file__).resolve().parents[2]


def started(job: Path, rank: int, port: int) -> subprocess.Popen[str]:
    """Start `python -m plugin.run job.json` as process `rank` of two."""
    place = {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": "2"}
    environment = {**os.environ, **place, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    command = [sys.executable, "-m", "plugin.run", str(job)]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def test_two_processes_train_one_model_and_the_first_tells(tmp_path):
    samples = save_small_samples(tmp_path / "samples.npz", count=40)
    job = tiny_training(samples, tmp_path / "m.safetensors", ensemble=0)  # few samples, yet no ensemble
    save_job(job, tmp_path / "train.json")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    first, second = (started(tmp_path / "train.json", rank, port) for rank in (0, 1))
    told, silent = (process.communicate(timeout=60)[0] for process in (first, second))
    assert (first.returncode, second.returncode) == (0, 0), told + silent
    card = read_card(tmp_path / "m.safetensors")
    assert card.is_refit  # by both
    history = card.history
    assert told.count("Epoch") == len(history) == 8
    assert silent == ""
    assert history[-1]["train_loss"] < history[0]["train_loss"]


def test_a_map_is_not_shared_out_by_torchrun(tmp_path):
    save_job(MapJob("cube.json", "m.safetensors", {"class": str(tmp_path / "c.tif")}), tmp_path / "map.json")
    told = started(tmp_path / "map.json", 0, 1).communicate(timeout=60)[0]
    assert "only share out the training of one model" in told
