# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest
import torch
from chronomap.plugin.worker.architectures.gru import GRU
from chronomap.plugin.worker.architectures.lstm import LSTM
from chronomap.plugin.worker.architectures.rnn import RNN
from chronomap.plugin.worker.architectures.starrnn import StarCell, StarRNN
from chronomap.plugin.worker.recurrent import DirectedLayer, time_channels
from torch import nn

NETWORKS = (RNN, LSTM, GRU, StarRNN)
DAYS = torch.tensor([0.0, 10, 30, 35, 60, 90])
VALID = torch.tensor([[1, 1, 1, 0, 0, 0], [1, 1, 1, 1, 1, 1], [1, 0, 0, 0, 0, 0]]).bool()  # valid dates first


@pytest.mark.parametrize("make_cell", [lambda: nn.LSTM(3, 5, batch_first=True), lambda: StarCell(3, 5, 6)])
def test_a_directed_layer_reads_each_series_as_if_it_ended_with_its_last_valid_date(make_cell):
    torch.manual_seed(0)
    layer, x = DirectedLayer(make_cell, both_directions=True), torch.randn(3, 6, 3)
    states = layer(x, VALID)
    for series, count in enumerate((3, 6, 1)):
        alone = x[series : series + 1, :count]
        ahead, back = layer.forwards(alone)[0], layer.backwards(alone.flip(1))[0].flip(1)
        torch.testing.assert_close(states[series, :count], torch.cat([ahead, back], dim=2)[0])


@pytest.mark.parametrize("readout", ["last", "mean", "all"])
@pytest.mark.parametrize("network", NETWORKS)
def test_a_series_without_valid_dates_leaves_the_memory_empty(network, readout):
    built = network(2, 6, 4, width=4, layers=2, readout=readout).eval()
    logits = built(torch.zeros(1, 6, 2), DAYS, torch.zeros(1, 6, dtype=torch.bool))
    torch.testing.assert_close(logits[0], built.classify.bias)


@pytest.mark.parametrize("network", NETWORKS)
def test_reading_one_way_tells_the_order_of_dates(network):
    torch.manual_seed(0)
    built = network(2, 6, 4, width=8, layers=1, both_directions=False).eval()
    x, valid = torch.randn(5, 6, 2), torch.ones(5, 6, dtype=torch.bool)
    days = torch.arange(6.0) * 0  # nothing but the order tells dates apart
    assert not torch.allclose(built(x, days, valid), built(x.flip(1), days, valid), atol=1e-4)


def test_the_layers_of_a_starrnn_have_weights_of_their_own():
    network = StarRNN(2, 6, 4, width=8, layers=3)
    second, third = (layer.forwards.from_state.weight for layer in network.recurrent[1:])
    assert second is not third
    assert not torch.equal(second, third)


def test_a_starcell_keeps_to_its_equations():
    cell, x = StarCell(3, 4, 6), torch.randn(2, 5, 3)
    (candidate_weight, gate_weight), (candidate_bias, gate_bias) = (
        cell.from_input.weight.chunk(2),
        cell.from_input.bias.chunk(2),
    )
    state = torch.zeros(2, 4)
    for date in range(5):
        candidate = torch.tanh(x[:, date] @ candidate_weight.T + candidate_bias)
        share = torch.sigmoid(x[:, date] @ gate_weight.T + state @ cell.from_state.weight.T + gate_bias)
        state = torch.tanh((1 - share) * state + share * candidate)
    torch.testing.assert_close(cell(x)[1], state)


def test_gaps_are_counted_between_valid_dates():
    valid = torch.tensor([[1, 0, 1, 0, 1, 0]]).bool()
    before, after, day = time_channels(DAYS, valid)[0].T
    assert before.tolist() == [0, 0, 1, 0, 1, 0]
    assert after.tolist() == [1, 0, 1, 0, 0, 0]
    assert day[4] == 60 / 365
