# SPDX-License-Identifier: GPL-2.0-or-later
"""The parameters of a split, which training and comparing share."""

from __future__ import annotations

from qgis.core import QgsProcessingParameterNumber

from ..core.jobs import SPLIT_METHODS, SplitSpec
from ..host.text import tr
from .base import Algorithm
from .parameters import DOUBLE, INTEGER, choice
from .reading import Reader

_SHARES = {"split_train": "train", "split_validation": "validation", "split_test": "test"}
_SHARE_HELP = {
    "train": "Share of the samples the model learns from.",
    "validation": "Share that decides when training stops.",
    "test": "Share kept untouched for the reported accuracy.",
}


def add_split(algorithm: Algorithm) -> None:
    """Add how samples are split into training, validation and test."""
    split = SplitSpec()
    algorithm.add(
        choice("split_method", tr("Split by"), SPLIT_METHODS, split.method),
        tr(
            "polygon: all pixels of a polygon stay in one part; block: squares of the map; field: the fold field; "
            "pixel: at random, which flatters the accuracy."
        ),
    )
    for name, part in _SHARES.items():
        label = tr("Share for") + f" {part}"
        algorithm.add(
            QgsProcessingParameterNumber(name, label, DOUBLE, getattr(split, part), False, 0.0, 1.0),
            _SHARE_HELP[part],
            advanced=True,
        )
    algorithm.add(
        QgsProcessingParameterNumber("block_size", tr("Block size"), DOUBLE, split.block_size, False, 0.0),
        tr("Side of the squares of a split by block, in map units."),
        advanced=True,
    )
    algorithm.add(
        QgsProcessingParameterNumber("buffer", tr("Buffer"), DOUBLE, split.buffer, False, 0.0),
        tr("Samples nearer than this to a test sample are left out of training and validation, in map units."),
        advanced=True,
    )
    algorithm.add(
        QgsProcessingParameterNumber("split_seed", tr("Split seed"), INTEGER, split.seed, False, 0, 2**31 - 1),
        tr("The same seed deals the polygons the same way, whatever the architecture."),
        advanced=True,
    )


def read_split(read: Reader) -> SplitSpec:
    """Return the split that the parameters of add_split describe."""
    return SplitSpec(
        method=read.choice("split_method"),
        train=read.number("split_train"),
        validation=read.number("split_validation"),
        test=read.number("split_test"),
        block_size=read.number("block_size"),
        seed=read.integer("split_seed"),
        buffer=read.number("buffer"),
    )
