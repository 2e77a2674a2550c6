# SPDX-License-Identifier: GPL-2.0-or-later
"""Model files hold card and weights, and damaged ones are told in words."""

from __future__ import annotations

import struct
from dataclasses import replace

import numpy as np
import pytest
import torch
from chronomap.plugin.core.card import read_card
from chronomap.plugin.core.errors import ModelFileError, OutputError
from chronomap.plugin.worker.architectures import build_network
from chronomap.plugin.worker.model_file import check_writable, load_model, network_arrays, save_model
from safetensors.numpy import save_file
from worker.making import make_card


@pytest.fixture
def saved(tmp_path):
    """Return the path of a small saved model."""
    card = make_card("ltae")
    path = tmp_path / "model.safetensors"
    save_model(path, card, network_arrays(build_network(card)))
    return path


def test_the_card_is_read_without_the_weights(saved):
    assert read_card(saved) == make_card("ltae")


def test_nothing_but_the_model_is_left_in_the_folder(saved):
    assert [path.name for path in saved.parent.iterdir()] == ["model.safetensors"]


def test_a_loaded_network_is_ready_to_predict(saved):
    _, network = load_model(saved)
    assert not network.training


@pytest.mark.parametrize("kept_bytes", [0, 5, 300, -1])
def test_truncated_files_are_refused(saved, kept_bytes):
    saved.write_bytes(saved.read_bytes()[:kept_bytes])
    with pytest.raises(ModelFileError, match=r"truncated|no model file"):
        load_model(saved)


def test_foreign_files_are_refused(tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"II*\0 this is a TIFF, they say")
    with pytest.raises(ModelFileError, match="no model file"):
        load_model(path)
    save_file({"weight": np.zeros(3)}, path)
    with pytest.raises(ModelFileError, match="no Chronomap model card"):
        load_model(path)


def test_a_damaged_header_is_refused(saved):
    raw = bytearray(saved.read_bytes())
    length = struct.unpack("<Q", raw[:8])[0]
    raw[length // 2] = 0
    saved.write_bytes(raw)
    with pytest.raises(ModelFileError):
        load_model(saved)


def test_weights_of_another_shape_are_refused(saved):
    card = make_card("ltae")
    save_model(saved, replace(card, bands=("B04",)), network_arrays(build_network(card)))
    with pytest.raises(ModelFileError, match="do not fit their model card"):
        load_model(saved)


def test_an_unknown_architecture_is_named(saved):
    save_model(saved, replace(make_card("ltae"), architecture="oracle"), {"w": np.zeros(1)})
    with pytest.raises(ModelFileError, match=r"'oracle'.*update the plugin"):
        load_model(saved)


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(OutputError, match="cannot be written"):
        check_writable(tmp_path / "missing" / "model.safetensors")
    with pytest.raises(OutputError, match="cannot be written"):
        save_model(tmp_path / "missing" / "model.safetensors", make_card("ltae"), {"w": np.zeros(1)})


def test_whole_numbers_of_batches_seen_survive(tmp_path):
    card = make_card("tempcnn")
    network = build_network(card)
    network(torch.zeros(4, 8, 4), torch.zeros(8), torch.ones(4, 8, dtype=torch.bool))
    save_model(tmp_path / "m.safetensors", card, network_arrays(network))
    _, loaded = load_model(tmp_path / "m.safetensors")
    assert int(loaded.state_dict()["dense.2.num_batches_tracked"]) == 1
