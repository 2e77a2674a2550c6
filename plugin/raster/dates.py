# SPDX-License-Identifier: GPL-2.0-or-later
"""Dates of acquisitions, found in names and metadata; doubt is never settled in silence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Optional

from ..core.errors import InputError

_FIRST_YEAR = 1970
_FOLDERS = 2  # folders above a file that may carry its date


@dataclass(frozen=True)
class FoundDate:
    """A date in a text: ISO date or date-time, and where it stands."""

    iso: str
    start: int
    end: int

    @property
    def day(self) -> str:
        """The ISO date without time."""
        return self.iso[:10]


_T = r"(?P<ymd>\d{8})[T-](?P<hms>\d{6})"
_CALENDAR, _YEAR_DAY = r"(?P<ymd>\d{8})", r"(?P<yj>\d{7})"
# Names of known products: the first of their dates is the acquisition, later ones are processing or end of recording.
_PRODUCTS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"S2[A-D]_MSIL\d[A-C]_{_T}_N\d{{4}}_R\d{{3}}_T\w{{5}}_\d{{8}}T\d{{6}}",  # Sentinel-2 product
        rf"S2[A-D]_MSIL\d[A-C]_{_T}(?:_N\d{{4}}_R\d{{3}}_T\w{{5}})?",
        rf"S2[A-D]_OPER_PRD_MSIL\w+_\d{{8}}T\d{{6}}_R\d{{3}}_V{_T}(?:_\d{{8}}T\d{{6}})?",  # until 2016
        rf"(?:L2A_)?T\d{{2}}[A-Z]{{3}}_{_T}",  # Sentinel-2 image file
        rf"{_T}_\d{{8}}T\d{{6}}_T\d{{2}}[A-Z]{{3}}",  # Sentinel-2 as Earth Engine names it
        rf"S2[A-D]_\d{{2}}[A-Z]{{3}}_{_CALENDAR}_\d_L\d[A-C]",  # Sentinel-2 COGs on AWS
        rf"SENTINEL2[A-D]_{_T}",  # Theia
        rf"S[13][AB]_[A-Z0-9_]+?_{_T}_\d{{8}}T\d{{6}}(?:_\d{{8}}T\d{{6}})?",  # Sentinel-1, Sentinel-3
        rf"HLS\.[SL]30\.T\w{{5}}\.{_YEAR_DAY}T(?P<hms>\d{{6}})",
        rf"L[COTEM]\d{{2}}_L\w{{3}}_\d{{6}}_{_CALENDAR}_\d{{8}}_\d{{2}}_(?:T1|T2|RT)",  # Landsat collections 1 and 2
        rf"L[COTEM]\d{{2}}_[A-Z]{{2}}_\d{{6}}_{_CALENDAR}_\d{{8}}(?:_C?\d{{2}}_V?\d{{2}})?",  # Landsat ARD
        rf"L[COTEM]\d{{2}}_\d{{6}}_{_CALENDAR}(?!\d)",  # Landsat as Earth Engine names it
        rf"L[COTEM]\d{{7}}{_YEAR_DAY}[A-Z]{{3}}\d{{2}}",  # Landsat before collections
        rf"[A-Z0-9]+\.A{_YEAR_DAY}\.(?:\d{{4}}\.)?h\d{{2}}v\d{{2}}\.\d{{3}}(?:\.\d{{13}})?",  # MODIS, VIIRS
        rf"(?<![A-Za-z0-9])A{_YEAR_DAY}(?!\d)",
        rf"doy{_YEAR_DAY}(?!\d)",  # AppEEARS
    )
)
# Names whose only date is that of processing.
_UNDATED = re.compile(r"S2[A-D]_OPER_MSI_L\d[A-C]_\w\w_\w{4}_\d{8}T\d{6}_A\d{6}_T\w{5}")
_GENERIC = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?<!\d)(?P<y>\d{4})(?P<sep>[-_.])(?P<m>\d{2})(?P=sep)(?P<d>\d{2})"
        r"(?:[T _](?P<H>\d{2}):?(?P<M>\d{2}):?(?P<S>\d{2})(?:\.\d+)?Z?)?(?!\d)",
        r"(?<!\d)(?P<ymd>\d{8})[T_-]?(?P<hms>\d{6})(?!\d)",
        r"(?<!\d)(?P<ymd>\d{8})(?!\d)",
        r"(?<!\d)(?<!\d\.)(?P<yj>\d{7})(?!\d)",  # not the digits of 0.2013257
    )
)


def find_dates(text: str) -> list[FoundDate]:
    """Return the dates in `text`: one for a known product's name, else every plausible one, by place."""
    for pattern in _PRODUCTS:
        match = pattern.search(text)
        found = _read_match(match) if match else None
        if found is not None:
            return [found]
    undated = _UNDATED.search(text)
    if undated:
        text = text[: undated.start()] + " " * (undated.end() - undated.start()) + text[undated.end() :]
    taken: list[FoundDate] = []
    for pattern in _GENERIC:
        for match in pattern.finditer(text):
            found = _read_match(match)
            if found and not any(found.start < other.end and other.start < found.end for other in taken):
                taken.append(found)
    return sorted(taken, key=lambda found: found.start)


