# SPDX-License-Identifier: GPL-2.0-or-later
"""Jobs that show what a model looked at."""

from __future__ import annotations

from dataclasses import dataclass

from ..importance import AUTO
from .inputs import MEMORY_MB


@dataclass(frozen=True)
class AttentionJob:
    """Importance of dates by class over the test part of a model's own samples (or over all of other samples).

    `method`: one of core.importance.CHOICES. `reach_days`: occlusion hides dates so many days around with each date.
    """

    model: str
    samples: str
    table: str = ""  # CSV: class, head, date, mean, p10, p90, samples
    chart: str = ""  # .svg or .png
    report: str = ""
    figures: str = ""  # folder for every figure as SVG, PNG and CSV
    method: str = AUTO
    reach_days: float = 0.0
    device: str = "auto"
    kind: str = "attention"


@dataclass(frozen=True)
class ImportanceTestJob:
    """Do important dates matter, and do several models (seeds) agree on them? Deletion test and rank correlation."""

    models: tuple[str, ...]
    samples: str
    table: str = ""  # CSV: deleted dates, accuracy without the most important and without random ones
    agreement: str = ""  # CSV: class, pair of models, rank correlation
    chart: str = ""  # of the deletion test
    report: str = ""
    figures: str = ""
    method: str = AUTO
    reach_days: float = 0.0
    draws: int = 10
    seed: int = 0
    device: str = "auto"
    kind: str = "importance_test"


@dataclass(frozen=True)
class ExplainSeriesJob:
    """Everything about the decision on one pixel of a cube: `x`, `y` in the cube's CRS."""

    model: str
    cube: str
    x: float
    y: float
    table: str = ""  # CSV: date, valid, bands, importance by each method, probability of each class
    chart: str = ""
    report: str = ""
    figures: str = ""
    memory_mb: int = MEMORY_MB
    device: str = "auto"
    kind: str = "explain_series"


@dataclass(frozen=True)
class EarlySeasonJob:
    """F1 of each class when the season ends with each date."""

    model: str
    samples: str
    table: str = ""  # CSV: date, class, f1, precision, recall
    chart: str = ""
    report: str = ""
    device: str = "auto"
    kind: str = "early_season"


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
