# SPDX-License-Identifier: GPL-2.0-or-later
"""Attention by date as layers that the temporal controller plays: one layer per date, each with its range of time.

QGIS 3.22 knows one fixed range per layer and none per band, so every band becomes a layer of the same file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from qgis.core import (
    Qgis,
    QgsDateTimeRange,
    QgsLayerTreeGroup,
    QgsProject,
    QgsRasterLayer,
    QgsSingleBandPseudoColorRenderer,
)
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QDateTime, Qt

from .group import place_layer
from .styles import gradient_renderer, largest_value

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?)?")
_LAST_DAYS = 10  # how long the last date of a lone series is shown


def band_dates(layer: QgsRasterLayer) -> list[str]:
    """Return the ISO date in each band's description ('' where there is none)."""
    found = [_ISO.search(layer.bandName(band)) for band in range(1, layer.bandCount() + 1)]
    return [match.group(0) if match else "" for match in found]


def date_ranges(dates: Sequence[str]) -> list[QgsDateTimeRange]:
    """Return for each ISO date, in order, the time from it to the next one: played, one layer is always visible."""
    starts = [datetime.fromisoformat(text) for text in dates]
    last_gap = starts[-1] - starts[-2] if len(starts) > 1 else timedelta(days=_LAST_DAYS)
    ends = [*starts[1:], starts[-1] + max(last_gap, timedelta(days=1))]
    return [QgsDateTimeRange(_moment(start), _moment(end), True, False) for start, end in zip(starts, ends)]


def set_range(layer: QgsRasterLayer, period: QgsDateTimeRange) -> None:
    """Make `layer` visible during `period` when the temporal controller plays."""
    properties = layer.temporalProperties()
    properties.setMode(Qgis.RasterTemporalMode.FixedTemporalRange)
    properties.setFixedTemporalRange(period)
    properties.setIsActive(True)


def split_by_date(project: QgsProject, layer: QgsRasterLayer, group: QgsLayerTreeGroup) -> Iterator[QgsRasterLayer]:
    """Turn the attention raster `layer` into its first date and add the other dates to `group`, newest last.

    Yields after each date, so that a window can live meanwhile. All dates share one colour scale and are switched on:
    the temporal controller shows one at a time.
    """
    dates = band_dates(layer)
    if not dates or not all(dates):
        return
    maximum = _drawn_maximum(layer) or largest_value(layer)
    for band, (date, period) in enumerate(zip(dates, date_ranges(dates)), start=1):
        if sip.isdeleted(layer) or sip.isdeleted(group):  # the user was quicker and removed them
            return
        item = layer.clone() if band > 1 else layer  # a new layer would look at the raster for its contrast
        item.setName(date)
        item.setRenderer(gradient_renderer(item, band, "attention", maximum))
        set_range(item, period)
        place_layer(project, item, group)
        project.layerTreeRoot().findLayer(item.id()).setExpanded(False)
        yield item


def _drawn_maximum(layer: QgsRasterLayer) -> float:
    """Return where the colours of a styled layer end, 0 where it has no such style: a look at all bands takes long."""
    renderer = layer.renderer()
    is_styled = isinstance(renderer, QgsSingleBandPseudoColorRenderer)
    return float(renderer.classificationMax()) if is_styled else 0.0


def _moment(time: datetime) -> QDateTime:
    return QDateTime.fromString(time.replace(tzinfo=None).isoformat(), Qt.DateFormat.ISODate)
