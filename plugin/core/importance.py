# SPDX-License-Identifier: GPL-2.0-or-later
"""Importance of dates: one notion, three ways to measure it, each named as what it is."""

from __future__ import annotations

from dataclasses import dataclass

from .card import ModelCard
from .catalog import load_catalog
from .errors import InputError, ModelFileError

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


def choose_method(card: ModelCard, method: str) -> str:
    """Return the method itself, or for "auto": attention where the model gives it, else occlusion.

    Raises:
        InputError: the model cannot be explained by `method`.
        ModelFileError: this version of the plugin does not know the model.
    """
    cards = card.members or (card,)
    catalog = load_catalog()
    unknown = [entry.architecture for entry in cards if entry.architecture not in catalog]
    if unknown:
        raise ModelFileError(
            f"This plugin has no architecture '{unknown[0]}', which the model needs: update the plugin."
        )
    architectures = [catalog[entry.architecture] for entry in cards]
    gives_attention = all(architecture.gives_attention for architecture in architectures)
    if method == AUTO:
        return ATTENTION if gives_attention else OCCLUSION
    if method not in MEASURES:
        raise InputError(f"There is no method '{method}' to explain a model: choose one of {', '.join(CHOICES)}.")
    titles = ", ".join(sorted({architecture.title for architecture in architectures}))
    if method == ATTENTION and not gives_attention:
        raise InputError(f"The model ({titles}) gives no attention: choose occlusion, which any model can be asked.")
    if method == GRADIENTS and any(architecture.kind != "network" for architecture in architectures):
        raise InputError(f"The model ({titles}) has no gradients: choose occlusion, which any model can be asked.")
    return method
