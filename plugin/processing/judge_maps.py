# SPDX-License-Identifier: GPL-2.0-or-later
"""Algorithms over several class maps: where they differ, what most of them say, how large their classes are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingOutputNumber,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterRasterDestination,
)

from ..core.classes import ClassInfo
from ..core.jobs import ClassAreasJob, ConsensusJob, DisagreementJob, Job
from ..core.records import from_plain
from ..core.version import plugin_version
from ..host.group import Provenance
from ..host.judged import finish_pairs, style_classes, style_disagreement
from ..host.postprocess import finish_classes
from ..host.styles import write_style
from ..host.tables import write_column_types
from ..host.text import tr
from .about import About
from .base import Algorithm, Parameters
from .loading import LayerPlan, prepare
from .parameters import CHART_FILTER, TABLE_FILTER, add_report, file_output, text_parameter
from .reading import Reader

_PAIR_TYPES = ("String", "String", "String", "String", "Integer", "Integer", "Real", "Real")
_AREA_TYPES = ("String", "Integer", "String", "Integer", "Real", "Real", "Real")


class _Maps(Algorithm):
    """What algorithms over several class maps share."""

    def add_maps(self, help_text: str) -> None:
        """Add the inputs `maps` and `names`."""
        kind = QgsProcessing.SourceType.TypeRaster
        self.add(QgsProcessingParameterMultipleLayers("maps", tr("Class maps"), kind), help_text)
        self.add(
            text_parameter("names", tr("Names of the maps")),
            tr("What to call the maps, in their order, separated by commas; empty: their file names."),
            advanced=True,
        )

    def add_raster(self, name: str, label: str, help_text: str, is_default: bool = True) -> None:
        """Add an optional output raster."""
        self.add(QgsProcessingParameterRasterDestination(name, label, None, True, is_default), help_text)


class MapDisagreement(_Maps):
    """Where maps differ."""

    about = About(
        "mapdisagreement",
        "Map disagreement",
        "explain",
        "Compares two or more class maps pixel by pixel: how many differ from the most frequent class, how many "
        "distinct classes there are, which pairs of classes are swapped and over what area. Where maps of good models "
        "disagree, look closer or take more samples. The maps need the same grid and the same classes.",
        ("difference", "compare maps", "change", "swap", "agreement"),
    )

    def declare(self) -> None:
        """Add parameters and outputs."""
        self.add_maps(tr("Two or more maps of the same area, such as those of different models."))
        self.add_raster(
            "output",
            tr("Disagreement"),
            tr("Band 1: maps that differ from the most frequent class; band 2: number of distinct classes."),
        )
        self.add_raster(
            "pairs",
            tr("Swapped classes"),
            tr("Of two maps: which class of the first is which of the second; the 12 largest pairs in colours."),
            False,
        )
        self.add(
            file_output("table", tr("Pairs of classes"), TABLE_FILTER, is_optional=True),
            tr("Pixels, area and share of every pair of classes, for every two maps."),
        )
        self.addOutput(QgsProcessingOutputNumber("differing_share", tr("Share of the area that differs")))
        self.addOutput(QgsProcessingOutputNumber("differing_ha", tr("Area that differs (ha)")))

    def build_job(self, parameters: Parameters, context: QgsProcessingContext) -> Job:
        """Return the comparison's job."""
        read = Reader(self, parameters, context)
        return DisagreementJob(
            maps=read.rasters("maps").datasets,
            names=read.names("names"),
            output=read.output_layer("output", ".tif"),
            pairs=read.output_layer("pairs", ".tif"),
            table=read.output_file("table"),
        )

    def results(self, outputs: Mapping[str, Any], job: Job, context: QgsProcessingContext) -> dict[str, Any]:
        """Return maps and table; the maps are styled."""
        if isinstance(job, DisagreementJob):
            run = _run(tr("Disagreement"), job.maps)
            if job.output:
                style_disagreement(Path(job.output), len(job.maps))
                plan = LayerPlan(run[0], _provenance(self, "output", run[1]), 0, finish_classes)
                prepare(context, job.output, plan)
            if job.pairs:
                write_style(
                    Path(job.pairs), "class", [from_plain(ClassInfo, plain) for plain in outputs["pair_classes"]]
                )
                prepare(context, job.pairs, LayerPlan(run[0], _provenance(self, "pairs", run[1]), 1, finish_pairs))
            if job.table:
                write_column_types(Path(job.table), _PAIR_TYPES)
        return super().results(outputs, job, context)


