# SPDX-License-Identifier: GPL-2.0-or-later
"""Since when a model stays with its class while the season grows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from .encoding import Answer
    from .predictor import Predictor


def with_decision(predictor: Predictor, values: Tensor, valid: Tensor, final: Answer, probability: float) -> Answer:
    """Return the `final` answer with the number of the first date (1..T) since which the class is decided, 0: never.

    Decided means: the class is the final one and at least of `probability`, at that date and at every one after it.
    Takes up to T predictions; `values` (n, T, C) and `valid` (n, T) as Predictor.answer takes them.
    """
    known = (valid != 0).clone()  # the prefix that ends with the date at hand
    label, answer = final.probability.argmax(dim=1), final
    is_open, decided = torch.ones_like(label, dtype=torch.bool), torch.zeros_like(label)
    for date in reversed(predictor.order.tolist()):
        holds = answer.probability.argmax(dim=1) == label
        holds &= answer.probability.gather(1, label[:, None])[:, 0] >= probability
        is_open &= holds & known.any(1).to(label.device)  # a series no date of which is seen has no class
        decided[is_open & known[:, date].to(label.device)] = date + 1
        if not is_open.any():
            break
        known[:, date] = False
        answer = predictor.answer(values, known)
    return replace(final, decided=decided)
