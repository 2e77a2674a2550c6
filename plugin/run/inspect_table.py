# SPDX-License-Identifier: GPL-2.0-or-later
"""What was found at a place as text for a spreadsheet: three tables, one below the other, as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Union

from ..core.importance import MEASURES
from .inspect import Inspection, ModelAnswer

_Row = list[Union[str, int, float]]


def as_csv(found: Inspection) -> str:
    """Return the series by date with importance and growth, the probabilities by class, the nearest samples."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    answers = [answer for answer in found.answers if answer.card is not None and not answer.problem]
    writer.writerow([found.place.title])
    writer.writerows(_dates(found, answers))
    writer.writerow([])
    writer.writerows(_classes(answers))
    writer.writerow([])
    writer.writerows(_neighbours(answers))
    return text.getvalue()


def _dates(found: Inspection, answers: list[ModelAnswer]) -> Iterator[_Row]:
    series = found.place.series
    head: _Row = ["date", "valid", *series.bands]
    for answer in answers:
        name = answer.path.stem
        head.append(f"{name} {MEASURES[answer.measure].title.lower()}")
        head += [f"{name} so far: {info.name}" for info in _card_classes(answer)]
    yield head
    for index, date in enumerate(series.dates):
        row: _Row = [date, int(series.valid[0, index]), *map(_cell, found.place.shown[index])]
        for answer in answers:
            row += [_cell(answer.importance[index]), *map(_cell, answer.growth[index])]
        yield row


def _classes(answers: list[ModelAnswer]) -> Iterator[_Row]:
    yield ["model", "class", "probability"]
    for answer in answers:
        for info, share in zip(_card_classes(answer), answer.probability):
            yield [answer.path.stem, info.name, _cell(share)]


def _neighbours(answers: list[ModelAnswer]) -> Iterator[_Row]:
    yield ["model", "nearest sample's class", "distance", "polygon", "x", "y"]
    for answer in answers:
        for near in answer.neighbours:
            yield [answer.path.stem, near.name, _cell(near.distance), near.group, _cell(near.x), _cell(near.y)]


def _card_classes(answer: ModelAnswer) -> tuple:
    return answer.card.classes if answer.card is not None else ()


def _cell(value: float) -> Union[str, float]:
    """Return a number as it is written, '' where there is none."""
    return "" if value != value else float(f"{value:.9g}")  # noqa: PLR0124 (NaN)
