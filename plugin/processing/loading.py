# SPDX-License-Identifier: GPL-2.0-or-later
"""Style sidecars for result layers, and what to do with those that QGIS loads: one group per run, provenance."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsProcessingContext

from ..core.card import read_card
from ..core.jobs import AttentionFeaturesJob, MapJob
from ..host.diagrams import write_diagram_style
from ..host.group import Provenance
from ..host.postprocess import LayerFinisher, LayerPlan, finish_features
from ..host.results import describe_run, style_maps
from ..host.text import tr


def finish_maps(job: MapJob, context: QgsProcessingContext) -> None:
    """Write the style of every map of `job` and prepare those that will be loaded."""
    for product, plan in style_maps(job).items():
        prepare(context, job.outputs[product], plan)


def finish_attention_features(job: AttentionFeaturesJob, context: QgsProcessingContext) -> None:
    """Write the diagram style of the features and prepare them for loading."""
    write_diagram_style(Path(job.output))
    run = describe_run(tr("Attention"), job, read_card(Path(job.model)))
    provenance = Provenance(
        tr("Attention of features"), tr("Weight of each date, mean over the pixels of a feature."), run.history
    )
    prepare(context, job.output, LayerPlan(run.group, provenance, 0, finish_features))


def prepare(context: QgsProcessingContext, path: str, plan: LayerPlan) -> None:
    """Have the layer at `path` finished after QGIS has loaded it, if it will be."""
    if not context.willLoadLayerOnCompletion(path):
        return
    details = context.layerToLoadOnCompletionDetails(path)
    details.setPostProcessor(LayerFinisher(plan.group, plan.provenance, plan.order, plan.finish))
