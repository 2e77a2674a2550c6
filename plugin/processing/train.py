# SPDX-License-Identifier: GPL-2.0-or-later
"""One training algorithm per architecture, generated from the catalog: every setting is a parameter of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFile,
    QgsProcessingParameterNumber,
)

from ..core.catalog import Architecture, Hyperparameter, condition_text
from ..core.ensemble import MOST_MEMBERS
from ..core.jobs import Job, TrainJob
from ..core.settings import ENSEMBLE, GRID_STEP
from ..core.strategy import STRATEGY, strategy_defaults, strategy_of
from ..host.text import tr
from .about import About
from .base import Algorithm, Parameters
from .parameters import (
    DOUBLE,
    FIGURES,
    INTEGER,
    MODEL_FILTER,
    add_report,
    add_run_settings,
    add_samples,
    choice,
    file_output,
    setting_parameter,
    setting_value,
    switch,
)
from .reading import Reader
from .splitting import add_split, read_split


class Train(Algorithm):
    """Train one architecture."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        self.about = About(
            f"train_{architecture.id}",
            f"Train {architecture.title}",
            "train",
            _help(architecture),
            (architecture.id, "classification", "model", "neural network"),
        )

    def createInstance(self) -> Algorithm:  # noqa: N802
        """Return a new algorithm for the same architecture."""
        return type(self)(self.architecture)

    def declare(self) -> None:
        """Add parameters and outputs."""
        architecture, presets = self.architecture, self.architecture.presets
        add_samples(self, tr("Sample file made by 'Extract samples' or 'Samples from table'."))
        self.add(
            choice("preset", tr("Preset"), tuple(preset.name for preset in presets), presets[0].name),
            tr("Where settings that are left empty come from.")
            + " "
            + " ".join(f"{preset.name}: {preset.title.rstrip('.')}." for preset in presets),
        )
        for setting in architecture.hyperparameters:
            values = [architecture.defaults(preset.name)[setting.name] for preset in presets]
            self.add(setting_parameter(setting), self._setting_help(setting, values))
        add_split(self)
        for setting in strategy_of(architecture):
            values = [strategy_defaults(architecture, preset.name)[setting.name] for preset in presets]
            self.add(setting_parameter(setting), self._setting_help(setting, values), advanced=True)
        self._declare_training()
        add_run_settings(self, device=architecture.kind == "network", memory=False)
        self.add(file_output("model", tr("Model"), MODEL_FILTER), tr("The model file, with its card."))
        add_report(self)
        for name, label in FIGURES.items():
            self.addOutput(QgsProcessingOutputNumber(name, tr(label)))

    def build_job(self, parameters: Parameters, context: QgsProcessingContext) -> Job:
        """Return the training's job: what the preset says, and on top what the user gave."""
        read = Reader(self, parameters, context)
        preset = read.choice("preset")
        architecture = self.architecture
        is_network = architecture.kind == "network"
        base_model = read.file("base_model") if is_network else ""
        settings = {} if base_model else architecture.defaults(preset)
        has_grid = self.parameterDefinition("grid_step_days") is not None
        return TrainJob(
            samples=read.file("samples"),
            architecture=architecture.id,
            model=read.output_file("model"),
            hyperparameters={**settings, **_given(read, architecture.hyperparameters)},
            strategy={**strategy_defaults(architecture, preset), **_given(read, strategy_of(architecture))},
            split=read_split(read),
            report=read.output_file("report"),
            grid_step_days=read.number("grid_step_days") if has_grid else 0.0,
            base_model=base_model,
            fresh=read.switch("fresh") if is_network else False,
            ensemble=read.integer("ensemble"),
            keep_on_cancel=read.switch("keep_on_cancel") if is_network else False,
            device=read.choice("device") if is_network else "auto",
        )

    def results(self, outputs: Mapping[str, Any], job: Job, context: QgsProcessingContext) -> dict[str, Any]:
        """Return model, report and figures of the test part."""
        return super().results({**outputs, **outputs["metrics"]}, job, context)

    def _declare_training(self) -> None:
        """Add what is said of the training as a whole."""
        architecture = self.architecture
        if architecture.kind == "network" and not architecture.reads_gaps:
            self.add(
                QgsProcessingParameterNumber("grid_step_days", tr("Grid step (days)"), DOUBLE, 0.0, False, 0.0, 366.0),
                tr(GRID_STEP.help),
                advanced=True,
            )
        self.add(
            QgsProcessingParameterNumber("ensemble", tr(ENSEMBLE.label), INTEGER, 0, False, 0, MOST_MEMBERS),
            tr(ENSEMBLE.help),
            advanced=True,
        )
        if architecture.kind == "network":
            behavior = QgsProcessingParameterFile.Behavior.File
            self.add(
                QgsProcessingParameterFile("base_model", tr("Continue from"), behavior, "safetensors", None, True),
                tr(
                    "A model of this architecture to go on from: its bands, normalisation and settings stay, new "
                    "classes are added. Empty: a new model."
                ),
                advanced=True,
            )
            self.add(
                switch("fresh", tr("Begin anew")),
                tr("Begin anew where the same training was stopped before; else it goes on where it was."),
                advanced=True,
            )
            self.add(
                switch("keep_on_cancel", tr("Cancel keeps the best epoch")),
                tr("Cancel then ends training and writes the best model so far; else it leaves nothing."),
                advanced=True,
            )

    def _setting_help(self, setting: Hyperparameter, values: list[Any]) -> str:
        """Return the setting's help, its range, and what each preset says."""
        names = [preset.name for preset in self.architecture.presets]
        if len(set(map(str, values))) == 1:
            presets = f"{_text(values[0])}"
        else:
            presets = ", ".join(f"{name} {_text(value)}" for name, value in zip(names, values))
        limits = ""
        if setting.kind in ("int", "float"):
            limits = " " + tr("From {low} to {high}.").format(low=_text(setting.minimum), high=_text(setting.maximum))
        declared = (*self.architecture.hyperparameters, *STRATEGY)
        words = (tr(setting.help) + limits, condition_text(setting, declared))
        return " ".join((*filter(None, words), tr("Empty: as in the preset") + f" ({presets})."))


def _given(read: Reader, settings: Iterable[Hyperparameter]) -> dict[str, Any]:
    """Return the settings the user gave a value."""
    given: dict[str, Any] = {}
    for setting in settings:
        if not read.is_given(setting.name):
            continue
        if setting.kind == "int":
            given[setting.name] = read.integer(setting.name)
        elif setting.kind == "float":
            given[setting.name] = read.number(setting.name)
        else:
            given[setting.name] = setting_value(setting, read.choice(setting.name))
    return given


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _help(architecture: Architecture) -> str:
    """Return what the toolbox says of an architecture."""
    parts = [architecture.summary]
    if architecture.gives_attention:
        parts.append("It gives attention: how much each date counts.")
    if not architecture.reads_gaps:
        parts.append("Gaps of the series are filled on a regular grid before it reads them.")
    if architecture.doi:
        parts.append(f"Reference: https://doi.org/{architecture.doi}")
    if architecture.deviations:
        parts.append(f"Deviations: {architecture.deviations}")
    parts.append("The model file holds the best epoch; the accuracy is that of samples kept apart.")
    return "\n".join(parts)
