# SPDX-License-Identifier: GPL-2.0-or-later
"""Algorithms that say how good a map is from points drawn for it, and how much a split flatters."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingOutputNumber,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterMatrix,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterVectorDestination,
)

from ..core.catalog import load_catalog
from ..core.classes import ClassInfo
from ..core.errors import InputError
from ..core.jobs import AreaAccuracyJob, Job, SplitGapJob, ValidationPointsJob
from ..core.jobs.judging import ALLOCATIONS, DESIGNS
from ..core.jobs.learning import SPLIT_METHODS
from ..core.records import from_plain
from ..core.version import plugin_version
from ..host.group import Provenance
from ..host.tables import write_column_types
from ..host.text import tr
from ..host.validation_form import REFERENCE, write_form_style
from .about import About
from .base import Algorithm, Parameters
from .loading import LayerPlan, prepare
from .parameters import (
    CHART_FILTER,
    DOUBLE,
    INTEGER,
    METRICS_FILTER,
    TABLE_FILTER,
    add_report,
    add_run_settings,
    add_samples,
    add_vectors,
    choice,
    field_parameter,
    file_output,
)
from .reading import Reader

_CLASS_TYPES = ("String", "Integer", "Integer", *("Real",) * 7)
_POINTS = [QgsProcessing.SourceType.TypeVectorPoint]


class SampleValidationPoints(Algorithm):
    """Draw points to be labelled."""

    about = About(
        "samplevalidationpoints",
        "Sample validation points",
        "explain",
        "Draws random points within each class of a map, as many as the wanted precision needs (Olofsson et al. 2014), "
        "as a layer with a form: label each point with the class you see in images or in the field, without looking at "
        "the map (the form does not tell it). Then 'Accuracy and areas from points' says how good the map is.",
        ("validation", "stratified random", "accuracy", "reference", "Olofsson", "sample size"),
    )

    def declare(self) -> None:
        """Add parameters and outputs."""
        defaults = ValidationPointsJob("", "")
        self.add(
            QgsProcessingParameterRasterLayer("map", tr("Class map")),
            tr("The map that will be judged: its classes are the strata."),
        )
        self._declare_precision(defaults)
        self.add(
            choice("allocation", tr("Allocation"), ALLOCATIONS, defaults.allocation),
            tr(
                "proportional to the area; equal; or hybrid: in proportion, but no class below the least number of "
                "points. Hybrid serves both areas and rare classes."
            ),
        )
        self._declare_numbers(defaults)
        self.add(
            QgsProcessingParameterVectorDestination(
                "output", tr("Validation points"), QgsProcessing.SourceType.TypeVectorPoint
            ),
            tr("GeoPackage with the empty field 'reference' and its form."),
        )
        self.addOutput(QgsProcessingOutputNumber("points", tr("Number of points")))

    def _declare_precision(self, defaults: ValidationPointsJob) -> None:
        """Add what the number of points follows from."""
        self.add(
            QgsProcessingParameterNumber(
                "target_error", tr("Target standard error"), DOUBLE, defaults.target_error, False, 0.001, 0.2
            ),
            tr("Of overall accuracy: 0.02 gives about plus or minus 0.04 with 95 % confidence."),
        )
        self.add(
            QgsProcessingParameterNumber(
                "expected_accuracy",
                tr("Expected user's accuracy"),
                DOUBLE,
                defaults.expected_accuracy,
                False,
                0.01,
                0.99,
            ),
            tr("Of every class, as a guess: the lower, the more points are needed."),
        )
        self.add(
            QgsProcessingParameterMatrix(
                "expected", tr("Expected by class"), 0, False, [tr("Class"), tr("User's accuracy")], [], True
            ),
            tr("Classes of which another user's accuracy is expected, such as those of the test part of the model."),
            advanced=True,
        )

    def _declare_numbers(self, defaults: ValidationPointsJob) -> None:
        for name, label, value, text, is_advanced in (
            ("least_per_class", tr("Least points per class"), defaults.least_per_class, tr("With hybrid."), False),
            ("total", tr("Number of points"), defaults.points, tr("Sets the number; 0: from the target."), True),
            ("seed", tr("Seed"), defaults.seed, tr("The same seed draws the same points."), True),
        ):
            self.add(QgsProcessingParameterNumber(name, label, INTEGER, value, False, 0, 2**31 - 1), text, is_advanced)
        self.add(
            QgsProcessingParameterNumber("min_distance_m", tr("Least distance (m)"), DOUBLE, 0.0, False, 0.0),
            tr("Between points; keeps near copies out. 0: none."),
            advanced=True,
        )

    def build_job(self, parameters: Parameters, context: QgsProcessingContext) -> Job:
        """Return the drawing's job."""
        read = Reader(self, parameters, context)
        return ValidationPointsJob(
            map=read.raster("map"),
            output=read.output_layer("output", ".gpkg"),
            target_error=read.number("target_error"),
            expected_accuracy=read.number("expected_accuracy"),
            expected=_accuracies(read),
            points=read.integer("total"),
            allocation=read.choice("allocation"),
            least_per_class=read.integer("least_per_class"),
            min_distance_m=read.number("min_distance_m"),
            seed=read.integer("seed"),
        )

    def results(self, outputs: Mapping[str, Any], job: Job, context: QgsProcessingContext) -> dict[str, Any]:
        """Return the points; their form and style stand beside them."""
        if isinstance(job, ValidationPointsJob):
            write_form_style(Path(job.output), [from_plain(ClassInfo, plain) for plain in outputs["classes"]])
            prepare(context, job.output, LayerPlan(tr("Validation"), _provenance(job), 0))
        return super().results(outputs, job, context)


