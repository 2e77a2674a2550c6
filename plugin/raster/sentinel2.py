# SPDX-License-Identifier: GPL-2.0-or-later
"""Sentinel-2 as it comes: SAFE folders, zipped or not, and GDAL's subdatasets of them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from xml.etree import ElementTree  # nosec B405 (see _parse)

from osgeo import gdal

from ..core.cube_spec import Acquisition, BandSource, MaskSource
from ..core.errors import InputError
from .access import quiet_gdal
from .dates import date_in_metadata, date_in_name
from .headers import read_text

DEFAULT_BANDS = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")  # 10 and 20 m
OFFSET_FROM = "2022-01-25"  # first day of processing baseline 04.00
_IDS = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12")  # band_id 0 to 12
_IMAGE = re.compile(r"GRANULE/([^/]+)/IMG_DATA/(?:R\d\dm/)?[^/]*?_(B\d\d|B8A|SCL)(?:_(\d\d)m)?\.jp2$")
_XML = re.compile(r"(?:MTD_MSIL\d[A-C]|S2[A-D]_(?:OPER|USER)_MTD_\w+)\.xml$")
_SUBDATASET = re.compile(r'SENTINEL2_L\d[A-C](?:_TILE)?:"?(.+?\.xml)"?(?::(\w+)|$)')
_SUBDATASET_BANDS = {
    "10m": ("B02", "B03", "B04", "B08"),
    "20m": ("B05", "B06", "B07", "B8A", "B11", "B12"),
    "60m": ("B01", "B09"),
}


@dataclass(frozen=True)
class _Product:
    """What a product's XML says: when it was sensed, and stored = physical * quantification - offset."""

    date: str
    level: str
    baseline: float
    quantification: float
    offsets: dict[str, float]
    nodata: float


def product_root(name: str) -> str:
    """Return the folder (perhaps inside a zip) of the Sentinel-2 product that `name` stands for, or ''.

    `name` may be the .SAFE folder, its MTD_MSIL*.xml, the zip archive, or a SENTINEL2_... subdataset.
    """
    match = _SUBDATASET.match(name)
    path = match.group(1) if match else name
    if _XML.search(path):
        return os.path.dirname(os.path.abspath(path) if os.path.exists(path) else path)
    if os.path.isdir(path) or path.startswith("/vsizip/"):
        return path.rstrip("/\\") if _metadata_file(path) else ""
    if path.lower().endswith(".zip") and os.path.isfile(path):
        inside = "/vsizip/" + os.path.abspath(path).replace("\\", "/")
        folders = [inside, *(f"{inside}/{entry}" for entry in gdal.ReadDir(inside) or [])]
        return next((folder for folder in folders if _metadata_file(folder)), "")
    return ""


def subdataset_bands(name: str) -> tuple[str, ...]:
    """Return the bands that a SENTINEL2_... subdataset adds to those of finer ones, () for a whole product."""
    match = _SUBDATASET.match(name)
    return _SUBDATASET_BANDS.get(match.group(2) or "", ()) if match else ()


def read_product(root: str, wanted: tuple[str, ...]) -> tuple[list[Acquisition], list[str]]:
    """Return the acquisitions of a product (one per granule), masked by SCL where there is one, and notes.

    `wanted`: band names; () stands for the 10 and 20 m bands.

    Raises:
        InputError: the metadata or an image is missing or damaged.
    """
    xml = _metadata_file(root)
    if not xml:
        raise InputError(f"{root} holds no MTD_MSIL*.xml: unpack the product again, or give its image files.")
    product = _read_metadata(f"{root}/{xml}")
    granules = _images(root)
    if not granules:
        raise InputError(f"The product {root} holds no images (GRANULE/*/IMG_DATA): download it again.")
    label = os.path.basename(root)
    acquisitions = [
        _acquisition(product, images, wanted, label if len(granules) == 1 else f"{label} {granule}")
        for granule, images in granules.items()
    ]
    return acquisitions, _notes(product, label, acquisitions)


def asks_for_offset(name: str, date: str) -> bool:
    """Tell whether a Sentinel-2 file without metadata may hold reflectance with the offset of baseline 04.00."""
    baseline = re.search(r"_N(\d{4})_", name)
    return int(baseline.group(1)) >= 400 if baseline else date[:10] >= OFFSET_FROM


