# SPDX-License-Identifier: GPL-2.0-or-later
"""Jobs that tell how good a model or a map is, and where maps differ."""

from __future__ import annotations

from dataclasses import dataclass, field

STRATIFIED, RANDOM = "stratified", "random"
DESIGNS = (STRATIFIED, RANDOM)  # how validation points were drawn: per stratum, or anywhere
PROPORTIONAL, EQUAL, HYBRID = "proportional", "equal", "hybrid"
ALLOCATIONS = (HYBRID, PROPORTIONAL, EQUAL)


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


@dataclass(frozen=True)
class DisagreementJob:
    """Where two or more class maps of one grid and one legend differ; pixels empty in one of them do not count.

    `names` call the maps (() = their file names).
    """

    maps: tuple[str, ...]
    names: tuple[str, ...] = ()
    output: str = ""  # GeoTIFF: band 1 maps that differ from the most frequent class, band 2 number of classes
    pairs: str = ""  # GeoTIFF, of two maps only: which class of the first became which of the second
    table: str = ""  # CSV: pixels and area of every pair of classes of every two maps
    kind: str = "map_disagreement"


@dataclass(frozen=True)
class ClassAreasJob:
    """Area of every class on one or more class maps; they may differ in grid, CRS and classes."""

    maps: tuple[str, ...]
    names: tuple[str, ...] = ()
    table: str = ""  # CSV
    chart: str = ""  # .svg or .png
    report: str = ""  # HTML
    kind: str = "class_areas"


@dataclass(frozen=True)
class ConsensusJob:
    """Most frequent class of several class maps of one grid and one legend; of a tie the map named first decides."""

    maps: tuple[str, ...]
    output: str  # class map
    agreement: str = ""  # GeoTIFF: share of the maps that have the class, percent
    kind: str = "consensus_map"


@dataclass(frozen=True)
class AreaAccuracyJob:
    """Accuracy and areas of a class map from labelled points, weighted by area (Olofsson et al. 2014, Stehman 2014).

    Classes of the points come from `map`, or from `map_field` with the areas of a table `areas` (columns class and
    area_ha). `strata`: the map the points were drawn from where that was another one than `map`.
    """

    vectors: str  # points
    reference_field: str
    layer: str = ""
    map: str = ""
    map_field: str = ""
    areas: str = ""  # CSV
    strata: str = ""
    design: str = STRATIFIED
    report: str = ""
    table: str = ""  # CSV
    metrics: str = ""  # JSON
    chart: str = ""  # .svg or .png
    kind: str = "area_accuracy"


@dataclass(frozen=True)
class ValidationPointsJob:
    """Points to be labelled, drawn at random within each class of a map.

    The number of points follows from `target_error`, the wanted standard error of overall accuracy, and the expected
    user's accuracies (`expected_accuracy`, or by class name in `expected`); `points` above 0 sets it instead.
    """

    map: str
    output: str  # GeoPackage
    target_error: float = 0.02
    expected_accuracy: float = 0.8
    expected: dict[str, float] = field(default_factory=dict)
    points: int = 0
    allocation: str = HYBRID
    least_per_class: int = 50
    min_distance_m: float = 0.0
    seed: int = 0
    kind: str = "validation_points"


@dataclass(frozen=True)
class SplitGapJob:
    """How much a split by random pixels flatters: one architecture trained under each split on the same samples."""

    samples: str
    architecture: str = "random_forest"
    methods: tuple[str, ...] = ("polygon", "block", "pixel")
    block_size: float = 1000.0
    seeds: int = 3
    report: str = ""
    table: str = ""  # CSV
    device: str = "auto"
    kind: str = "split_gap"
