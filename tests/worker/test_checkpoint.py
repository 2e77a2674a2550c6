# SPDX-License-Identifier: GPL-2.0-or-later
"""A training that was killed goes on to the same model, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
from chronomap.plugin.core.checkpoint import Stopped, read_checkpoint
from chronomap.plugin.core.errors import Canceled, OutputError
from chronomap.plugin.core.monitor import Monitor
from chronomap.plugin.worker.checkpoint import Checkpoint
from chronomap.plugin.worker.network_fit import fit_network
from chronomap.plugin.worker.training import Start
from worker.making import make_card, make_preparation, make_samples, ranged

LIVELY = {"epochs": 9, "patience": 0, "learning_rate": 0.01, "date_dropping": 0.3, "day_shift": 5}


def fit(path, architecture="tempcnn", stop_after=0, identity="a", **strategy):
    """Train with a checkpoint at `path` (None: without); stop_after: cancel once so many epochs were told."""
    samples = make_samples()
    card = ranged(make_card(architecture, **{**LIVELY, **strategy}), samples)
    events = []
    monitor = Monitor(events.append, lambda: 0 < stop_after <= sum(e["event"] == "epoch" for e in events))
    start = Start(checkpoint=Checkpoint(path, identity) if path else None)
    try:
        return fit_network(card, samples, make_preparation(card), monitor, start), events
    except Canceled:
        return None, events


def same(first, second) -> bool:
    return all(np.array_equal(first.arrays[name], second.arrays[name]) for name in first.arrays)


def without_seconds(history) -> list[dict]:
    return [{name: value for name, value in record.items() if name != "seconds"} for record in history]


@pytest.mark.parametrize(
    "strategy",
    [
        {},
        {"optimizer": "adamw", "schedule": "cosine", "warmup_epochs": 2},
        {"optimizer": "sgd", "schedule": "plateau", "plateau_patience": 0},
        {"optimizer": "sgd", "momentum": 0.0, "sampling": "balanced"},
        {"optimizer": "rmsprop", "schedule": "onecycle", "amplitude_noise": 0.2, "block_dropping": 0.3},
        {"weight_averaging": 0.0},
    ],
)
def test_a_resumed_training_ends_with_the_bits_of_an_unbroken_one(tmp_path, strategy):
    whole, _ = fit(None, **strategy)
    path = tmp_path / "training.safetensors"
    fit(path, stop_after=3, **strategy)
    assert fit(path, stop_after=5, **strategy)[0] is None  # stopped twice
    resumed, _ = fit(path, **strategy)
    assert same(whole, resumed)
    assert (whole.temperature, whole.best_epoch) == (resumed.temperature, resumed.best_epoch)
    assert without_seconds(whole.history) == without_seconds(resumed.history)


def test_networks_that_read_gaps_resume_as_well(tmp_path):
    path = tmp_path / "training.safetensors"
    fit(path, "ltae", stop_after=4)
    assert same(fit(path, "ltae")[0], fit(None, "ltae")[0])


def test_resuming_is_told_with_the_epochs_of_before(tmp_path):
    path = tmp_path / "training.safetensors"
    fit(path, stop_after=4)
    stopped = read_checkpoint(path)
    assert stopped == Stopped(stopped.epoch, 9)
    assert 1 <= stopped.epoch <= 4
    _, events = fit(path)
    assert events[0] == {
        "event": "note",
        "text": f"Resuming: the training was stopped after epoch {stopped.epoch}.",
    }
    assert [event["epoch"] for event in events if event["event"] == "epoch"] == list(range(1, 10))


def test_another_training_begins_afresh(tmp_path):
    path = tmp_path / "training.safetensors"
    fit(path, stop_after=4)
    _, events = fit(path, identity="b", stop_after=1)
    assert "Resuming" not in str(events)


def test_a_damaged_checkpoint_counts_as_none(tmp_path):
    path = tmp_path / "training.safetensors"
    fit(path, stop_after=4)
    path.write_bytes(path.read_bytes()[:500])
    assert read_checkpoint(path) is None
    assert same(fit(path)[0], fit(None)[0])


def test_an_unfinished_checkpoint_leaves_the_one_before(tmp_path):
    path = tmp_path / "training.safetensors"
    fit(path, stop_after=4)
    path.with_name(path.name + ".part").write_bytes(b"killed while writing")
    assert read_checkpoint(path) is not None


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(OutputError, match="checkpoint"):
        fit(tmp_path / "missing" / "training.safetensors")


def test_no_checkpoint_is_no_stopped_training(tmp_path):
    assert read_checkpoint(tmp_path / "training.safetensors") is None
