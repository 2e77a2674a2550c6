# SPDX-License-Identifier: GPL-2.0-or-later
"""Algorithms that look for settings: a learning rate, or architectures and all that may be varied."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingOutputFile,
    QgsProcessingOutputHtml,
    QgsProcessingOutputNumber,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterMatrix,
    QgsProcessingParameterNumber,
)

from ..core.catalog import load_catalog
from ..core.errors import InputError
from ..core.jobs import Job, RateFinderJob, SearchJob
from ..core.search_space import searchable_settings
from ..core.strategy import STRATEGY, strategy_defaults
from ..host.text import tr
from .about import About
from .base import Algorithm, Parameters
from .parameters import (
    CHART_FILTER,
    DOUBLE,
    FIGURES,
    INTEGER,
    TABLE_FILTER,
    add_run_settings,
    add_samples,
    choice,
    file_output,
    switch,
)
from .reading import Reader
from .splitting import add_split, read_split

_SAMPLES_HELP = "Sample file made by 'Extract samples' or 'Samples from table'."
_OPTIMIZER = next(setting for setting in STRATEGY if setting.name == "optimizer")
_PRESET = "as preset"
_MOST_EPOCHS = 10_000


class FindLearningRate(Algorithm):
    """A learning rate for one network."""

    about = About(
        "findlearningrate",
        "Find learning rate",
        "train",
        "Trains a network for a few steps in which the learning rate rises, and draws the loss of each step. Suggested "
        "is the rate at which the loss falls fastest; where it climbs again, training breaks loose. Only training "
        "samples are looked at, and no model is written.",
        ("learning rate", "range test", "optimiser", "tuning"),
    )

    def declare(self) -> None:
        """Add parameters and outputs."""
        add_samples(self, tr(_SAMPLES_HELP))
        networks = tuple(entry.id for entry in load_catalog().values() if entry.kind == "network")
        self.add(choice("architecture", tr("Architecture"), networks, "ltae"), tr("The network, as preset."))
        self.add(
            choice("optimizer", tr("Optimiser"), (_PRESET, *_OPTIMIZER.choices), _PRESET),
            tr("Rates of one optimiser say nothing of another."),
        )
        self.add(
            QgsProcessingParameterNumber("batch_size", tr("Batch size"), INTEGER, None, True, 2, 65536),
            tr("Series per step: larger batches bear larger rates. Empty: as in the preset."),
        )
        for name, label, default in (("lowest", "Lowest rate", 1e-6), ("highest", "Highest rate", 1.0)):
            parameter = QgsProcessingParameterNumber(name, tr(label), DOUBLE, default, False, 1e-10, 100.0)
            parameter.setMetadata({"widget_wrapper": {"decimals": 10}})
            self.add(parameter, tr("End of the rates that are tried."), advanced=True)
        self.add(
            QgsProcessingParameterNumber("steps", tr("Steps"), INTEGER, RateFinderJob.steps, False, 20, 10_000),
            tr("So many training steps, each with a higher rate than the last."),
            advanced=True,
        )
        add_split(self)
        add_run_settings(self, memory=False)
        self.add(
            file_output("chart", tr("Chart"), CHART_FILTER, is_optional=True),
            tr("The loss over the learning rate, with the suggestion."),
        )
        self.add(
            file_output("table", tr("Table"), TABLE_FILTER, is_optional=True),
            tr("Rate and losses by step."),
        )
        self.addOutput(QgsProcessingOutputNumber("learning_rate", tr("Learning rate")))

    def build_job(self, parameters: Parameters, context: QgsProcessingContext) -> Job:
        """Return the job."""
        read = Reader(self, parameters, context)
        architecture = load_catalog()[read.choice("architecture")]
        strategy = strategy_defaults(architecture)
        if read.choice("optimizer") != _PRESET:
            strategy["optimizer"] = read.choice("optimizer")
        if read.is_given("batch_size"):
            strategy["batch_size"] = read.integer("batch_size")
        return RateFinderJob(
            samples=read.file("samples"),
            architecture=architecture.id,
            strategy=strategy,
            split=read_split(read),
            lowest=read.number("lowest"),
            highest=read.number("highest"),
            steps=read.integer("steps"),
            chart=read.output_file("chart"),
            table=read.output_file("table"),
            device=read.choice("device"),
        )


class Search(Algorithm):
    """Many models, and the best of them."""

    about = About(
        "search",
        "Search settings",
        "train",
        "Trains models of several architectures and settings, each chosen by what those before have shown, until time "
        "or trials are used up. The leaderboard in the folder grows with every trial, and every trial is a model file. "
        "The macro F1 of validation samples decides; only the best model is tested. A search that was stopped goes on "
        "when it is run again with the same settings and folder.",
        ("hyperparameter", "tuning", "optimisation", "Optuna", "leaderboard"),
    )

    def declare(self) -> None:
        """Add parameters and outputs."""
        add_samples(self, tr(_SAMPLES_HELP))
        names, first = list(load_catalog()), list(SearchJob.architectures)
        self.add(
            QgsProcessingParameterEnum("architectures", tr("Architectures"), names, True, first, False, True),
            tr("What is tried; the first trial of each is its default preset."),
        )
        settings = [setting.name for setting in searchable_settings()]
        self.add(
            QgsProcessingParameterEnum(
                "settings", tr("Settings of training"), settings, True, list(SearchJob.settings), True, True
            ),
            tr("Settings of the learning strategy that are varied, where they matter."),
        )
        self.add(
            switch("vary_architecture", tr("Vary the architectures"), default=True),
            tr("Vary the architectures' own settings too: depth, width, dropout and so on."),
        )
        self._declare_effort()
        self.add(
            QgsProcessingParameterMatrix(
                "ranges", tr("Ranges"), 0, False, [tr("Setting"), tr("Lowest"), tr("Highest")], [], True
            ),
            tr(
                "Where to look instead of around the presets, a row per setting: its name (or ltae.heads for one "
                "architecture alone), lowest and highest value."
            ),
            advanced=True,
        )
        add_split(self)
        add_run_settings(self, memory=False)
        self.add(
            QgsProcessingParameterFolderDestination("folder", tr("Folder")),
            tr("Where leaderboard, models and the best model go; a search that is there is gone on with."),
        )
        self.addOutput(QgsProcessingOutputHtml("report", tr("Leaderboard")))
        self.addOutput(QgsProcessingOutputFile("table", tr("Table of trials")))
        self.addOutput(QgsProcessingOutputFile("model", tr("Best model")))
        for name, label in FIGURES.items():
            self.addOutput(QgsProcessingOutputNumber(name, tr(label)))

    def _declare_effort(self) -> None:
        """Add how long a search may take."""
        self.add(
            QgsProcessingParameterNumber("minutes", tr("Minutes"), DOUBLE, SearchJob.minutes, False, 0.0),
            tr("Time of this run; the model at hand is then ended with its best epoch. 0: no limit."),
        )
        self.add(
            QgsProcessingParameterNumber("trials", tr("Trials"), INTEGER, SearchJob.trials, False, 1, 100_000),
            tr("So many models in all, those of a search that is gone on with included."),
        )
        self.add(
            QgsProcessingParameterNumber("epochs", tr("Epochs"), INTEGER, 0, False, 0, _MOST_EPOCHS),
            tr("At most so many for all networks. 0: as their presets say."),
        )
        self.add(
            switch("prune", tr("End hopeless trials early"), default=True),
            tr("End a trial whose validation macro F1 falls behind the median of the others at the same epoch."),
            advanced=True,
        )
        self.add(
            QgsProcessingParameterNumber("seed", tr("Seed"), INTEGER, 0, False, 0, 2**31 - 1),
            tr("The same seed tries the same settings."),
            advanced=True,
        )

    def build_job(self, parameters: Parameters, context: QgsProcessingContext) -> Job:
        """Return the job."""
        read = Reader(self, parameters, context)
        epochs = read.integer("epochs")
        return SearchJob(
            samples=read.file("samples"),
            folder=read.output_file("folder"),
            architectures=tuple(read.choices("architectures")),
            settings=tuple(read.choices("settings")),
            vary_architecture=read.switch("vary_architecture"),
            ranges=_ranges(read),
            strategy={"epochs": epochs} if epochs else {},
            split=read_split(read),
            trials=read.integer("trials"),
            minutes=read.number("minutes"),
            prune=read.switch("prune"),
            seed=read.integer("seed"),
            device=read.choice("device"),
        )

    def results(self, outputs: Mapping[str, Any], job: Job, context: QgsProcessingContext) -> dict[str, Any]:
        """Return best model, leaderboard and figures of the test part."""
        return super().results({**outputs, **outputs["metrics"]}, job, context)


def _ranges(read: Reader) -> dict[str, Any]:
    """Return the ranges of the matrix.

    Raises:
        InputError: a row is no name and two numbers.
    """
    cells = read.cells("ranges")
    if len(cells) % 3:
        raise InputError(f"The ranges have {len(cells)} cells: give a name, a lowest and a highest value in each row.")
    found: dict[str, Any] = {}
    for name, low, high in zip(cells[::3], cells[1::3], cells[2::3]):
        try:
            found[name] = [_number(low), _number(high)]
        except ValueError as error:
            raise InputError(f"The range of '{name}' is '{low}' to '{high}': give two numbers.") from error
    return found


def _number(text: str) -> float:
    value = float(text)
    return int(value) if value == int(value) and "." not in text and "e" not in text.lower() else value
