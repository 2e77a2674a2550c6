# SPDX-License-Identifier: GPL-2.0-or-later
"""Where a search for settings looks: an axis for each setting, from what the catalog declares."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .catalog import Architecture, Hyperparameter, load_catalog
from .strategy import STRATEGY

NEVER_SEARCHED = ("epochs", "patience", "min_delta", "tolerance", "seed")
DEFAULT_SETTINGS = ("learning_rate", "batch_size", "weight_decay", "label_smoothing", "date_dropping")
_LOG_FROM = 8.0  # highest over lowest, from which an axis is logarithmic
_SHARE_TOP = 0.6  # of a setting from 0 to about 1, such as dropout


@dataclass(frozen=True)
class Axis:
    """One setting that a search varies: `low` to `high`, or one of `choices`."""

    setting: Hyperparameter
    low: float = 0.0
    high: float = 0.0
    choices: tuple[Any, ...] = ()

    @property
    def is_log(self) -> bool:
        """Whether steps are factors rather than differences."""
        return self.low > 0 and self.high / self.low >= _LOG_FROM

    @property
    def is_by_powers(self) -> bool:
        """Whether only powers of 2 are tried: widths and heads, which must divide each other, come in these."""
        whole = (self.low, self.high, self.setting.default)
        return self.setting.kind == "int" and not self.choices and all(_is_power(value) for value in whole)


def searchable_settings() -> tuple[Hyperparameter, ...]:
    """Return the settings of the learning strategy that a search may vary."""
    return tuple(setting for setting in STRATEGY if setting.name not in NEVER_SEARCHED)


def strategy_axes() -> tuple[Axis, ...]:
    """Return the axes of all settings of the learning strategy that a search may vary: the same for every network."""
    network = next(entry for entry in load_catalog().values() if entry.kind == "network")
    return axes_of(network, tuple(setting.name for setting in searchable_settings()), False, {})


def axes_of(
    architecture: Architecture, settings: tuple[str, ...], with_architecture: bool, ranges: Mapping[str, Any]
) -> tuple[Axis, ...]:
    """Return the axes of a search over `architecture`.

    Args:
        architecture: what is trained; a classical one has no settings of the learning strategy.
        settings: names of settings of the learning strategy.
        with_architecture: vary the hyperparameters of the architecture as well.
        ranges: by name ("learning_rate", or "ltae.heads" for one architecture alone), lowest and highest value, or
            the choices, instead of those that are declared.

    """
    declared: list[Hyperparameter] = list(architecture.hyperparameters) if with_architecture else []
    if architecture.kind == "network":
        declared += [setting for setting in STRATEGY if setting.name in settings]
    return tuple(_axes(architecture, declared, ranges))


def _axes(architecture: Architecture, declared: list[Hyperparameter], ranges: Mapping[str, Any]) -> Iterator[Axis]:
    for setting in declared:
        given = ranges.get(f"{architecture.id}.{setting.name}", ranges.get(setting.name))
        if setting.kind in ("choice", "bool"):
            choices = tuple(given) if given else setting.choices or (False, True)
            if len(choices) > 1:
                yield Axis(setting, choices=choices)
            continue
        low, high = given or setting.search or _range(architecture, setting)
        if low < high:
            yield Axis(setting, float(low), float(high))


def _range(architecture: Architecture, setting: Hyperparameter) -> tuple[float, float]:
    """Return half of what the lowest preset says up to the highest, or its double where all say the same.

    Shares, such as dropout, are tried from their minimum on.
    """
    values = [architecture.defaults(preset.name).get(setting.name, setting.default) for preset in architecture.presets]
    if setting.minimum == 0.0 and setting.maximum <= 1.0:
        return 0.0, min(setting.maximum, max(_SHARE_TOP, *map(float, values), 0.0))
    top = max(values) if max(values) > min(values) else 2 * max(values)
    low, high = max(setting.minimum, min(values) / 2), min(setting.maximum, top)
    return (max(setting.minimum, int(low)), int(high)) if setting.kind == "int" else (low, high)


def _is_power(value: float) -> bool:
    return value >= 1 and value == 2 ** round(math.log2(value))


def range_problems(architecture: Architecture, ranges: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with `ranges` that name a setting of `architecture` or of the learning strategy."""
    found = []
    known = {setting.name: setting for setting in (*architecture.hyperparameters, *searchable_settings())}
    for name, given in ranges.items():
        owner, _, own = name.rpartition(".")
        setting = known.get(own)
        if setting is None or owner not in ("", architecture.id):
            continue
        found += [sentence for sentence in (setting.problem(value) for value in given) if sentence]
        if setting.kind in ("int", "float") and (len(given) != 2 or given[0] >= given[1]):
            found.append(f"{setting.label} goes from {' to '.join(map(str, given))}: give a lower and a higher value.")
    return found
