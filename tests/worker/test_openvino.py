# SPDX-License-Identifier: GPL-2.0-or-later
"""OpenVINO's networks say what torch's say, and a begun map goes on with them; skipped where it is not installed."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import torch
from chronomap.plugin.core.monitor import Monitor
from chronomap.plugin.worker.architectures import registry
from chronomap.plugin.worker.compute import is_position_free, kernels_of, lanes
from chronomap.plugin.worker.openvino_form import OpenVinoForm, openvino_version
from chronomap.plugin.worker.predictor import OPENVINO
from worker.mapping_cases import make_series, map_series
from worker.test_mapping import PIXELS, open_map
from worker.test_predictor import make_predictor, tensors

NETWORKS = [key for key, entry in registry().items() if entry.architecture.kind == "network"]

needs_openvino = pytest.mark.skipif(not openvino_version(), reason="OpenVINO is not installed")


@needs_openvino
@pytest.mark.parametrize("key", NETWORKS)
def test_every_network_gives_the_same_answer_by_openvino_wherever_a_series_stands(tmp_path, key):
    predictor, (values, valid) = make_predictor(tmp_path, key), tensors(150)
    expected = predictor.predict(values, valid)[0]
    predictor.compute_in(torch.float32, OPENVINO)
    torch.testing.assert_close(predictor.predict(values, valid)[0], expected, atol=1e-5, rtol=1e-4)
    assert is_position_free(predictor, "int16")
    assert "openvino_telemetry.main" not in sys.modules


@needs_openvino
def test_a_map_begun_by_openvino_goes_on_by_it_whatever_the_threads(tmp_path):
    compute = {"engine": OPENVINO, "batch": 64, "kernels": kernels_of(torch.device("cpu"), OPENVINO)}
    found = []
    for threads in (1, 2):
        opened, host = open_map(tmp_path, "tempcnn", compute={**compute, "threads": threads})
        assert opened.compute.engine == OPENVINO
        found.append(map_series(opened, host, *make_series(PIXELS)))
        opened.close()
    assert all(np.array_equal(found[0][product], found[1][product]) for product in found[0])


def test_a_map_begun_by_another_openvino_goes_on_by_torch_and_tells(tmp_path):
    told = []
    compute = {"engine": OPENVINO, "batch": 64, "kernels": "torch 2, OpenVINO 0.1"}
    opened = open_map(tmp_path, "tempcnn", compute=compute, monitor=Monitor(told.append))[0]
    opened.close()
    assert opened.compute.engine == "torch"
    assert "OpenVINO 0.1" in told[0]["text"]


@needs_openvino
def test_lanes_compute_at_once_what_one_computes(tmp_path):
    predictor, (values, valid) = make_predictor(tmp_path, "ltae"), tensors(64)
    predictor.compute_in(torch.float32, OPENVINO)
    found = [torch.empty(0)] * 4

    def work(number: int) -> None:
        found[number] = predictor.answer(values, valid).probability

    with lanes(2) as made:
        made.run(work, range(4))
    assert all(torch.equal(part, found[0]) for part in found)


class Unknown(torch.nn.Module):
    def forward(self, x, days, valid):
        return torch.linalg.eigvals(x[:, :2, :2]).real


@needs_openvino
def test_a_network_that_openvino_does_not_know_is_an_error_that_the_choice_hears_of():
    form = OpenVinoForm(Unknown(), torch.float32)
    with pytest.raises(RuntimeError, match="eigvals"):
        form(torch.rand(4, 3, 2), torch.arange(3.0), torch.ones(4, 3, dtype=torch.bool))
