# SPDX-License-Identifier: GPL-2.0-or-later
"""Jobs that tell how good a model or a map is."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class EvaluateJob:
    """Accuracy of a model on a sample file; on the model's own samples only the untouched test part counts."""

    model: str
    samples: str
    report: str = ""
    metrics: str = ""  # JSON
    device: str = "auto"
    kind: str = "evaluate"


@dataclass(frozen=True)
class EvaluateMapJob:
    """Accuracy of a class map against reference points or polygons."""

    map: str
    vectors: str
    class_field: str
    layer: str = ""
    rename: dict[str, str] = field(default_factory=dict)
    report: str = ""
    metrics: str = ""
    kind: str = "evaluate_map"
