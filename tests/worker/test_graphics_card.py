# SPDX-License-Identifier: GPL-2.0-or-later
"""What a graphics card computes is what the processor computes; the last four tests are skipped where there is none."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
import torch
from chronomap.plugin.core.monitor import Monitor
from chronomap.plugin.worker import graph_form
from chronomap.plugin.worker.architectures import registry
from chronomap.plugin.worker.compute import is_position_free, lanes
from chronomap.plugin.worker.graph_form import GraphForm
from chronomap.plugin.worker.network_fit import fit_network
from chronomap.plugin.worker.predictor import GRAPH, TORCH, Predictor
from worker.making import make_card, make_preparation, make_samples, ranged
from worker.mapping_cases import DAYS, make_series, map_series, write_model
from worker.test_mapping import PIXELS, open_map
from worker.test_predictor import OFFSETS, SCALES, make_predictor, tensors

NETWORKS = [key for key, entry in registry().items() if entry.architecture.kind == "network"]

needs_card = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no graphics card")


class Recorded:
    """Stands for a recording: counts them, and says what it is asked."""

    made: list[torch.Size]

    def __init__(self, network, inputs) -> None:
        self.network = network
        Recorded.made.append(inputs[0].shape)

    def replay(self, *inputs):
        return self.network(*inputs)


def test_every_thread_records_once_for_each_number_of_series(monkeypatch):
    Recorded.made = []
    monkeypatch.setattr(graph_form, "Recording", Recorded)
    form = GraphForm(lambda x, days, valid: x.sum(1))
    days, valid = torch.arange(3.0), torch.ones(4, 3, dtype=torch.bool)

    def ask(count: int) -> None:
        x = torch.rand(count, 3, 2)
        assert torch.equal(form(x, days, valid[:count]), x.sum(1))

    ask(4)
    ask(4)
    other = threading.Thread(target=ask, args=(4,))
    other.start()
    other.join()
    assert Recorded.made == [(4, 3, 2)] * 2
    ask(2)
    assert Recorded.made[2:] == [(2, 3, 2)]


def test_members_of_an_ensemble_record_one_after_the_other(monkeypatch):
    under_way, most = [], []

    class Slow(Recorded):
        def __init__(self, network, inputs) -> None:
            under_way.append(network)
            most.append(len(under_way))
            time.sleep(0.05)
            under_way.pop()
            self.network = network

    monkeypatch.setattr(graph_form, "Recording", Slow)
    forms = [GraphForm(lambda x, days, valid: x.sum(1)) for _ in range(2)]
    inputs = torch.rand(4, 3, 2), torch.arange(3.0), torch.ones(4, 3, dtype=torch.bool)
    threads = [threading.Thread(target=form, args=inputs) for form in forms]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1, 1]


def test_only_training_may_round_what_it_multiplies():
    samples, seen = make_samples(), []
    card = ranged(make_card(), samples)
    monitor = Monitor(lambda event: seen.append(torch.backends.cuda.matmul.allow_tf32))
    fit_network(card, samples, make_preparation(card), monitor)
    assert seen
    assert all(seen)
    assert not torch.backends.cuda.matmul.allow_tf32


@needs_card
@pytest.mark.parametrize("engine", [TORCH, GRAPH])
@pytest.mark.parametrize("key", NETWORKS)
def test_every_network_gives_the_same_answer_wherever_a_series_stands(tmp_path, key, engine):
    values, valid = tensors(150)
    expected = make_predictor(tmp_path, key).predict(values, valid)[0]
    predictor = Predictor(tmp_path / f"{key}.safetensors", DAYS, SCALES, OFFSETS, "cuda", 64)
    predictor.compute_in(torch.float32, engine)
    torch.testing.assert_close(predictor.predict(values, valid)[0], expected, atol=2e-3, rtol=1e-2)  # TF32
    assert is_position_free(predictor, "int16")


@needs_card
def test_a_map_on_the_card_is_that_of_the_processor(tmp_path):
    found = []
    for device in ("cpu", "cuda"):
        opened, host = open_map(tmp_path, "ltae", device=device, compute={})
        assert opened.compute.device == device
        found.append(map_series(opened, host, *make_series(PIXELS)))
        opened.close()
    assert np.mean(found[0]["class"] == found[1]["class"]) > 0.99


@needs_card
def test_lanes_replay_at_once_what_one_replays(tmp_path):
    write_model(tmp_path / "gru.safetensors", "gru")
    predictor = Predictor(tmp_path / "gru.safetensors", DAYS, SCALES, OFFSETS, "cuda", 64)
    predictor.compute_in(torch.float32, GRAPH)
    values, valid = tensors(64)
    expected = predictor.predict(values, valid)[0]
    found = [torch.empty(0)] * 12

    def work(number: int) -> None:
        found[number] = predictor.answer(values, valid).probability.cpu()

    with lanes(3, "cuda") as made:
        made.run(work, range(12))
    assert all(torch.equal(part, expected) for part in found)


@needs_card
@pytest.mark.parametrize("key", NETWORKS)
def test_every_network_learns_on_the_card(key):
    samples = make_samples()
    card = ranged(make_card(key, epochs=8, learning_rate=0.01), samples)
    history = fit_network(card, samples, make_preparation(card, "cuda"), Monitor()).history
    assert history[-1]["train_loss"] < history[0]["train_loss"]
