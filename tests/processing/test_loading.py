# SPDX-License-Identifier: GPL-2.0-or-later
"""Results go into the project as QGIS's own Processing loads them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from chronomap.plugin.core.classes import ClassInfo
from chronomap.plugin.host.group import Provenance
from chronomap.plugin.host.postprocess import LayerFinisher, finish_attention
from chronomap.plugin.host.styles import write_style
from qgis.core import (
    QgsApplication,
    QgsPalettedRasterRenderer,
    QgsProcessingContext,
    QgsProcessingFeedback,
)
from synthetic import write_raster

DATES = ("2021-03-02", "2021-03-09")


@pytest.fixture
def load(qgis_app, monkeypatch):
    """Return the function that Processing's dialog calls after a run."""
    plugins = Path(QgsApplication.pkgDataPath()) / "python" / "plugins"
    monkeypatch.syspath_prepend(str(plugins))
    pytest.importorskip("processing").Processing.initialize()
    postprocessing = pytest.importorskip("processing.gui.Postprocessing")
    monkeypatch.setattr(postprocessing, "iface", None, raising=False)  # there is no desktop here
    return postprocessing.handleAlgorithmResults


def _announce(context: QgsProcessingContext, path: str, name: str, finisher: LayerFinisher) -> None:
    details = QgsProcessingContext.LayerDetails(name, context.project(), name)
    details.setPostProcessor(finisher)
    context.addLayerToLoadOnCompletion(path, details)


def test_maps_load_styled_into_the_group_of_their_run(provider, context, load, tmp_path):
    classes = write_raster(tmp_path / "z_class.tif", np.ones((1, 8, 8), np.uint8), nodata=0)
    attention = write_raster(tmp_path / "a_attention.tif", np.ones((2, 8, 8), np.uint16), DATES, nodata=65535)
    write_style(Path(classes), "class", (ClassInfo(1, "Wheat", "#e69f00"),))
    write_style(Path(attention), "attention")
    _announce(context, classes, "Class map", LayerFinisher("Map: model", Provenance("Class map"), 0))
    _announce(context, attention, "Attention", LayerFinisher("Map: model", Provenance("A"), 1, finish_attention))
    algorithm = QgsApplication.processingRegistry().algorithmById("chronomap:map")
    assert load(algorithm, context, QgsProcessingFeedback())
    root = context.project().layerTreeRoot()
    assert [node.name() for node in root.children()] == ["Map: model"]
    group = root.children()[0]
    assert [node.name() for node in group.children()] == ["Class map", "Attention by date"]
    assert [node.name() for node in group.children()[1].children()] == list(DATES)
    layer = group.children()[0].layer()
    assert isinstance(layer.renderer(), QgsPalettedRasterRenderer)
    assert layer.metadata().title() == "Class map"
