# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest
from qgis.core import QgsProject, QgsRasterLayer, QgsVectorLayer
from synthetic import small_cube
from waiting import wait_until


@pytest.fixture
def page(workspace):
    """The Data page of an empty project, shown."""
    from chronomap.ui.data.page import DataPage  # noqa: PLC0415 (QGIS runs by now)

    made = DataPage(workspace)
    made.findings.delay.setInterval(0)  # a test does not pause as a user does
    made.resize(1150, 650)
    made.show_recipe()
    made.show()
    yield made
    made.findings.close()
    made.hide()
    made.deleteLater()


@pytest.fixture
def cube(tmp_path):
    """Rasters with masks and training polygons."""
    return small_cube(tmp_path / "scene")


@pytest.fixture
def settled():
    """Wait until a page's background reads are over."""

    def wait(page):
        wait_until(lambda: not page.findings.is_busy, 20)

    return wait


@pytest.fixture
def add_rasters(page, cube, settled):
    """Add the cube's rasters to the project and the page; return the layers."""

    def add(names=None):
        layers = [QgsRasterLayer(path, path.rsplit("/", 1)[-1]) for path in (names or cube.rasters + cube.masks)]
        QgsProject.instance().addMapLayers(layers)
        page.rasters.add_raster_layers(layers)
        settled(page)
        return layers

    return add


@pytest.fixture
def add_polygons(page, cube, settled):
    """Add the training polygons to the project and choose them with their class field."""

    def add(field="crop", style=None):
        layer = QgsVectorLayer(cube.polygons, "training", "ogr")
        if style is not None:
            layer.setRenderer(style)
        QgsProject.instance().addMapLayer(layer)
        page.samples.choose_layer(layer)
        page.samples.class_field.setField(field)
        page.samples.class_field.activated.emit(0)
        settled(page)
        return layer

    return add