class ClassAreas(_Maps):
    """How large the classes of maps are."""

    about = About(
        "classareas",
        "Class areas",
        "explain",
        "Counts the area of every class on one or more class maps, in hectares and square kilometres, as table, chart "
        "and page. Of maps in degrees, or in a projection that distorts areas, the area on the ellipsoid is taken. "
        "Counted areas carry the map's errors: 'Accuracy and areas from points' estimates them with intervals.",
        ("area", "statistics", "hectares", "count"),
    )

    def declare(self) -> None:
        """Add parameters and outputs."""
        self.add_maps(tr("One or more class maps; they may differ in grid, CRS and classes."))
        self.add(
            file_output("table", tr("Areas"), TABLE_FILTER, is_optional=True),
            tr("Pixels, area and share of every class of every map."),
        )
        self.add(
            file_output("chart", tr("Chart"), CHART_FILTER, is_optional=True),
            tr("The areas of the maps side by side."),
        )
        add_report(self)

    def build_job(self, parameters: Parameters, context: QgsProcessingContext) -> Job:
        """Return the count's job."""
        read = Reader(self, parameters, context)
        return ClassAreasJob(
            maps=read.rasters("maps").datasets,
            names=read.names("names"),
            table=read.output_file("table"),
            chart=read.output_file("chart"),
            report=read.output_file("report"),
        )

    def results(self, outputs: Mapping[str, Any], job: Job, context: QgsProcessingContext) -> dict[str, Any]:
        """Return what was written; the table is typed."""
        if outputs.get("table"):
            write_column_types(Path(outputs["table"]), _AREA_TYPES)
        return super().results(outputs, job, context)


class ConsensusMap(_Maps):
    """What most maps say."""

    about = About(
        "consensusmap",
        "Consensus map",
        "explain",
        "Takes the most frequent class of several class maps and tells how many of them agree. Of a tie, the map named "
        "first decides, so name the best one first. The maps need the same grid and the same classes. Where the models "
        "are at hand, an ensemble of their probabilities is better than a vote of their classes.",
        ("majority", "vote", "agreement", "ensemble"),
    )

    def declare(self) -> None:
        """Add parameters and outputs."""
        kind = QgsProcessing.SourceType.TypeRaster
        self.add(
            QgsProcessingParameterMultipleLayers("maps", tr("Class maps"), kind),
            tr("Two or more maps of the same grid and classes, the best one first."),
        )
        self.add(QgsProcessingParameterRasterDestination("output", tr("Consensus map")), tr("The most frequent class."))
        self.add_raster("agreement", tr("Agreement"), tr("Share of the maps that have the class, percent."), False)

    def build_job(self, parameters: Parameters, context: QgsProcessingContext) -> Job:
        """Return the vote's job."""
        read = Reader(self, parameters, context)
        return ConsensusJob(
            maps=read.rasters("maps").datasets,
            output=read.output_layer("output", ".tif"),
            agreement=read.output_layer("agreement", ".tif"),
        )

    def results(self, outputs: Mapping[str, Any], job: Job, context: QgsProcessingContext) -> dict[str, Any]:
        """Return the maps, styled."""
        if isinstance(job, ConsensusJob):
            run = _run(tr("Consensus"), job.maps)
            style_classes(Path(job.output))
            prepare(context, job.output, LayerPlan(run[0], _provenance(self, "output", run[1]), 0, finish_classes))
            if job.agreement:
                write_style(Path(job.agreement), "confidence")
                prepare(context, job.agreement, LayerPlan(run[0], _provenance(self, "agreement", run[1]), 1))
        return super().results(outputs, job, context)


def _run(title: str, maps: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Return the name of a run's layer group, and its history."""
    now = datetime.now()
    made = f"Made by Chronomap {plugin_version()} on {now:%Y-%m-%d %H:%M:%S}"
    return f"{title}: {len(maps)} maps, {now:%Y-%m-%d %H:%M:%S}", (*(f"Class map {path}" for path in maps), made)


def _provenance(algorithm: Algorithm, output: str, history: tuple[str, ...]) -> Provenance:
    parameter = algorithm.parameterDefinition(output)
    return Provenance(parameter.description(), parameter.help(), history)
