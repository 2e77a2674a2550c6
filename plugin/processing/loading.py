# SPDX-License-Identifier: GPL-2.0-or-later
"""Style sidecars for result layers, and what to do with those that QGIS loads: one group per run, provenance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Optional

from qgis.core import QgsProcessingContext

from ..core.card import ModelCard, read_card
from ..core.jobs import AttentionFeaturesJob, MapJob
from ..core.products import PRODUCTS
from ..core.version import plugin_version
from ..host.diagrams import write_diagram_style
from ..host.group import Provenance
from ..host.postprocess import Finish, LayerFinisher, finish_attention, finish_classes, finish_features
from ..host.styles import write_style
from ..host.text import tr

_FINISHES: dict[str, Finish] = {
    "class": finish_classes,
    "attention_peak": finish_classes,
    "decided_date": finish_classes,
    "attention": finish_attention,
}


@dataclass(frozen=True)
class Run:
    """What the layers of one run share: the group's name and the history."""

    group: str
    history: tuple[str, ...]


def finish_maps(job: MapJob, context: QgsProcessingContext) -> None:
    """Write the style of every map of `job` and prepare those that will be loaded."""
    card = read_card(Path(job.model))
    run = describe_run(tr("Map"), job, card)
    for order, (product, path) in enumerate(job.outputs.items()):
        write_style(Path(path), product, card.classes)
        provenance = Provenance(PRODUCTS[product].title, PRODUCTS[product].help, run.history)
        prepare(context, path, LayerPlan(run.group, provenance, order, _FINISHES.get(product)))


def finish_attention_features(job: AttentionFeaturesJob, context: QgsProcessingContext) -> None:
    """Write the diagram style of the features and prepare them for loading."""
    write_diagram_style(Path(job.output))
    run = describe_run(tr("Attention"), job, read_card(Path(job.model)))
    provenance = Provenance(
        tr("Attention of features"), tr("Weight of each date, mean over the pixels of a feature."), run.history
    )
    prepare(context, job.output, LayerPlan(run.group, provenance, 0, finish_features))


@dataclass(frozen=True)
class LayerPlan:
    """What a loaded layer becomes: see host/postprocess.py."""

    group: str
    provenance: Provenance
    order: int
    finish: Optional[Finish] = None


def describe_run(title: str, job: MapJob | AttentionFeaturesJob, card: ModelCard) -> Run:
    """Return the group's name and where the results of `job` come from, a line each."""
    now = datetime.now()
    macro_f1 = card.metrics.get("macro_f1")
    quality = f", macro F1 {macro_f1:.3f} on its test part" if isinstance(macro_f1, float) else ""
    history = (
        f"Model {job.model}: {card.architecture}{quality}, trained {card.created or 'at an unknown time'}",
        f"Samples {card.samples or 'unknown'}",
        f"Cube {job.cube}",
        f"Made by Chronomap {plugin_version()} on {now:%Y-%m-%d %H:%M:%S}",
    )
    return Run(f"{title}: {Path(job.model).stem}, {now:%Y-%m-%d %H:%M:%S}", history)


def prepare(context: QgsProcessingContext, path: str, plan: LayerPlan) -> None:
    """Have the layer at `path` finished after QGIS has loaded it, if it will be."""
    if not context.willLoadLayerOnCompletion(path):
        return
    details = context.layerToLoadOnCompletionDetails(path)
    details.setPostProcessor(LayerFinisher(plan.group, plan.provenance, plan.order, plan.finish))
