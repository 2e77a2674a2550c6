# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import numpy as np
import pytest
from chronomap.plugin.raster.summary import upper_value
from synthetic import write_raster


def test_the_largest_band_decides_in_physical_values(tmp_path):
    values = np.zeros((2, 300, 300), np.uint16)
    values[1, :, 150:] = 20000
    path = write_raster(tmp_path / "two.tif", values, nodata=65535, scale=1 / 65534)
    assert upper_value(path) == pytest.approx(20000 / 65534)


def test_a_few_bright_pixels_and_nodata_do_not_decide(tmp_path):
    values = np.full((1, 300, 300), 10, np.uint16)
    values[0, :3, :3], values[0, 100:200] = 60000, 65535
    assert upper_value(write_raster(tmp_path / "one.tif", values, nodata=65535)) == 10


def test_a_raster_without_a_valid_pixel_gives_zero(tmp_path):
    assert upper_value(write_raster(tmp_path / "none.tif", np.full((1, 8, 8), 9, np.uint8), nodata=9)) == 0
