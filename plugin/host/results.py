# SPDX-License-Identifier: GPL-2.0-or-later
"""What the layers of one run have in common, and maps as layers of the project: for Processing and for the window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Union

from qgis.core import QgsProject, QgsRasterLayer

from ..core.card import ModelCard, read_card
from ..core.ensemble import model_title
from ..core.errors import OutputError
from ..core.jobs import AttentionFeaturesJob, MapJob
from ..core.products import PRODUCTS
from ..core.version import plugin_version
from .group import Provenance, ensure_group
from .postprocess import Finish, LayerPlan, attention_steps, finish_attention, finish_classes, finish_layer
from .styles import write_style
from .text import tr

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


def describe_run(title: str, job: Union[MapJob, AttentionFeaturesJob], card: ModelCard) -> Run:
    """Return the group's name and where the results of `job` come from, a line each."""
    now = datetime.now()
    macro_f1 = card.metrics.get("macro_f1")
    quality = f", macro F1 {macro_f1:.3f} on its test part" if isinstance(macro_f1, float) else ""
    history = (
        f"Model {job.model}: {model_title(card)}{quality}, trained {card.created or 'at an unknown time'}",
        f"Samples {card.samples or 'unknown'}",
        f"Cube {job.cube}",
        f"Made by Chronomap {plugin_version()} on {now:%Y-%m-%d %H:%M:%S}",
    )
    return Run(f"{title}: {Path(job.model).stem}, {now:%Y-%m-%d %H:%M:%S}", history)


def style_maps(job: MapJob) -> dict[str, LayerPlan]:
    """Write the style beside every map of `job`; return what becomes of its layer, by product. Any thread.

    Raises:
        OutputError: a map cannot be read back, or its style cannot be written.
    """
    card = read_card(Path(job.model))
    run = describe_run(tr("Map"), job, card)
    plans = {}
    for order, (product, path) in enumerate(job.outputs.items()):
        write_style(Path(path), product, card.classes)
        provenance = Provenance(PRODUCTS[product].title, PRODUCTS[product].help, run.history)
        plans[product] = LayerPlan(run.group, provenance, order, _FINISHES.get(product))
    return plans


def add_maps(job: MapJob, plans: dict[str, LayerPlan], project: QgsProject) -> Iterator[str]:
    """Add the maps of `job`, styled by style_maps, to `project` in one group; yields its name after every layer.

    Raises:
        OutputError: a map cannot be opened.
    """
    for product, path in job.outputs.items():
        plan = plans[product]
        layer = QgsRasterLayer(path, tr(PRODUCTS[product].title))
        if not layer.isValid():
            raise OutputError(f"The map {path} cannot be opened: check that the disk is not full.")
        is_spread = plan.finish is finish_attention
        finish_layer(project, layer, replace(plan, finish=None) if is_spread else plan)
        yield plan.group
        if is_spread:
            group = ensure_group(project.layerTreeRoot(), plan.group)
            yield from (plan.group for _ in attention_steps(project, layer, group))
