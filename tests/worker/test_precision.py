# SPDX-License-Identifier: GPL-2.0-or-later
"""A map in bfloat16: only where it is quicker and the map's own pixels keep their classes."""

from __future__ import annotations

import pytest
import torch
from chronomap.plugin.core.monitor import Monitor
from chronomap.plugin.worker import precision
from chronomap.plugin.worker.compute import lanes, settle, start_compute
from chronomap.plugin.worker.precision import choose_precision
from worker.test_predictor import make_predictor, tensors

needs_bfloat16 = pytest.mark.skipif(
    not torch.ops.mkldnn._is_mkldnn_bf16_supported(), reason="this processor has no bfloat16"
)


def chosen(folder, key, monkeypatch, gain, agreement):
    """Return the number type that is chosen where at least so much is to be gained and to agree, and what is told."""
    monkeypatch.setattr(precision, "_GAIN", gain)
    monkeypatch.setattr(precision, "AGREEMENT", agreement)
    events = []
    predictor, monitor = make_predictor(folder, key), Monitor(events.append)
    with lanes(1) as lanes_:
        compute = settle(start_compute("cpu", {}, monitor), predictor, "int16", lanes_, monitor)
        compute = choose_precision(compute, predictor, tensors(300), "int16", lanes_, monitor)
    assert str(predictor.dtype) == f"torch.{compute.dtype}"
    assert predictor.batch == compute.batch
    return compute.dtype, "".join(event["text"] for event in events)


@needs_bfloat16
def test_a_network_that_keeps_its_classes_and_gains_is_computed_in_bfloat16(tmp_path, monkeypatch):
    dtype, told = chosen(tmp_path, "tempcnn", monkeypatch, gain=0.0, agreement=0.5)
    assert dtype == "bfloat16"
    assert "probe pixels get the same class" in told


@needs_bfloat16
@pytest.mark.parametrize(("gain", "agreement"), [(100.0, 0.5), (0.0, 1.01)])
def test_without_gain_or_agreement_it_stays_float32(tmp_path, monkeypatch, gain, agreement):
    dtype, told = chosen(tmp_path, "tempcnn", monkeypatch, gain, agreement)
    assert dtype == "float32"
    assert told.startswith("Computing in float32")


def test_a_forest_knows_no_precision(tmp_path, monkeypatch):
    assert chosen(tmp_path, "random_forest", monkeypatch, 0.0, 0.0) == ("float32", "")


@pytest.mark.parametrize("key", ["ltae", "gru"])
def test_bfloat16_changes_little_and_its_probabilities_are_float32(tmp_path, key):
    predictor, (values, valid) = make_predictor(tmp_path, key), tensors(100)
    expected = predictor.predict(values, valid)[0]
    predictor.dtype = torch.bfloat16
    reduced = predictor.predict(values, valid)[0]
    assert reduced.dtype == torch.float32
    assert 0 < (reduced - expected).abs().max() < 0.05
    predictor.dtype = torch.float32
    assert torch.equal(predictor.predict(values, valid)[0], expected)
