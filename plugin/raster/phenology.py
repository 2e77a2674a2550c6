# SPDX-License-Identifier: GPL-2.0-or-later
"""Reflectance of parcels through the season: double-logistic leaf area, straw, flowers and soil, mixed by light.

The canopy hides the ground as exp(-k LAI), with k per band: visible light saturates early, near infrared late.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from .covers import BANDS, LEAF, NEVER, STRAW, Cover

EXTINCTION = np.array([0.85, 0.80, 0.85, 0.70, 0.50, 0.45, 0.42, 0.42, 0.58, 0.70], np.float32)
_LEAF_PART = np.array([0, 0, 0, 1, 1, 2, 2, 2, 3, 3])  # which of Cover.leaf's four factors a band takes
_MAX_CUTS = 4
_REGROWTH_DAYS = 15.0
_PARCEL_SPREAD = 0.05  # deviation of a parcel's leaf colour, per group of bands


@dataclass(frozen=True)
class Traits:
    """What sets each of n parcels (or, after `take`, pixels) apart; see Cover.

    `cuts` (n, 4) are days of mowing; `canopy`, `ground`, `flower` (n, C) spectra; all else (n,).
    """

    lai: np.ndarray
    winter: np.ndarray
    up: np.ndarray
    rate: np.ndarray
    down: np.ndarray
    fade: np.ndarray
    harvest: np.ndarray
    till: np.ndarray  # day on which the winter's green is ploughed
    regrowth: np.ndarray  # LAI of weeds and catch crops after the harvest
    flower_day: np.ndarray
    flower_days: np.ndarray
    flower_share: np.ndarray
    is_soil: np.ndarray
    straw: np.ndarray
    contrast: np.ndarray
    cuts: np.ndarray
    canopy: np.ndarray
    ground: np.ndarray
    flower: np.ndarray

    def take(self, index: np.ndarray) -> Traits:
        """Return the traits of the parcels at `index`."""
        return Traits(**{field.name: getattr(self, field.name)[index] for field in fields(self)})


@dataclass(frozen=True)
class Place:
    """How pixels differ within their parcels: `delay` (days), `vigor` and `soil` (factors around 1), each (n,)."""

    delay: np.ndarray
    vigor: np.ndarray
    soil: np.ndarray


def draw_traits(rng: np.random.Generator, covers: Sequence[Cover]) -> Traits:
    """Draw the traits of one parcel per cover."""
    rows = [_draw_parcel(rng, cover) for cover in covers]
    return Traits(**{name: np.array([row[name] for row in rows], np.float32) for name in rows[0]})


def reflectance(traits: Traits, place: Place, day: float, wetness: np.ndarray) -> np.ndarray:
    """Return the clean reflectance (C, n) float32 on a day of the year; `wetness` (n,) darkens bare soil."""
    time = np.float32(day) - place.delay
    green = _green_lai(traits, time) * place.vigor
    standing = _step(time, traits.down, traits.fade) * (1 - _step(time, traits.harvest, 1.0))
    dry = 0.55 * traits.lai * standing * place.vigor
    stubble = 0.45 * _step(time, traits.harvest, 1.0) * (1 - _step(time, traits.harvest + 24, 2.0))
    flowers = traits.flower_share * np.exp(-(((time - traits.flower_day) / (0.6 * traits.flower_days)) ** 4))
    brightness = place.soil * np.where(traits.is_soil > 0, 1 - wetness, 1)
    share_green = green / np.maximum(green + dry, 1e-3)
    bands = [
        _mix_band(traits, band, (green + dry, share_green, flowers), (stubble, brightness))
        for band in range(len(BANDS))
    ]
    return np.stack(bands)


def _mix_band(
    traits: Traits,
    band: int,
    canopy: tuple[np.ndarray, np.ndarray, np.ndarray],
    ground: tuple[np.ndarray, np.ndarray],
) -> np.ndarray:
    """Mix one band from the canopy (LAI, its green share, share of flowers) and the ground (stubble, brightness)."""
    lai, share_green, flowers = canopy
    stubble, brightness = ground
    through = np.exp(-EXTINCTION[band] * lai)
    straw = np.float32(STRAW[band]) * traits.straw
    leaves = share_green * traits.canopy[:, band] + (1 - share_green) * straw
    leaves = leaves + flowers * (traits.flower[:, band] - leaves)
    floor = traits.ground[:, band] * brightness
    floor = floor + stubble * (straw - floor)
    return through * floor + (1 - through) * leaves


def _green_lai(traits: Traits, time: np.ndarray) -> np.ndarray:
    main = traits.lai * _step(time, traits.up, traits.rate)
    main *= (1 - _step(time, traits.down, traits.fade)) * (1 - _step(time, traits.harvest, 1.0))
    for cut in traits.cuts.T:
        since = time - cut
        main *= np.where(since > 0, 1 - np.float32(0.78) * np.exp(-np.maximum(since, 0) / _REGROWTH_DAYS), 1)
    winter = traits.winter * (1 - _step(time, traits.till, np.minimum(traits.rate, 9.0)))
    after = traits.regrowth * _step(time, traits.harvest + 42, 7.0)
    return main + winter + after


def _step(time: np.ndarray, day: np.ndarray, rate: np.ndarray | float) -> np.ndarray:
    """Logistic step from 0 to 1 at `day`."""
    return 1 / (1 + np.exp(np.clip((day - time) / rate, -30, 30)))


def _draw_parcel(rng: np.random.Generator, cover: Cover) -> dict[str, object]:
    shift = float(np.clip(rng.normal(0, cover.shift), -2.2 * cover.shift, 2.2 * cover.shift))
    up = cover.up + shift
    harvest = NEVER if cover.harvest[0] == NEVER else up + rng.normal(*cover.harvest)
    flowering = cover.flowering
    return {
        "lai": max(0.0, rng.normal(*cover.lai)),
        "winter": max(0.0, rng.normal(*cover.winter)),
        "up": up,
        "rate": cover.rate * rng.uniform(0.8, 1.25),
        "down": NEVER if cover.down[0] == NEVER else up + rng.normal(*cover.down),
        "fade": cover.fade,
        "harvest": harvest,
        "till": up - cover.bare * rng.uniform(0.8, 1.3),
        "regrowth": rng.uniform(0.5, 2.2) if harvest < 240 and rng.random() < 0.5 else rng.uniform(0.0, 0.25),
        "flower_day": up + rng.normal(*flowering.after) + flowering.days / 2 if flowering else NEVER,
        "flower_days": flowering.days * rng.uniform(0.8, 1.2) if flowering else 1.0,
        "flower_share": flowering.share * rng.uniform(0.7, 1.2) if flowering else 0.0,
        "is_soil": float(cover.is_soil),
        "straw": cover.straw * rng.normal(1, 0.06),
        "contrast": cover.contrast,
        "cuts": _draw_cuts(rng, cover),
        "canopy": np.array(cover.canopy) * np.array(cover.leaf)[_LEAF_PART] * _spread(rng, _PARCEL_SPREAD),
        "ground": np.array(cover.ground) * rng.normal(1, 0.16 if cover.is_soil else 0.10) * _spread(rng, 0.04),
        "flower": np.array(flowering.spectrum if flowering else LEAF),
    }


def _draw_cuts(rng: np.random.Generator, cover: Cover) -> np.ndarray:
    """Return the days of mowing: the first in May or June, then every five to nine weeks."""
    days = np.full(_MAX_CUTS, NEVER)
    count = int(rng.integers(cover.cuts[0], cover.cuts[1] + 1))
    days[:count] = (
        rng.uniform(128, 172) + np.concatenate([[0.0], np.cumsum(rng.uniform(34, 62, _MAX_CUTS - 1))])[:count]
    )
    return days


def _spread(rng: np.random.Generator, deviation: float) -> np.ndarray:
    """Return factors around 1 per band, alike within visible, red edge, near and short-wave infrared."""
    return np.exp(rng.normal(0, deviation, 4))[_LEAF_PART] * np.exp(rng.normal(0, deviation / 3, len(BANDS)))