def _acquisition(product: _Product, images: dict[str, str], wanted: tuple[str, ...], label: str) -> Acquisition:
    names = [_id(name) for name in wanted] or [name for name in DEFAULT_BANDS if name in images]
    for name in names:
        if name not in images:
            raise InputError(
                f"Band {name} of {product.date[:10]} is missing in {label}: download the product again, or choose "
                f"from {', '.join(name for name in _IDS if name in images)}."
            )
    bands = tuple(
        BandSource(
            name,
            images[name],
            scale=1.0 / product.quantification,
            offset=product.offsets.get(name, 0.0) / product.quantification,
            nodata=product.nodata,
        )
        for name in names
    )
    mask = MaskSource(images["SCL"]) if "SCL" in images else None
    return Acquisition(product.date, label, bands, mask)


def _id(name: str) -> str:
    """Return the band's name as products have it: B4 and b04 are B04."""
    match = re.fullmatch(r"[Bb]0?(\d)", name)
    return f"B0{match.group(1)}" if match else name.upper()


def _images(root: str) -> dict[str, dict[str, str]]:
    """Return granule -> band -> image, the finest resolution of each band; SCL at 20 m."""
    finest: dict[str, dict[str, tuple[int, str]]] = {}
    with quiet_gdal():
        entries = gdal.ReadDirRecursive(root) or []
    for entry in sorted(entries):
        match = _IMAGE.search(entry.replace("\\", "/"))
        if match:
            granule, band, metres = match.group(1), match.group(2), int(match.group(3) or 0)
            found = finest.setdefault(granule, {}).get(band)
            if found is None or metres < found[0]:
                finest[granule][band] = (metres, f"{root}/{entry}")
    return {granule: {band: path for band, (_, path) in bands.items()} for granule, bands in finest.items()}


def _metadata_file(folder: str) -> str:
    """Return the name of the product's XML in `folder`, or ''."""
    with quiet_gdal():
        entries = gdal.ReadDir(folder) or []
    return next((entry for entry in sorted(entries) if _XML.fullmatch(entry)), "")


def _read_metadata(path: str) -> _Product:
    root = _parse(path)
    texts: dict[str, str] = {}
    offsets: dict[str, float] = {}
    nodata = 0.0
    for element in root.iter():
        tag, text = element.tag.split("}")[-1], (element.text or "").strip()
        if tag in ("BOA_ADD_OFFSET", "RADIO_ADD_OFFSET"):
            offsets[_IDS[int(element.get("band_id", "0"))]] = float(text)
        elif tag == "Special_Values":
            values = {child.tag.split("}")[-1]: (child.text or "").strip() for child in element}
            if values.get("SPECIAL_VALUE_TEXT") == "NODATA":
                nodata = float(values.get("SPECIAL_VALUE_INDEX", 0))
        else:
            texts.setdefault(tag, text)
    date = date_in_metadata(texts) or date_in_name(os.path.dirname(path))
    if not date:
        raise InputError(f"{path} names no sensing time: download the product again, or give its date.")
    quantification = texts.get("BOA_QUANTIFICATION_VALUE") or texts.get("QUANTIFICATION_VALUE") or "10000"
    level = "L2A" if "BOA_QUANTIFICATION_VALUE" in texts or "L2A" in path else "L1C"
    return _Product(date, level, _number(texts.get("PROCESSING_BASELINE")), float(quantification), offsets, nodata)


def _parse(path: str) -> ElementTree.Element:
    text = read_text(path)
    if "<!ENTITY" in text:  # products have none; entities are how XML is made to harm
        raise InputError(f"{path} declares XML entities, which no Sentinel-2 product does: download it again.")
    try:
        return ElementTree.fromstring(text)  # noqa: S314  # nosec B314 (entities are refused above)
    except ElementTree.ParseError as error:
        raise InputError(f"{path} is damaged ({error}): download the product again.") from error


def _number(text: str | None) -> float:
    return float(text) if text and re.fullmatch(r"\d+(\.\d+)?", text) else 0.0


def _notes(product: _Product, label: str, acquisitions: list[Acquisition]) -> list[str]:
    notes = []
    baseline = f"processing baseline {product.baseline:05.2f}"
    values = sorted(set(product.offsets.values()))
    if any(values):
        text = ", ".join(f"{value:g}" for value in values)
        notes.append(f"{label}: {baseline}; its offset ({text}) and scale are taken from the metadata.")
    elif product.baseline >= 4:
        notes.append(
            f"{label}: {baseline} stores reflectance with an offset, but the metadata name none: if the values are "
            "1000 too high, set the offset to -0.1 (with scale 0.0001)."
        )
    if any(acquisition.mask is None for acquisition in acquisitions):
        notes.append(
            f"{label}: level {product.level} without scene classification (SCL): give a mask, or clouds stay in."
        )
    return notes
