# SPDX-License-Identifier: GPL-2.0-or-later
"""Jobs that show what a model looked at."""

from __future__ import annotations

from dataclasses import dataclass

from .inputs import MEMORY_MB


@dataclass(frozen=True)
class AttentionJob:
    """Attention of a model by class over the test part of its own samples (or over all of other samples)."""

    model: str
    samples: str
    table: str = ""  # CSV: class, head, date, mean, p10, p90
    chart: str = ""  # .svg or .png
    report: str = ""
    device: str = "auto"
    kind: str = "attention"


@dataclass(frozen=True)
class AttentionFeaturesJob:
    """Attention by date of polygons or points, written as fields of a copy of the layer."""

    model: str
    cube: str
    vectors: str
    output: str  # GeoPackage
    layer: str = ""
    all_touched: bool = False
    memory_mb: int = MEMORY_MB
    device: str = "auto"
    kind: str = "attention_features"
