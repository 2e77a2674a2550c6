# SPDX-License-Identifier: GPL-2.0-or-later
"""The part of a model's report that tells of the members of an ensemble."""

from __future__ import annotations

from ..core.card import ModelCard
from ..core.ensemble import member_names, member_score
from .html import Markup, join, section, table, tag

_FIGURES = {"macro_f1": "Macro F1", "balanced_accuracy": "Balanced accuracy", "overall_accuracy": "Overall accuracy"}
_HOW = (
    "Each member makes probabilities of its own, from its own grid and calibration; the class with the highest mean "
    "probability is the ensemble's. Attention is the mean over the members. All figures are of the test part."
)


def members_section(card: ModelCard) -> Markup:
    """Return the members of an ensemble with their test figures, mean and deviation; nothing for a single model."""
    if not card.members:
        return Markup()
    head = ("Member", *_FIGURES.values(), "Best epoch", "Learned numbers")
    rows: list[tuple[object, ...]] = [
        (name, *(_figure(member.metrics.get(key)) for key in _FIGURES), member.best_epoch or "-", member.parameters)
        for name, member in zip(member_names(card), card.members)
    ]
    rows.append(("Members: mean ± deviation", *(_mean(card, key) for key in _FIGURES), "", ""))
    rows.append(("Ensemble", *(_figure(card.metrics.get(key)) for key in _FIGURES), "", card.parameters))
    return section("Members", join((tag("p", _HOW, kind="note"), table(head, rows))))


def _figure(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else "-"


def _mean(card: ModelCard, key: str) -> str:
    score = member_score(card, key)
    return f"{score.mean:.3f} ± {score.deviation:.3f}" if score else "-"
