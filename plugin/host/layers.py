# SPDX-License-Identifier: GPL-2.0-or-later
"""QGIS layers as jobs name them: GDAL and OGR datasets, dates, classes with their colours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qgis.core import (
    Qgis,
    QgsCategorizedSymbolRenderer,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransformContext,
    QgsFeatureSink,
    QgsFeatureSource,
    QgsFields,
    QgsProcessingUtils,
    QgsProviderRegistry,
    QgsRasterLayer,
    QgsVectorFileWriter,
    QgsVectorLayer,
)

from ..core.cube_spec import load_cube_spec
from ..core.errors import InputError, OutputError

_OPEN_OPTIONS = "|option:"  # QGIS appends these to a source; jobs name the dataset alone


@dataclass(frozen=True)
class VectorDataset:
    """Where OGR finds a layer: `path` of the dataset and `layer` inside it ('' = the first)."""

    path: str
    layer: str = ""


@dataclass(frozen=True)
class ClassLegend:
    """What a layer's style says of its classes.

    `names` maps a field value to its label where that differs, `colors` a label to #rrggbb.
    """

    names: dict[str, str] = field(default_factory=dict)
    colors: dict[str, str] = field(default_factory=dict)


def absolute(path: str) -> str:
    """Return the absolute path of a file that exists or is to be; other dataset names (/vsi..., NETCDF:...) stay."""
    is_name = path.startswith("/vsi") or (":" in path and not Path(path).drive and not Path(path).exists())
    return path if not path or is_name else str(Path(path).absolute())


def raster_dataset(layer: QgsRasterLayer) -> str:
    """Return the GDAL dataset name of `layer`.

    Raises:
        InputError: the layer comes from a service and has no dataset.
    """
    if layer.providerType() != "gdal":
        raise InputError(
            f"The raster layer '{layer.name()}' comes from {layer.providerType()} and is no file: "
            "save it as GeoTIFF and choose that."
        )
    return absolute(layer.source().split(_OPEN_OPTIONS)[0])


def layer_dates(layers: Iterable[QgsRasterLayer]) -> dict[str, str]:
    """Return the ISO date by dataset of the layers whose temporal properties hold a fixed range."""
    dates = {}
    for layer in layers:
        properties = layer.temporalProperties()
        fixed = Qgis.RasterTemporalMode.FixedTemporalRange
        if properties.isActive() and properties.mode() == fixed:
            begin = properties.fixedTemporalRange().begin()
            if begin.isValid():
                dates[raster_dataset(layer)] = begin.date().toString("yyyy-MM-dd")
    return dates


def cube_crs(cube: Path) -> QgsCoordinateReferenceSystem:
    """Return the CRS of a cube description's grid (invalid where its raster cannot be opened)."""
    spec = load_cube_spec(cube)
    return QgsRasterLayer(spec.grid or spec.acquisitions[0].bands[0].dataset, "grid").crs()


def vector_dataset(layer: QgsVectorLayer, context: QgsCoordinateTransformContext) -> VectorDataset:
    """Return the OGR dataset that holds the features of `layer`.

    Layers that OGR cannot read as they are shown (memory, virtual, databases; filtered, joined or edited layers) are
    written to a temporary GeoPackage.
    """
    if not is_plain_file(layer):
        return export(layer, layer.name(), context)
    parts = QgsProviderRegistry.instance().decodeUri("ogr", layer.source())
    return VectorDataset(absolute(str(parts["path"])), _layer_name(layer, parts))


def export(source: QgsFeatureSource, name: str, context: QgsCoordinateTransformContext) -> VectorDataset:
    """Write all features of `source` to a temporary GeoPackage that lives as long as QGIS runs.

    Raises:
        OutputError: the temporary folder cannot be written.
    """
    path = QgsProcessingUtils.generateTempFilename("chronomap.gpkg")
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "GPKG"
    options.layerName = "features"
    options.layerOptions = ["FID=chronomap_fid"]  # the layer may have a field fid that repeats
    writer = QgsVectorFileWriter.create(path, source.fields(), source.wkbType(), source.sourceCrs(), context, options)
    failed = writer.hasError() != QgsVectorFileWriter.WriterError.NoError
    if failed or not writer.addFeatures(source.getFeatures(), QgsFeatureSink.Flag.FastInsert):
        raise OutputError(
            f"The layer '{name}' cannot be copied to {path} ({writer.errorMessage()}): free disk space, or save the "
            "layer as a GeoPackage and choose that."
        )
    del writer  # closes the file
    return VectorDataset(path, "features")


def class_values(layer: QgsVectorLayer, field_name: str) -> list[str]:
    """Return the class names that stand in a field, sorted; blank ones are left out."""
    index = layer.fields().lookupField(field_name)
    if index < 0:
        raise InputError(f"The layer '{layer.name()}' has no field '{field_name}': choose another.")
    names = {_class_name(value) for value in layer.uniqueValues(index)}
    return sorted(names - {""})


def class_legend(layer: QgsVectorLayer, field_name: str) -> ClassLegend:
    """Return names and colours of classes where `layer` is drawn by categories of `field_name`."""
    renderer = layer.renderer()
    if not isinstance(renderer, QgsCategorizedSymbolRenderer):
        return ClassLegend()
    if renderer.classAttribute().strip('"') != field_name:
        return ClassLegend()
    names: dict[str, str] = {}
    colors: dict[str, str] = {}
    for category in renderer.categories():
        values = category.value() if isinstance(category.value(), list) else [category.value()]
        known = [name for name in map(_class_name, values) if name]
        label = category.label().strip() or (known[0] if known else "")
        names.update({name: label for name in known if name != label})
        if known and category.symbol():
            colors[label] = category.symbol().color().name()
    return ClassLegend(names, colors)


def renamed(legend: ClassLegend, pairs: dict[str, str]) -> ClassLegend:
    """Return `legend` with the user's new names on top; `pairs` may name classes by value or by label."""
    names = {value: pairs.get(label, label) for value, label in legend.names.items()}
    labels = set(legend.names.values())
    names.update({old: new for old, new in pairs.items() if old not in labels})
    colors = {pairs.get(label, label): color for label, color in legend.colors.items() if pairs.get(label, label)}
    return ClassLegend(names, colors)


def _class_name(value: Any) -> str:
    """Return a field value as the name of a class; NULL and blanks give ''."""
    is_null = value is None or (hasattr(value, "isNull") and value.isNull())
    if is_null:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def is_plain_file(layer: QgsVectorLayer) -> bool:
    """Return whether OGR sees the same features and fields as QGIS shows."""
    if layer.providerType() != "ogr" or layer.subsetString() or layer.isModified():
        return False
    fields = layer.fields()
    return all(fields.fieldOrigin(i) == QgsFields.FieldOrigin.OriginProvider for i in range(fields.count()))


def _layer_name(layer: QgsVectorLayer, parts: dict[str, Any]) -> str:
    if parts.get("layerName"):
        return str(parts["layerName"])
    if parts.get("layerId") is None:
        return ""
    sublayers = layer.dataProvider().subLayers()  # "id!!::!!name!!::!!..."
    entries = [entry.split("!!::!!") for entry in sublayers]
    return next((entry[1] for entry in entries if entry[0] == str(parts["layerId"])), "")
