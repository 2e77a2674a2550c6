# SPDX-License-Identifier: GPL-2.0-or-later
"""The algorithm that joins trained models into one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFile,
    QgsProcessingParameterMultipleLayers,
)

from ..core.jobs import EnsembleJob, Job
from ..host.text import tr
from .about import About
from .base import Algorithm, Parameters
from .parameters import FIGURES, MODEL_FILTER, add_report, add_run_settings, file_output
from .reading import Reader


class Ensemble(Algorithm):
    """Several models as one."""

    about = About(
        "ensemble",
        "Join models",
        "train",
        "Puts trained models of the same bands and classes into one model file, of any architecture. It maps, explains "
        "and is evaluated like any model; the mean of its members' probabilities decides, and its attention is their "
        "mean. It is tested where all members kept the same test part of one sample file.",
        ("ensemble", "average", "committee", "seeds"),
    )

    def declare(self) -> None:
        """Add parameters and outputs."""
        models = QgsProcessingParameterMultipleLayers("models", tr("Models"), QgsProcessing.SourceType.TypeFile)
        models.setMinimumNumberInputs(1)
        self.add(models, tr("Model files made by the 'Train' algorithms; an ensemble among them brings its members."))
        behavior = QgsProcessingParameterFile.Behavior.File
        self.add(
            QgsProcessingParameterFile("samples", tr("Samples"), behavior, "npz", None, True),
            tr("The sample file the models were trained on, to test the ensemble. Empty: where it was then."),
            advanced=True,
        )
        add_run_settings(self, memory=False)
        self.add(file_output("output", tr("Ensemble"), MODEL_FILTER), tr("The model file, with the members' cards."))
        add_report(self)
        for name, label in FIGURES.items():
            self.addOutput(QgsProcessingOutputNumber(name, tr(label)))

    def build_job(self, parameters: Parameters, context: QgsProcessingContext) -> Job:
        """Return the job."""
        read = Reader(self, parameters, context)
        return EnsembleJob(
            models=read.files("models"),
            output=read.output_file("output"),
            samples=read.file("samples"),
            report=read.output_file("report"),
            device=read.choice("device"),
        )

    def results(self, outputs: Mapping[str, Any], job: Job, context: QgsProcessingContext) -> dict[str, Any]:
        """Return model, report and figures of the test part, where there is one."""
        return super().results({**outputs, "output": outputs["model"], **outputs["metrics"]}, job, context)
