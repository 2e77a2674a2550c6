# SPDX-License-Identifier: GPL-2.0-or-later
"""The Processing provider: all algorithms of the plugin."""

from __future__ import annotations

from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from ..core.catalog import load_catalog
from .about import PROVIDER_ID
from .base import ICON
from .compare import CompareArchitectures, CompareModels
from .cube import BuildCube
from .ensemble import Ensemble
from .evaluate import EvaluateMap, EvaluateModel
from .explain import AttentionByClass, AttentionFeatures
from .importance import EarlySeason, ExplainPixel, ImportanceTest
from .judge_maps import ClassAreas, ConsensusMap, MapDisagreement
from .judge_points import AreaAccuracy, SampleValidationPoints, SplitGap
from .learning import FindLearningRate, Search
from .map import Map
from .models import shipped_models
from .samples import ExtractSamples, SamplesFromTable
from .scene import CreateDemoScene
from .train import Train

_FIXED = (
    CreateDemoScene,
    BuildCube,
    ExtractSamples,
    SamplesFromTable,
    Ensemble,
    FindLearningRate,
    Search,
    CompareArchitectures,
    Map,
    AttentionByClass,
    AttentionFeatures,
    ImportanceTest,
    ExplainPixel,
    EarlySeason,
    EvaluateModel,
    EvaluateMap,
    CompareModels,
    SampleValidationPoints,
    AreaAccuracy,
    SplitGap,
    MapDisagreement,
    ConsensusMap,
    ClassAreas,
)


class ChronomapProvider(QgsProcessingProvider):
    """Offers the algorithms to toolbox, Model Designer and qgis_process."""

    def id(self) -> str:
        """Return the id, which never changes."""
        return PROVIDER_ID

    def name(self) -> str:
        """Return the name."""
        return "Chronomap"

    def icon(self) -> QIcon:
        """Return the icon."""
        return QIcon(str(ICON))

    def svgIconPath(self) -> str:  # noqa: N802
        """Return where the icon is."""
        return str(ICON)

    def loadAlgorithms(self) -> None:  # noqa: N802
        """Add the fixed algorithms, one to train each architecture of the catalog, and the models that are shipped."""
        for kind in _FIXED:
            self.addAlgorithm(kind())
        for architecture in load_catalog().values():
            self.addAlgorithm(Train(architecture))
        for model in shipped_models():
            self.addAlgorithm(model)

    def supportedOutputRasterLayerExtensions(self) -> list[str]:  # noqa: N802
        """Return the raster formats that are written."""
        return ["tif"]

    def supportedOutputVectorLayerExtensions(self) -> list[str]:  # noqa: N802
        """Return the vector formats that are written."""
        return ["gpkg"]

    def supportedOutputTableExtensions(self) -> list[str]:  # noqa: N802
        """Return the table formats that are written."""
        return ["csv"]

    def defaultVectorFileExtension(self, hasGeometry: bool = True) -> str:  # noqa: N802, N803 (QGIS's names)
        """Return the format of temporary layers and tables."""
        return "gpkg" if hasGeometry else "csv"
