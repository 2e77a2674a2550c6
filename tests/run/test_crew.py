# SPDX-License-Identifier: GPL-2.0-or-later
"""Several trainings at once: what one of them does to the others, and what is told of them."""

from __future__ import annotations

import threading
import time
from functools import partial
from pathlib import Path

import pytest
from chain import Listener
from chronomap.plugin.core.errors import InputError
from chronomap.plugin.core.machine import cores
from chronomap.plugin.core.monitor import Monitor
from chronomap.plugin.core.worker import Worker, running_worker
from chronomap.plugin.run.crew import Crew


@pytest.fixture(scope="module")
def first():
    with running_worker() as worker:
        yield worker


def test_a_training_that_fails_ends_those_beside_it(first, tmp_path):
    ended = []

    def fail(worker: Worker, monitor: Monitor) -> None:
        raise InputError("Too few samples.")

    def go_on(worker: Worker, monitor: Monitor) -> None:
        try:
            while True:
                monitor.check()
                time.sleep(0.01)
        finally:
            ended.append(worker.threads)

    with pytest.raises(InputError, match="Too few samples"):
        Crew(first, "", tmp_path / "log.txt", size=2).work_off([go_on, fail, go_on], Monitor())
    assert len(ended) == 1


def test_a_worker_has_its_share_of_the_cores_for_as_long_as_it_shares_them(first, tmp_path):
    had = []

    def train(worker: Worker, monitor: Monitor) -> None:
        had.append(worker.threads)

    def train_alone(worker: Worker, monitor: Monitor) -> None:
        Crew(worker, "", tmp_path / "log.txt").work_off([train], Monitor())

    Crew(first, "", tmp_path / "log.txt", size=2).work_off([train_alone, train_alone], Monitor())
    assert had == [max(1, cores() // 2)] * 2
    assert first.threads == 0


def test_progress_is_that_of_all_and_epochs_those_of_the_eldest(first):
    def train(worker: Worker, monitor: Monitor) -> None:
        monitor.progress(0.5)
        monitor.on_event({"event": "epoch", "epoch": 1})

    listener = Listener()
    Crew(first, "", Path("log.txt")).work_off([train, train], listener.monitor)
    assert [event["fraction"] for event in listener.events if event["event"] == "progress"] == [0.25, 0.75]
    assert sum(event["event"] == "epoch" for event in listener.events) == 2


def test_the_epochs_of_the_next_are_told_from_the_first_on(first, tmp_path):
    second_is_on = threading.Event()

    def train(name: str, worker: Worker, monitor: Monitor) -> None:
        if name == "first":
            second_is_on.wait(20.0)
        for epoch in (1, 2):
            monitor.on_event({"event": "epoch", "of": name, "epoch": epoch})
        second_is_on.set()
        time.sleep(0.5 if name == "second" else 0.2)
        monitor.on_event({"event": "epoch", "of": name, "epoch": 3})

    listener = Listener()
    trainings = [partial(train, name) for name in ("first", "second")]
    Crew(first, "", tmp_path / "log.txt", size=2).work_off(trainings, listener.monitor)
    told = [(event["of"], event["epoch"]) for event in listener.events if event["event"] == "epoch"]
    assert told == [(name, epoch) for name in ("first", "second") for epoch in (1, 2, 3)]
