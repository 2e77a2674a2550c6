# SPDX-License-Identifier: GPL-2.0-or-later
"""Bands of dates put together: acquisitions with the same bands in the same order."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..core.cube_spec import Acquisition
from ..core.errors import InputError
from .names import quality_preset, stem
from .pieces import Piece, renamed

_SHOWN = 3  # how many names a message lists


def split_quality(pieces: Sequence[Piece], wanted: Sequence[str]) -> tuple[list[Piece], list[Piece]]:
    """Return (bands, quality layers); a quality layer that the user names, or that stands alone, is a band."""
    chosen = {_key(name) for name in wanted}
    quality = [
        piece for piece in pieces if quality_preset(piece.band.name) is not None and _key(piece.band.name) not in chosen
    ]
    if len(quality) == len(pieces):
        return list(pieces), []
    layers = {id(piece) for piece in quality}
    return [piece for piece in pieces if id(piece) not in layers], quality


def name_by_difference(pieces: list[Piece]) -> list[Piece]:
    """Name the bands of nameless one-band files of one date by the part in which their names differ."""
    by_date: dict[str, list[Piece]] = defaultdict(list)
    for piece in pieces:
        if piece.is_auto_named and piece.band.name == "band1":
            by_date[piece.date].append(piece)
    names: dict[int, tuple[str, str]] = {}
    for members in by_date.values():
        parts = [re.split(r"[_\-. ]", stem(piece.band.dataset)) for piece in members]
        if len(members) < 2 or len({len(words) for words in parts}) > 1:
            continue
        varying = [place for place, words in enumerate(zip(*parts)) if len(set(words)) > 1]
        if len(varying) == 1:
            place = varying[0]
            for piece, words in zip(members, parts):
                names[id(piece)] = (words[place], "_".join(words[:place] + words[place + 1 :]))
    return [
        replace(renamed(piece, names[id(piece)][0]), group=names[id(piece)][1]) if id(piece) in names else piece
        for piece in pieces
    ]


def group_pieces(pieces: Iterable[Piece]) -> list[list[Piece]]:
    """Return the pieces of each acquisition: those of one date, told apart by name where bands come twice.

    Raises:
        InputError: a band of a date is there twice under names that differ in nothing.
    """
    by_date: dict[str, list[Piece]] = defaultdict(list)
    for piece in pieces:
        by_date[piece.date].append(piece)
    groups: list[list[Piece]] = []
    for members in by_date.values():
        if not _duplicates(members):
            groups.append(members)
            continue
        by_name: dict[str, list[Piece]] = defaultdict(list)
        for piece in members:
            by_name[piece.group].append(piece)
        for same in by_name.values():
            _refuse_duplicates(same)
            groups.append(same)
    return groups


def _duplicates(pieces: list[Piece]) -> list[tuple[Piece, Piece]]:
    first: dict[str, Piece] = {}
    twice = []
    for piece in pieces:
        other = first.setdefault(piece.band.name, piece)
        if other is not piece:
            twice.append((other, piece))
    return twice


def _refuse_duplicates(pieces: list[Piece]) -> None:
    for one, other in _duplicates(pieces):
        raise InputError(
            f"Band {other.band.name} of {other.date} is there twice: {_place(one)} and {_place(other)}. Remove one, "
            "correct its date, or choose the files by a narrower pattern."
        )


def _place(piece: Piece) -> str:
    return f"{piece.band.dataset} (band {piece.band.index})" if piece.band.index > 1 else piece.band.dataset


def choose_bands(acquisitions: list[Acquisition], wanted: Sequence[str]) -> list[Acquisition]:
    """Give every acquisition the same bands in the same order: `wanted`, or all that there are.

    Raises:
        InputError: a band is missing at some date, or nowhere to be found.
    """
    present = list(dict.fromkeys(band.name for acquisition in acquisitions for band in acquisition.bands))
    names = [_find(name, present) for name in wanted] or present
    _refuse_gaps(acquisitions, names)
    return [
        replace(
            acquisition,
            bands=tuple(next(band for band in acquisition.bands if band.name == name) for name in names),
        )
        for acquisition in acquisitions
    ]


def _refuse_gaps(acquisitions: list[Acquisition], names: list[str]) -> None:
    """Say which band is missing at which dates."""
    for name in names:
        bare = [a for a in acquisitions if name not in {band.name for band in a.bands}]
        if bare:
            dates = ", ".join(acquisition.date for acquisition in bare[:_SHOWN])
            more = f" and {len(bare) - _SHOWN} more dates" if len(bare) > _SHOWN else ""
            having = ", ".join(band.name for band in bare[0].bands)
            raise InputError(
                f"Band {name} of {dates}{more} is missing: {bare[0].label} has only {having}. Add its file, choose "
                "bands that every date has, or remove the date."
            )


def name_as_wanted(groups: list[list[Piece]], wanted: Sequence[str]) -> list[list[Piece]]:
    """Give the user's names to nameless bands where their number fits."""
    if not wanted or not all(
        len(group) == len(wanted) and all(piece.is_auto_named for piece in group) for group in groups
    ):
        return groups
    return [[renamed(piece, name) for piece, name in zip(group, wanted)] for group in groups]


def as_acquisition(group: list[Piece]) -> Acquisition:
    """Return an acquisition of the group's bands, labelled by what their files have in common."""
    groups = list(dict.fromkeys(piece.group for piece in group))
    return Acquisition(group[0].date, groups[0] or stem(group[0].band.dataset), tuple(piece.band for piece in group))


def _find(name: str, present: list[str]) -> str:
    """Return the band that `name` means: B4 finds B04, ndvi finds NDVI."""
    for candidate in present:
        if candidate == name:
            return candidate
    for candidate in present:
        if _key(candidate) == _key(name):
            return candidate
    raise InputError(f"There is no band {name}: the rasters have {', '.join(present)}.")


def _key(name: str) -> str:
    return re.sub(r"(?<=[A-Z])0+(?=\d)", "", name.upper())
