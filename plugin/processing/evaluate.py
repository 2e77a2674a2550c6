# SPDX-License-Identifier: GPL-2.0-or-later
"""Algorithms that say how good a model or a map is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qgis.core import QgsProcessingContext, QgsProcessingOutputNumber, QgsProcessingParameterRasterLayer

from ..core.jobs import EvaluateJob, EvaluateMapJob, Job
from ..host.layers import renamed
from ..host.text import tr
from .about import About
from .base import Algorithm, Parameters
from .parameters import (
    FIGURES,
    METRICS_FILTER,
    add_class_field,
    add_model,
    add_rename,
    add_report,
    add_run_settings,
    add_samples,
    add_vectors,
    file_output,
)
from .reading import Reader


class _Evaluate(Algorithm):
    """What both evaluations write."""

    def declare_outputs(self) -> None:
        """Add report, metrics and figures."""
        add_report(self)
        self.add(
            file_output("metrics", tr("Metrics"), METRICS_FILTER, is_optional=True),
            tr("All figures and the confusion matrix (rows = reference, columns = predicted) as JSON."),
        )
        for name, label in FIGURES.items():
            self.addOutput(QgsProcessingOutputNumber(name, tr(label)))

    def results(self, outputs: Mapping[str, Any], job: Job, context: QgsProcessingContext) -> dict[str, Any]:
        """Return files and figures."""
        return super().results({**outputs["figures"], **outputs}, job, context)


class EvaluateModel(_Evaluate):
    """Accuracy of a model."""

    about = About(
        "evaluatemodel",
        "Evaluate model",
        "explain",
        "Compares a model with labelled samples: macro F1, balanced and overall accuracy, kappa, figures per class and "
        "the confusion matrix. Of the samples it was trained on only the untouched test part counts.",
        ("accuracy", "confusion matrix", "validation"),
    )

    def declare(self) -> None:
        """Add parameters and outputs."""
        add_model(self)
        add_samples(self, tr("Sample file with the same bands; its classes are matched by name."))
        add_run_settings(self, memory=False)
        self.declare_outputs()

    def build_job(self, parameters: Parameters, context: QgsProcessingContext) -> Job:
        """Return the job."""
        read = Reader(self, parameters, context)
        return EvaluateJob(
            model=read.file("model"),
            samples=read.file("samples"),
            report=read.output_file("report"),
            metrics=read.output_file("metrics"),
            device=read.choice("device"),
        )


class EvaluateMap(_Evaluate):
    """Accuracy of a map."""

    about = About(
        "evaluatemap",
        "Evaluate map",
        "explain",
        "Compares a class map with reference points or polygons that did not train it: macro F1, balanced and overall "
        "accuracy, kappa, figures per class and the confusion matrix.",
        ("accuracy", "confusion matrix", "validation", "reference"),
    )

    def declare(self) -> None:
        """Add parameters and outputs."""
        self.add(
            QgsProcessingParameterRasterLayer("map", tr("Class map")), tr("A map made by 'Map', or any class raster.")
        )
        add_vectors(self, tr("Reference features"), tr("Points or polygons with the true class, in any CRS."))
        add_class_field(self)
        add_rename(self)
        self.declare_outputs()

    def build_job(self, parameters: Parameters, context: QgsProcessingContext) -> Job:
        """Return the job."""
        read = Reader(self, parameters, context)
        class_field = read.field("class_field")
        vectors = read.vectors("vectors", class_field)
        return EvaluateMapJob(
            map=read.raster("map"),
            vectors=vectors.dataset.path,
            layer=vectors.dataset.layer,
            class_field=class_field,
            rename=renamed(vectors.legend, read.pairs("rename")).names,
            report=read.output_file("report"),
            metrics=read.output_file("metrics"),
        )
