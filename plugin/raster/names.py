# SPDX-License-Identifier: GPL-2.0-or-later
"""What file and band names tell besides dates: the band, the kind of a mask, the sensor."""

from __future__ import annotations

import re
from typing import Optional

from .dates import find_dates

_INDICES = "NDVI|EVI2?|SAVI|MSAVI|NDWI|MNDWI|NDMI|NBR|LAI|FAPAR|FCOVER|GCVI|NDRE|NDSI|LSWI|VARI"
_COLORS = "COASTAL|BLUE|GREEN|RED|REDEDGE\\d?|NIR\\d?|NIR08|SWIR\\d{0,2}|PAN|THERMAL|VV|VH|HH|HV"
_QUALITY = {  # name of a quality layer -> preset of the mask rule, '' where there is none
    "SCL": "scl", "FMASK": "fmask", "QA_PIXEL": "landsat_qa", "CLM": "plain", "CLOUD": "plain", "CLOUDMASK": "plain",
    "CLOUD_MASK": "plain", "CLOUD MASK": "plain", "MASK": "plain", "CLD": "", "SNW": "", "AOT": "", "WVP": "",
    "TCI": "", "PVI": "", "QA_RADSAT": "", "SR_QA_AEROSOL": "", "SR_CLOUD_QA": "", "SR_ATMOS_OPACITY": "",
    "QA_AEROSOL": "", "BQA": "", "ST_QA": "", "ST_EMIS": "", "ST_EMSD": "", "ST_TRAD": "", "ST_URAD": "",
    "ST_DRAD": "", "ST_ATRAN": "", "ST_CDIST": "", "SZA": "", "SAA": "", "VZA": "", "VAA": "",
}  # fmt: skip
_TOKEN = re.compile(
    r"(?:^|(?<=[_\-. ]))("
    + "|".join(sorted((re.escape(name) for name in _QUALITY), key=len, reverse=True))
    + rf"|SR_B\d{{1,2}}|ST_B\d{{1,2}}|B\d{{1,2}}A?|{_INDICES}|{_COLORS})(?=[_\-. ]|$)",
    re.IGNORECASE,
)
_BARE = re.compile(r"(band|layer|gray|grey|undefined|alpha)?[\s_-]*\d*", re.IGNORECASE)
_EXTENSION = re.compile(r"\.[A-Za-z][A-Za-z0-9]{1,4}$")
_RESOLUTION = re.compile(r"(?:^|(?<=[_\-.]))\d{1,3}m(?=[_\-.]|$)")
_SENTINEL2 = re.compile(
    r"(?<![A-Za-z])S2[A-D]?(?![A-Za-z0-9])|(?<![A-Za-z0-9])T\d{2}[A-Z]{3}_|SENTINEL-?2", re.IGNORECASE
)
_LANDSAT_C2 = re.compile(r"L[COTEM]\d{2}_L2\w{2}_\d{6}_\d{8}_\d{8}_02_(?:T1|T2)_SR_B\d")


def stem(dataset: str) -> str:
    """Return the file name of a GDAL dataset without folder and extension."""
    return _EXTENSION.sub("", re.split(r"[/\\]", dataset)[-1].rstrip('"'))


def band_in_name(name: str) -> str:
    """Return the band that a file name tells (B04, SR_B4, NDVI, SCL, ...), or ''; the last one counts."""
    tokens = _TOKEN.findall(name)
    return tokens[-1] if tokens else ""


def without_band(name: str) -> str:
    """Return a file name without its band and resolution: what files of one acquisition have in common."""
    matches = list(_TOKEN.finditer(name))
    if matches:
        name = name[: matches[-1].start()] + name[matches[-1].end() :]
    return re.sub(r"[_\-. ]+", "_", _RESOLUTION.sub("", name)).strip("_")


def without_date(text: str) -> str:
    """Return a band description without its date(s): B04_2021-06-05 is B04."""
    dates = find_dates(text)
    if not dates:
        return text
    for found in reversed(dates):
        text = text[: found.start] + " " + text[found.end :]
    return re.sub(r"[\s_\-.:,()]*\s[\s_\-.:,()]*", " ", f" {text} ").strip()


def is_bare(description: str) -> bool:
    """Tell whether a band description says nothing (empty, Band 1, Layer_1, Gray)."""
    return _BARE.fullmatch(description) is not None


def quality_preset(band: str) -> Optional[str]:
    """Return the mask preset for a quality layer ('' if none fits), or None if the band is no quality layer."""
    return _QUALITY.get(band.upper())


def is_sentinel2(name: str) -> bool:
    """Tell whether a file name looks like Sentinel-2."""
    return _SENTINEL2.search(name) is not None


def is_landsat_collection2(name: str) -> bool:
    """Tell whether a file is surface reflectance of Landsat Collection 2 Level 2."""
    return _LANDSAT_C2.search(name) is not None
