# SPDX-License-Identifier: GPL-2.0-or-later
"""The algorithm that makes the demo scene."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingOutputFile,
    QgsProcessingOutputVectorLayer,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterNumber,
)

from ..core.jobs import Job, SceneJob
from ..host.text import tr
from .about import About
from .base import Algorithm, Parameters
from .parameters import DOUBLE, INTEGER, switch
from .reading import Reader


class CreateDemoScene(Algorithm):
    """Make the demo scene."""

    about = About(
        "createdemoscene",
        "Create demo scene",
        "data",
        "Makes a believable season of Sentinel-2 images with moving clouds, cloud masks, training and reference "
        "polygons and the cube description: everything needed to try the other algorithms.",
        ("example", "sentinel-2", "synthetic"),
    )

    def declare(self) -> None:
        """Add parameters and outputs."""
        defaults = SceneJob("")
        self.add(
            QgsProcessingParameterNumber("size_px", tr("Size (px)"), INTEGER, defaults.size_px, False, 160, 2000),
            tr("Width and height of the scene in pixels of 10 m."),
        )
        self.add(
            QgsProcessingParameterNumber("dates", tr("Dates"), INTEGER, defaults.dates, False, 6, 80),
            tr("Number of acquisitions in the season."),
        )
        self.add(
            QgsProcessingParameterNumber("cloud", tr("Cloud share"), DOUBLE, defaults.cloud, False, 0.0, 0.8),
            tr("Mean share of each image that lies under clouds and their shadows."),
        )
        self.add(
            QgsProcessingParameterNumber("seed", tr("Seed"), INTEGER, defaults.seed, False, 0, 2**31 - 1),
            tr("The same seed gives the same scene."),
            advanced=True,
        )
        self.add(
            switch("load_layers", tr("Load the polygons"), True),
            tr("Adds training and reference polygons to the project."),
        )
        self.add(
            QgsProcessingParameterFolderDestination("folder", tr("Folder")),
            tr("Where rasters, masks, polygons and the cube description go."),
        )
        self.addOutput(QgsProcessingOutputFile("cube", tr("Cube")))
        self.addOutput(QgsProcessingOutputVectorLayer("training", tr("Training polygons")))
        self.addOutput(QgsProcessingOutputVectorLayer("reference", tr("Reference polygons")))
        self._loads = False

    def build_job(self, parameters: Parameters, context: QgsProcessingContext) -> Job:
        """Return the scene's job."""
        read = Reader(self, parameters, context)
        self._loads = read.switch("load_layers")
        folder = read.output_file("folder")
        return SceneJob(
            folder, read.integer("size_px"), read.integer("dates"), read.number("cloud"), read.integer("seed")
        )

    def results(self, outputs: Mapping[str, Any], job: Job, context: QgsProcessingContext) -> dict[str, Any]:
        """Return what was made, and have the polygons loaded."""
        found = super().results(outputs, job, context)
        if self._loads and context.project() is not None:
            for name in ("reference", "training"):
                details = QgsProcessingContext.LayerDetails(
                    self.outputDefinition(name).description(), context.project(), name
                )
                context.addLayerToLoadOnCompletion(str(found[name]), details)
        return found
