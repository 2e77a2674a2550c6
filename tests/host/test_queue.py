# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs through the real worker: order, outputs, stopping, leaving."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from chain import tiny_training
from chronomap.plugin.core.card import read_card
from chronomap.plugin.core.jobs import ExtractJob, MapJob
from chronomap.plugin.host.queue import DONE, FAILED, RUNNING, STOPPED, WAITING, JobQueue
from chronomap.plugin.host.task import Mailbox
from qgis.core import QgsApplication
from synthetic import save_small_samples, small_cube
from waiting import wait, wait_until


@pytest.fixture
def queue(qgis_app):
    made = JobQueue()
    yield made
    made.close()


@pytest.fixture
def samples(tmp_path):
    return save_small_samples(tmp_path / "samples.npz")


def long_training(samples: Path, model: Path):
    job = tiny_training(samples, model)
    return dataclasses.replace(job, strategy={**job.strategy, "epochs": 5000, "patience": 0})


def wait_over(*runs):
    wait_until(lambda: all(run.is_over for run in runs))


def has_epochs(run):
    return lambda: len(run.epochs) > 2


def test_a_run_hands_one_job_to_the_next_and_ends_with_a_model(queue, tmp_path):
    cube = small_cube(tmp_path / "scene")
    samples, model = tmp_path / "samples.npz", tmp_path / "model.safetensors"
    extract = ExtractJob(str(cube.save_spec()), cube.polygons, "crop", str(samples))
    kinds = []
    run = queue.submit([extract, tiny_training(samples, model)], "Tiny")
    run.reported.connect(lambda event: kinds.append(event["event"]))
    wait_over(run)
    assert (run.state, run.error) == (DONE, "")
    assert run.output("model") == str(model)
    assert [epoch["epoch"] for epoch in run.epochs] == list(range(1, 9))
    assert kinds.count("job") == 2
    assert kinds[-1] == "done"
    assert run.progress == 1.0


def test_epochs_kept_are_those_of_one_member(queue, samples, tmp_path):
    run = queue.submit([tiny_training(samples, tmp_path / "model.safetensors", ensemble=2)], "Two")
    wait_over(run)
    assert run.state == DONE
    assert [epoch["epoch"] for epoch in run.epochs] == list(range(1, 9))


def test_runs_start_in_the_order_they_came_one_at_a_time(queue, samples, tmp_path):
    runs = [
        queue.submit([tiny_training(samples, tmp_path / f"{name}.safetensors", "random_forest")], name)
        for name in ("first", "second")
    ]
    together = []
    runs[1].changed.connect(lambda: together.append([run.state for run in runs]))
    wait_over(*runs)
    assert [run.state for run in runs] == [DONE, DONE]
    assert [RUNNING, RUNNING] not in together
    assert [WAITING, RUNNING] not in together


def test_stop_and_keep_writes_the_best_epoch_and_starts_nothing_more(queue, samples, tmp_path):
    model = tmp_path / "model.safetensors"
    mapping = MapJob("missing.json", str(model), {"class": str(tmp_path / "class.tif")})
    run = queue.submit([long_training(samples, model), mapping], "Long")
    wait_until(has_epochs(run))
    run.stop(keep=True)
    wait_over(run)
    assert run.state == DONE
    assert 0 < len(read_card(model).history) < 5000


def test_the_task_manager_shows_a_run_and_stops_it_without_a_model(queue, samples, tmp_path):
    first = queue.submit([long_training(samples, tmp_path / "first.safetensors")], "First")
    waiting = queue.submit([long_training(samples, tmp_path / "second.safetensors")], "Second")
    waiting.stop()
    wait_until(has_epochs(first))
    (task,) = QgsApplication.taskManager().activeTasks()
    assert "First" in task.description()
    QgsApplication.taskManager().cancelAll()
    wait_over(first)
    wait(0.2)
    assert (first.state, first.error) == (STOPPED, "")
    assert not (tmp_path / "first.safetensors").exists()
    assert (waiting.state, waiting.epochs) == (STOPPED, [])


def test_bad_input_ends_a_run_with_a_sentence(queue, tmp_path):
    run = queue.submit([tiny_training(tmp_path / "none.npz", tmp_path / "model.safetensors")], "Bad")
    wait_over(run)
    assert run.state == FAILED
    assert "none.npz does not exist" in run.error


def test_progress_overtakes_itself_in_the_mailbox_and_notes_keep_their_order():
    mailbox = Mailbox()
    for number in range(250):
        mailbox.put({"event": "progress", "fraction": number / 250})
        mailbox.put({"event": "note", "text": str(number)})
    first, second = mailbox.take(), mailbox.take(200)
    assert first[0] == {"event": "progress", "fraction": 249 / 250}  # so that "done" is the last of all
    assert [event["text"] for event in first[1:]] == [str(number) for number in range(100)]
    assert [event["text"] for event in second] == [str(number) for number in range(100, 250)]
