# SPDX-License-Identifier: GPL-2.0-or-later
"""A real worker process: its answers, its death and its leaving."""

from __future__ import annotations

import os
import signal
import time

import numpy as np
import pytest
from chronomap.plugin.core.card import ModelCard, read_card
from chronomap.plugin.core.classes import ClassInfo
from chronomap.plugin.core.errors import Canceled, InputError, WorkerError
from chronomap.plugin.core.monitor import Monitor
from chronomap.plugin.core.records import to_plain
from chronomap.plugin.core.worker import Worker, running_worker

DATES = ("2021-03-01", "2021-05-01", "2021-07-01", "2021-09-01")
pytestmark = pytest.mark.usefixtures("cold_workers")
CLASSES = (ClassInfo(1, "Wheat"), ClassInfo(2, "Maize"))


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def training(tmp_path):
    """A request for a training that would take hours."""
    numbers = np.random.default_rng(1)
    label = numbers.integers(0, 2, 300)
    arrays = {
        "values": (1000 + 500 * label[:, None, None] + numbers.normal(0, 300, (300, 4, 1))).astype(np.int16),
        "valid": np.ones((300, 4), bool),
        "label": label,
        "part": numbers.integers(0, 3, 300).astype(np.uint8),
    }
    for name, values in arrays.items():
        np.save(tmp_path / f"{name}.npy", values)
    card = ModelCard("gru", {}, ("B4",), DATES, "2021-01-01", CLASSES, (), ())
    return {
        "do": "train",
        "arrays": {name: str(tmp_path / f"{name}.npy") for name in arrays},
        "scale": [[1e-4]] * 4,
        "offset": [[0.0]] * 4,
        "days": [59.0, 120.0, 181.0, 243.0],
        "architecture": "gru",
        "hyperparameters": {},
        "strategy": {"epochs": 10000, "patience": 0},
        "grid_step_days": 0.0,
        "card": to_plain(card),
        "model": str(tmp_path / "model.safetensors"),
        "charts": "",
        "device": "cpu",
    }


class Watcher:
    """Does something at the first epoch; keeps the events."""

    def __init__(self, at_first_epoch):
        self.events = []
        self._act = at_first_epoch

    def __call__(self, event):
        if event["event"] == "epoch" and not self.epochs:
            self._act()
        self.events.append(event)

    @property
    def epochs(self):
        return [event for event in self.events if event["event"] == "epoch"]


def test_a_worker_that_is_killed_in_training_is_told_in_words(training, tmp_path):
    log = tmp_path / "log.txt"
    with running_worker(log=log) as worker, pytest.raises(WorkerError) as caught:
        worker.request(training, Monitor(Watcher(lambda: os.kill(worker.pid, signal.SIGKILL))))
    assert "killed by the system (SIGKILL)" in str(caught.value)
    assert "memory ran out" in str(caught.value)
    assert str(log) in str(caught.value)
    assert not (tmp_path / "model.safetensors").exists()


def test_a_canceled_training_stops_within_seconds_and_leaves_no_model(training, tmp_path):
    asked = []
    watcher = Watcher(lambda: asked.append(time.monotonic()))
    with running_worker() as worker, pytest.raises(Canceled):
        worker.request(training, Monitor(watcher, lambda: bool(asked)))
    assert time.monotonic() - asked[0] < 8.0
    assert not is_alive(worker.pid)
    assert not (tmp_path / "model.safetensors").exists()


def test_a_worker_that_does_not_listen_is_killed_after_the_grace(training):
    asked = []

    def freeze():
        os.kill(worker.pid, signal.SIGSTOP)
        asked.append(time.monotonic())

    with running_worker() as worker, pytest.raises(Canceled):
        worker.request(training, Monitor(Watcher(freeze), lambda: bool(asked)))
    assert time.monotonic() - asked[0] < 12.0
    assert not is_alive(worker.pid)


def test_a_finished_training_keeps_the_best_epoch_so_far(training, tmp_path):
    asked = []
    watcher = Watcher(lambda: asked.append(1))
    with running_worker() as worker:
        done = worker.request(training, Monitor(watcher, is_finishing=lambda: bool(asked)))
    card = read_card(tmp_path / "model.safetensors")
    assert done["outputs"] == {"model": training["model"]}
    assert 1 <= len(card.history) == len(watcher.epochs) < 10000
    assert 1 <= card.best_epoch <= len(card.history)


def test_a_fault_is_a_sentence_and_the_worker_serves_on(training):
    with running_worker() as worker:
        with pytest.raises(InputError, match="There is no architecture 'oracle'"):
            worker.request({**training, "architecture": "oracle"}, Monitor())
        with pytest.raises(InputError, match="knows no command 'dance'"):
            worker.request({"do": "dance"}, Monitor())
        with pytest.raises(WorkerError, match="unexpected error: KeyError"):
            worker.request({"do": "train"}, Monitor())
        assert is_alive(worker.pid)


def test_a_program_that_is_no_worker_is_told_with_its_last_words():
    worker = Worker("/bin/false")
    with pytest.raises(WorkerError, match="ended unexpectedly"):
        worker.receive(Monitor(), timeout_s=10.0)
