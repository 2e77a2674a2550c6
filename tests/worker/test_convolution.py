# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest
import torch
from chronomap.plugin.core.errors import InputError
from chronomap.plugin.worker.architectures.cnn import CNN
from chronomap.plugin.worker.architectures.inceptiontime import InceptionTime, scaled_kernels
from chronomap.plugin.worker.architectures.lstm_fcn import LSTMFCN
from chronomap.plugin.worker.convolution import same_convolution
from torch import nn


@pytest.mark.parametrize(("kernel_size", "stride", "length"), [(1, 1, 9), (4, 1, 9), (5, 1, 9), (4, 2, 5), (5, 3, 3)])
def test_a_padded_convolution_keeps_every_place_of_its_stride(kernel_size, stride, length):
    assert same_convolution(2, 3, kernel_size, stride)(torch.randn(1, 2, 9)).shape == (1, 3, length)


@pytest.mark.parametrize("pooling", ["none", "max", "average"])
@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("dates", [11, 12])
def test_every_choice_of_a_cnn_fits_its_dense_layer(pooling, padding, stride, dates):
    network = CNN(3, dates, 4, filters=4, layers=2, kernel_size=3, pooling=pooling, padding=padding, stride=stride)
    assert network(torch.randn(2, dates, 3), torch.arange(dates), torch.ones(2, dates)).shape == (2, 4)


def test_a_cnn_that_leaves_no_date_says_what_to_change():
    with pytest.raises(InputError, match="3 convolutions of size 5 leave nothing of 12 dates"):
        CNN(3, 12, 4, padding="valid")


def test_an_lstm_fcn_reads_the_season_of_one_band_after_the_other_and_not_validity():
    network, read = LSTMFCN(3, 12, 4, filters=4).eval(), []
    network.lstm.register_forward_pre_hook(lambda _, given: read.append(given[0]))
    x = torch.randn(2, 12, 3)  # two bands and the channel of validity
    network(x, torch.arange(12), torch.ones(2, 12))
    torch.testing.assert_close(read[0], x[:, :, :2].transpose(1, 2))


def test_inception_kernels_are_the_papers_and_scaled_for_short_series():
    assert scaled_kernels(40, 149) == scaled_kernels(40, 50) == (40, 20, 10)
    assert scaled_kernels(40, 25) == (20, 10, 5)
    assert min(scaled_kernels(4, 3)) == 1


def test_inceptiontime_has_a_shortcut_around_every_three_modules():
    network = InceptionTime(3, 50, 4, depth=6)
    convolutions = [layer for layer in network.modules() if isinstance(layer, nn.Conv1d)]
    assert len(convolutions) == 6 * 5 + 1  # the second shortcut keeps the width and needs none
