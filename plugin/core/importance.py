# SPDX-License-Identifier: GPL-2.0-or-later
"""Importance of dates: one notion, three ways to measure it, each named as what it is."""

from __future__ import annotations

from dataclasses import dataclass

AUTO, ATTENTION, OCCLUSION, GRADIENTS = "auto", "attention", "occlusion", "gradients"
CHOICES = (AUTO, ATTENTION, OCCLUSION, GRADIENTS)


@dataclass(frozen=True)
class Measure:
    """How a method is named in titles and on axes, and what it says, in a sentence or two."""

    title: str
    axis: str
    meaning: str


MEASURES = {
    ATTENTION: Measure(
        "Attention", "attention",
        "Attention says how much each date weighs when the model mixes a series into its decision: it sums to 1 over "
        "the dates that were seen. It is a mixing weight, not a cause: a date may matter through others, and dates of "
        "little weight may still decide close cases.",
    ),
    OCCLUSION: Measure(
        "Occlusion", "effect of hiding",
        "Occlusion hides one date after the other and looks how far the log odds of the chosen class move, up or down; "
        "shown is each date's share of all these effects. Dates that can stand in for each other, as two of one week, "
        "both look unimportant: hide their neighbours with them to see it.",
    ),
    GRADIENTS: Measure(
        "Integrated gradients", "effect of values",
        "Integrated gradients (Sundararajan et al. 2017) add up how the log odds of the chosen class follow the values "
        "of each date on the way from an average series to this one; shown is each date's share of these effects, "
        "whatever their sign. That a date was seen at all has no part in it.",
    ),
}  # fmt: skip
