# SPDX-License-Identifier: GPL-2.0-or-later
"""The algorithm that maps a cube with a model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingOutputNumber,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterDestination,
)

from ..core.jobs import PRECISIONS, Job, MapJob
from ..core.products import PRODUCTS
from ..host.layers import VectorDataset, cube_crs
from ..host.text import tr
from .about import About
from .base import Algorithm, Parameters
from .loading import finish_maps
from .parameters import DOUBLE, INTEGER, add_cube, add_model, add_run_settings, choice, switch, text_parameter
from .reading import Reader


class Map(Algorithm):
    """Map a cube with a model."""

    about = About(
        "map",
        "Map",
        "map",
        "Classifies every pixel of a cube with a trained model and writes the class map and, on request, confidence, "
        "class probabilities, entropy, margin, number of valid dates and attention by date. Memory stays below the "
        "setting, whatever the size of the image. A map that was stopped resumes when it is started again with the "
        "same inputs and outputs.",
        ("classify", "predict", "land cover", "crop map", "attention"),
    )

    def declare(self) -> None:
        """Add parameters and outputs."""
        add_model(self)
        add_cube(self)
        self.add(
            QgsProcessingParameterExtent("extent", tr("Extent"), None, True), tr("Part to map; all of it where empty.")
        )
        polygons = [QgsProcessing.SourceType.TypeVectorPolygon]
        self.add(
            QgsProcessingParameterFeatureSource("aoi", tr("Area of interest"), polygons, None, True),
            tr("Polygons to map: pixels whose centre lies outside stay empty, and take no time."),
        )
        self.add(
            QgsProcessingParameterNumber("min_valid_dates", tr("Least valid dates"), INTEGER, 1, False, 1, 1000),
            tr("Pixels with fewer clear dates get nodata."),
        )
        self._declare_advanced()
        for product in PRODUCTS.values():
            is_first = product.id == "class"
            self.add(
                QgsProcessingParameterRasterDestination(product.id, tr(product.title), None, True, is_first),
                tr(product.help),
            )
        self.addOutput(QgsProcessingOutputNumber("pixels", tr("Number of pixels")))
        self.addOutput(QgsProcessingOutputNumber("invalid", tr("Pixels with too few valid dates")))

    def _declare_advanced(self) -> None:
        self.add(
            switch("cloud_optimized", tr("Cloud-Optimized GeoTIFF")),
            tr("Writes overviews and tiles so that the map can be read over the web."),
            advanced=True,
        )
        self.add(
            switch("attention_byte", tr("Attention as bytes")),
            tr("Halves the size of the attention raster; steps of 1/254 instead of 1/65534."),
            advanced=True,
        )
        self.add(
            text_parameter("season", tr("Season of attention")),
            tr(
                "First and last day of the season that 'Attention within a season' counts, as 05-01 08-31 (of any "
                "year) or with years."
            ),
            advanced=True,
        )
        self.add(
            QgsProcessingParameterNumber(
                "decided_probability", tr("Probability of a decision"), DOUBLE, 0.8, False, 0.0, 1.0
            ),
            tr("From which probability on 'Decided since' counts a class as decided."),
            advanced=True,
        )
        self.add(
            choice("precision", tr("Precision"), PRECISIONS, PRECISIONS[0]),
            tr(
                "auto: bfloat16 where the processor is quicker with it and at least 99.9 % of the map's pixels keep "
                "their class; else float32."
            ),
            advanced=True,
        )
        self.add(
            text_parameter("scheduler", tr("Dask scheduler")),
            tr("Address of a Dask scheduler, as tcp://host:8786, whose workers see the same files; empty: here alone."),
            advanced=True,
        )
        add_run_settings(self)

    def build_job(self, parameters: Parameters, context: QgsProcessingContext) -> Job:
        """Return the map's job."""
        read = Reader(self, parameters, context)
        cube = read.file("cube")
        aoi = read.vectors("aoi").dataset if read.is_given("aoi") else VectorDataset("")
        paths = {product: read.output_layer(product, ".tif") for product in PRODUCTS}
        return MapJob(
            cube=cube,
            model=read.file("model"),
            outputs={product: path for product, path in paths.items() if path},
            extent=self._extent(parameters, context, cube) if read.is_given("extent") else (),
            aoi=aoi.path,
            aoi_layer=aoi.layer,
            min_valid_dates=read.integer("min_valid_dates"),
            cloud_optimized=read.switch("cloud_optimized"),
            attention_byte=read.switch("attention_byte"),
            season=read.words("season"),
            decided_probability=read.number("decided_probability"),
            memory_mb=read.integer("memory_mb"),
            device=read.choice("device"),
            precision=read.choice("precision"),
            scheduler=read.text("scheduler"),
        )

    def results(self, outputs: Mapping[str, Any], job: Job, context: QgsProcessingContext) -> dict[str, Any]:
        """Return the maps; each gets its style, and those that are loaded their group."""
        if isinstance(job, MapJob):
            finish_maps(job, context)
        return super().results(outputs, job, context)

    def _extent(self, parameters: Parameters, context: QgsProcessingContext, cube: str) -> tuple[float, ...]:
        """Return xmin, ymin, xmax, ymax in the cube's CRS."""
        box = self.parameterAsExtent(parameters, "extent", context, cube_crs(Path(cube)))
        return (box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum())
