# SPDX-License-Identifier: GPL-2.0-or-later
"""The catalog of architectures: what every shell shows and checks, without torch.

The declarations stand in ``worker/architectures/`` (one file each) and are written to
``resources/architectures.json`` by ``python -m plugin.worker.catalog``; this module reads that file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from .errors import InputError
from .records import from_plain, read_json

# What networks and models are sorted by, in the order in which they are shown.
FAMILIES = {
    "attention": "Attention",
    "convolution": "Convolution",
    "recurrent": "Recurrent",
    "dense": "Dense layers",
    "classical": "Classical",
}
CATALOG_PATH = Path(__file__).resolve().parents[2] / "resources" / "architectures.json"


@dataclass(frozen=True)
class Hyperparameter:
    """One setting: `kind` is "int", "float", "bool", "choice" or "model" (a file); minimum and maximum are inclusive.

    `search`: lowest and highest value that a search for settings tries; () leaves that to core/search_space.py.
    `only_if` names another setting and the values of it with which this one matters; without values: any but 0 or no.
    """

    name: str
    label: str
    kind: str
    default: Any
    help: str
    minimum: float = 0.0
    maximum: float = 0.0
    choices: tuple[str, ...] = ()
    only_if: tuple[str, ...] = ()
    unit: str = ""  # "days", "epochs"; '' where the label says it
    search: tuple[float, ...] = ()
    zero: str = ""  # of whole numbers: what 0 means, in a word or two

    def matters(self, values: Mapping[str, Any]) -> bool:
        """Return whether this setting changes anything, given the `values` of all settings."""
        if not self.only_if:
            return True
        other, *wanted = self.only_if
        return values[other] in wanted if wanted else bool(values[other])

    def problem(self, value: Any) -> str:
        """Return why `value` is not allowed, as a sentence, or ''."""
        if self.kind == "choice":
            return (
                "" if value in self.choices else f"{self.label} is '{value}': choose one of {', '.join(self.choices)}."
            )
        if self.kind == "bool":
            return "" if isinstance(value, bool) else f"{self.label} is '{value}': choose true or false."
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not is_number or (self.kind == "int" and value % 1 != 0):
            return f"{self.label} is '{value}': give {'a whole number' if self.kind == 'int' else 'a number'}."
        if not self.minimum <= value <= self.maximum:
            return f"{self.label} is {value:g}: choose a value from {self.minimum:g} to {self.maximum:g}."
        return ""


@dataclass(frozen=True)
class Preset:
    """A named set of values: the paper's or another package's; what it leaves out keeps the default."""

    name: str
    title: str
    hyperparameters: dict[str, Any] = field(default_factory=dict)
    strategy: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Architecture:
    """What an architecture declares. The first preset is the default.

    `kind`: "network" or "classical". `family`: one of FAMILIES. `reads_gaps`: it reads real dates and gaps itself;
    else it gets a regular, gap-filled grid.
    """

    id: str
    title: str
    summary: str
    kind: str
    doi: str
    gives_attention: bool
    reads_gaps: bool
    hyperparameters: tuple[Hyperparameter, ...]
    presets: tuple[Preset, ...]
    deviations: str = ""
    family: str = ""

    def defaults(self, preset: str = "") -> dict[str, Any]:
        """Return every hyperparameter with its value in `preset` (the first one by default)."""
        chosen = self.preset(preset).hyperparameters
        return {h.name: chosen.get(h.name, h.default) for h in self.hyperparameters}

    def preset(self, name: str = "") -> Preset:
        """Return the preset called `name`, or the first.

        Raises:
            InputError: there is no such preset.
        """
        if not name:
            return self.presets[0]
        for preset in self.presets:
            if preset.name == name:
                return preset
        names = ", ".join(preset.name for preset in self.presets)
        raise InputError(f"{self.title} has no preset '{name}': choose one of {names}.")

    def problems(self, values: Mapping[str, Any]) -> list[str]:
        """Return what is wrong with hyperparameter `values`, a sentence each."""
        return value_problems(self.hyperparameters, values, self.title)


def condition_text(setting: Hyperparameter, declared: Iterable[Hyperparameter]) -> str:
    """Return when `setting` matters, as a sentence that names the other of the `declared` settings, or ''."""
    if not setting.only_if:
        return ""
    name, *wanted = setting.only_if
    other = next(entry for entry in declared if entry.name == name)
    if wanted:
        return f"Matters only with {other.label.lower()} {' or '.join(wanted)}."
    return f"Matters only with {other.label.lower()}" + ("." if other.kind == "bool" else " above 0.")


def value_problems(declared: Iterable[Hyperparameter], values: Mapping[str, Any], owner: str) -> list[str]:
    """Return what is wrong with `values` under the `declared` settings of `owner`, a sentence each."""
    known = {setting.name: setting for setting in declared}
    unknown = [f"{owner} has no setting '{name}': remove it." for name in values if name not in known]
    wrong = [known[name].problem(value) for name, value in values.items() if name in known]
    return unknown + [f"{owner}: {sentence}" for sentence in wrong if sentence]


@lru_cache(maxsize=1)
def load_catalog() -> dict[str, Architecture]:
    """Return the architectures by id, in the catalog's order."""
    entries = [from_plain(Architecture, entry) for entry in read_json(CATALOG_PATH)["architectures"]]
    return {entry.id: entry for entry in entries}


def find_architecture(architecture_id: str) -> Architecture:
    """Return the architecture called `architecture_id`.

    Raises:
        InputError: the catalog has no such architecture.
    """
    catalog = load_catalog()
    if architecture_id not in catalog:
        raise InputError(f"There is no architecture '{architecture_id}': choose one of {', '.join(catalog)}.")
    return catalog[architecture_id]
