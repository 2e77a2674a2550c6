# SPDX-License-Identifier: GPL-2.0-or-later
"""One layer group per run, and where each layer came from in its metadata."""

from __future__ import annotations

from dataclasses import dataclass

from qgis.core import QgsLayerTreeGroup, QgsLayerTreeLayer, QgsLayerTreeNode, QgsMapLayer, QgsProject
from qgis.PyQt.QtCore import QDateTime

_ORDER = "chronomap/order"
_LAST = 1000


@dataclass(frozen=True)
class Provenance:
    """How a layer came to be: `title`, a paragraph, and one line per step."""

    title: str
    abstract: str = ""
    history: tuple[str, ...] = ()


def ensure_group(parent: QgsLayerTreeGroup, name: str) -> QgsLayerTreeGroup:
    """Return the group called `name`, made at the top of `parent` where there is none."""
    return parent.findGroup(name) or parent.insertGroup(0, name)


def place_layer(project: QgsProject, layer: QgsMapLayer, group: QgsLayerTreeGroup, order: int = _LAST) -> None:
    """Put `layer` into `group`, below layers of a lower `order`; it is added to the project or moved there."""
    layer.setCustomProperty(_ORDER, order)
    if project.mapLayer(layer.id()) is None:
        project.addMapLayer(layer, False)
    old = project.layerTreeRoot().findLayer(layer.id())
    index = sum(1 for node in group.children() if _order_of(node) <= order and node is not old)
    if old is None:
        group.insertLayer(index, layer)
        return
    group.insertChildNode(index, old.clone())
    old.parent().removeChildNode(old)


def _order_of(node: QgsLayerTreeNode) -> int:
    layer = node.layer() if isinstance(node, QgsLayerTreeLayer) else None
    return int(layer.customProperty(_ORDER, _LAST)) if layer is not None else _LAST


def set_provenance(layer: QgsMapLayer, provenance: Provenance) -> None:
    """Write `provenance` into the layer's metadata."""
    metadata = layer.metadata()
    metadata.setTitle(provenance.title)
    metadata.setAbstract(provenance.abstract)
    metadata.setType("dataset")
    metadata.setHistory(list(provenance.history))
    if layer.crs().isValid():
        metadata.setCrs(layer.crs())
    metadata.setKeywords({"chronomap": [QDateTime.currentDateTime().toString("yyyy-MM-dd HH:mm")]})
    layer.setMetadata(metadata)
