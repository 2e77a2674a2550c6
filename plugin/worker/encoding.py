# SPDX-License-Identifier: GPL-2.0-or-later
"""From probabilities and attention to the numbers that a map stores (see core/products.py)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Optional

import torch
from torch import Tensor

from ..core.products import PRODUCTS
from ..core.slots import OutputArray

ATTENTION_BYTE_SCALE, ATTENTION_BYTE_NODATA = 1.0 / 254, 255.0


@dataclass(frozen=True)
class Answer:
    """What a model says of n series: probability (n, K), attention (n, heads, T) or None, count of valid dates (n,).

    `decided` (n,): number of the date from which the class stays, 0 for never (see worker/early.py); None: not asked.
    """

    probability: Tensor
    attention: Optional[Tensor]
    valid_dates: Tensor
    decided: Optional[Tensor] = None


@dataclass(frozen=True)
class Code:
    """How one product is stored: `measure` returns (bands, n) in the product's unit; stored = round(that / `scale`)."""

    product: str
    measure: Callable[[Answer], Tensor]
    scale: float
    nodata: float

    def encode(self, answer: Answer) -> Tensor:
        """Return the stored numbers, (bands, n) int32."""
        measured = self.measure(answer)
        return measured.to(torch.int32) if self.scale == 1.0 else (measured / self.scale).round().to(torch.int32)


def make_codes(
    outputs: Sequence[OutputArray],
    class_values: Sequence[int],
    class_nodata: int,
    attention_byte: bool = False,
    in_season: Sequence[bool] = (),
) -> list[Code]:
    """Return how each of the slot's `outputs` is stored, in their order.

    `class_values` (K,) are the user's; `in_season` (T,) says which dates the product attention_season counts.
    """
    values = torch.tensor(class_values, dtype=torch.int32)
    season = torch.tensor(in_season, dtype=torch.bool)
    measures = {
        **_MEASURES,
        "class": lambda answer: _class_value(answer, values),
        "attention_season": lambda answer: _attention_season(answer, season),
    }
    codes = []
    for output in outputs:
        product = PRODUCTS[output.product]
        scale, nodata = product.scale, product.nodata
        if product.id == "class":
            nodata = float(class_nodata)
        elif product.id == "attention" and attention_byte:
            scale, nodata = ATTENTION_BYTE_SCALE, ATTENTION_BYTE_NODATA
        codes.append(Code(product.id, measures[product.id], scale, nodata))
    return codes


def _class_value(answer: Answer, values: Tensor) -> Tensor:
    return values.to(answer.probability.device)[answer.probability.argmax(dim=1)][None]


def _confidence(answer: Answer) -> Tensor:
    return 100.0 * answer.probability.amax(dim=1)[None]  # percent


def _probability(answer: Answer) -> Tensor:
    return answer.probability.t()


def _entropy(answer: Answer) -> Tensor:
    classes = max(answer.probability.shape[1], 2)
    return (torch.special.entr(answer.probability).sum(dim=1)[None] / math.log(classes)).clamp(0.0, 1.0)


def _margin(answer: Answer) -> Tensor:
    if answer.probability.shape[1] == 1:
        return answer.probability.t()
    best, second = answer.probability.topk(2, dim=1).values.t()
    return (best - second)[None]


def _valid_dates(answer: Answer) -> Tensor:
    return answer.valid_dates[None]


def _attention(answer: Answer) -> Tensor:
    return _attention_of_each(answer).t()


def _attention_of_each(answer: Answer) -> Tensor:
    """Return the heads' mean attention, (n, T): summed along a pixel's dates, its bits do not depend on its place."""
    if answer.attention is None:
        raise ValueError("attention was asked for of a model that gives none")
    return answer.attention.mean(dim=1)


def _attention_peak(answer: Answer) -> Tensor:
    weight, date = _attention_of_each(answer).max(dim=1)
    return torch.where(weight > 0, date + 1, int(PRODUCTS["attention_peak"].nodata))[None]


def _attention_spread(answer: Answer) -> Tensor:
    return torch.special.entr(_attention_of_each(answer)).sum(dim=1)[None].exp()


def _attention_season(answer: Answer, season: Tensor) -> Tensor:
    return _attention_of_each(answer)[:, season.to(answer.probability.device)].sum(dim=1)[None].clamp(0.0, 1.0)


def _decided(answer: Answer) -> Tensor:
    if answer.decided is None:
        raise ValueError("the date of decision was not computed")
    return answer.decided[None]


_MEASURES: dict[str, Callable[[Answer], Tensor]] = {
    "confidence": _confidence,
    "probability": _probability,
    "entropy": _entropy,
    "margin": _margin,
    "valid_dates": _valid_dates,
    "attention": _attention,
    "attention_peak": _attention_peak,
    "attention_spread": _attention_spread,
    "decided_date": _decided,
}
