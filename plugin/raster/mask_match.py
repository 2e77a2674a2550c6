# SPDX-License-Identifier: GPL-2.0-or-later
"""Masks brought to their acquisitions, by date and, within a day, by time and name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..core.cube_spec import Acquisition, MaskSource
from ..core.errors import InputError

_SHOWN = 5
_DAY_LENGTH = len("2021-06-05")  # longer dates have a time


@dataclass(frozen=True)
class DatedMask:
    """A mask raster with its date ('' if unknown), its name for messages and for telling tiles apart.

    `kind`: the name of the quality layer (SCL, QA_PIXEL, ...), '' if its name does not tell.
    """

    date: str
    name: str
    source: MaskSource
    kind: str = ""


def match_masks(acquisitions: list[Acquisition], masks: Sequence[DatedMask]) -> tuple[list[Acquisition], list[str]]:
    """Return the acquisitions with their masks, and notes on what is left over on either side.

    Raises:
        InputError: masks have no dates and their number does not fit, or two masks fit one acquisition alike.
    """
    if not masks:
        return acquisitions, []
    if not any(mask.date for mask in masks):
        return _by_order(acquisitions, masks)
    undated = [mask.name for mask in masks if not mask.date]
    if undated:
        raise InputError(f"The mask {undated[0]} has no date, others have: name it with its date, or remove it.")
    moments = {acquisition.date for acquisition in acquisitions if len(acquisition.date) > _DAY_LENGTH}
    matched, used = [], set()
    for acquisition in acquisitions:
        others = [mask for mask in masks if mask.date == acquisition.date or mask.date not in moments]
        mask = _best(acquisition, others) or acquisition.mask
        used.add(mask)
        matched.append(replace(acquisition, mask=mask))
    return matched, _leftovers(matched, [mask for mask in masks if mask.source not in used])


def _by_order(acquisitions: list[Acquisition], masks: Sequence[DatedMask]) -> tuple[list[Acquisition], list[str]]:
    if len(masks) != len(acquisitions):
        raise InputError(
            f"No date was found for the {len(masks)} masks, and there are {len(acquisitions)} acquisitions: name the "
            "masks with their dates, or give one per acquisition in the same order."
        )
    pairs = zip(acquisitions, masks)
    note = "No date was found for the masks: they are taken in the order of the acquisitions."
    return [replace(acquisition, mask=mask.source) for acquisition, mask in pairs], [note]


def _best(acquisition: Acquisition, masks: Sequence[DatedMask]) -> MaskSource | None:
    """Return the mask of the same time, else of the same day with the likest name; None if the day has none."""
    same_day = [mask for mask in masks if mask.date[:10] == acquisition.date[:10]]
    choices = [mask for mask in same_day if mask.date == acquisition.date] or same_day
    if len(choices) < 2:
        return choices[0].source if choices else None
    words = _words(acquisition.label)
    ranked = sorted(choices, key=lambda mask: len(words & _words(mask.name)), reverse=True)
    if len(words & _words(ranked[0].name)) == len(words & _words(ranked[1].name)):
        raise InputError(
            f"Two masks fit {acquisition.date} ({acquisition.label}) alike: {ranked[0].name} and {ranked[1].name}. "
            "Remove one, or name masks as the rasters are named."
        )
    return ranked[0].source


def _words(name: str) -> set[str]:
    return set(re.split(r"[_\-. /\\]+", name.lower()))


def _leftovers(acquisitions: list[Acquisition], unused: list[DatedMask]) -> list[str]:
    notes = []
    bare = [acquisition.date for acquisition in acquisitions if acquisition.mask is None]
    if bare:
        more = f" and {len(bare) - _SHOWN} more" if len(bare) > _SHOWN else ""
        notes.append(f"No mask was found for {', '.join(bare[:_SHOWN])}{more}: clouds of these dates stay in.")
    if unused:
        names = ", ".join(f"{mask.name} ({mask.date})" for mask in unused[:_SHOWN])
        notes.append(f"{len(unused)} masks belong to no acquisition and are left out: {names}.")
    return notes
