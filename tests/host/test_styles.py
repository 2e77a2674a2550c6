# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from chronomap.plugin.core.classes import ClassInfo
from chronomap.plugin.core.errors import OutputError
from chronomap.plugin.core.products import PRODUCTS
from chronomap.plugin.host.styles import RAMPS, largest_value, write_style
from qgis.core import QgsPalettedRasterRenderer, QgsRasterLayer, QgsSingleBandPseudoColorRenderer
from synthetic import write_raster

CLASSES = (ClassInfo(1, "Wheat", "#e69f00"), ClassInfo(7, "Water", "#0072b2"))


def _raster(folder: Path, bands: int = 1, top: int = 65534) -> Path:
    values = np.linspace(0, top, bands * 24 * 32).reshape(bands, 24, 32).astype(np.uint16)
    return Path(write_raster(folder / "map.tif", values, nodata=65535, scale=1 / 65534))


@pytest.fixture
def class_map(qgis_app, tmp_path: Path) -> QgsRasterLayer:
    path = Path(write_raster(tmp_path / "class.tif", np.full((1, 8, 8), 7, np.uint8), nodata=0))
    write_style(path, "class", CLASSES)
    return QgsRasterLayer(str(path), "class")


def test_a_class_map_opens_with_our_classes_only(class_map):
    renderer = class_map.renderer()
    assert isinstance(renderer, QgsPalettedRasterRenderer)
    entries = [(entry.value, entry.label, entry.color.name()) for entry in renderer.classes()]
    assert entries == [(1, "Wheat", "#e69f00"), (7, "Water", "#0072b2")]


def test_a_class_map_is_drawn_in_its_colours(class_map):
    block = class_map.renderer().block(1, class_map.extent(), 4, 4)
    assert block.color(1, 1) & 0xFFFFFF == 0x0072B2


def test_every_product_but_classes_and_dates_has_a_ramp():
    assert set(RAMPS) == {product.id for product in PRODUCTS.values() if product.id != "class" and not product.is_date}


@pytest.mark.parametrize(("product", "top"), [("probability", 1.0), ("entropy", 1.0), ("confidence", 100.0)])
def test_a_gradient_spans_what_the_product_can_be(qgis_app, tmp_path, product, top):
    path = _raster(tmp_path)
    write_style(path, product)
    layer = QgsRasterLayer(str(path), "map")  # kept: the renderer is the layer's
    renderer = layer.renderer()
    assert isinstance(renderer, QgsSingleBandPseudoColorRenderer)
    assert (renderer.classificationMin(), renderer.classificationMax()) == (0.0, top)


def test_the_largest_value_is_physical_and_over_all_bands(qgis_app, tmp_path):
    layer = QgsRasterLayer(str(_raster(tmp_path, bands=3, top=32767)), "map")
    assert largest_value(layer) == pytest.approx(0.5, abs=0.02)


def test_a_raster_that_cannot_be_opened_is_told(qgis_app, tmp_path):
    (tmp_path / "broken.tif").write_bytes(b"no raster")
    with pytest.raises(OutputError, match="cannot be opened"):
        write_style(tmp_path / "broken.tif", "margin")
