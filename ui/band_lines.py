# SPDX-License-Identifier: GPL-2.0-or-later
"""Bands of a series as lines of a chart: all of them, one, or an index made of two."""

from __future__ import annotations

from typing import Optional

from qgis.PyQt.QtWidgets import QComboBox

from ..plugin.core.classes import palette_color
from ..plugin.core.season import parse_date
from ..plugin.core.theme import readable
from ..plugin.host.text import tr
from .time_paint import Line, Point

ALL_BANDS = "*"
_NDVI = "NDVI="
_PAIRS = (("B04", "B08"), ("B04", "B8A"), ("RED", "NIR"), ("B4", "B8"))

DatedValues = list[tuple[str, tuple[Optional[float], ...], bool]]  # ISO date, value by band, is valid


def offer_bands(box: QComboBox, bands: tuple[str, ...]) -> None:
    """Fill `box` with what of `bands` can be shown; what was chosen stays so where it can."""
    before = box.currentData()
    box.clear()
    if len(bands) > 1:
        box.addItem(tr("All bands"), ALL_BANDS)
    pair = _ndvi_pair(bands)
    if pair:
        box.addItem("NDVI", _NDVI + ",".join(pair))
    for band in bands:
        box.addItem(band, band)
    box.setCurrentIndex(max(0, box.findData(before)))
    box.setEnabled(box.count() > 1)


def band_lines(bands: tuple[str, ...], values: DatedValues, wanted: str) -> tuple[Line, ...]:
    """Return what is `wanted` (an entry of offer_bands) of a series as lines."""
    if wanted.startswith(_NDVI):
        red, infrared = (bands.index(name) for name in wanted[len(_NDVI) :].split(","))
        ratios = [(day, _ndvi(by_band[red], by_band[infrared]), is_valid) for day, by_band, is_valid in values]
        return (Line("NDVI", band_color(2), _points(ratios)),)
    chosen = [index for index, name in enumerate(bands) if wanted in (ALL_BANDS, name)]
    return tuple(
        Line(bands[index], band_color(index), _points([(day, by_band[index], ok) for day, by_band, ok in values]))
        for index in chosen
    )


def band_color(index: int) -> str:
    """Return the colour of a band's line, to be read on light and dark."""
    return readable(palette_color((index + 4) % 7))


def _ndvi_pair(bands: tuple[str, ...]) -> Optional[tuple[str, str]]:
    """Return the red and near infrared band, None where they are not both there."""
    known = {band.upper(): band for band in bands}
    pair = next((pair for pair in _PAIRS if pair[0] in known and pair[1] in known), None)
    return (known[pair[0]], known[pair[1]]) if pair else None


def _ndvi(red: Optional[float], infrared: Optional[float]) -> Optional[float]:
    if red is None or infrared is None or red + infrared == 0:
        return None
    return (infrared - red) / (infrared + red)


def _points(series: list[tuple[str, Optional[float], bool]]) -> tuple[Point, ...]:
    return tuple(
        Point(parse_date(day).toordinal(), value, is_valid) for day, value, is_valid in series if value is not None
    )