class AreaAccuracy(Algorithm):
    """Estimate accuracy and areas from labelled points."""

    about = About(
        "areaaccuracy",
        "Accuracy and areas from points",
        "explain",
        "Says how good a class map is, and how large its classes truly are, from points that were drawn at random and "
        "labelled: overall, user's and producer's accuracy and areas, all weighted by area and with 95 % intervals "
        "(Olofsson et al. 2014; Stehman 2014 where the points were drawn from another map). Never use the samples that "
        "trained the model.",
        ("accuracy", "area estimation", "Olofsson", "confidence interval", "validation", "confusion matrix"),
    )

    def declare(self) -> None:
        """Add parameters and outputs."""
        add_vectors(
            self,
            tr("Labelled points"),
            tr("Points drawn at random, such as those of 'Sample validation points'; unlabelled ones are left out."),
            _POINTS,
        )
        self.add(
            field_parameter("reference_field", tr("Reference field"), "vectors", is_optional=True, default=REFERENCE),
            tr("Field with the class seen at the point, a class name or value of the map; empty: 'reference'."),
        )
        self.add(
            QgsProcessingParameterRasterLayer("map", tr("Class map"), None, True),
            tr("The map to judge: it gives the points' classes and the areas."),
        )
        self.add(
            choice("design", tr("How the points were drawn"), DESIGNS, DESIGNS[0]),
            tr("stratified: within each class; random: anywhere (they are then stratified afterwards)."),
        )
        self._declare_strata()
        add_report(self)
        for name, label, kind, text in (
            ("table", tr("Classes"), TABLE_FILTER, tr("Accuracies and areas of every class, with half intervals.")),
            ("chart", tr("Chart"), CHART_FILTER, tr("Estimated areas with intervals beside the counted ones.")),
            ("metrics", tr("Metrics"), METRICS_FILTER, tr("All figures, counts and area proportions as JSON.")),
        ):
            self.add(file_output(name, label, kind, is_optional=True), text)
        self.addOutput(QgsProcessingOutputNumber("overall_accuracy", tr("Overall accuracy")))
        self.addOutput(QgsProcessingOutputNumber("overall_ci95", tr("Half of its 95 % interval")))
        self.addOutput(QgsProcessingOutputNumber("points", tr("Number of labelled points")))

    def _declare_strata(self) -> None:
        self.add(
            QgsProcessingParameterRasterLayer("strata", tr("Map the points were drawn from"), None, True),
            tr("Only where that was another map than the one to judge."),
            advanced=True,
        )
        self.add(
            field_parameter("map_field", tr("Map class field"), "vectors", is_optional=True),
            tr("Field with each point's class on the map; empty: read from the class map."),
            advanced=True,
        )
        behavior = QgsProcessingParameterFile.Behavior.File
        self.add(
            QgsProcessingParameterFile("areas", tr("Table of areas"), behavior, "csv", None, True),
            tr("Instead of a class map: CSV with the columns class and area_ha, with the map class field above."),
            advanced=True,
        )

    def build_job(self, parameters: Parameters, context: QgsProcessingContext) -> Job:
        """Return the assessment's job."""
        read = Reader(self, parameters, context)
        vectors = read.vectors("vectors").dataset
        return AreaAccuracyJob(
            vectors=vectors.path,
            layer=vectors.layer,
            reference_field=read.field("reference_field") or REFERENCE,
            map=read.raster("map"),
            map_field=read.field("map_field"),
            areas=read.file("areas"),
            strata=read.raster("strata"),
            design=read.choice("design"),
            report=read.output_file("report"),
            table=read.output_file("table"),
            metrics=read.output_file("metrics"),
            chart=read.output_file("chart"),
        )

    def results(self, outputs: Mapping[str, Any], job: Job, context: QgsProcessingContext) -> dict[str, Any]:
        """Return figures and files; the table is typed."""
        overall = outputs["figures"]["overall_accuracy"]
        if outputs.get("table"):
            write_column_types(Path(outputs["table"]), _CLASS_TYPES)
        figures = {"overall_accuracy": overall["value"], "overall_ci95": overall["ci95"]}
        return super().results({**outputs, **figures, "points": outputs["figures"]["points"]}, job, context)


