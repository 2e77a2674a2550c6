# SPDX-License-Identifier: GPL-2.0-or-later
"""A map in bfloat16 or by OpenVINO: only where it is quicker and the map's own pixels keep their classes."""

from __future__ import annotations

import pytest
import torch
from chronomap.plugin.core.monitor import Monitor
from chronomap.plugin.worker import precision
from chronomap.plugin.worker.compute import lanes, settle, start_compute
from chronomap.plugin.worker.precision import Probe, choose_form, forms_for
from chronomap.plugin.worker.predictor import GRAPH, OPENVINO, TORCH, Predictor
from worker.test_predictor import make_predictor, tensors

needs_bfloat16 = pytest.mark.skipif(
    not torch.ops.mkldnn._is_mkldnn_bf16_supported(), reason="this processor has no bfloat16"
)


def chosen(folder, key, monkeypatch, gain, agreement, forms=None):
    """Return the settings that are chosen where at least so much is to be gained and to agree, and what is told."""
    monkeypatch.setattr(precision, "_GAIN", gain)
    monkeypatch.setattr(precision, "AGREEMENT", agreement)
    events = []
    predictor, monitor = make_predictor(folder, key), Monitor(events.append)
    forms = forms_for(predictor, attention=False) if forms is None else forms
    with lanes(1) as lanes_:
        compute = settle(start_compute("cpu", {}, monitor), predictor, "int16", lanes_, monitor)
        compute = choose_form(compute, predictor, forms, Probe(*tensors(300), "int16"), lanes_, monitor)
    assert str(predictor.dtype) == f"torch.{compute.dtype}"
    assert predictor.batch == compute.batch
    return compute, "".join(event["text"] for event in events)


@needs_bfloat16
def test_a_network_that_keeps_its_classes_and_gains_is_computed_in_bfloat16(tmp_path, monkeypatch):
    compute, told = chosen(tmp_path, "tempcnn", monkeypatch, 0.0, 0.5, [(TORCH, "bfloat16")])
    assert compute.dtype == "bfloat16"
    assert "probe pixels get the same class" in told


@needs_bfloat16
@pytest.mark.parametrize(("gain", "agreement"), [(100.0, 0.5), (0.0, 1.01)])
def test_without_gain_or_agreement_it_stays_float32_by_torch(tmp_path, monkeypatch, gain, agreement):
    compute, told = chosen(tmp_path, "tempcnn", monkeypatch, gain, agreement, [(TORCH, "bfloat16")])
    assert (compute.engine, compute.dtype) == (TORCH, "float32")
    assert told.endswith("Computing in float32 by torch.")


def test_a_forest_is_computed_in_one_way(tmp_path):
    assert forms_for(make_predictor(tmp_path, "random_forest"), attention=False) == []


@pytest.mark.parametrize(
    ("version", "attention", "tries"), [("", False, False), ("1", True, False), ("1", False, True)]
)
def test_openvino_is_tried_where_it_is_installed_and_no_attention_is_wanted(
    tmp_path, monkeypatch, version, attention, tries
):
    monkeypatch.setattr(precision, "openvino_version", lambda: version)
    forms = forms_for(make_predictor(tmp_path, "ltae"), attention)
    assert ((OPENVINO, "float32") in forms) == tries
    assert (TORCH, "float32") not in forms


@pytest.mark.parametrize("attention", [False, True])
def test_on_a_card_recorded_kernels_are_tried_where_no_attention_is_wanted(tmp_path, monkeypatch, attention):
    monkeypatch.setattr(precision, "has_bfloat16", lambda device: True)
    predictor = make_predictor(tmp_path, "ltae")
    predictor.device = torch.device("cuda")
    forms = forms_for(predictor, attention)
    assert ((GRAPH, "bfloat16") in forms) == ((GRAPH, "float32") in forms) == (not attention)
    assert OPENVINO not in dict(forms)
    assert (TORCH, "bfloat16") in forms


def test_a_form_that_cannot_be_computed_is_told_and_left_out(tmp_path, monkeypatch):
    compute_in = Predictor.compute_in

    def refuse_recording(self, dtype, engine=TORCH):
        if engine == GRAPH:
            raise RuntimeError("operation not permitted when stream is capturing")
        compute_in(self, dtype, engine)

    monkeypatch.setattr(Predictor, "compute_in", refuse_recording)
    compute, told = chosen(tmp_path, "ltae", monkeypatch, 0.0, 0.0, [(GRAPH, "float32")])
    assert compute.engine == TORCH
    assert told.startswith("torch with recorded kernels cannot compute this model in float32")


@needs_bfloat16
@pytest.mark.parametrize("key", ["ltae", "gru"])
def test_bfloat16_changes_little_and_its_probabilities_are_float32(tmp_path, key):
    predictor, (values, valid) = make_predictor(tmp_path, key), tensors(100)
    expected = predictor.predict(values, valid)[0]
    predictor.compute_in(torch.bfloat16)
    reduced = predictor.predict(values, valid)[0]
    assert reduced.dtype == torch.float32
    assert 0 < (reduced - expected).abs().max() < 0.05
    predictor.compute_in(torch.float32)
    assert torch.equal(predictor.predict(values, valid)[0], expected)
