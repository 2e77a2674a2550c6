# SPDX-License-Identifier: GPL-2.0-or-later
"""Write the Model Designer models that the plugin ships, resources/models/*.model3: run it by QGIS's Python."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["QT_HASH_SEED"] = "0"  # the same file every time

from headless import Headless
from qgis.core import (
    QgsProcessing,
    QgsProcessingModelAlgorithm,
    QgsProcessingModelChildAlgorithm,
    QgsProcessingModelChildParameterSource,
    QgsProcessingModelOutput,
    QgsProcessingModelParameter,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterRasterLayer,
)
from qgis.PyQt.QtCore import QPointF

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "resources" / "models"
RASTERS = QgsProcessing.SourceType.TypeRaster
OPTIONAL = QgsProcessingParameterDefinition.Flag.FlagOptional
MASKS = ("plain", "scl", "fmask", "landsat_qa")
ACROSS, DOWN = 300.0, 130.0  # between boxes in the designer


@dataclass(frozen=True)
class Step:
    """One algorithm of a model.

    `values`: "@x" is an input of the model, "a.x" the output x of step a, a list several of these, all else a value.
    `outputs`: what the model gives out: this step's output to the title of the model's.
    """

    id: str
    algorithm: str
    title: str
    place: tuple[float, float]  # column, row
    values: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)


def data_inputs() -> list[QgsProcessingParameterDefinition]:
    """Return rasters, masks, their kind, training features and their class field."""
    rasters = QgsProcessingParameterMultipleLayers("rasters", "Rasters of the season", RASTERS)
    rasters.setHelp("One raster per date, or one stack; dates are read from names or layers.")
    masks = QgsProcessingParameterMultipleLayers("masks", "Masks", RASTERS, None, True)
    masks.setHelp("One cloud mask per date; may be left out.")
    kind = QgsProcessingParameterEnum("mask_preset", "Kind of masks", list(MASKS), False, MASKS[0], False, True)
    kind.setHelp("plain: 1 is cloud; scl: Sentinel-2 scene classification; fmask; landsat_qa.")
    training = QgsProcessingParameterFeatureSource("training", "Training features", [
        QgsProcessing.SourceType.TypeVectorPoint, QgsProcessing.SourceType.TypeVectorPolygon])  # fmt: skip
    training.setHelp("Points or polygons with a class.")
    name = QgsProcessingParameterField("class_field", "Class field", None, "training")
    name.setHelp("Field with the class of each feature.")
    return [rasters, masks, kind, training, name]


def data_steps() -> list[Step]:
    """Return the steps from rasters and polygons to samples."""
    cube = {"rasters": "@rasters", "masks": "@masks", "mask_preset": "@mask_preset"}
    samples = {"cube": "cube.output", "vectors": "@training", "class_field": "@class_field", "max_per_polygon": 100}
    return [
        Step("cube", "buildcube", "Build cube", (1, 0), cube),
        Step("samples", "extractsamples", "Extract samples", (2, 1), samples, {"output": "Samples"}),
    ]


def train_map_evaluate() -> QgsProcessingModelAlgorithm:
    """Return the model from rasters to a judged map."""
    reference = QgsProcessingParameterFeatureSource("reference", "Reference features")
    reference.setHelp("Points or polygons that did not train the model, with the same class field.")
    both = {"model": "trained.model", "cube": "cube.output"}
    steps = [
        *data_steps(),
        Step("trained", "train_ltae", "Train L-TAE", (3, 1), {"samples": "samples.output"},
             {"model": "Model", "report": "Report of the model"}),
        Step("mapped", "map", "Map", (4, 0), both, {"class": "Class map", "confidence": "Confidence"}),
        Step("judged", "evaluatemap", "Evaluate map", (5, 2),
             {"map": "mapped.class", "vectors": "@reference", "class_field": "@class_field"},
             {"report": "Accuracy of the map"}),
    ]  # fmt: skip
    words = (
        "From the rasters of a season and training polygons to a class map and its accuracy: builds the cube, extracts "
        "samples, trains an L-TAE, maps with it, and compares the map with reference features. Open it in the Model "
        "Designer to put another architecture or preset in its place."
    )
    return model("Train, map, evaluate", words, [*data_inputs(), reference], steps)


def compare_three() -> QgsProcessingModelAlgorithm:
    """Return the model that trains three architectures on one sample file and compares them and their maps."""
    steps = data_steps()
    for row, (architecture, title) in enumerate(
        (("ltae", "L-TAE"), ("tempcnn", "TempCNN"), ("random_forest", "random forest"))
    ):
        steps += [
            Step(architecture, f"train_{architecture}", f"Train {title}", (3, row), {"samples": "samples.output"},
                 {"model": f"Model: {title}"}),
            Step(f"{architecture}_map", "map", f"Map with {title}", (4, row),
                 {"model": f"{architecture}.model", "cube": "cube.output"}, {"class": f"Class map: {title}"}),
        ]  # fmt: skip
    names = ("ltae", "tempcnn", "random_forest")
    maps, models = [f"{name}_map.class" for name in names], [f"{name}.model" for name in names]
    called = {"names": "L-TAE, TempCNN, random forest"}
    steps += [
        Step("compared", "comparemodels", "Compare models", (5, 0), {"models": models}, {"report": "Comparison"}),
        Step("differing", "mapdisagreement", "Map disagreement", (5, 1), {"maps": maps, **called},
             {"output": "Where the maps differ", "table": "Pairs of classes"}),
        Step("areas", "classareas", "Class areas", (5, 2), {"maps": maps, **called}, {"report": "Areas by class"}),
    ]  # fmt: skip
    words = (
        "Trains an L-TAE, a TempCNN and a random forest on the same samples and the same split, compares them with "
        "intervals and paired tests, maps with all three, and shows where the maps differ and how large their classes "
        "are. Open it in the Model Designer to compare other architectures."
    )
    return model("Compare three architectures", words, data_inputs(), steps)


def judge_map() -> QgsProcessingModelAlgorithm:
    """Return the model from labelled validation points to accuracy and areas."""
    raster = QgsProcessingParameterRasterLayer("map", "Class map")
    raster.setHelp("The map that the points were drawn from.")
    kinds = [QgsProcessing.SourceType.TypeVectorPoint]
    points = QgsProcessingParameterFeatureSource("points", "Labelled points", kinds)
    points.setHelp("The points of 'Sample validation points', labelled.")
    name = QgsProcessingParameterField("reference_field", "Reference field", "reference", "points", optional=True)
    name.setHelp("Field with the class seen at each point.")
    steps = [
        Step("judged", "areaaccuracy", "Accuracy and areas from points", (1, 0),
             {"vectors": "@points", "reference_field": "@reference_field", "map": "@map"},
             {"report": "Accuracy and areas", "table": "Classes", "chart": "Chart of areas"}),
        Step("areas", "classareas", "Class areas", (1, 1), {"maps": ["@map"]}, {"table": "Counted areas"}),
    ]  # fmt: skip
    words = (
        "From labelled validation points to accuracy and areas with 95 % intervals, beside the areas as they are "
        "counted on the map. Draw the points with 'Sample validation points' and label them first."
    )
    return model("Judge a map from points", words, [raster, points, name], steps)


def model(
    name: str, words: str, inputs: list[QgsProcessingParameterDefinition], steps: list[Step]
) -> QgsProcessingModelAlgorithm:
    """Put a model together."""
    made = QgsProcessingModelAlgorithm(name, "Chronomap")
    for row, definition in enumerate(inputs):
        place = QgsProcessingModelParameter(definition.name())
        place.setPosition(QPointF(120.0, 80.0 + row * DOWN))
        made.addModelParameter(definition, place)
    for step in steps:
        made.addChildAlgorithm(child(step, used_outputs(steps)))
    told = {definition.name(): definition.help() for definition in inputs}
    made.setHelpContent({"ALG_DESC": words, "ALG_CREATOR": "Chronomap", **told})
    made.setParameterOrder([definition.name() for definition in inputs])
    made.updateDestinationParameters()
    return made


def used_outputs(steps: list[Step]) -> set[str]:
    """Return the outputs "step.name" that other steps read."""
    values = (value for step in steps for given in step.values.values() for value in _listed(given))
    return {value for value in values if isinstance(value, str) and value.count(".") == 1}


def child(step: Step, used: set[str]) -> QgsProcessingModelChildAlgorithm:
    """Return one box of a model; an output that is `used` by another box must be made, also where nobody keeps it."""
    made = QgsProcessingModelChildAlgorithm(f"chronomap:{step.algorithm}")
    if made.algorithm() is None:
        raise SystemExit(f"There is no algorithm {step.algorithm}.")
    made.setChildId(step.id)
    made.setDescription(step.title)
    made.setPosition(QPointF(120.0 + step.place[0] * ACROSS, 80.0 + step.place[1] * DOWN * 1.6))
    for name, value in {**needed_defaults(made), **step.values}.items():
        made.addParameterSources(name, [source(one) for one in _listed(value)])
    outputs = {key(title): output(step, name, row) for row, (name, title) in enumerate(step.outputs.items())}
    for name, title in step.outputs.items():
        outputs[key(title)].setMandatory(f"{step.id}.{name}" in used)
    made.setModelOutputs(outputs)
    return made


def needed_defaults(made: QgsProcessingModelChildAlgorithm) -> dict[str, Any]:
    """Return the defaults of parameters that the designer wants to see named."""
    definitions = made.algorithm().parameterDefinitions()
    inputs = (one for one in definitions if not one.isDestination() and not one.flags() & OPTIONAL)
    return {one.name(): [one.defaultValue()] for one in inputs if one.defaultValue() is not None}


def output(step: Step, name: str, row: int) -> QgsProcessingModelOutput:
    """Return what the model gives out of a box; its parameter is called step:key."""
    title = step.outputs[name]
    made = QgsProcessingModelOutput(key(title), title)
    made.setChildId(step.id)
    made.setChildOutputName(name)
    made.setPosition(QPointF(280.0 + step.place[0] * ACROSS, 130.0 + step.place[1] * DOWN * 1.6 + row * 40.0))
    return made


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def key(title: str) -> str:
    """Return the id of a title: the designer shows it, and qgis_process takes it."""
    return re.sub(r"\W+", "_", title.lower()).strip("_")


def source(value: Any) -> QgsProcessingModelChildParameterSource:
    """Return where a parameter's value comes from."""
    if isinstance(value, str) and value.startswith("@"):
        return QgsProcessingModelChildParameterSource.fromModelParameter(value[1:])
    if isinstance(value, str) and value.count(".") == 1 and " " not in value:
        return QgsProcessingModelChildParameterSource.fromChildOutput(*value.split("."))
    return QgsProcessingModelChildParameterSource.fromStaticValue(value)


MODELS = {"trainmapevaluate": train_map_evaluate, "comparethree": compare_three, "judgemap": judge_map}


def main() -> None:
    """Write every model."""
    application = Headless()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, build in MODELS.items():
        path = FOLDER / f"{name}.model3"
        if not build().toFile(str(path)):
            raise SystemExit(f"{path} cannot be written.")
        print(path.relative_to(ROOT))
    application.project.clear()


if __name__ == "__main__":
    main()
