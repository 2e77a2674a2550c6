# SPDX-License-Identifier: GPL-2.0-or-later
"""Random forest: the classical baseline that every network is compared with."""

from __future__ import annotations

from torch import Tensor

from ...core.card import ModelCard
from ...core.catalog import Architecture, Preset
from ..forest import FOREST_SETTINGS, Forest
from . import described


class RandomForest(Forest):
    """Random forest.

    Votes of many decision trees on the gap-filled series: quick to train, hard to beat with few samples. Grown by
    scikit-learn, predicted level by level from node arrays.

    Reference: Breiman 2001, 10.1023/A:1010933404324. Deviation: probabilities are averaged, as in scikit-learn.
    """

    @staticmethod
    def declared() -> Architecture:
        """Return the declaration of the architecture."""
        return ARCHITECTURE

    @staticmethod
    def features(x: Tensor, card: ModelCard) -> Tensor:
        """Return features (N, T * C) of prepared series (N, T, C + 1): the validity channel is left out."""
        return x[:, :, :-1].flatten(1)


MODEL = RandomForest
ARCHITECTURE = Architecture(
    id="random_forest",
    **described(RandomForest),
    kind="classical",
    family="classical",
    doi="10.1023/A:1010933404324",
    gives_attention=False,
    reads_gaps=False,
    hyperparameters=FOREST_SETTINGS,
    presets=(
        Preset("sits", "R package sits: 100 trees, square root of the features"),
        Preset("balanced", "100 trees, classes balanced", {"balanced": True}),
        Preset("smooth", "300 trees with leaves of 5 samples or more", {"trees": 300, "min_leaf": 5}),
    ),
)  # fmt: skip
