# SPDX-License-Identifier: GPL-2.0-or-later
"""Parameters as torch counts them, and arithmetic as counted by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from chronomap.plugin.core.monitor import Monitor
from chronomap.plugin.worker.architectures import build_network, registry
from chronomap.plugin.worker.cost import cost_of
from chronomap.plugin.worker.series import in_channels, seq_len
from worker.making import make_card

NETWORKS = [name for name, entry in registry().items() if entry.architecture.kind == "network"]


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_has_parameters_and_arithmetic(name):
    card = make_card(name)
    cost = cost_of(card)
    assert cost.parameters == sum(weight.numel() for weight in build_network(card).parameters())
    assert cost.flops > 2 * len(card.classes)


def test_dense_layers_cost_two_operations_a_weight():
    card = replace(make_card("mlp"), hyperparameters={**make_card("mlp").hyperparameters, "width": 32, "layers": 2})
    inputs = seq_len(card) * in_channels(card)
    assert cost_of(card).flops == 2 * (inputs * 32 + 32 * 32 + 32 * len(card.classes))


def test_convolutions_cost_two_operations_a_weight_and_place():
    card = make_card("tempcnn")
    settings = {"filters": 8, "kernel_size": 5, "layers": 2, "dense_width": 16}
    card = replace(card, hyperparameters={**card.hyperparameters, **settings})
    dates = seq_len(card)
    convolutions = dates * 5 * 8 * (in_channels(card) + 8)
    dense = dates * 8 * 16 + 16 * len(card.classes)
    assert cost_of(card).flops == 2 * (convolutions + dense)


def test_ltae_pays_for_what_a_series_takes_and_not_for_the_positions_of_all():
    card = make_card("ltae")
    settings, dates = card.hyperparameters, seq_len(card)
    width, heads, mixed, dense = (settings[name] for name in ("input_width", "heads", "d_model", "mlp_width"))
    encoding = dates * (in_channels(card) * width // 4 + width // 4 * width // 2 + width // 2 * width)
    attention = heads * dates * (width + width + mixed // heads) + width * mixed
    decoder = settings["decoder_width"]
    decoding = mixed * dense + dense * decoder + decoder * decoder // 2 + decoder // 2 * len(card.classes)
    assert cost_of(card).flops == 2 * (encoding + attention + decoding)


@pytest.mark.parametrize(("name", "gates"), [("rnn", 1), ("lstm", 4)])
def test_recurrent_networks_pay_for_every_date(name, gates):
    card = make_card(name)
    card = replace(
        card,
        hyperparameters={**card.hyperparameters, "width": 8, "layers": 1, "both_directions": False, "readout": "last"},
    )
    inputs = len(card.bands) + 3  # the gap before, the gap after and the day
    step = gates * 8 * (inputs + 8)
    assert cost_of(card).flops == 2 * (seq_len(card) * step + 8 * len(card.classes))


def test_a_forest_pays_one_comparison_for_each_level_of_each_tree():
    card = make_card("random_forest")
    forest = registry()["random_forest"].model(3, trees=4, max_depth=2)
    generator = np.random.default_rng(0)
    forest.fit(generator.random((60, 5), np.float32), generator.integers(0, 3, 60), 0, Monitor())
    arrays = forest.state()
    assert cost_of(card, arrays).flops == 4 * 2
    assert cost_of(card, arrays).parameters == sum(array.size for array in arrays.values())


def test_a_forest_that_is_not_grown_yet_has_no_cost():
    assert cost_of(make_card("random_forest")).flops == 0


def test_a_class_token_can_be_counted():
    card = make_card("transformer")
    assert cost_of(replace(card, hyperparameters={**card.hyperparameters, "pooling": "class token"})).flops > 0
