# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest
from chronomap.plugin.core.products import PRODUCTS, class_map_type


@pytest.mark.parametrize(
    ("values", "dtype", "nodata"),
    [
        ([1, 2, 3], "uint8", 0),
        ([0, 1, 255], "uint8", 254),
        ([0, 254, 255], "uint8", 253),
        ([311, 1], "uint16", 0),
        ([0, 311], "uint16", 65535),
        (list(range(256)), "uint16", 65535),
        ([-1, 2], "int32", 0),
        ([0, -1], "int32", 2**31 - 1),
    ],
)
def test_class_values_keep_their_value_and_nodata_is_free(values, dtype, nodata):
    assert class_map_type(values) == (dtype, nodata)


def test_class_values_too_large_for_any_map_are_refused():
    with pytest.raises(ValueError, match="32-bit"):
        class_map_type([2**31])


def test_bands_are_counted_per_class_and_per_date():
    counts = {name: product.band_count(classes=6, dates=30) for name, product in PRODUCTS.items()}
    assert (counts["class"], counts["probability"], counts["attention"]) == (1, 6, 30)


def test_every_nodata_value_lies_outside_what_a_product_can_hold():
    largest = {"confidence": 100 / 0.5, "probability": 65534, "entropy": 65534, "margin": 65534, "attention": 65534}
    assert all(PRODUCTS[name].nodata > round(value) for name, value in largest.items())
    assert {name: round(1 / PRODUCTS[name].scale) for name in largest} == {**largest, "confidence": 2}
