# SPDX-License-Identifier: GPL-2.0-or-later
"""Algorithms that compare models: trained ones, or architectures that are trained for it."""

from __future__ import annotations

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingOutputFile,
    QgsProcessingOutputHtml,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterNumber,
)

from ..core.catalog import load_catalog
from ..core.jobs import Candidate, CompareJob, CompareTrainJob, Job
from ..host.text import tr
from .about import About
from .base import Algorithm, Parameters
from .parameters import (
    DOUBLE,
    INTEGER,
    METRICS_FILTER,
    TABLE_FILTER,
    add_report,
    add_run_settings,
    add_samples,
    file_output,
    switch,
)
from .reading import Reader
from .splitting import add_split, read_split

_BETWEEN = ":"  # between architecture and preset
_FIRST = ("ltae", "tempcnn")


def candidate_names() -> list[str]:
    """Return every architecture, and each of its further presets as "architecture:preset"."""
    return [
        entry.id if index == 0 else f"{entry.id}{_BETWEEN}{preset.name}"
        for entry in load_catalog().values()
        for index, preset in enumerate(entry.presets)
    ]


class _Compare(Algorithm):
    """What both comparisons can be told."""

    def declare_comparison(self) -> None:
        """Add the settings of measuring and drawing."""
        self.add(
            switch("measure_pace", tr("Measure pixels per second"), default=True),
            tr("Maps made-up pixels with each model for about a second, to set accuracy against cost."),
            advanced=True,
        )
        self.add(
            QgsProcessingParameterNumber("price_per_hour", tr("Price of an hour"), DOUBLE, 0.0, False, 0.0),
            tr("What an hour of this machine costs, in any currency, to tell the price of a billion pixels. 0: hours."),
            advanced=True,
        )
        self.add(
            QgsProcessingParameterNumber("draws", tr("Draws"), INTEGER, CompareJob.draws, False, 200, 100_000),
            tr("How often polygons are drawn anew for the intervals and tests."),
            advanced=True,
        )
        add_run_settings(self, memory=False)


class CompareModels(_Compare):
    """Trained models beside each other."""

    about = About(
        "comparemodels",
        "Compare models",
        "explain",
        "Compares trained models on the same untouched test part: scores with 95 % intervals over polygons, F1 by "
        "class, confusion matrices and their differences, learning curves, reliability, accuracy against cost, "
        "attention by date, and for each pair whether one is better or whether there is no evidence. Models of other "
        "samples, splits or classes are refused. Models that differ in fold and seed only are one entry.",
        ("accuracy", "comparison", "McNemar", "bootstrap", "benchmark"),
    )

    def declare(self) -> None:
        """Add parameters and outputs."""
        file_type = QgsProcessing.SourceType.TypeFile
        self.add(
            QgsProcessingParameterMultipleLayers("models", tr("Models"), file_type, None, True),
            tr("Model files made by the 'Train' algorithms."),
        )
        folder = QgsProcessingParameterFile.Behavior.Folder
        self.add(
            QgsProcessingParameterFile("folder", tr("Folder of models"), folder, "", None, True),
            tr("All models of a folder, instead of model files or beside them."),
        )
        file = QgsProcessingParameterFile.Behavior.File
        self.add(
            QgsProcessingParameterFile("samples", tr("Samples"), file, "npz", None, True),
            tr(
                "Empty: the sample file the models were trained on, of which only the test part counts. Else samples "
                "that none of them has seen, which all count."
            ),
        )
        self.add(
            switch("join_seeds", tr("Join seeds"), default=True),
            tr("Models that differ in the seed only are one entry, whose interval holds the luck of the seed as well."),
            advanced=True,
        )
        self.declare_comparison()
        add_report(self)
        self._declare_outputs()

    def _declare_outputs(self) -> None:
        """Add the tables, the board and the charts."""
        self.add(
            file_output("table", tr("Table of models"), TABLE_FILTER, is_optional=True),
            tr("A row per model: all scores with their intervals, and the costs."),
        )
        self.add(
            file_output("pairs", tr("Table of pairs"), TABLE_FILTER, is_optional=True),
            tr("A row per pair: difference, p-values and verdict."),
        )
        self.add(
            file_output("board", tr("Comparison"), METRICS_FILTER, is_optional=True),
            tr("All figures as JSON, to be opened in the window of the plugin."),
        )
        self.add(
            QgsProcessingParameterFolderDestination("charts", tr("Charts"), None, True, False),
            tr("Folder for the figures as SVG."),
        )

    def build_job(self, parameters: Parameters, context: QgsProcessingContext) -> Job:
        """Return the job."""
        read = Reader(self, parameters, context)
        folder = read.file("folder") if read.is_given("folder") else ""
        return CompareJob(
            models=(*(read.files("models") if read.is_given("models") else ()), *([folder] if folder else [])),
            samples=read.file("samples") if read.is_given("samples") else "",
            join_seeds=read.switch("join_seeds"),
            measure_pace=read.switch("measure_pace"),
            price_per_hour=read.number("price_per_hour"),
            draws=read.integer("draws"),
            device=read.choice("device"),
            report=read.output_file("report"),
            table=read.output_file("table"),
            pairs=read.output_file("pairs"),
            board=read.output_file("board"),
            charts=read.output_file("charts"),
        )


