# SPDX-License-Identifier: GPL-2.0-or-later
"""The model file: arrays and card in one .safetensors file, written whole or not at all, never pickled."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.numpy import load_file, save
from torch import nn

from ..core.card import CARD_KEY, ModelCard, read_card
from ..core.errors import InputError, ModelFileError, OutputError
from ..core.records import to_plain
from .architectures import build_network, find_entry


def check_writable(path: Path) -> None:
    """Try the place of a model before the work of training is done.

    Raises:
        OutputError: no file can be written there.
    """
    partial = path.with_name(path.name + ".part")
    try:
        partial.touch()
        partial.unlink()
    except OSError as error:
        raise OutputError(f"The model {path} cannot be written ({error.strerror}): choose another folder.") from error


def save_model(path: Path, card: ModelCard, arrays: dict[str, np.ndarray]) -> None:
    """Write the model file under a temporary name and rename it.

    Raises:
        OutputError: the file cannot be written.
    """
    partial = path.with_name(path.name + ".part")
    contiguous = {name: np.ascontiguousarray(array).reshape(np.shape(array)) for name, array in arrays.items()}
    metadata = {CARD_KEY: json.dumps(to_plain(card), ensure_ascii=False)}
    try:
        partial.write_bytes(save(contiguous, metadata=metadata))  # with the rights of any new file
        os.replace(partial, path)
    except (OSError, SafetensorError) as error:
        partial.unlink(missing_ok=True)
        raise OutputError(f"The model {path} cannot be written ({error}): choose another folder.") from error


def load_arrays(path: Path) -> tuple[ModelCard, dict[str, np.ndarray]]:
    """Read card and arrays of a model file.

    Raises:
        ModelFileError: the file is missing, truncated, foreign or from a newer version of the plugin.
    """
    card = read_card(path)
    try:
        return card, load_file(path)
    except (OSError, SafetensorError) as error:
        raise ModelFileError(f"The model {path} is damaged ({error}): copy it again or train anew.") from error


def load_model(path: Path, device: torch.device | str = "cpu") -> tuple[ModelCard, Any]:
    """Read a single model, or an ensemble's first, ready to use: a network in eval mode on `device`, or a forest.

    Raises:
        ModelFileError: the file is missing, truncated, foreign, damaged or from a newer version of the plugin.
    """
    card, arrays = load_member(path)
    return card, _built(path, card, arrays, device)


def load_members(path: Path, device: torch.device | str = "cpu") -> tuple[ModelCard, list[tuple[ModelCard, Any]]]:
    """Read a model of any kind: its card, and card and network or classical model of each member.

    A single model is its only member.

    Raises:
        ModelFileError: the file is missing, truncated, foreign, damaged or from a newer version of the plugin.
    """
    card, arrays = load_arrays(path)
    if not card.members:
        return card, [(card, _built(path, card, arrays, device))]
    parts = [(member, member_arrays(arrays, number)) for number, member in enumerate(card.members)]
    return card, [(member, _built(path, member, part, device)) for member, part in parts]


def load_member(path: Path, number: int = 0) -> tuple[ModelCard, dict[str, np.ndarray]]:
    """Read card and arrays of a single model, or of member `number` (from 0, beyond the last anew) of an ensemble.

    Raises:
        ModelFileError: the file is missing, truncated, foreign, damaged or from a newer version of the plugin.
    """
    card, arrays = load_arrays(path)
    if not card.members:
        return card, arrays
    number %= len(card.members)
    return card.members[number], member_arrays(arrays, number)


def member_arrays(arrays: dict[str, np.ndarray], number: int) -> dict[str, np.ndarray]:
    """Return the arrays of member `number` (from 0) of an ensemble, under their own names."""
    prefix = _member_prefix(number)
    return {name[len(prefix) :]: array for name, array in arrays.items() if name.startswith(prefix)}


def ensemble_arrays(members: Sequence[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Return the arrays of an ensemble from those of its members."""
    return {
        f"{_member_prefix(number)}{name}": array
        for number, arrays in enumerate(members)
        for name, array in arrays.items()
    }


def _member_prefix(number: int) -> str:
    return f"member{number}/"


def _built(path: Path, card: ModelCard, arrays: dict[str, np.ndarray], device: torch.device | str) -> Any:
    entry = find_entry(card)
    if entry.architecture.kind != "network":
        return entry.model.from_state(arrays)
    try:
        network = build_network(card)
        network.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
    except (RuntimeError, TypeError, InputError) as error:  # other names, shapes or hyperparameters than the card's
        raise ModelFileError(f"The weights in {path} do not fit their model card: train anew. ({error})") from error
    return network.to(device).eval()


def network_arrays(network: nn.Module) -> dict[str, np.ndarray]:
    """Return the weights and buffers of a network as numpy arrays."""
    return {name: tensor.detach().cpu().numpy() for name, tensor in network.state_dict().items()}
