# SPDX-License-Identifier: GPL-2.0-or-later
"""Weights of a trained network as the start of another training, with classes added to its last layer."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from ..core.card import ModelCard
from ..core.errors import ModelFileError
from .architectures import build_network


def continued_weights(base: ModelCard, arrays: Mapping[str, np.ndarray], card: ModelCard) -> dict[str, Tensor]:
    """Return the weights from which the network of `card` goes on: those of `base`, whose classes come first in `card`.

    Rows of the last layer that belong to new classes start as in a new network of the card's seed.

    Raises:
        ModelFileError: the weights do not fit the network.
    """
    former_classes, classes = ([info.name for info in each.classes] for each in (base, card))
    if classes[: len(former_classes)] != former_classes:
        raise ModelFileError(f"The base model's classes {', '.join(former_classes)} are not the first of the new ones.")
    torch.manual_seed(card.strategy["seed"])
    fresh = build_network(card).state_dict()
    missing = [name for name in fresh if name not in arrays]
    if missing:
        raise ModelFileError(f"The base model lacks the weights {', '.join(missing)}: train a new model.")
    counts = (len(former_classes), len(classes))
    return {name: _continued(name, tensor, torch.from_numpy(arrays[name]), counts) for name, tensor in fresh.items()}


def _continued(name: str, fresh: Tensor, former: Tensor, counts: tuple[int, int]) -> Tensor:
    """Return `former`, followed by the rows of `fresh` for new classes where the weights have a row per class."""
    if fresh.shape == former.shape:
        return former
    if fresh.dim() and (len(former), len(fresh)) == counts and fresh.shape[1:] == former.shape[1:]:
        return torch.cat([former, fresh[len(former) :]])
    raise ModelFileError(
        f"The base model's weights '{name}' have the shape {tuple(former.shape)}, but {tuple(fresh.shape)} is needed: "
        "train a new model."
    )
