# SPDX-License-Identifier: GPL-2.0-or-later
"""The pace of a trained model is measured on the model itself."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from chronomap.plugin.core.errors import Canceled, InputError
from chronomap.plugin.worker.architectures import build_network
from chronomap.plugin.worker.model_file import network_arrays, save_model
from chronomap.plugin.worker.pace_command import pace
from synthetic import SCALE, series
from worker.making import make_card
from worker.worker_session import Host


@pytest.fixture
def request_of(tmp_path):
    def make(hyperparameters=None, **changed):
        card = make_card("mlp")
        card.hyperparameters.update(hyperparameters or {})
        torch.manual_seed(0)
        model = tmp_path / "model.safetensors"
        save_model(model, card, network_arrays(build_network(card)))
        scale = np.full((len(card.dates), len(card.bands)), SCALE)
        known = {"scale": scale.tolist(), "offset": (0 * scale).tolist(), "dtype": "int16", "device": "cpu"}
        return {"do": "pace", "model": str(model), "days": series(1)["days"].tolist(), **known, **changed}

    return make


def test_a_small_model_maps_more_pixels_in_a_second_than_a_large_one(request_of):
    small = pace(Host(), request_of({"width": 8}))
    large = pace(Host(), request_of({"width": 1024}))
    assert small["pixels_per_second"] > 2 * large["pixels_per_second"] > 0
    assert "threads" in small["device"]


def test_a_device_that_is_not_there_is_told(request_of):
    with pytest.raises(InputError):
        pace(Host(), request_of(device="mps"))


def test_measuring_can_be_canceled(request_of):
    host = Host()
    host.cancel()
    with pytest.raises(Canceled):
        pace(host, request_of())
