# SPDX-License-Identifier: GPL-2.0-or-later
"""Parameters that several algorithms have, each declared once, and how a setting of the catalog becomes one."""

from __future__ import annotations

from typing import Any, Optional

from qgis.core import (
    QgsProcessing,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterMatrix,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)

from ..core.catalog import Hyperparameter
from ..core.jobs import DEVICES, MEMORY_MB
from ..host.text import tr
from .base import Algorithm

CUBE_FILTER = "Cube description (*.json)"
SAMPLES_FILTER = "Sample file (*.npz)"
MODEL_FILTER = "Chronomap model (*.safetensors)"
REPORT_FILTER = "HTML report (*.html)"
CHART_FILTER = "SVG (*.svg);;PNG (*.png)"
METRICS_FILTER = "Metrics (*.json)"
TABLE_FILTER = "Table (*.csv)"

FIGURES = {
    "macro_f1": "Macro F1",
    "balanced_accuracy": "Balanced accuracy",
    "overall_accuracy": "Overall accuracy",
    "kappa": "Kappa",
}
INTEGER = QgsProcessingParameterNumber.Type.Integer
DOUBLE = QgsProcessingParameterNumber.Type.Double
FEATURES = [QgsProcessing.SourceType.TypeVectorPoint, QgsProcessing.SourceType.TypeVectorPolygon]
ANY_TABLE = [QgsProcessing.SourceType.TypeVector]
_TRUTH = ("true", "false")  # a check box cannot say "as the preset has it"
_DECIMALS = 8


def add_cube(algorithm: Algorithm) -> None:
    """Add the input `cube`."""
    algorithm.add(
        _file_input("cube", tr("Cube"), "json"),
        tr("Cube description made by 'Build cube': it names rasters, dates, bands and masks."),
    )


def add_samples(algorithm: Algorithm, help_text: str) -> None:
    """Add the input `samples`."""
    algorithm.add(_file_input("samples", tr("Samples"), "npz"), help_text)


def add_model(algorithm: Algorithm) -> None:
    """Add the input `model`."""
    algorithm.add(
        _file_input("model", tr("Model"), "safetensors"),
        tr("Model file made by one of the 'Train' algorithms."),
    )


def add_vectors(algorithm: Algorithm, label: str, help_text: str, types: Optional[list[int]] = None) -> None:
    """Add the input `vectors`."""
    algorithm.add(QgsProcessingParameterFeatureSource("vectors", label, types or FEATURES), help_text)


def add_class_field(algorithm: Algorithm, parent: str = "vectors") -> None:
    """Add the input `class_field` of the layer `parent`."""
    algorithm.add(
        field_parameter("class_field", tr("Class field"), parent),
        tr("Field with the class of each feature, text or whole number. Features without a class are left out."),
    )


def add_fold_field(algorithm: Algorithm, parent: str) -> None:
    """Add the input `fold_field` of the layer `parent`."""
    algorithm.add(
        field_parameter("fold_field", tr("Fold field"), parent, is_optional=True),
        tr("Field that says which samples stay together when samples are split by field."),
        advanced=True,
    )


def add_rename(algorithm: Algorithm) -> None:
    """Add the input `rename`."""
    headers = [tr("Class"), tr("New name")]
    algorithm.add(
        QgsProcessingParameterMatrix("rename", tr("Rename classes"), 0, False, headers, [], True),
        tr("Class names and what they become. Equal new names merge classes; an empty new name leaves a class out."),
        advanced=True,
    )


def add_class_colors(algorithm: Algorithm) -> None:
    """Add the inputs `use_style` and `colors`."""
    algorithm.add(
        switch("use_style", tr("Names and colours from the style"), default=True),
        tr("Takes class names and colours from the layer's style where it is drawn by categories of the class field."),
        advanced=True,
    )
    headers = [tr("Class"), tr("Colour")]
    algorithm.add(
        QgsProcessingParameterMatrix("colors", tr("Class colours"), 0, False, headers, [], True),
        tr("Class names, as they are after renaming, and their colour as #rrggbb; they win over the style."),
        advanced=True,
    )


def add_run_settings(algorithm: Algorithm, device: bool = True, memory: bool = True) -> None:
    """Add the advanced inputs `device` and `memory_mb`."""
    if device:
        algorithm.add(
            QgsProcessingParameterEnum("device", tr("Device"), list(DEVICES), False, DEVICES[0], False, True),
            tr("Where the network computes: auto takes a graphics card where there is one."),
            advanced=True,
        )
    if memory:
        algorithm.add(
            QgsProcessingParameterNumber("memory_mb", tr("Memory (MB)"), INTEGER, MEMORY_MB, False, 200, 1_000_000),
            tr("How much memory QGIS's side and the worker may each take, whatever the size of the image."),
            advanced=True,
        )


def add_report(algorithm: Algorithm) -> None:
    """Add the output `report`."""
    algorithm.add(
        file_output("report", tr("Report"), REPORT_FILTER, is_optional=True),
        tr("Page with figures and charts, shown in the results viewer."),
    )


def file_output(name: str, label: str, file_filter: str, is_optional: bool = False) -> QgsProcessingParameterDefinition:
    """Return an output file of one kind."""
    return QgsProcessingParameterFileDestination(name, label, file_filter, None, is_optional)


def field_parameter(
    name: str, label: str, parent: str, is_optional: bool = False, default: Optional[str] = None
) -> QgsProcessingParameterDefinition:
    """Return a field of any type of the layer parameter `parent`."""
    any_type = QgsProcessingParameterField.DataType.Any
    return QgsProcessingParameterField(name, label, default, parent, any_type, False, is_optional)


def text_parameter(name: str, label: str) -> QgsProcessingParameterDefinition:
    """Return an optional line of text."""
    return QgsProcessingParameterString(name, label, None, False, True)


def switch(name: str, label: str, default: bool = False) -> QgsProcessingParameterDefinition:
    """Return a check box."""
    return QgsProcessingParameterBoolean(name, label, default)


def choice(name: str, label: str, options: tuple[str, ...], default: str) -> QgsProcessingParameterDefinition:
    """Return a choice whose values are the words themselves."""
    return QgsProcessingParameterEnum(name, label, list(options), False, default, False, True)


def setting_parameter(setting: Hyperparameter) -> QgsProcessingParameterDefinition:
    """Return the parameter of a catalog setting; left empty it means: as the preset has it."""
    label = tr(setting.label)
    if setting.kind in ("choice", "bool"):
        options = list(setting.choices or _TRUTH)
        return QgsProcessingParameterEnum(setting.name, label, options, False, None, True, True)
    kind = INTEGER if setting.kind == "int" else DOUBLE
    parameter = QgsProcessingParameterNumber(setting.name, label, kind, None, True, setting.minimum, setting.maximum)
    if setting.kind == "float":
        parameter.setMetadata({"widget_wrapper": {"decimals": _DECIMALS}})
    return parameter


def setting_value(setting: Hyperparameter, text: str) -> Any:
    """Return a value of `setting` from the text an enum parameter gives."""
    return text == _TRUTH[0] if setting.kind == "bool" else text


def _file_input(name: str, label: str, extension: str) -> QgsProcessingParameterDefinition:
    behavior = QgsProcessingParameterFile.Behavior.File
    return QgsProcessingParameterFile(name, label, behavior, extension)