def date_in_text(text: str, owner: str = "") -> Optional[FoundDate]:
    """Return the date in `text`, or None.

    Raises:
        InputError: `text` holds dates of different days; the message names `owner` and the days.
    """
    found = find_dates(text)
    days = sorted({item.day for item in found})
    if len(days) > 1:
        raise InputError(
            f"The date of {owner or text} is ambiguous ({' or '.join(days)}): give the dates in the settings."
        )
    return max(found, key=lambda item: len(item.iso)) if found else None


def date_in_name(dataset: str) -> str:
    """Return the ISO date in the file name of a GDAL dataset (or in what a subdataset adds to it), or ''.

    Raises:
        InputError: the name holds dates of different days.
    """
    found = date_in_text(_name_parts(dataset)[-1], dataset)
    return found.iso if found else ""


def date_in_folders(dataset: str) -> str:
    """Return the ISO date in the names of the folders next above a file, or ''; raises as date_in_name does."""
    for part in reversed(_name_parts(dataset)[-1 - _FOLDERS : -1]):
        found = date_in_text(part, dataset)
        if found:
            return found.iso
    return ""


def read_user_date(text: str) -> str:
    """Return the ISO date (or date-time) that a user wrote.

    Raises:
        InputError: it is no date; the message names it.
    """
    stripped = text.strip()
    found = [_read_match(match) for match in (pattern.fullmatch(stripped) for pattern in _GENERIC) if match]
    plausible = [item for item in found if item]
    if plausible:
        return plausible[0].iso
    raise InputError(f"'{text}' is not a date: write it as 2021-06-05, 20210605 or 2021-06-05T10:30:00.")


# What metadata call the acquisition, without case and punctuation; the earlier the better.
_ACQUISITION_KEYS = (
    "acquisitiondatetime", "acquisitiondate", "acquisitiontime", "dateacquired", "sensingtime", "sensingstart",
    "datatake1datatakesensingstart", "datatakesensingstart", "datetime", "productstarttime", "startdatetime",
    "rangebeginningdate", "timecoveragestart", "systemtimestart", "sensingdate", "acquired", "acquisition",
)  # fmt: skip
_FILE_KEYS = ("tifftagdatetime",)  # when the file was written, as often as not


def date_in_metadata(metadata: Mapping[str, str]) -> str:
    """Return the ISO date of acquisition that GDAL metadata tell, or ''."""
    return _from_keys(metadata, _ACQUISITION_KEYS) or _netcdf_time(metadata)


