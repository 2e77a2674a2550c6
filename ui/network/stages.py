# SPDX-License-Identifier: GPL-2.0-or-later
"""What happens to a series inside a model, stage by stage, read off its declaration and its settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...plugin.core.catalog import Architecture
from ...plugin.host.text import tr

_MIXERS = {"similarity", "feed_forward"}  # settings of networks in which dates look at each other
_FOREST = {"trees", "max_features", "min_leaf", "max_depth", "balanced"}


@dataclass(frozen=True)
class Stage:
    """One step: `kind` is what is drawn, `count` times over.

    `has_arc`: shortcuts around convolutions; recurrent layers that read backwards too. `beside`: another kind below.
    """

    kind: str
    caption: str
    count: int = 1
    has_arc: bool = False
    beside: str = ""


def stages(architecture: Architecture, values: Mapping[str, Any]) -> list[Stage]:
    """Return the stages of `architecture` with the settings `values`, from the series to the classes."""
    first = Stage("series", tr("series with gaps")) if architecture.reads_gaps else Stage("grid", tr("gaps filled"))
    middle = _FAMILIES.get(architecture.family, _dense)(values)
    return [first, *middle, Stage("classes", tr("classes"))]


def _attention(values: Mapping[str, Any]) -> list[Stage]:
    heads = int(values.get("heads", 1))
    of_heads = _count(heads, tr("head"), tr("heads"))
    if "layers" in values:
        blocks = int(values["layers"])
        return [
            Stage("dense", tr("each date"), 1),
            Stage("mixing", _count(blocks, tr("block"), tr("blocks")) + ", " + of_heads, blocks),
            Stage("pool", tr("over time: {how}").format(how=values.get("pooling", "mean"))),
        ]
    kind = "mixing" if _MIXERS & set(values) else "attention"
    layers, after = int(values.get("input_layers", 1)), int(values.get("mlp_layers", 1))
    return [
        Stage("dense", tr("each date: {layers}").format(layers=_layers(layers)), layers),
        Stage(kind, of_heads, heads),
        Stage("dense", tr("whole series"), after),
    ]


def _convolution(values: Mapping[str, Any]) -> list[Stage]:
    if "lstm_width" in values:
        return [
            Stage("convolution", tr("3 convolutions and an LSTM"), 3, beside="recurrent"),
            Stage("pool", tr("mean")),
        ]
    if "blocks" in values:
        blocks = int(values["blocks"])
        caption = tr("{count} of 3 convolutions").format(count=_count(blocks, tr("block"), tr("blocks")))
        return [Stage("convolution", caption, blocks, has_arc=True), Stage("pool", tr("mean"))]
    if "depth" in values:
        depth = int(values["depth"])
        caption = tr("{count} of 3 sizes").format(count=_count(depth, tr("module"), tr("modules")))
        return [Stage("convolution", caption, depth, has_arc=True), Stage("pool", tr("mean"))]
    layers = int(values.get("layers", 1))
    caption = _count(layers, tr("convolution"), tr("convolutions"))
    found = [Stage("convolution", caption, layers)]
    if values.get("pooling", "none") != "none":
        found.append(Stage("pool", tr("{how} of two").format(how=values["pooling"])))
    dense = int(values.get("dense_layers", 1))
    return [*found, Stage("dense", tr("dense: {layers}").format(layers=_layers(dense)), dense)] if dense else found


def _recurrent(values: Mapping[str, Any]) -> list[Stage]:
    layers, is_turned = int(values.get("layers", 1)), bool(values.get("both_directions"))
    caption = tr("{layers}, both ways").format(layers=_layers(layers)) if is_turned else _layers(layers)
    readouts = {"last": tr("last state"), "mean": tr("mean of states"), "all": tr("states weighed")}
    readout = readouts.get(str(values.get("readout")), tr("last state"))
    return [Stage("recurrent", caption, layers, is_turned), Stage("pool", readout)]


def _dense(values: Mapping[str, Any]) -> list[Stage]:
    layers = int(values.get("layers", 1))
    return [Stage("dense", _layers(layers), layers)]


def _classical(values: Mapping[str, Any]) -> list[Stage]:
    trees = int(values.get("trees", 1))
    makes_features = bool(set(values) - _FOREST)
    features = [Stage("features", tr("features made"))] if makes_features else []
    return [*features, Stage("trees", _count(trees, tr("tree"), tr("trees")), trees)]


def _layers(count: int) -> str:
    return _count(count, tr("layer"), tr("layers"))


def _count(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


_FAMILIES = {
    "attention": _attention,
    "convolution": _convolution,
    "recurrent": _recurrent,
    "dense": _dense,
    "classical": _classical,
}
