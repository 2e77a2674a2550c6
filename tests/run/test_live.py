# SPDX-License-Identifier: GPL-2.0-or-later
"""A worker that stays: questions in order, the latest of a topic, a new process after a crash, none after closing."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import CancelledError

import pytest
from chronomap.plugin.core.errors import Canceled, InputError, WorkerError
from chronomap.plugin.run.live import LiveWorker

SIZE = {
    "do": "size",
    "architecture": "ltae",
    "bands": ["B04", "B08"],
    "dates": ["2021-03-01", "2021-05-01"],
    "classes": 3,
}


@pytest.fixture(scope="module")
def live():
    made = LiveWorker()
    yield made
    made.close(wait=True)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_for_none(live: LiveWorker) -> None:
    deadline = time.monotonic() + 10
    while live.pid:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_no_process_before_the_first_question():
    assert LiveWorker().pid == 0


def test_asking_does_not_wait_for_the_worker_to_start(live):
    asked = live.ask(SIZE)
    assert not asked.done()
    assert asked.result(60)["parameters"] > 0


def test_questions_are_answered_by_one_process(live):
    first = live.ask(SIZE).result(60)
    pid = live.pid
    assert live.ask(SIZE).result(60) == first
    assert live.pid == pid


def test_a_refused_question_leaves_the_worker_up(live):
    with pytest.raises(InputError, match="perceptron"):
        live.ask({**SIZE, "architecture": "perceptron"}).result(60)
    pid = live.pid
    assert live.ask(SIZE).result(60)["parameters"] > 0
    assert live.pid == pid


def test_the_latest_question_of_a_topic_wins(live):
    hold = threading.Event()
    live.call(lambda worker, monitor: hold.wait(10))
    first, second, other = (live.ask(SIZE, topic) for topic in ("form", "form", "map"))
    hold.set()
    assert second.result(60)["event"] == other.result(60)["event"] == "done"
    with pytest.raises(CancelledError):
        first.result(1)


def test_a_new_process_follows_a_crash(live):
    live.ask(SIZE).result(60)
    crashed = live.pid
    os.kill(crashed, signal.SIGKILL)
    wait_for_none(live)
    assert live.ask(SIZE).result(60)["event"] == "done"
    assert live.pid not in (0, crashed)


def test_a_crash_in_the_middle_is_told_and_the_next_question_answered(live):
    def crash(worker, monitor):
        os.kill(worker.pid, signal.SIGKILL)
        return worker.request(SIZE, monitor)

    with pytest.raises(WorkerError):
        live.call(crash).result(60)
    assert live.ask(SIZE).result(60)["event"] == "done"


def test_an_idle_worker_gives_its_memory_back():
    with_idle = LiveWorker(idle_s=0.1)
    with_idle.ask(SIZE).result(60)
    wait_for_none(with_idle)
    with_idle.close(wait=True)


def test_closing_ends_what_runs_and_leaves_no_process(cold_workers):
    closing = LiveWorker()
    closing.ask(SIZE).result(60)
    pid = closing.pid
    running = closing.ask({**SIZE, "measure": True, "strategy": {"batch_size": 4096}})
    time.sleep(0.1)
    closing.close()
    with pytest.raises((Canceled, CancelledError)):
        running.result(20)
    closing.close(wait=True)
    assert not is_running(pid)
    assert closing.ask(SIZE).cancelled()


def test_a_worker_that_cannot_be_found_is_said_in_words():
    lost = LiveWorker(lambda: "/no/such/python")
    with pytest.raises(WorkerError, match="No Python with torch"):
        lost.ask(SIZE).result(60)
    lost.close(wait=True)
