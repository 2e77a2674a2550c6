# SPDX-License-Identifier: GPL-2.0-or-later
"""Vector layers as OGR datasets: files as they are, others as a copy, made in the background where it is large."""

from __future__ import annotations

from typing import Optional

from qgis.core import (
    QgsApplication,
    QgsProcessingUtils,
    QgsProject,
    QgsVectorFileWriter,
    QgsVectorFileWriterTask,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..core.errors import OutputError
from .layers import VectorDataset, is_plain_file, vector_dataset
from .text import tr

_AT_ONCE = 2000  # features whose copy takes no noticeable time


class VectorCopies(QObject):
    """Finds the dataset of a layer and remembers which copy belongs to which layer, as long as QGIS runs."""

    ready = pyqtSignal(str, object)  # layer id, VectorDataset
    failed = pyqtSignal(str)

    def __init__(self, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._layer_ids: dict[VectorDataset, str] = {}
        self._task: Optional[QgsVectorFileWriterTask] = None

    def take(self, layer: QgsVectorLayer) -> None:
        """Find the dataset of `layer`; `ready` or `failed` tell the end, for small layers before this returns."""
        self._task = None
        if is_plain_file(layer) or layer.featureCount() <= _AT_ONCE:
            try:
                self._done(layer.id(), vector_dataset(layer, QgsProject.instance().transformContext()))
            except OutputError as error:
                self.failed.emit(str(error))
        else:
            self._copy(layer)

    def layer_of(self, dataset: VectorDataset) -> Optional[QgsVectorLayer]:
        """Return the project's layer whose features `dataset` holds, None where there is none."""
        project = QgsProject.instance()
        copied = project.mapLayer(self._layer_ids.get(dataset, ""))
        if isinstance(copied, QgsVectorLayer):
            return copied
        context = project.transformContext()
        layers = [layer for layer in project.mapLayers().values() if isinstance(layer, QgsVectorLayer)]
        for layer in layers:
            if is_plain_file(layer):
                found = vector_dataset(layer, context)
                if found == dataset or (found.path == dataset.path and "" in (found.layer, dataset.layer)):
                    return layer
        return None

    def _copy(self, layer: QgsVectorLayer) -> None:
        path, layer_id, name = QgsProcessingUtils.generateTempFilename("chronomap.gpkg"), layer.id(), layer.name()
        options = QgsVectorFileWriter.SaveVectorOptions()
        options.driverName = "GPKG"
        options.layerName = "features"
        options.layerOptions = ["FID=chronomap_fid"]  # the layer may have a field fid that repeats
        task = QgsVectorFileWriterTask(layer, path, options)

        def done(*_: object) -> None:
            if self._task is task:
                self._task = None
                self._done(layer_id, VectorDataset(path, "features"))

        def fail(code: int, reason: str = "") -> None:
            if self._task is task:
                self._task = None
                sentence = tr(
                    "The layer '{name}' cannot be copied ({reason}): save it as a GeoPackage and choose that."
                )
                self.failed.emit(sentence.format(name=name, reason=reason))

        task.writeComplete.connect(done)
        task.errorOccurred.connect(fail)
        self._task = task
        QgsApplication.taskManager().addTask(task)

    def _done(self, layer_id: str, dataset: VectorDataset) -> None:
        self._layer_ids[dataset] = layer_id
        self.ready.emit(layer_id, dataset)
