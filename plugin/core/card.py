# SPDX-License-Identifier: GPL-2.0-or-later
"""The model card: all that is known about a trained model, kept in the header of its .safetensors file.

Readable with the standard library alone, so QGIS shows and checks models without torch.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .classes import ClassInfo
from .errors import InputError, ModelFileError
from .jobs import SplitSpec
from .records import from_plain
from .season import days_since, parse_date

FORMAT_VERSION = 1
CARD_KEY = "chronomap_card"
ENSEMBLE = "ensemble"  # the architecture of a card with members
_MAX_HEADER_BYTES = 100 * 1024 * 1024  # safetensors' own limit


@dataclass(frozen=True)
class Base:
    """A model that another was continued from: its file name, and the samples it has learned from."""

    name: str
    fingerprint: str
    split: SplitSpec
    is_refit: bool = False  # it has learned from their validation part too


@dataclass(frozen=True)
class ModelCard:
    """What a model is and how it came to be; see the fields.

    `lower`, `upper`: 2nd and 98th percentile per band in physical units, from training samples only.
    `grid_days`: days of the regular grid for models that do not read gaps, else ().
    `dates`, `season_start`: ISO; `days_nominal`: the user gave dates to a table that had none.
    `history`: one dict per epoch. `metrics`: test part (see core/accuracy.py), with "confusion" (rows = reference).
    `identity`: digest of all that decided on the model, the same for the same training ('': not computed).
    `bases`: the models it was continued from, the last one last. `members`: of an ensemble, the cards of the models
    that decide together (see core/ensemble.py); what is particular to each, such as its grid, stands there alone.
    """

    architecture: str
    hyperparameters: dict[str, Any]
    bands: tuple[str, ...]
    dates: tuple[str, ...]
    season_start: str
    classes: tuple[ClassInfo, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]
    strategy: dict[str, Any] = field(default_factory=dict)
    days_nominal: bool = False
    grid_days: tuple[float, ...] = ()
    split: SplitSpec = field(default_factory=SplitSpec)
    split_counts: dict[str, int] = field(default_factory=dict)  # "train", "validation", "test": samples
    samples: str = ""
    fingerprint: str = ""
    history: tuple[dict, ...] = ()
    best_epoch: int = 0
    metrics: dict[str, Any] = field(default_factory=dict)
    validation_metrics: dict[str, Any] = field(default_factory=dict)
    is_refit: bool = False  # it has learned from the validation samples in the end; `validation_metrics` are of before
    temperature: float = 1.0
    parameters: int = 0
    flops: int = 0  # of one series; of a forest: comparisons (see worker/cost.py)
    seconds: float = 0.0
    created: str = ""
    plugin_version: str = ""
    notes: tuple[str, ...] = ()
    identity: str = ""
    bases: tuple[Base, ...] = ()
    members: tuple[ModelCard, ...] = ()
    format_version: int = FORMAT_VERSION

    @property
    def days(self) -> tuple[float, float]:
        """First and last day of the training dates since the season's start."""
        days = days_since(parse_date(self.season_start), self.dates)
        return min(days), max(days)


def read_card(path: Path) -> ModelCard:
    """Read the card of a model file.

    Raises:
        ModelFileError: the file is missing, truncated, foreign or from a newer version of the plugin.
    """
    header, start = _read_header(path)
    text = header.get("__metadata__", {}).get(CARD_KEY)
    if text is None:
        raise ModelFileError(f"{path} holds no Chronomap model card: choose a model trained with Chronomap.")
    needed = start + max(
        (entry["data_offsets"][1] for key, entry in header.items() if key != "__metadata__"), default=0
    )
    if path.stat().st_size < needed:
        raise ModelFileError(f"{path} is truncated ({path.stat().st_size} of {needed} bytes): copy it again.")
    try:
        plain = json.loads(text)
        if isinstance(plain, dict) and plain.get("format_version", 0) > FORMAT_VERSION:
            version = plain.get("plugin_version")
            raise ModelFileError(f"{path} was made by a newer Chronomap ({version}): update the plugin.")
        return from_plain(ModelCard, plain)
    except (InputError, ValueError, TypeError) as error:
        raise ModelFileError(f"The model card of {path} is damaged ({error}): train the model again.") from error


def read_metadata(path: Path) -> dict[str, str]:
    """Read the texts in the header of any .safetensors file.

    Raises:
        ModelFileError: the file is missing or none.
    """
    texts: dict[str, str] = _read_header(path)[0].get("__metadata__", {})
    return texts


def _read_header(path: Path) -> tuple[dict[str, Any], int]:
    """Return the safetensors header and where the arrays start, in bytes."""
    try:
        with path.open("rb") as file:
            prefix = file.read(8)
            length = struct.unpack("<Q", prefix)[0] if len(prefix) == 8 else 0
            if not 2 <= length <= _MAX_HEADER_BYTES:
                raise ModelFileError(f"{path} is no model file: choose a .safetensors file made by Chronomap.")
            raw = file.read(length)
    except OSError as error:
        raise ModelFileError(f"The model {path} cannot be read ({error.strerror}): check the path.") from error
    if len(raw) < length:
        raise ModelFileError(f"{path} is truncated in its header: copy it again.")
    try:
        header = json.loads(raw)
    except ValueError:
        header = None
    if not isinstance(header, dict):
        raise ModelFileError(f"{path} is no model file: choose a .safetensors file made by Chronomap.")
    return header, 8 + length
