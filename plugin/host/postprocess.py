# SPDX-License-Identifier: GPL-2.0-or-later
"""What happens to a result layer once Processing has loaded it: style, group, provenance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Callable, Optional

from qgis.core import (
    QgsLayerTreeGroup,
    QgsMapLayer,
    QgsMapLayerLegendUtils,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingLayerPostProcessorInterface,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
)

from .diagrams import date_fields, set_attention_diagram
from .group import Provenance, ensure_group, place_layer, set_provenance
from .temporal import split_by_date
from .text import tr

Finish = Callable[[QgsProject, QgsMapLayer, QgsLayerTreeGroup], None]


@dataclass(frozen=True)
class LayerPlan:
    """What a result layer becomes: member of `group`, below layers of a lower `order`, with a last touch."""

    group: str
    provenance: Provenance
    order: int = 0
    finish: Optional[Finish] = None


_waiting: list[LayerFinisher] = []  # type: ignore[name-defined]


class LayerFinisher(QgsProcessingLayerPostProcessorInterface):
    """Places one loaded layer in the group of its run, tells its provenance, and gives the last touch (`finish`).

    Layers of a lower `order` stand above.
    """

    def __init__(self, group: str, provenance: Provenance, order: int = 0, finish: Optional[Finish] = None) -> None:
        super().__init__()
        self._plan = LayerPlan(group, provenance, order, finish)
        _waiting.append(self)

    def postProcessLayer(  # noqa: N802 (QGIS calls it)
        self, layer: QgsMapLayer, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> None:
        """Finish `layer`; called in the main thread after it is in the project."""
        finish_layer(context.project() or QgsProject.instance(), layer, self._plan)
        _waiting.remove(self)


def finish_layer(project: QgsProject, layer: QgsMapLayer, plan: LayerPlan) -> None:
    """Put `layer` into `project`, or where it belongs there, and make of it what `plan` says."""
    layer.loadDefaultStyle()  # ours, beside the file; a default style of Processing's options may be in its place
    set_provenance(layer, plan.provenance)
    group = ensure_group(project.layerTreeRoot(), plan.group)
    place_layer(project, layer, group, plan.order)
    if plan.finish is not None:
        plan.finish(project, layer, group)
    layer.triggerRepaint()


def finish_classes(project: QgsProject, layer: QgsRasterLayer, group: QgsLayerTreeGroup) -> None:
    """Leave only the classes in the legend of a class map: the line that names the band says nothing."""
    node = project.layerTreeRoot().findLayer(layer.id())
    lines = layer.legend().createLayerTreeModelLegendNodes(node)
    first = len(lines) - len(layer.renderer().classes())
    QgsMapLayerLegendUtils.setLegendNodeOrder(node, list(range(first, len(lines))))
    layer.legendChanged.emit()  # the layer tree does not look again by itself


def finish_attention(project: QgsProject, layer: QgsRasterLayer, group: QgsLayerTreeGroup) -> None:
    """Spread an attention raster over one layer per date, in a collapsed group of their own."""
    for _ in attention_steps(project, layer, group):
        continue


def attention_steps(project: QgsProject, layer: QgsRasterLayer, group: QgsLayerTreeGroup) -> Iterator[None]:
    """Do as finish_attention and pause after each date."""
    dates = group.insertGroup(-1, tr("Attention by date"))
    dates.setExpanded(False)
    dates.setItemVisibilityChecked(False)
    for _ in split_by_date(project, layer, dates):
        yield


def finish_features(project: QgsProject, layer: QgsVectorLayer, group: QgsLayerTreeGroup) -> None:
    """Draw attention by date as diagrams on the features."""
    set_attention_diagram(layer, date_fields(layer))
    project.layerTreeRoot().findLayer(layer.id()).setExpanded(False)  # a legend of many dates would hide the rest
