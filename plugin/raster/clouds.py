# SPDX-License-Identifier: GPL-2.0-or-later
"""Clouds, their shadows, and the imperfect mask that comes with the image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .covers import BANDS
from .noise import smooth_noise

# Codes of the Sentinel-2 scene classification (SCL) that the demo uses.
NO_DATA, SHADOW, VEGETATION, SOIL, WATER, PROBABLE, CLOUD, CIRRUS = 0, 3, 4, 5, 6, 8, 9, 10
CLOUD_SPECTRUM = np.array([0.64, 0.62, 0.62, 0.63, 0.65, 0.66, 0.67, 0.68, 0.50, 0.40], np.float32)
_SHADE = np.array([0.50, 0.46, 0.42, 0.42, 0.40, 0.40, 0.40, 0.40, 0.36, 0.34], np.float32)  # light left in a shadow
_FULL = 0.97  # cover from which a date counts as fully cloudy


@dataclass(frozen=True)
class Sky:
    """One date's sky: `opacity` of clouds and `shade` of shadows, both (H, W) from 0 to 1."""

    opacity: np.ndarray
    shade: np.ndarray


def draw_covers(rng: np.random.Generator, dates: int, mean: float) -> np.ndarray:
    """Return the cloud cover of each date: some clear, some fully cloudy, the rest between, `mean` on average."""
    full = round(0.36 * mean * dates)
    clear = round(max(0.05, 0.55 - 0.75 * mean) * dates)
    partly = max(1, dates - full - clear)
    between = rng.uniform(0.4, 1.6, partly)
    between *= np.clip((mean * dates - full) / partly, 0.02, 0.72) / between.mean()
    covers = np.concatenate([np.ones(full), rng.uniform(0, 0.02, clear), np.clip(between, 0.02, 0.95)])[:dates]
    return rng.permutation(covers)


def make_sky(rng: np.random.Generator, size_px: int, cover: float, elevation: float) -> Sky:
    """Return clouds over the share `cover` of the scene and their shadows, for a sun `elevation` (0 to 1) high.

    Heaps of cumulus where the cover is low, broad sheets where it is high; the sun stands in the south-east.
    """
    if cover >= _FULL:
        thickness = 0.92 + 0.08 * smooth_noise(rng, size_px, size_px / 3, 3.4)
        return Sky(np.clip(thickness, 0.55, 1).astype(np.float32), np.zeros((size_px, size_px), np.float32))
    margin = 64  # clouds outside the scene throw shadows into it
    scale = size_px * rng.uniform(0.05, 0.12 + 0.6 * cover)
    field = smooth_noise(rng, size_px + margin, scale, rng.uniform(3.3, 3.9))
    edge = float(np.quantile(field, 1 - cover)) if cover > 0 else np.inf
    opacity = np.clip((field - edge + 0.10) / rng.uniform(0.3, 0.9), 0, 1) ** 1.2 if cover > 0 else 0 * field
    reach = rng.uniform(8, 34) / (0.5 + elevation)
    across, up = round(reach * 0.8), round(reach * 0.75)
    lit = opacity[:size_px, :size_px]
    ground = opacity[up : up + size_px, across : across + size_px]
    return Sky(lit.astype(np.float32), (ground * (1 - lit)).astype(np.float32))


def through_sky(surface: np.ndarray, sky: Sky) -> np.ndarray:
    """Return the reflectance (C, H, W) seen through the sky."""
    shadow = 1 - sky.shade * (1 - _SHADE[:, None, None])
    return surface * shadow * (1 - sky.opacity) + CLOUD_SPECTRUM[: len(BANDS), None, None] * sky.opacity


def classify(rng: np.random.Generator, sky: Sky, surface: np.ndarray) -> np.ndarray:
    """Return a scene classification (H, W) uint8 as good as the real ones.

    Thin clouds and the rims of shadows are missed in places, and some bright ground is taken for cloud.
    """
    green, red, infrared = surface[1], surface[2], surface[6]
    codes = np.where(infrared - red > 0.25 * (infrared + red), VEGETATION, SOIL).astype(np.uint8)
    codes[infrared < 0.7 * green] = WATER
    wavering = 0.05 * smooth_noise(rng, len(green), 12, 2.5)
    codes[sky.shade > 0.28 + wavering] = SHADOW
    codes[sky.opacity > 0.10 + wavering] = CIRRUS
    codes[sky.opacity > 0.30] = PROBABLE
    codes[sky.opacity > 0.65] = CLOUD
    glare = (surface[0] > 0.14) & (rng.random(green.shape, dtype=np.float32) < 0.04)
    codes[glare & (sky.opacity < 0.1)] = PROBABLE
    return codes
