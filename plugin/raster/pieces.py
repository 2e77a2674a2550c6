# SPDX-License-Identifier: GPL-2.0-or-later
"""Rasters taken apart: each band with its date, whatever form the series came in."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import Callable, Optional

from ..core.cube_spec import BandSource
from ..core.errors import InputError
from .dates import date_in_folders, date_in_metadata, date_in_name, date_in_text, date_of_file
from .headers import BandHeader, Header
from .names import band_in_name, is_bare, stem, without_band, without_date

LAYER, DESCRIPTION, METADATA, NAME, FOLDER, FILE_TAG, USER = (
    "the layers' temporal properties", "band descriptions", "metadata", "file names", "folder names",
    "the TIFF tag DateTime (it may be the time of processing: check)", "the settings",
)  # fmt: skip


@dataclass(frozen=True)
class Piece:
    """One band of one date. `group`: what files of one acquisition have in common; `found_in`: where the date was."""

    date: str
    group: str
    band: BandSource
    is_integer: bool
    has_scale: bool
    has_offset: bool
    found_in: str
    is_auto_named: bool = False  # the file gives the band no name


@dataclass(frozen=True)
class Dating:
    """The date of one raster: where it was found, and a sentence if another place says otherwise."""

    date: str
    found_in: str
    note: str = ""


def date_raster(header: Header, layer_date: str = "") -> Dating:
    """Find the date of a raster that holds one date.

    Raises:
        InputError: its name, or its band descriptions, hold several days.
    """
    places: tuple[tuple[str, Callable[[], str]], ...] = (
        (LAYER, lambda: layer_date),
        (DESCRIPTION, lambda: _described(header)),
        (METADATA, lambda: date_in_metadata(header.metadata)),
        (NAME, lambda: date_in_name(header.dataset)),
        (FOLDER, lambda: date_in_folders(header.dataset)),
        (FILE_TAG, lambda: date_of_file(header.metadata)),
    )
    for found_in, look in places:
        date = look()
        if date:
            return Dating(date, found_in, _contradiction(header, date, found_in))
    return Dating("", "")


def _contradiction(header: Header, date: str, found_in: str) -> str:
    """Return a sentence if the name holds another day than the place that was believed."""
    if found_in not in (DESCRIPTION, METADATA):
        return ""
    try:
        named = date_in_name(header.dataset)
    except InputError:
        return ""  # a doubtful name beside clear metadata is no contradiction
    if not named or named[:10] == date[:10]:
        return ""
    return f"{header.dataset}: {found_in} say {date[:10]}, its name {named[:10]}; {date[:10]} is used."


def _described(header: Header) -> str:
    """Return the one date that band descriptions or band metadata hold, or ''."""
    dates = {_band_date(band, header.dataset) for band in header.bands} - {""}
    return dates.pop() if len(dates) == 1 else ""


def _band_date(band: BandHeader, owner: str) -> str:
    found = date_in_text(band.description, f"band '{band.description}' of {owner}")
    return found.iso if found else date_in_metadata(band.metadata)


def stack_dates(header: Header) -> Optional[list[str]]:
    """Return the date of each band of a stack that tells them, or None if the raster tells at most one date.

    Raises:
        InputError: some bands have a date and some have none.
    """
    dates = [_band_date(band, header.dataset) for band in header.bands]
    if len({date for date in dates if date}) < 2:
        return None
    if not all(dates):
        position = dates.index("")
        raise InputError(
            f"Band {position + 1} ('{header.bands[position].description}') of {header.dataset} has no date, others "
            "have: describe every band with its date, or give the dates in the settings."
        )
    return dates


def single_pieces(header: Header, dating: Dating) -> list[Piece]:
    """Return the bands of a raster that holds one date."""
    indices = [index for index, band in enumerate(header.bands) if not band.is_alpha]
    if len(indices) == 1:
        return [_single_band(header, dating, indices[0])]
    names = _unique([without_date(header.bands[index].description) for index in indices])
    group = without_band(stem(header.dataset))
    return [
        _piece(header, index, dating, group, name or f"band{index + 1}", not name)
        for index, name in zip(indices, names)
    ]


def _single_band(header: Header, dating: Dating, index: int) -> Piece:
    """Return the band of a one-band raster; its name stands in the file's name, its description or its folder."""
    name = stem(header.dataset)
    subdataset = re.search(r':"?([^:"]+)"?$', header.dataset) if ":" in name else None
    described = without_date(header.bands[index].description)
    folder = re.split(r"[/\\]", header.dataset)[-2:-1]
    choices = (
        subdataset.group(1) if subdataset else "",
        band_in_name(name),
        "" if is_bare(described) else described,
        band_in_name(folder[0]) if folder else "",
    )
    band = next((choice for choice in choices if choice), "")
    group = name.split(":")[0] if subdataset else without_band(name)
    return _piece(header, index, dating, group, band or "band1", not band)


