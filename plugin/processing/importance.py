# SPDX-License-Identifier: GPL-2.0-or-later
"""Algorithms that test the importance of dates, explain one pixel, and tell how early classes are known."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingOutputBoolean,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterNumber,
    QgsProcessingParameterPoint,
)

from ..core.importance import AUTO, CHOICES
from ..core.jobs import EarlySeasonJob, ExplainSeriesJob, ImportanceTestJob, Job
from ..host.layers import cube_crs
from ..host.text import tr
from .about import About
from .base import Algorithm, Parameters
from .parameters import (
    CHART_FILTER,
    DOUBLE,
    INTEGER,
    TABLE_FILTER,
    add_cube,
    add_model,
    add_report,
    add_run_settings,
    add_samples,
    choice,
    file_output,
)
from .reading import Reader


def add_method(algorithm: Algorithm) -> None:
    """Add the inputs `method` and `reach_days`."""
    algorithm.add(
        choice("method", tr("Method"), CHOICES, AUTO),
        tr(
            "attention: the network's own weights. occlusion: each date is hidden in turn, for any model. gradients: "
            "integrated gradients, for networks. auto: attention where the model gives it, else occlusion."
        ),
    )
    algorithm.add(
        QgsProcessingParameterNumber("reach_days", tr("Reach of occlusion (days)"), DOUBLE, 0.0, False, 0.0, 366.0),
        tr("Dates so many days before and after are hidden with each date: neighbours often stand in for each other."),
        advanced=True,
    )


def add_figures(algorithm: Algorithm) -> None:
    """Add the output folder `figures`."""
    algorithm.add(
        QgsProcessingParameterFolderDestination("figures", tr("Folder of figures"), None, True, False),
        tr("Every figure as SVG and PNG, and the numbers behind it as CSV."),
    )


class _Explain(Algorithm):
    """What these algorithms share: they return what was asked for."""

    def results(self, outputs: Mapping[str, Any], job: Job, context: QgsProcessingContext) -> dict[str, Any]:
        """Return the files that were wanted, and what was found."""
        unwanted = {name for name, value in vars(job).items() if value == ""}
        return super().results({k: v for k, v in outputs.items() if k not in unwanted}, job, context)


class ImportanceTest(_Explain):
    """Do important dates matter, and do models agree on them."""

    about = About(
        "importancetest",
        "Test of importance",
        "explain",
        "Tests what a model's important dates are worth. Deletion: accuracy without the most important dates of each "
        "test series against accuracy without as many random ones, with its spread and a 95 % interval over polygons; "
        "where the two do not separate, chart and report say so. Agreement: with several models, of several seeds say, "
        "the rank correlation of their dates for each class.",
        ("attention", "occlusion", "honesty", "deletion", "seeds", "agreement", "faithfulness"),
    )

    def declare(self) -> None:
        """Add parameters and outputs."""
        self.add(
            QgsProcessingParameterMultipleLayers("models", tr("Models"), QgsProcessing.SourceType.TypeFile),
            tr("One model file, or several of one split that differ by their seed or settings."),
        )
        add_samples(self, tr("The samples the models were trained on (their test part counts), or others."))
        add_method(self)
        self.add(
            QgsProcessingParameterNumber("draws", tr("Random draws"), INTEGER, 10, False, 1, 1000),
            tr("How often random dates are drawn for comparison."),
            advanced=True,
        )
        self.add(
            QgsProcessingParameterNumber("seed", tr("Seed"), INTEGER, 0, False, 0, 2**31 - 1),
            tr("The same seed draws the same dates."),
            advanced=True,
        )
        add_run_settings(self, memory=False)
        add_report(self)
        self.add(
            file_output("chart", tr("Chart"), CHART_FILTER, is_optional=True), tr("The deletion test as SVG or PNG.")
        )
        self.add(
            file_output("table", tr("Table of the deletion test"), TABLE_FILTER, is_optional=True),
            tr("A row per number of deleted dates: accuracies, difference and its interval."),
        )
        self.add(
            file_output("agreement", tr("Table of agreement"), TABLE_FILTER, is_optional=True),
            tr("A row per class and pair of models: rank correlation of the dates."),
        )
        add_figures(self)
        self.addOutput(QgsProcessingOutputString("verdict", tr("Verdict")))
        self.addOutput(QgsProcessingOutputBoolean("is_proven", tr("The dates matter")))
        self.addOutput(QgsProcessingOutputNumber("mean_agreement", tr("Mean agreement of the models")))

    def build_job(self, parameters: Parameters, context: QgsProcessingContext) -> Job:
        """Return the job."""
        read = Reader(self, parameters, context)
        return ImportanceTestJob(
            models=read.files("models"),
            samples=read.file("samples"),
            table=read.output_file("table"),
            agreement=read.output_file("agreement"),
            chart=read.output_file("chart"),
            report=read.output_file("report"),
            figures=read.output_file("figures"),
            method=read.choice("method"),
            reach_days=read.number("reach_days"),
            draws=read.integer("draws"),
            seed=read.integer("seed"),
            device=read.choice("device"),
        )


class ExplainPixel(_Explain):
    """Everything about the decision on one pixel."""

    about = About(
        "explainseries",
        "Explain one pixel",
        "explain",
        "Shows why a model decides as it does for one pixel of a cube: its series with clouded dates hollow; "
        "attention, occlusion and integrated gradients by date; with max pooling the channels each date wins; how the "
        "probabilities grow as dates arrive; attention step by step (query, keys, similarity, softmax) and who asks "
        "whom; for convolutional networks the learned filters and what they answer, layer by layer.",
        ("attention", "inspect", "filters", "query", "keys", "softmax", "occlusion", "lecture"),
    )

    def declare(self) -> None:
        """Add parameters and outputs."""
        add_model(self)
        add_cube(self)
        self.add(QgsProcessingParameterPoint("point", tr("Point")), tr("A point within the pixel, in any CRS."))
        add_run_settings(self)
        add_report(self)
        self.add(
            file_output("chart", tr("Chart"), CHART_FILTER, is_optional=True),
            tr("The series and its dates."),
        )
        self.add(
            file_output("table", tr("Table"), TABLE_FILTER, is_optional=True),
            tr("A row per date: values, importance by each method, probability of each class after it."),
        )
        add_figures(self)
        self.addOutput(QgsProcessingOutputString("class", tr("Class")))
        self.addOutput(QgsProcessingOutputNumber("probability", tr("Probability")))

    def build_job(self, parameters: Parameters, context: QgsProcessingContext) -> Job:
        """Return the job."""
        read = Reader(self, parameters, context)
        cube = read.file("cube")
        point = self.parameterAsPoint(parameters, "point", context, cube_crs(Path(cube)))
        return ExplainSeriesJob(
            model=read.file("model"),
            cube=cube,
            x=point.x(),
            y=point.y(),
            table=read.output_file("table"),
            chart=read.output_file("chart"),
            report=read.output_file("report"),
            figures=read.output_file("figures"),
            memory_mb=read.integer("memory_mb"),
            device=read.choice("device"),
        )


class EarlySeason(_Explain):
    """How early the classes are known."""

    about = About(
        "earlyseason",
        "Early season",
        "explain",
        "Asks one model for test series that end with each date of the season, and shows F1 of each class against the "
        "last date seen, and since when a class stays at nine tenths of its final F1. Meant for models that were "
        "trained with date dropping or block dropping; others are asked what they never saw, and the report says so. "
        "The output 'Decided since' of 'Map' is the same question for every pixel.",
        ("early", "in-season", "dates", "forecast"),
    )

    def declare(self) -> None:
        """Add parameters and outputs."""
        add_model(self)
        add_samples(self, tr("The samples the model was trained on (its test part counts), or others."))
        add_run_settings(self, memory=False)
        add_report(self)
        self.add(file_output("chart", tr("Chart"), CHART_FILTER, is_optional=True), tr("The chart as SVG or PNG."))
        self.add(
            file_output("table", tr("Table"), TABLE_FILTER, is_optional=True),
            tr("A row per date and class: F1, precision, recall when the season ends there."),
        )

    def build_job(self, parameters: Parameters, context: QgsProcessingContext) -> Job:
        """Return the job."""
        read = Reader(self, parameters, context)
        return EarlySeasonJob(
            model=read.file("model"),
            samples=read.file("samples"),
            table=read.output_file("table"),
            chart=read.output_file("chart"),
            report=read.output_file("report"),
            device=read.choice("device"),
        )