class CompareArchitectures(_Compare):
    """Architectures trained beside each other."""

    about = About(
        "comparearchitectures",
        "Compare architectures",
        "train",
        "Trains several architectures, and a random forest beside them, on the same samples and split, or on folds "
        "and with several seeds, and compares them as 'Compare models' does. Models that the folder already holds are "
        "kept, so a canceled run goes on where it was. One more forest shows what a split by single pixels would have "
        "promised.",
        ("accuracy", "comparison", "cross-validation", "folds", "benchmark"),
    )

    def declare(self) -> None:
        """Add parameters and outputs."""
        add_samples(self, tr("Sample file made by 'Extract samples' or 'Samples from table'."))
        names, first = candidate_names(), list(_FIRST)
        self.add(
            QgsProcessingParameterEnum("architectures", tr("Architectures"), names, True, first, False, True),
            tr("What is trained, each with its default preset, or with the preset behind the colon."),
        )
        self.add(
            QgsProcessingParameterNumber("folds", tr("Folds"), INTEGER, 0, False, 0, 50),
            tr("0: one split. Else so many folds, each the test part once: slower, but every polygon is tested."),
        )
        self.add(
            QgsProcessingParameterNumber("seeds", tr("Seeds"), INTEGER, 1, False, 1, 50),
            tr("So many trainings of each, as the luck of one can decide between similar models."),
        )
        self.add(
            QgsProcessingParameterNumber("epochs", tr("Epochs"), INTEGER, 0, False, 0, 10_000),
            tr("At most so many for all networks. 0: as their presets say."),
        )
        add_split(self)
        self.add(
            switch("measure_gap", tr("Measure the gap to a random split"), default=True),
            tr("Trains one more random forest under a split by single pixels."),
            advanced=True,
        )
        self.declare_comparison()
        self.add(
            QgsProcessingParameterFolderDestination("folder", tr("Folder")),
            tr("Where models, report, tables and charts go; models that are there already are kept."),
        )
        self.addOutput(QgsProcessingOutputHtml("report", tr("Report")))
        self.addOutput(QgsProcessingOutputFile("board", tr("Comparison")))

    def build_job(self, parameters: Parameters, context: QgsProcessingContext) -> Job:
        """Return the job."""
        read = Reader(self, parameters, context)
        epochs = read.integer("epochs")
        parted = [name.partition(_BETWEEN) for name in read.choices("architectures")]
        return CompareTrainJob(
            samples=read.file("samples"),
            folder=read.output_file("folder"),
            candidates=tuple(Candidate(architecture, preset) for architecture, _, preset in parted),
            split=read_split(read),
            folds=read.integer("folds"),
            seeds=read.integer("seeds"),
            strategy={"epochs": epochs} if epochs else {},
            measure_gap=read.switch("measure_gap"),
            measure_pace=read.switch("measure_pace"),
            price_per_hour=read.number("price_per_hour"),
            draws=read.integer("draws"),
            device=read.choice("device"),
        )