def stack_pieces(header: Header, dates: list[str], names: list[str], found_in: str) -> list[Piece]:
    """Return the bands of a stack whose band i has dates[i] and names[i] ('' for none)."""
    seen: Counter[str] = Counter()
    fallback = band_in_name(stem(header.dataset))
    pieces = []
    for index, (date, name) in enumerate(zip(dates, names)):
        seen[date] += 1
        alone = fallback if dates.count(date) == 1 else ""
        chosen = name or alone or f"band{seen[date]}"
        pieces.append(_piece(header, index, Dating(date, found_in), stem(header.dataset), chosen, not (name or alone)))
    return pieces


def stack_names(header: Header) -> list[str]:
    """Return the band names of a stack: descriptions without dates and counters, '' where they say nothing."""
    names = [re.sub(r"^\d+[_\-. ]", "", without_date(band.description)) for band in header.bands]
    return ["" if is_bare(name) else name for name in names]


def ordered_stack(header: Header, dates: tuple[str, ...], order: str) -> list[Piece]:
    """Return the bands of a stack of `dates` that does not tell them itself; `order`: auto, date_major, band_major.

    Raises:
        InputError: the number of bands does not fit, or the order cannot be told from the band names.
    """
    count, remainder = divmod(len(header.bands), len(dates))
    if remainder or not count:
        raise InputError(
            f"{header.dataset} has {len(header.bands)} bands, which is no multiple of the {len(dates)} dates: "
            "give one date per date of the stack."
        )
    names = [re.sub(r"[_\-. ]\d+$", "", name) for name in stack_names(header)]
    if order == "auto":
        order = _order_of(names, len(dates), count)
    if not order:
        raise InputError(
            f"The order of {header.dataset} cannot be told ({len(header.bands)} bands = {len(dates)} dates x {count} "
            "bands): choose date_major (all bands of the first date first) or band_major."
        )
    spread = [date for date in dates for _ in range(count)] if order == "date_major" else list(dates) * count
    if len(set(names)) != count:
        names = [""] * len(names)
    return stack_pieces(header, spread, names, USER)


def _order_of(names: list[str], dates: int, count: int) -> str:
    """Return the order that repeating band names show, or ''."""
    if count == 1 or dates == 1:
        return "date_major"
    if not all(names) or len(set(names)) != count:
        return ""
    if names == names[:count] * dates:
        return "date_major"
    return "band_major" if names == [name for name in names[::dates] for _ in range(dates)] else ""


def _piece(header: Header, index: int, dating: Dating, group: str, name: str, is_auto_named: bool) -> Piece:
    band = header.bands[index]
    source = BandSource(
        name,
        header.dataset,
        index + 1,
        scale=1.0 if band.scale is None else band.scale,
        offset=0.0 if band.offset is None else band.offset,
    )
    return Piece(
        dating.date,
        group,
        source,
        band.is_integer,
        band.scale not in (None, 1.0),
        band.offset not in (None, 0.0),
        dating.found_in,
        is_auto_named,
    )


def _unique(names: list[str]) -> list[str]:
    """Drop names that say nothing and number those that repeat."""
    names = ["" if is_bare(name) else name for name in names]
    counts, seen = Counter(names), Counter()  # type: ignore[var-annotated]
    unique = []
    for name in names:
        seen[name] += 1
        unique.append(f"{name}_{seen[name]}" if name and counts[name] > 1 else name)
    return unique


def renamed(piece: Piece, name: str) -> Piece:
    """Return the piece with another band name."""
    return replace(piece, band=replace(piece.band, name=name), is_auto_named=False)
