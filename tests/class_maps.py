# SPDX-License-Identifier: GPL-2.0-or-later
"""Small class maps for the tests that compare and judge maps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from chronomap.plugin.core.classes import ClassInfo
from chronomap.plugin.raster.writer import write_attribute_table
from synthetic import write_raster

LEGEND = (ClassInfo(1, "Wheat", "#e69f00"), ClassInfo(2, "Maize", "#d55e00"), ClassInfo(5, "Grass", "#009e73"))


def class_map(path: Path, values, legend=LEGEND, **options) -> str:
    """Write class values (H, W) as a Byte map with nodata 0 and, if any, the attribute table of `legend`."""
    raster = write_raster(path, np.asarray(values, np.uint8)[None], nodata=0, **options)
    if legend:
        write_attribute_table(path, legend)
    return raster