def date_of_file(metadata: Mapping[str, str]) -> str:
    """Return the TIFF tag DateTime as ISO, or '': a last resort, for it may be the time of processing."""
    return _from_keys(metadata, _FILE_KEYS)


def _from_keys(metadata: Mapping[str, str], keys: tuple[str, ...]) -> str:
    plain = {re.sub(r"[^a-z0-9]", "", key.lower()): str(value).strip() for key, value in metadata.items()}
    for key in keys:
        iso = _read_value(plain.get(key, ""))
        if iso:
            return iso
    return ""


def _read_value(value: str) -> str:
    if re.fullmatch(r"\d{12,13}", value):  # milliseconds since 1970, as Earth Engine writes
        return _iso(datetime.fromtimestamp(int(value) / 1000, tz=timezone.utc).replace(tzinfo=None))
    match = re.match(r"(\d{4})[-:/](\d{2})[-:/](\d{2})(?:[T ](\d{2}):(\d{2}):(\d{2}))?", value)
    if match:
        return _compose([int(group) for group in match.groups() if group is not None])
    found = find_dates(value)
    return found[0].iso if len({item.day for item in found}) == 1 else ""


_UNIT_SECONDS = {"day": 86400, "hour": 3600, "minute": 60, "second": 1}


def _netcdf_time(metadata: Mapping[str, str]) -> str:
    """Return the time of a netCDF band ("days since ..." as GDAL passes it on), or ''."""
    value, units = metadata.get("NETCDF_DIM_time", ""), metadata.get("time#units", "")
    match = re.match(r"(day|hour|minute|second)s? since (.+)", units)
    origin = _read_value(match.group(2)) if match else ""
    if not match or not origin or not re.fullmatch(r"-?\d+(\.\d+)?(e[+-]?\d+)?", value):
        return ""
    moment = datetime.fromisoformat(origin) + timedelta(seconds=float(value) * _UNIT_SECONDS[match.group(1)])
    return _iso(moment)


def _name_parts(dataset: str) -> list[str]:
    """Return the names of the folders and, last, of the file."""
    return [part for part in re.split(r"[/\\]", dataset) if part] or [""]


def _read_match(match: re.Match) -> Optional[FoundDate]:
    """Return the date of a match of one of our patterns, or None if its numbers are no plausible date."""
    groups = {key: value for key, value in match.groupdict().items() if value}
    if "yj" in groups:
        numbers = _year_day(groups["yj"])
    elif "ymd" in groups:
        numbers = [int(groups["ymd"][:4]), int(groups["ymd"][4:6]), int(groups["ymd"][6:])]
    else:
        numbers = [int(groups[key]) for key in ("y", "m", "d")]
    hms = groups.get("hms") or groups.get("H", "") + groups.get("M", "") + groups.get("S", "")
    iso = _compose(numbers + [int(hms[i : i + 2]) for i in range(0, len(hms), 2)])
    return FoundDate(iso, match.start(), match.end()) if iso else None


def _year_day(text: str) -> list[int]:
    year, day = int(text[:4]), int(text[4:])
    if not 1 <= day <= 366 or year < 1:
        return [0, 0, 0]
    moment = date(year, 1, 1) + timedelta(days=day - 1)
    return [moment.year, moment.month, moment.day] if moment.year == year else [0, 0, 0]


def _compose(numbers: list[int]) -> str:
    """Return year, month, day (hour, minute, second) as ISO, or '' where that is no plausible date."""
    if not _FIRST_YEAR <= numbers[0] <= date.today().year + 1:
        return ""
    try:
        return _iso(datetime(*numbers))  # type: ignore[arg-type]
    except ValueError:
        return ""


def _iso(moment: datetime) -> str:
    """Return the day alone at midnight: that is what a date without time becomes."""
    if (moment.hour, moment.minute, moment.second) == (0, 0, 0):
        return moment.date().isoformat()
    return moment.isoformat(timespec="seconds")
