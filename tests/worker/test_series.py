# SPDX-License-Identifier: GPL-2.0-or-later
"""Series are normalised with the card's ranges, and gaps are filled where a network wants a grid."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from chronomap.plugin.core.errors import InputError
from chronomap.plugin.worker.normalisation import band_ranges
from chronomap.plugin.worker.series import Preparation, last_valid, next_valid, regular_grid
from worker.making import make_card

DAYS = [0.0, 10.0, 30.0, 60.0]


def prepared(values, valid, days=DAYS, grid=(), *, lower=(0.0,), upper=(1.0,), scale=1.0, offset=0.0, shift=0.0):
    """Return x of one-band series (N, T) given as lists."""
    card = replace(make_card("gru"), bands=("B1",), lower=lower, upper=upper, grid_days=tuple(grid))
    ones = np.ones((len(days), 1))
    preparation = Preparation(card, days, ones * scale, ones * offset)
    return preparation.prepare(torch.tensor(values).unsqueeze(2), torch.tensor(valid, dtype=torch.bool), shift)


def test_values_become_physical_then_0_to_1_between_the_percentiles():
    x, _, _ = prepared(
        np.array([[1000, 2000, 3000, 4000]], np.int16), [[1] * 4], lower=(0.1,), upper=(0.3,), scale=1e-4, offset=-0.1
    )
    torch.testing.assert_close(x[0, :, 0], torch.tensor([-0.5, 0.0, 0.5, 1.0]))


def test_invalid_dates_are_exactly_0_whatever_they_held():
    x, _, valid = prepared([[0.5, np.nan, 7.0, np.inf]], [[1, 1, 0, 1]])
    assert x[0, :, 0].tolist() == [0.5, 0.0, 0.0, 0.0]
    assert valid[0].tolist() == [True, False, False, False]


def test_a_constant_band_stays_finite():
    x, _, _ = prepared([[0.5, 0.5, 0.5, 0.5]], [[1] * 4], lower=(0.5,), upper=(0.5,))
    assert x[0, :, 0].tolist() == [0.0] * 4


def test_gaps_are_filled_linearly_between_valid_dates_and_constant_beyond():
    generator = np.random.default_rng(0)
    days = np.sort(generator.choice(200, 15, replace=False)).astype(float)
    values, valid = generator.normal(size=(40, 15)), generator.random((40, 15)) > 0.5
    valid[:, 7] = True
    grid = np.linspace(-10, 210, 33)
    x, grid_days, _ = prepared(values, valid, list(days), grid)
    expected = [np.interp(grid, days[seen], row[seen]) for row, seen in zip(values, valid)]
    np.testing.assert_allclose(x[:, :, 0].numpy(), expected, atol=1e-4)
    assert grid_days.tolist() == pytest.approx(list(grid), abs=1e-4)


def test_two_acquisitions_on_one_day_are_no_division_by_zero():
    x, _, _ = prepared([[0.0, 4.0, 6.0, 8.0]], [[1] * 4], [0.0, 10.0, 10.0, 20.0], [0.0, 5.0, 10.0, 15.0, 20.0])
    assert x.isfinite().all()
    assert x[0, 0, 0] == 0.0
    assert x[0, 1, 0] == 2.0
    assert x[0, 2, 0] in (4.0, 6.0)
    assert x[0, 3, 0] == 7.0


def test_the_validity_channel_tells_how_near_a_real_date_is():
    x, _, _ = prepared([[1.0, 1.0, 1.0, 1.0]], [[1, 0, 0, 1]], DAYS, [0.0, 5.0, 10.0, 20.0, 60.0])
    assert x[0, :, 1].tolist() == [1.0, 0.5, 0.0, 0.0, 1.0]


def test_a_series_without_valid_dates_is_0_throughout():
    x, _, valid = prepared([[9.0] * 4], [[0] * 4], DAYS, [0.0, 30.0, 60.0])
    assert not x.any()
    assert not valid.any()


def test_dates_in_any_order_give_the_same_series():
    values, valid, order = np.array([[1.0, 2.0, 3.0, 4.0]]), np.array([[1, 1, 0, 1]]), [2, 0, 3, 1]
    for grid in ((), (0.0, 20.0, 40.0, 60.0)):
        sorted_x = prepared(values, valid, DAYS, grid)[0]
        shuffled_x = prepared(values[:, order], valid[:, order], [DAYS[i] for i in order], grid)[0]
        assert torch.equal(sorted_x, shuffled_x)


def test_a_shift_moves_real_days_and_gap_filled_series_alike():
    assert prepared([[1.0, 2.0, 3.0, 4.0]], [[1] * 4], shift=5.0)[1].tolist() == [5.0, 15.0, 35.0, 65.0]
    x, _, _ = prepared([[1.0, 2.0, 3.0, 4.0]], [[1] * 4], DAYS, [5.0, 15.0, 35.0, 65.0], shift=5.0)
    assert x[0, :, 0].tolist() == [1.0, 2.0, 3.0, 4.0]


def test_neighbouring_valid_dates_are_found():
    valid = torch.tensor([[0, 1, 0, 0, 1, 0], [0, 0, 0, 0, 0, 0]], dtype=torch.bool)
    assert last_valid(valid).tolist() == [[-1, 1, 1, 1, 4, 4], [-1] * 6]
    assert next_valid(valid).tolist() == [[1, 1, 4, 4, 4, 6], [6] * 6]


def test_a_regular_grid_covers_the_season():
    assert regular_grid([0.0, 7.0, 7.0, 30.0]) == (0.0, 15.0, 30.0)
    assert regular_grid([0.0, 30.0], 10.0) == (0.0, 10.0, 20.0, 30.0)
    assert regular_grid([0.0, 31.0], 10.0)[-1] == 40.0


def test_ranges_are_percentiles_of_valid_physical_values():
    values = np.arange(101, dtype=np.float32).reshape(101, 1, 1)
    valid = np.ones((101, 1), bool)
    values[0], valid[0] = 1e6, False
    values[1] = np.nan
    lower, upper = band_ranges(values, valid, np.array([[0.1]]), np.array([[5.0]]), ["B1"])
    expected = np.percentile(np.arange(2, 101), [2, 98]) * 0.1 + 5.0
    np.testing.assert_allclose([*lower, *upper], expected, rtol=1e-6)


def test_a_band_without_values_is_named():
    with pytest.raises(InputError, match="Band B2 has no valid value"):
        band_ranges(np.zeros((3, 2, 1)), np.zeros((3, 2)), np.ones((2, 1)), np.zeros((2, 1)), ["B2"])
