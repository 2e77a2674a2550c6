# SPDX-License-Identifier: GPL-2.0-or-later
"""QGIS without a window: runs the provider's algorithms as the toolbox does and keeps what they load in a project."""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsApplication,
    QgsMapLayer,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProject,
    QgsRasterLayer,
    QgsReferencedRectangle,
    QgsVectorLayer,
)

ROOT = Path(__file__).resolve().parents[1]


class Feedback(QgsProcessingFeedback):
    """Prints what an algorithm tells, a line each."""

    def pushInfo(self, info: str) -> None:  # noqa: N802
        """Print a note; of the epochs every fifth is enough."""
        number = info.removeprefix("Epoch ").split("/")[0] if info.startswith("Epoch ") else "0"
        if int(number) % 5 == 0:
            print(f"    {info}", flush=True)

    def pushWarning(self, warning: str) -> None:  # noqa: N802
        """Print a warning."""
        print(f"    Warning: {warning}", flush=True)

    def reportError(self, error: str, fatalError: bool = False) -> None:  # noqa: N802, N803
        """Print an error."""
        print(f"    {error}", file=sys.stderr, flush=True)


class Headless:
    """A QGIS application with Processing, this checkout's provider, and a project."""

    def __init__(self) -> None:
        """Start QGIS."""
        register_checkout()
        self._application = QgsApplication([], False)
        self._application.initQgis()
        sys.path.append(str(Path(QgsApplication.pkgDataPath()) / "python" / "plugins"))
        from chronomap.plugin.processing.provider import ChronomapProvider
        from processing.core.Processing import Processing

        Processing.initialize()
        self._provider = ChronomapProvider()
        QgsApplication.processingRegistry().addProvider(self._provider)
        self.project = QgsProject.instance()
        self.seconds: dict[str, float] = {}

    def run(self, algorithm: str, title: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Run one algorithm, load its layers into the project and return its results."""
        import processing

        print(f"{title}  (chronomap:{algorithm})", flush=True)
        started = time.monotonic()
        context = QgsProcessingContext()
        context.setProject(self.project)
        results = processing.runAndLoadResults(
            f"chronomap:{algorithm}", parameters, feedback=Feedback(), context=context
        )
        self.seconds[title] = time.monotonic() - started
        return results

    def place_below(self, group: str, paths: Iterable[Path]) -> None:
        """Load files into a group at the bottom of the layer tree."""
        node = self.project.layerTreeRoot().addGroup(group)
        for path in paths:
            is_vector = path.suffix == ".gpkg"
            layer = QgsVectorLayer(str(path), path.stem) if is_vector else QgsRasterLayer(str(path), path.stem)
            self.project.addMapLayer(layer, False)
            node.addLayer(layer).setExpanded(False)
            node.findLayer(layer).setItemVisibilityChecked(not is_vector)

    def layer(self, path: Path) -> QgsMapLayer:
        """Return the project's layer of a file; its name depends on QGIS's settings and on where the file is."""
        layers = self.project.mapLayers().values()
        return next(layer for layer in layers if Path(layer.source().split("|")[0]) == path)

    def hide(self, path: Path) -> None:
        """Switch off the layer of a file."""
        self.project.layerTreeRoot().findLayer(self.layer(path)).setItemVisibilityChecked(False)

    def save(self, path: Path) -> None:
        """Save the project with relative paths; it opens with a view of its first layer."""
        placed = [layer for layer in self.project.mapLayers().values() if layer.crs().isValid()]  # tables have none
        self.project.setCrs(placed[0].crs())
        view = QgsReferencedRectangle(placed[0].extent(), placed[0].crs())
        self.project.viewSettings().setDefaultViewExtent(view)
        self.project.write(str(path))


def register_checkout() -> None:
    """Make this checkout importable as package `chronomap`, whatever its folder is called."""
    spec = importlib.util.spec_from_file_location(
        "chronomap", ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
    )
    package = importlib.util.module_from_spec(spec)
    sys.modules["chronomap"] = package
    spec.loader.exec_module(package)
