# SPDX-License-Identifier: GPL-2.0-or-later
"""Since when a class is decided: counted back from the end of the season, on real dates only."""

from __future__ import annotations

import pytest
import torch
from chronomap.plugin.worker.early import with_decision
from chronomap.plugin.worker.encoding import Answer

HIGH, LOW = 0.9, 0.6


class Growing:
    """Answers by the number of dates it sees: the probability of class 0 is its `said` at that number."""

    def __init__(self, said: list[float], order: list[int]) -> None:
        self.said, self.order = torch.tensor(said), torch.tensor(order)

    def answer(self, values: torch.Tensor, valid: torch.Tensor) -> Answer:
        first = self.said[valid.sum(1)]
        return Answer(torch.stack([first, 1 - first], 1), None, valid.sum(1))


def decided(said: list[float], valid: list[bool], order: list[int] | None = None, probability: float = 0.8) -> int:
    model = Growing(said, order or list(range(len(valid))))
    seen = torch.tensor([valid])
    final = model.answer(seen, seen)
    return int(with_decision(model, seen, seen, final, probability).decided)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([LOW, HIGH, HIGH, HIGH, HIGH], 1),
        ([LOW, HIGH, LOW, HIGH, HIGH], 3),  # sure, in doubt, sure again: only the last time counts
        ([LOW, 0.1, 0.1, 0.1, HIGH], 4),
        ([LOW, HIGH, HIGH, HIGH, LOW], 0),  # in doubt at the end
    ],
)
def test_a_class_is_decided_since_it_stays_and_is_probable(said, expected):
    assert decided(said, [True] * 4) == expected


def test_a_masked_date_decides_nothing():
    assert decided([LOW, LOW, HIGH], [True, False, False, True]) == 4


def test_before_the_first_valid_date_nothing_is_decided():
    assert decided([HIGH, HIGH, HIGH], [False, False, True, True]) == 3


def test_dates_that_stand_in_another_order_are_taken_by_their_day():
    assert decided([LOW, LOW, HIGH, HIGH], [True, True, True], order=[2, 0, 1]) == 1
