# SPDX-License-Identifier: GPL-2.0-or-later
"""Algorithms that show which dates a model decides by, by class and by feature."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qgis.core import QgsProcessing, QgsProcessingContext, QgsProcessingParameterVectorDestination

from ..core.jobs import AttentionFeaturesJob, AttentionJob, Job
from ..host.tables import write_column_types
from ..host.text import tr
from .about import About
from .base import Algorithm, Parameters
from .importance import add_figures, add_method
from .loading import finish_attention_features
from .parameters import (
    CHART_FILTER,
    add_cube,
    add_model,
    add_report,
    add_run_settings,
    add_samples,
    add_vectors,
    file_output,
    switch,
)
from .reading import Reader


class AttentionByClass(Algorithm):
    """Importance of dates by class."""

    about = About(
        "attentionbyclass",
        "Importance of dates by class",
        "explain",
        "Shows which dates a model decides by, for each class: a table (class, head, date, mean, 10th and 90th "
        "percentile), charts above the mean profile of the class, and a report with the honesty check: what is lost by "
        "deleting the most important dates against random ones. By attention, where a network has it, else by hiding "
        "date after date (occlusion), or by integrated gradients. Only test samples that are classified correctly "
        "count. Attention is a mixing weight, not a cause.",
        ("attention", "occlusion", "integrated gradients", "explain", "chart", "dates", "importance"),
    )

    def declare(self) -> None:
        """Add parameters and outputs."""
        add_model(self)
        add_samples(self, tr("The samples the model was trained on (its test part counts), or others."))
        add_method(self)
        add_run_settings(self, memory=False)
        self.add(
            QgsProcessingParameterVectorDestination(
                "table", tr("Table of importance"), QgsProcessing.SourceType.TypeVector, None, True
            ),
            tr("One row per class, head and date (CSV)."),
        )
        self.add(file_output("chart", tr("Chart"), CHART_FILTER, is_optional=True), tr("The chart as SVG or PNG."))
        add_report(self)
        add_figures(self)

    def build_job(self, parameters: Parameters, context: QgsProcessingContext) -> Job:
        """Return the job."""
        read = Reader(self, parameters, context)
        return AttentionJob(
            model=read.file("model"),
            samples=read.file("samples"),
            table=read.output_layer("table", ".csv"),
            chart=read.output_file("chart"),
            report=read.output_file("report"),
            figures=read.output_file("figures"),
            method=read.choice("method"),
            reach_days=read.number("reach_days"),
            device=read.choice("device"),
        )

    def results(self, outputs: Mapping[str, Any], job: Job, context: QgsProcessingContext) -> dict[str, Any]:
        """Return table, chart, report and folder."""
        if outputs.get("table"):
            write_column_types(Path(outputs["table"]), ("String", "String", "Date", "Real", "Real", "Real", "Integer"))
        wanted = {name: path for name, path in outputs.items() if getattr(job, name, "")}
        return super().results(wanted, job, context)


class AttentionFeatures(Algorithm):
    """Attention by date as fields of features."""

    about = About(
        "attentionfeatures",
        "Attention of features",
        "explain",
        "Writes a copy of a layer of points or polygons with the attention of every date as fields (att_20210605), "
        "and draws them on the map as histograms with a legend of dates.",
        ("attention", "diagram", "histogram", "polygons"),
    )

    def declare(self) -> None:
        """Add parameters and outputs."""
        add_model(self)
        add_cube(self)
        add_vectors(self, tr("Features"), tr("Points or polygons, in any CRS."))
        self.add(
            switch("all_touched", tr("All touched pixels")),
            tr("Takes every pixel a polygon touches; else those whose centre lies inside."),
            advanced=True,
        )
        add_run_settings(self)
        self.add(
            QgsProcessingParameterVectorDestination("output", tr("Attention of features")),
            tr("GeoPackage with the attention of every date as fields."),
        )

    def build_job(self, parameters: Parameters, context: QgsProcessingContext) -> Job:
        """Return the job."""
        read = Reader(self, parameters, context)
        vectors = read.vectors("vectors")
        return AttentionFeaturesJob(
            model=read.file("model"),
            cube=read.file("cube"),
            vectors=vectors.dataset.path,
            layer=vectors.dataset.layer,
            output=read.output_layer("output", ".gpkg"),
            all_touched=read.switch("all_touched"),
            memory_mb=read.integer("memory_mb"),
            device=read.choice("device"),
        )

    def results(self, outputs: Mapping[str, Any], job: Job, context: QgsProcessingContext) -> dict[str, Any]:
        """Return the layer, drawn with diagrams."""
        if isinstance(job, AttentionFeaturesJob):
            finish_attention_features(job, context)
        return {"output": outputs["output"]}
