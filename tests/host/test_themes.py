# SPDX-License-Identifier: GPL-2.0-or-later
"""A theme per compared map shows it, hides the others, and keeps what else is on."""

from __future__ import annotations

import numpy as np
import pytest
from chronomap.plugin.host.themes import make_themes
from class_maps import class_map
from qgis.core import QgsProject, QgsRasterLayer


@pytest.fixture
def layers(qgis_app, tmp_path):
    """Return two maps of one name, and a layer beside them, in the project."""
    project = QgsProject.instance()
    made = []
    for stem, name in (("a", "Map"), ("b", "Map"), ("c", "Fields")):
        made.append(QgsRasterLayer(class_map(tmp_path / f"{stem}.tif", np.ones((4, 4))), name))
        project.addMapLayer(made[-1])
    yield made
    made.clear()
    project.mapThemeCollection().clear()
    project.clear()


def shown(name):
    return QgsProject.instance().mapThemeCollection().mapThemeVisibleLayerIds(name)


def test_each_theme_shows_its_map_and_none_of_the_others(layers):
    first, second, fields = layers
    names = make_themes(QgsProject.instance(), [first, second])
    assert names == ["Compare: Map", "Compare: Map (2)"]
    assert set(shown(names[0])) == {first.id(), fields.id()}
    assert set(shown(names[1])) == {second.id(), fields.id()}


def test_layers_that_are_off_stay_off_but_the_map_itself(layers):
    first, second, fields = layers
    root = QgsProject.instance().layerTreeRoot()
    for layer in (second, fields):
        root.findLayer(layer.id()).setItemVisibilityChecked(False)
    names = make_themes(QgsProject.instance(), [first, second])
    assert set(shown(names[1])) == {second.id()}