class SplitGap(Algorithm):
    """Tell how much random pixels flatter."""

    about = About(
        "splitgap",
        "How much the split flatters",
        "explain",
        "Trains one quick architecture on the same samples, split by whole polygons, by spatial blocks and by random "
        "pixels, and says how much better the last looks: neighbours of training pixels in the test are near copies. "
        "What is reported should be the strict figure.",
        ("spatial autocorrelation", "leakage", "cross-validation", "honest", "split"),
    )

    def declare(self) -> None:
        """Add parameters and outputs."""
        defaults = SplitGapJob("")
        add_samples(self, tr("Sample file made by 'Extract samples'."))
        self.add(
            choice("architecture", tr("Architecture"), tuple(load_catalog()), defaults.architecture),
            tr("A random forest is quick and shows the effect as well as any."),
        )
        allowed = list(SPLIT_METHODS)
        self.add(
            QgsProcessingParameterEnum("methods", tr("Splits"), allowed, True, list(defaults.methods), False, True),
            tr("Ways to deal samples into training and test."),
        )
        self.add(
            QgsProcessingParameterNumber("block_size", tr("Block size"), DOUBLE, defaults.block_size, False, 0.0),
            tr("Side of the spatial blocks in map units."),
        )
        self.add(
            QgsProcessingParameterNumber("seeds", tr("Seeds"), INTEGER, defaults.seeds, False, 1, 50),
            tr("How often each split is drawn anew."),
        )
        add_run_settings(self, memory=False)
        add_report(self)
        self.add(
            file_output("table", tr("Scores"), TABLE_FILTER, is_optional=True), tr("Scores of every split and seed.")
        )
        self.addOutput(QgsProcessingOutputNumber("gap", tr("Gap in macro F1")))

    def build_job(self, parameters: Parameters, context: QgsProcessingContext) -> Job:
        """Return the comparison's job."""
        read = Reader(self, parameters, context)
        return SplitGapJob(
            samples=read.file("samples"),
            architecture=read.choice("architecture"),
            methods=tuple(self.parameterAsEnumStrings(parameters, "methods", context)),
            block_size=read.number("block_size"),
            seeds=read.integer("seeds"),
            report=read.output_file("report"),
            table=read.output_file("table"),
            device=read.choice("device"),
        )


def _accuracies(read: Reader) -> dict[str, float]:
    """Return the expected accuracies by class.

    Raises:
        InputError: one is no number.
    """
    try:
        return {name: float(text) for name, text in read.pairs("expected").items()}
    except ValueError as error:
        raise InputError(f"An expected user's accuracy is no number ({error}): give numbers such as 0.85.") from error


def _provenance(job: ValidationPointsJob) -> Provenance:
    words = tr("Random points within each class of the map, to be labelled; seed {}.").format(job.seed)
    return Provenance(tr("Validation points"), words, (f"Class map {job.map}", f"Chronomap {plugin_version()}"))
