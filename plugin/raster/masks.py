# SPDX-License-Identifier: GPL-2.0-or-later
"""Which pixels of a mask raster are invalid, by value or by bit."""

from __future__ import annotations

import numpy as np

from ..core.cube_spec import MaskRule
from ..core.errors import InputError

_TABLE_SIZE = 65536


class MaskLookup:
    """A mask rule made ready: one look-up per pixel for 8 and 16 bit masks."""

    def __init__(self, rule: MaskRule) -> None:
        """Prepare `rule`.

        Raises:
            InputError: the rule's kind is unknown, or a bit is not between 0 and 63.
        """
        if rule.kind not in ("values", "bits"):
            raise InputError(f"The mask rule '{rule.kind}' is unknown: choose values or bits.")
        wrong = [bit for bit in rule.invalid if rule.kind == "bits" and not 0 <= bit < 64]
        if wrong:
            raise InputError(f"The mask bit {wrong[0]} does not exist: bits count from 0 to 63.")
        self._rule = rule
        self._table = self._is_invalid(np.arange(_TABLE_SIZE, dtype=np.int64))

    def invalid(self, mask: np.ndarray) -> np.ndarray:
        """Return True where `mask` (any shape, integer or float type) marks an invalid pixel; NaN is invalid."""
        if mask.dtype in (np.uint8, np.uint16):
            return self._table[mask]
        if mask.dtype.kind != "f":
            return self._is_invalid(mask.astype(np.int64))
        unknown = ~np.isfinite(mask)
        known = np.where(unknown, 0, mask)
        return self._is_invalid(known if self._rule.kind == "values" else known.astype(np.int64)) | unknown

    def _is_invalid(self, values: np.ndarray) -> np.ndarray:
        if self._rule.kind == "values":
            return np.isin(values, np.asarray(self._rule.invalid, dtype=np.int64))
        bits = np.bitwise_or.reduce(np.left_shift(np.uint64(1), np.asarray(self._rule.invalid, dtype=np.uint64)))
        return (values.astype(np.uint64) & bits) != 0
