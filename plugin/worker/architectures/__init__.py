# SPDX-License-Identifier: GPL-2.0-or-later
"""One file per architecture; a new file in this folder is a new architecture.

A file holds the model class (``MODEL``) and its declaration (``ARCHITECTURE``). Networks are built with
``(in_channels, seq_len, num_classes, **hyperparameters)`` and called with x (N, T, C), days (T,) or (N, T) and valid
(N, T) bool; they return logits (N, K). Classical models have features, fit, predict_proba, state and from_state, as
Forest in worker/forest.py has.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from torch import nn

from ...core.card import ModelCard
from ...core.catalog import Architecture
from ...core.errors import ModelFileError
from ..series import in_channels, seq_len


@dataclass(frozen=True)
class Entry:
    """One architecture: its declaration and its class."""

    architecture: Architecture
    model: Any


def described(model: type) -> dict[str, str]:
    """Return title and summary of a model class from its docstring: the first line and the first paragraph after."""
    first, _, rest = inspect.cleandoc(model.__doc__ or "").partition("\n")
    summary = " ".join(rest.strip().partition("\n\n")[0].split())
    return {"title": first.strip().rstrip("."), "summary": summary}


@lru_cache(maxsize=1)
def registry() -> dict[str, Entry]:
    """Return every architecture of this folder by id: networks first, then classical models, each by file name."""
    modules = [importlib.import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)]
    entries = [Entry(module.ARCHITECTURE, module.MODEL) for module in modules]
    entries.sort(key=lambda entry: entry.architecture.kind != "network")
    return {entry.architecture.id: entry for entry in entries}


def find_entry(card: ModelCard) -> Entry:
    """Return the architecture of a model card.

    Raises:
        ModelFileError: this version of the plugin does not have it.
    """
    if card.architecture not in registry():
        raise ModelFileError(
            f"The model is a '{card.architecture}' (made by Chronomap {card.plugin_version}), which this version does "
            "not know: update the plugin."
        )
    return registry()[card.architecture]


def build_network(card: ModelCard) -> nn.Module:
    """Return the untrained network of a card.

    Raises:
        ModelFileError: this version of the plugin does not have it.
    """
    return find_entry(card).model(in_channels(card), seq_len(card), len(card.classes), **card.hyperparameters)
