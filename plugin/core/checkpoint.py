# SPDX-License-Identifier: GPL-2.0-or-later
"""The checkpoint of a training as the host sees it: where it lies, and how far it came."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from .card import read_metadata
from .errors import ModelFileError

STATE_KEY = "chronomap_training"


@dataclass(frozen=True)
class Stopped:
    """A training that was stopped: after which of its epochs."""

    epoch: int
    epochs: int


def checkpoint_path(folder: Path, member: int = 0) -> Path:
    """Return where a training in the job folder `folder` keeps its state; `member` counts from 1 in an ensemble."""
    return folder / (f"training{member}.safetensors" if member else "training.safetensors")


def refit_path(path: Path) -> Path:
    """Return where the refit of the training with the checkpoint `path` keeps its own state."""
    return path.with_suffix(".refit" + path.suffix)


def read_checkpoint(path: Path) -> Optional[Stopped]:
    """Return how far the training of a checkpoint came, None where there is none that can be read."""
    if not path.is_file():
        return None
    try:
        told = json.loads(read_metadata(path).get(STATE_KEY, "null"))
    except (ModelFileError, ValueError):
        return None
    return Stopped(int(told["epoch"]), int(told["epochs"])) if told else None
