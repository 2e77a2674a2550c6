# SPDX-License-Identifier: GPL-2.0-or-later
"""The range of each band, from training samples only: 2nd and 98th percentile of the physical values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..core.errors import InputError

PERCENTILES = (2.0, 98.0)


def band_ranges(
    values: np.ndarray, valid: np.ndarray, scale: np.ndarray, offset: np.ndarray, bands: Sequence[str]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the 2nd and the 98th percentile of each band over valid samples and dates, in physical units.

    Args:
        values: (N, T, C) as stored, of the training samples only.
        valid: (N, T) bool.
        scale: (T, C); physical = stored * scale + offset.
        offset: (T, C).
        bands: names of the C bands.

    Raises:
        InputError: a band has no valid value.

    """
    pairs = []
    for band, name in enumerate(bands):
        physical = values[:, :, band] * np.asarray(scale)[:, band] + np.asarray(offset)[:, band]
        physical = physical[np.asarray(valid, bool) & np.isfinite(physical)]
        if not physical.size:
            raise InputError(
                f"Band {name} has no valid value in the training samples: leave it out or check the masks."
            )
        pairs.append(np.percentile(physical, PERCENTILES))
    return tuple(float(low) for low, _ in pairs), tuple(float(high) for _, high in pairs)
