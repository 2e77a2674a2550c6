# SPDX-License-Identifier: GPL-2.0-or-later
"""What must be said of a comparison in words: the result in lines, cautions, notes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..core.board import NO_EVIDENCE, Board, Entry
from ..raster.samples import SampleSet
from .compare_measure import Arena
from .compare_members import Contender
from .compare_paper import p_text
from .statistics.pairs import LEAST_GROUPS

_FEW_POLYGONS = 20


def told(board: Board) -> list[str]:
    """Return the result in a few lines, the best first."""
    lines = [
        f"{entry.name}: macro F1 {entry.scores['macro_f1'].text()}, overall accuracy "
        f"{entry.scores['overall_accuracy'].text()}"
        for entry in board.entries
    ]
    sure = [pair for pair in board.pairs if pair.verdict != NO_EVIDENCE]
    names = [entry.name for entry in board.entries]
    lines += [
        f"{names[pair.first]} is {pair.verdict} than {names[pair.second]} ({p_text(pair.p_holm)})." for pair in sure
    ]
    return lines if sure else [*lines, "Of no pair is there evidence that one is better."]


def cautions(found: Sequence[Contender], arena: Arena, tested: SampleSet, entries: Sequence[Entry]) -> list[str]:
    """Return what makes the figures doubtful; `tested`: the samples that were judged."""
    polygons = len(np.unique(tested.group))
    sentences = []
    if arena.is_own and found[0].card.split.method == "pixel":
        sentences.append(
            "The split is by single pixels: neighbours of test pixels were in training, so all figures are too good, "
            "and a model that remembers places looks better than it is. Split by polygon or block."
        )
    if not tested.is_grouped:
        sentences.append(
            "Each sample counts as a place of its own: where neighbours are alike, intervals are too narrow."
        )
    if polygons < LEAST_GROUPS:
        sentences.append(f"Only {polygons} polygons are tested: nothing can be said of any difference.")
    elif polygons < _FEW_POLYGONS:
        sentences.append(f"Only {polygons} polygons are tested: intervals are rough, and only large differences show.")
    by_missing: dict[tuple[str, ...], list[str]] = {}
    for entry in entries:
        by_missing.setdefault(entry.missing, []).append(entry.name)
    sentences += [
        f"Never predicted by {', '.join(who)}: {', '.join(missing)}. Overall accuracy hides this."
        for missing, who in by_missing.items()
        if missing
    ]
    return sentences


def notes(found: Sequence[Contender], arena: Arena) -> list[str]:
    """Return what else a reader should know."""
    sentences = []
    if arena.is_own and all(len(contender.rounds()) == 1 for contender in found):
        sentences.append("Each model was trained with one seed: the luck of a seed is not part of the intervals.")
    if not arena.is_own:
        sentences.append("The models were trained on other samples than these; all of these are used.")
        if len({contender.card.fingerprint for contender in found}) > 1:
            sentences.append("The models learned from different samples: differences may be due to these.")
    return sentences
