# SPDX-License-Identifier: GPL-2.0-or-later
"""Does a model fit a cube: its bands, the season it knows, the scale of its values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Union

import numpy as np

from ..core.card import ModelCard
from ..core.ensemble import members_of
from ..core.errors import InputError
from ..core.monitor import Monitor
from ..raster.cube import Cube
from ..raster.grid import Window
from .exchange import Series, season_days

_FULL_COVER, _HALF_COVER, _NO_COVER = 0.9, 0.5, 0.1  # share of the model's season that the cube's dates span
_TOO_LARGE, _TOO_SMALL = 8.0, 0.01  # typical value of the cube over the largest one the model knows
_PROBE_PX, _PROBES = 32, 9


@dataclass(frozen=True)
class SeasonFit:
    """How the cube's dates lie in the model's season: one sentence, '' where they fit; fatal or only doubtful."""

    sentence: str
    is_fatal: bool


def season_fit(card: ModelCard, dates: tuple[str, ...]) -> SeasonFit:
    """Compare the cube's ISO `dates` with the season the model was trained on; of an ensemble: what fits worst."""
    fits = [_member_fit(member, dates) for member in members_of(card)]
    return max(fits, key=lambda fit: (fit.is_fatal, bool(fit.sentence)))


def _member_fit(card: ModelCard, dates: tuple[str, ...]) -> SeasonFit:
    first, last = (min(card.grid_days), max(card.grid_days)) if card.grid_days else card.days
    days = season_days(card, dates)
    span = max(last - first, 1.0)
    cover = max(0.0, min(last, max(days)) - max(first, min(days))) / span
    if cover >= _FULL_COVER:
        return SeasonFit("", is_fatal=False)
    is_fatal = cover < (_HALF_COVER if card.grid_days else _NO_COVER)
    remedy = (
        "choose rasters of the same season, or train a model on these dates" if is_fatal else "expect lower accuracy"
    )
    return SeasonFit(
        f"The model was trained on the season {card.dates[0]} to {card.dates[-1]}; the cube ({min(dates)} to "
        f"{max(dates)}) covers {100 * cover:.0f} % of it: {remedy}.",
        is_fatal,
    )


def probe_pixels(cube: Cube, area: Window) -> tuple[np.ndarray, np.ndarray]:
    """Return pixels of small windows spread over `area`: values (n, T, C) as stored, valid (n, T) bool."""
    found = [cube.read(window) for window in _probes(area)]
    values = [np.moveaxis(values.reshape(*values.shape[:2], -1), -1, 0) for values, _ in found]  # (h * w, T, C)
    valid = [valid.reshape(len(valid), -1).T for _, valid in found]
    return np.concatenate(values), np.concatenate(valid).astype(bool)


def check_fit(
    card: ModelCard, cube: Union[Cube, Series], pixels: tuple[np.ndarray, np.ndarray], monitor: Monitor
) -> None:
    """Check season and scale before a run, by the cube's `probe_pixels`; what is only doubtful becomes a warning.

    Raises:
        InputError: the cube's dates or values are not those the model was trained on.
    """
    season = season_fit(card, cube.dates)
    if season.is_fatal:
        raise InputError(season.sentence)
    if season.sentence:
        monitor.warning(season.sentence)
    for band, (name, typical) in enumerate(zip(cube.bands, _typical_values(cube, *pixels))):
        known = max(abs(card.lower[band]), abs(card.upper[band]))
        if typical and known and not _TOO_SMALL < typical / known < _TOO_LARGE:
            middle = (abs(card.lower[band]) + abs(card.upper[band])) / 2
            factor = 10.0 ** round(math.log10(middle / typical))
            raise InputError(
                f"Band {name} of the cube has values around {typical:g}, but the model was trained on values from "
                f"{card.lower[band]:g} to {card.upper[band]:g}: set the scale in 'Build cube' (a factor of {factor:g} "
                "on what it is now would fit)."
            )


def _typical_values(cube: Union[Cube, Series], values: np.ndarray, valid: np.ndarray) -> list[float]:
    """Return the median magnitude of each band over values (n, T, C) where valid (n, T); 0 where nothing is."""
    physical = np.abs(values * cube.scale + cube.offset)[valid]  # (m, C)
    return [float(value) for value in np.median(physical, axis=0)] if len(physical) else [0.0] * len(cube.bands)


def _probes(area: Window) -> list[Window]:
    size_x, size_y = min(_PROBE_PX, area.width), min(_PROBE_PX, area.height)
    steps = math.isqrt(_PROBES)
    return [
        Window(
            area.x + (area.width - size_x) * column // (steps - 1),
            area.y + (area.height - size_y) * row // (steps - 1),
            size_x,
            size_y,
        )
        for row in range(steps)
        for column in range(steps)
    ]
