# SPDX-License-Identifier: GPL-2.0-or-later
"""What becomes of result layers in a project: groups, provenance, dates, diagrams."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from chronomap.plugin.core.classes import ClassInfo
from chronomap.plugin.host import postprocess
from chronomap.plugin.host.diagrams import date_fields, write_diagram_style
from chronomap.plugin.host.group import Provenance
from chronomap.plugin.host.postprocess import LayerFinisher, finish_attention, finish_classes, finish_features
from chronomap.plugin.host.styles import write_style
from chronomap.plugin.host.temporal import band_dates, date_ranges
from qgis.core import (
    Qgis,
    QgsHistogramDiagram,
    QgsLayerTreeModel,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import Qt
from synthetic import write_raster, write_vectors

DATES = ("2021-03-02", "2021-03-09", "2021-04-01T10:20:31")


@pytest.fixture
def project(qgis_app):
    project = QgsProject.instance()
    yield project
    project.clear()


@pytest.fixture
def attention(qgis_app, tmp_path: Path) -> str:
    values = np.linspace(0, 30000, 3 * 24 * 32).reshape(3, 24, 32).astype(np.uint16)
    return write_raster(tmp_path / "attention.tif", values, DATES, nodata=65535, scale=1 / 65534)


def _finish(project: QgsProject, layer, order=0, finish=None) -> None:
    """Do as Processing does: the layer is in the project, then its post-processor runs."""
    context = QgsProcessingContext()
    context.setProject(project)
    project.addMapLayer(layer)
    finisher = LayerFinisher("Map: model", Provenance("Map", "What it is", ("Model m", "Cube c")), order, finish)
    finisher.postProcessLayer(layer, context, QgsProcessingFeedback())


def test_layers_of_a_run_share_a_group_in_their_order(project, attention):
    for name, order in (("entropy", 2), ("class", 0), ("confidence", 1)):
        _finish(project, QgsRasterLayer(attention, name), order)
    root = project.layerTreeRoot()
    assert [node.name() for node in root.children()] == ["Map: model"]
    assert [node.name() for node in root.findGroup("Map: model").children()] == ["class", "confidence", "entropy"]


def test_a_layer_tells_where_it_came_from(project, attention):
    layer = QgsRasterLayer(attention, "class")
    _finish(project, layer)
    metadata = layer.metadata()
    assert (metadata.title(), metadata.abstract()) == ("Map", "What it is")
    assert metadata.history() == ["Model m", "Cube c"]


def test_a_finisher_is_kept_until_it_has_run(project, attention):
    before = len(postprocess._waiting)
    finisher = LayerFinisher("Map", Provenance("Map"))
    assert postprocess._waiting[-1] is finisher
    layer = QgsRasterLayer(attention, "class")
    project.addMapLayer(layer)
    finisher.postProcessLayer(layer, QgsProcessingContext(), QgsProcessingFeedback())
    assert len(postprocess._waiting) == before


def test_attention_becomes_one_layer_per_date_with_its_time(project, attention):
    layer = QgsRasterLayer(attention, "Attention by date")
    _finish(project, layer, finish=finish_attention)
    group = project.layerTreeRoot().findGroup("Attention by date")
    layers = [node.layer() for node in group.children()]
    assert [item.name() for item in layers] == list(DATES)
    properties = [item.temporalProperties() for item in layers]
    assert all(p.isActive() and p.mode() == Qgis.RasterTemporalMode.FixedTemporalRange for p in properties)
    begins = [p.fixedTemporalRange().begin().date().toString("yyyy-MM-dd") for p in properties]
    assert begins == [date[:10] for date in DATES]
    assert [item.renderer().band() for item in layers] == [1, 2, 3]
    assert len({item.renderer().classificationMax() for item in layers}) == 1


def test_the_legend_of_a_class_map_lists_the_classes_alone(project, tmp_path):
    path = write_raster(tmp_path / "map.tif", np.ones((1, 8, 8), np.uint8), ("class",), nodata=0)
    write_style(Path(path), "class", (ClassInfo(1, "Wheat", "#e6cd75"), ClassInfo(2, "Maize", "#f2a93b")))
    layer = QgsRasterLayer(path, "map")
    _finish(project, layer, finish=finish_classes)
    model = QgsLayerTreeModel(project.layerTreeRoot())
    lines = model.layerLegendNodes(project.layerTreeRoot().findLayer(layer.id()))
    assert [line.data(Qt.ItemDataRole.DisplayRole) for line in lines] == ["Wheat", "Maize"]


def test_the_legend_of_dates_is_folded(project, tmp_path):
    shapes = [("POINT(500010 5199990)", {"att_20210302": 0.75, "att_20210309": 0.25})]
    layer = QgsVectorLayer(write_vectors(tmp_path / "features.gpkg", shapes), "features", "ogr")
    _finish(project, layer, finish=finish_features)
    assert not project.layerTreeRoot().findLayer(layer.id()).isExpanded()
    assert layer.diagramRenderer() is not None


def test_one_date_is_visible_at_any_time():
    ranges = date_ranges(DATES)
    assert [a.end() == b.begin() for a, b in zip(ranges, ranges[1:])] == [True, True]
    assert not ranges[0].overlaps(ranges[1])
    assert ranges[-1].end() > ranges[-1].begin()


def test_band_descriptions_give_the_dates(qgis_app, attention):
    assert band_dates(QgsRasterLayer(attention, "attention")) == list(DATES)


def test_features_are_drawn_with_a_bar_per_date(qgis_app, tmp_path):
    shapes = [("POINT(500010 5199990)", {"crop": "Wheat", "att_20210302": 0.75, "att_20210309": 0.25})]
    path = write_vectors(tmp_path / "features.gpkg", shapes)
    write_diagram_style(Path(path))
    layer = QgsVectorLayer(path, "features", "ogr")
    assert date_fields(layer) == {"att_20210302": "2021-03-02", "att_20210309": "2021-03-09"}
    renderer = layer.diagramRenderer()
    assert isinstance(renderer.diagram(), QgsHistogramDiagram)
    assert renderer.upperValue() == 0.75
    assert renderer.attributeLegend()
    settings = renderer.diagramSettings()[0]
    assert settings.categoryLabels == ["2021-03-02", "2021-03-09"]
    assert len({color.name() for color in settings.categoryColors}) == 2
