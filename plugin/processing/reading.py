# SPDX-License-Identifier: GPL-2.0-or-later
"""From parameter values to what jobs hold: dataset names, lists, classes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Optional

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingUtils,
    QgsProperty,
    QgsRasterLayer,
    QgsVectorLayer,
)

from ..core.errors import InputError
from ..host.layers import (
    ClassLegend,
    VectorDataset,
    absolute,
    class_legend,
    export,
    layer_dates,
    raster_dataset,
    vector_dataset,
)

Parameters = dict[str, Any]


@dataclass(frozen=True)
class Vectors:
    """A vector input: its dataset, and the legend of its class field."""

    dataset: VectorDataset
    legend: ClassLegend


@dataclass(frozen=True)
class Rasters:
    """Raster inputs: dataset names, and the dates their QGIS layers know."""

    datasets: tuple[str, ...] = ()
    dates: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reader:
    """Reads parameter values of one algorithm in one context."""

    algorithm: QgsProcessingAlgorithm
    parameters: Parameters
    context: QgsProcessingContext

    def text(self, name: str) -> str:
        """Return a text, '' where none is given."""
        return (self.algorithm.parameterAsString(self.parameters, name, self.context) or "").strip()

    def choice(self, name: str) -> str:
        """Return the word of an enum parameter, '' where none is chosen."""
        return self.algorithm.parameterAsEnumString(self.parameters, name, self.context) or ""

    def choices(self, name: str) -> tuple[str, ...]:
        """Return the words of an enum parameter that allows several."""
        return tuple(self.algorithm.parameterAsEnumStrings(self.parameters, name, self.context))

    def words(self, name: str) -> tuple[str, ...]:
        """Return the parts of a text that commas, semicolons, spaces or new lines separate."""
        return tuple(part for part in re.split(r"[,;\s]+", self.text(name)) if part)

    def names(self, name: str) -> tuple[str, ...]:
        """Return the parts of a text that commas, semicolons or new lines separate; names may hold spaces."""
        return tuple(part.strip() for part in re.split(r"[,;\n]+", self.text(name)) if part.strip())

    def integers(self, name: str) -> tuple[int, ...]:
        """Return a list of whole numbers.

        Raises:
            InputError: a part of the text is none.
        """
        try:
            return tuple(int(word) for word in self.words(name))
        except ValueError as error:
            raise InputError(
                f"{self._label(name)} is '{self.text(name)}': give whole numbers, such as 3 8 9 10."
            ) from error

    def integer(self, name: str) -> int:
        """Return a whole number."""
        return int(self.algorithm.parameterAsInt(self.parameters, name, self.context))

    def number(self, name: str) -> float:
        """Return a number."""
        return float(self.algorithm.parameterAsDouble(self.parameters, name, self.context))

    def optional_number(self, name: str) -> Optional[float]:
        """Return a number, or None where none is given."""
        return self.number(name) if self.is_given(name) else None

    def switch(self, name: str) -> bool:
        """Return whether a box is checked."""
        return bool(self.algorithm.parameterAsBool(self.parameters, name, self.context))

    def is_given(self, name: str) -> bool:
        """Return whether the user gave a value; a property that evaluates to nothing is none."""
        value = self.parameters.get(name)
        if isinstance(value, QgsProperty):
            value, _ = value.value(self.context.expressionContext())
        return value is not None and value != ""

    def file(self, name: str) -> str:
        """Return the path of an input file or folder."""
        return absolute(self.algorithm.parameterAsFile(self.parameters, name, self.context))

    def files(self, name: str) -> tuple[str, ...]:
        """Return the paths of several input files."""
        return tuple(absolute(path) for path in self.algorithm.parameterAsFileList(self.parameters, name, self.context))

    def output_file(self, name: str) -> str:
        """Return the path of an output file, '' where it is not wanted."""
        if not self.is_given(name):
            return ""
        return absolute(self.algorithm.parameterAsFileOutput(self.parameters, name, self.context))

    def output_layer(self, name: str, suffix: str) -> str:
        """Return the path of an output layer, '' where it is not wanted; it will be loaded if the user wants that.

        Raises:
            InputError: the path does not end in `suffix`, the only format that is written.
        """
        if not self.is_given(name):
            return ""
        path = self.algorithm.parameterAsOutputLayer(self.parameters, name, self.context)
        if not path.lower().endswith(suffix):
            raise InputError(f"{self._label(name)} is '{path}': give a file name that ends in {suffix}.")
        return absolute(path)

    def fields(self, name: str) -> tuple[str, ...]:
        """Return the names of the chosen fields."""
        return tuple(self.algorithm.parameterAsFields(self.parameters, name, self.context))

    def field(self, name: str) -> str:
        """Return the name of the chosen field, '' where none is."""
        return next(iter(self.fields(name)), "")

    def cells(self, name: str) -> list[str]:
        """Return the cells of a table, row by row, as texts."""
        cells = self.algorithm.parameterAsMatrix(self.parameters, name, self.context)
        return ["" if cell is None else str(cell).strip() for cell in cells]

    def pairs(self, name: str) -> dict[str, str]:
        """Return a table of two columns, given row by row, as a dict.

        Raises:
            InputError: a row has no second column.
        """
        texts = self.cells(name)
        if len(texts) % 2:
            raise InputError(f"{self._label(name)} has {len(texts)} cells: give pairs, an old and a new name.")
        return {old: new for old, new in zip(texts[::2], texts[1::2]) if old}

    def vectors(self, name: str, class_field: str = "") -> Vectors:
        """Return a vector input; selections, filters and layers that are no files go to a temporary GeoPackage.

        Raises:
            InputError: the layer cannot be opened.
        """
        value = self.parameters.get(name)
        is_partial = isinstance(value, QgsProcessingFeatureSourceDefinition) and _is_partial(value)
        layer = self._vector_layer(value)
        if layer is None:
            raise InputError(
                f"{self._label(name)} '{self._source(value)}' cannot be opened: choose a vector layer or file."
            )
        if is_partial:
            source = self.algorithm.parameterAsSource(self.parameters, name, self.context)
            dataset = export(source, layer.name(), self.context.transformContext())
        else:
            dataset = vector_dataset(layer, self.context.transformContext())
        return Vectors(dataset, class_legend(layer, class_field) if class_field else ClassLegend())

    def rasters(self, name: str) -> Rasters:
        """Return the dataset names of several rasters; a path that is no layer of the project stays as it is."""
        value = self.parameters.get(name)
        entries = value if isinstance(value, (list, tuple)) else [value] if value else []
        layers = {index: self._known_raster(entry) for index, entry in enumerate(entries)}
        datasets = [
            raster_dataset(layer) if layer is not None else absolute(str(entries[index]))
            for index, layer in layers.items()
        ]
        return Rasters(tuple(datasets), layer_dates(layer for layer in layers.values() if layer is not None))

    def raster(self, name: str) -> str:
        """Return the dataset name of one raster, '' where none is given."""
        if not self.is_given(name):
            return ""
        layer = self._known_raster(self.parameters[name])
        return raster_dataset(layer) if layer is not None else absolute(str(self.parameters[name]))

    def _known_raster(self, entry: Any) -> Optional[QgsRasterLayer]:
        """Return the layer of the project or of this run that `entry` is or names; files are not opened as layers."""
        if isinstance(entry, QgsProperty):
            entry, _ = entry.value(self.context.expressionContext())
        if isinstance(entry, QgsRasterLayer):
            return entry
        layer = QgsProcessingUtils.mapLayerFromString(str(entry), self.context, False)
        return layer if isinstance(layer, QgsRasterLayer) else None

    def _vector_layer(self, value: Any) -> Optional[QgsVectorLayer]:
        if isinstance(value, QgsVectorLayer):
            return value
        layer = QgsProcessingUtils.mapLayerFromString(self._source(value), self.context)
        if not isinstance(layer, QgsVectorLayer):
            return None
        project = self.context.project()
        if project is None or project.mapLayer(layer.id()) is None:
            layer.loadDefaultStyle()  # Processing opens files without theirs, and ours holds names and colours
        return layer

    def _source(self, value: Any) -> str:
        """Return the layer id, name or path in the value of a vector parameter."""
        source = value.source if isinstance(value, QgsProcessingFeatureSourceDefinition) else value
        if isinstance(source, QgsProperty):
            source, _ = source.valueAsString(self.context.expressionContext())
        return str(source or "")

    def _label(self, name: str) -> str:
        return self.algorithm.parameterDefinition(name).description()


def _is_partial(value: QgsProcessingFeatureSourceDefinition) -> bool:
    """Return whether only some of the layer's features are wanted."""
    has_filter = bool(getattr(value, "filterExpression", ""))  # QGIS 3.32 and newer
    return value.selectedFeaturesOnly or value.featureLimit > 0 or has_filter
