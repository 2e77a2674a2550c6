# SPDX-License-Identifier: GPL-2.0-or-later
"""Smooth random fields: the stuff of clouds, soils and gradients within a field."""

from __future__ import annotations

import numpy as np


def smooth_noise(rng: np.random.Generator, size_px: int, scale_px: float, slope: float = 3.0) -> np.ndarray:
    """Return a field (size_px, size_px) float32 of mean 0 and deviation 1.

    Its largest features are about `scale_px` wide; a steeper `slope` of the power spectrum makes it smoother. It is cut
    out of a larger one, so that opposite edges do not match.
    """
    side = int(size_px * 1.25) // 2 * 2
    frequency = np.hypot(np.fft.fftfreq(side, 1.0)[:, None], np.fft.rfftfreq(side, 1.0)[None, :]).astype(np.float32)
    amplitude = (frequency**2 + np.float32(1.0 / scale_px) ** 2) ** np.float32(-slope / 4.0)
    amplitude[0, 0] = 0.0
    spectrum = np.fft.rfft2(rng.standard_normal((side, side), dtype=np.float32)) * amplitude
    field = np.fft.irfft2(spectrum, s=(side, side))[:size_px, :size_px]
    return ((field - field.mean()) / field.std()).astype(np.float32)
