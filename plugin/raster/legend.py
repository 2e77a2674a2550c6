# SPDX-License-Identifier: GPL-2.0-or-later
"""From the class names a user has to the list of classes: values kept, names renamed, merged or left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..core.classes import ClassInfo, palette_color

LEFT_OUT = -1


@dataclass(frozen=True)
class Legend:
    """Classes in the order of their values.

    `label` (N,) int64 is the index of each given name, LEFT_OUT where blank or renamed to nothing. `notes` tell what
    was left out, a sentence each.
    """

    classes: tuple[ClassInfo, ...]
    label: np.ndarray
    notes: tuple[str, ...]


def make_legend(
    names: Sequence[str], unit: str, rename: Mapping[str, str] = {}, colors: Mapping[str, str] = {}
) -> Legend:
    """Build the classes of the given `names` (one per feature or row; `unit` is their plural for the notes).

    Names that are all whole numbers are the class values, as the user has them; of merged ones the smallest counts.
    Other names get the values 1..K in alphabetical order.
    """
    renamed = {name: rename.get(name, name).strip() for name in set(names) if name}
    kept = sorted({new for new in renamed.values() if new})
    values = _values(renamed, kept)
    kept.sort(key=lambda name: (values[name], name))
    index = {name: k for k, name in enumerate(kept)}
    label = np.array([index.get(renamed.get(name, ""), LEFT_OUT) for name in names], np.int64)
    classes = tuple(
        ClassInfo(values[name], name, colors.get(name, palette_color(k)), 0, 0) for k, name in enumerate(kept)
    )
    return Legend(classes, label, tuple(_notes(names, renamed, rename, unit)))


def whole_number(text: str) -> bool:
    """Tell whether `text` is an integer as one writes it: 0, 311, -5; not 007, 1.0 or an id beyond 31 bits."""
    digits = text[1:] if text.startswith("-") else text
    return digits.isdigit() and digits.isascii() and str(int(text)) == text and abs(int(text)) < 2**31


def few(items: Iterable[object], limit: int = 5) -> str:
    """List the first items for a message."""
    listed = [str(item) for item in items]
    more = f" and {len(listed) - limit} more" if len(listed) > limit else ""
    return ", ".join(listed[:limit]) + more


def _values(renamed: Mapping[str, str], kept: Sequence[str]) -> dict[str, int]:
    used = [name for name, new in renamed.items() if new]
    if not all(whole_number(name) for name in used):
        return {name: k for k, name in enumerate(kept, start=1)}
    return {new: min(int(name) for name in used if renamed[name] == new) for new in kept}


def _notes(names: Sequence[str], renamed: Mapping[str, str], rename: Mapping[str, str], unit: str) -> Iterable[str]:
    blank = sum(1 for name in names if not name)
    if blank:
        yield f"{blank} of {len(names)} {unit} have no class name and are left out."
    out = sorted(name for name, new in renamed.items() if not new)
    if out:
        count = sum(1 for name in names if name in out)
        yield f"{count} {unit} of the classes {few(out)} are left out as asked."
    unknown = sorted(set(rename) - set(renamed))
    if unknown:
        yield f"To be renamed, but not among the classes: {few(unknown)}."
