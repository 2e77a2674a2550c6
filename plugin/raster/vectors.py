# SPDX-License-Identifier: GPL-2.0-or-later
"""Reading training and reference features: points and polygons of any OGR source, brought to the raster's CRS."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from osgeo import gdal, ogr, osr

from ..core.errors import InputError
from .access import attempt, crs_from_wkt, quiet_gdal
from .legend import few

X_NAMES = ("longitude", "lon", "long", "x", "easting")
Y_NAMES = ("latitude", "lat", "y", "northing")
LONGITUDES = X_NAMES[:3]
LONGITUDE_LATITUDE = "EPSG:4326"
_CSV_OPTIONS = [
    f"X_POSSIBLE_NAMES={','.join(X_NAMES)}",
    f"Y_POSSIBLE_NAMES={','.join(Y_NAMES)}",
    "GEOM_POSSIBLE_NAMES=WKT,geom,geometry,the_geom",
]


@dataclass(frozen=True)
class VectorSource:
    """Where the features are: OGR dataset, layer ('' = the first), and the fields that matter ('' = none)."""

    path: str
    layer: str = ""
    class_field: str = ""
    fold_field: str = ""


@dataclass(frozen=True)
class Feature:
    """One feature: its id, geometry in the raster's CRS, class name ('' = blank) and fold."""

    fid: int
    geometry: ogr.Geometry
    name: str
    fold: str

    @property
    def is_point(self) -> bool:
        """Whether it is a point or multi-point; else it is a polygon."""
        return self.geometry.GetDimension() == 0


@dataclass(frozen=True)
class VectorSet:
    """Features, in file order, the file's name for messages, and notes about what could not be used."""

    features: tuple[Feature, ...]
    title: str
    notes: tuple[str, ...]

    @property
    def is_points(self) -> bool:
        """Whether all features are points."""
        return all(feature.is_point for feature in self.features)

    @property
    def unit(self) -> str:
        """What to call the features in a message."""
        return "points" if self.is_points else "polygons"


def read_features(source: VectorSource, target_wkt: str) -> VectorSet:
    """Read all points and polygons of `source` into the CRS `target_wkt`; other features are left out and noted.

    Raises:
        InputError: the source, layer or a field is missing, its CRS is unknown or does not transform, or nothing in it
            can be used.
    """
    with quiet_gdal():
        dataset = open_vectors(source.path)
        layer = find_layer(dataset, source)
        title = Path(source.path).name
        if layer.GetGeomType() == ogr.wkbNone:
            raise InputError(f"{title} has no geometries: use 'Samples from a table' for ready series.")
        class_index = _class_index(layer, source, title)
        fold_index = field_index(layer, source.fold_field, title) if source.fold_field else -1
        crs, notes = _layer_crs(dataset, layer, title)
        transform = _transformation(crs, target_wkt, title)
        features, left_out = _usable(layer, transform, (class_index, fold_index))
    if not features:
        raise InputError(f"{title} holds no point or polygon that can be used: choose another layer.")
    if class_index >= 0 and not any(feature.name for feature in features):
        raise InputError(
            f"The field '{source.class_field}' of {title} is empty in all {len(features)} features: fill it or choose "
            f"another field ({', '.join(field_names(layer))})."
        )
    if left_out:
        notes.append(f"{left_out} features of {title} are empty, lines or cannot be transformed, and are left out.")
    return VectorSet(tuple(features), title, tuple(notes))


def open_vectors(path: str) -> gdal.Dataset:
    """Open an OGR dataset; CSV files get points from columns such as longitude and latitude.

    Raises:
        InputError: OGR cannot read it.
    """
    options = _CSV_OPTIONS if path.lower().endswith((".csv", ".txt", ".tsv")) else []
    return attempt(
        lambda: gdal.OpenEx(path, gdal.OF_VECTOR | gdal.OF_READONLY | gdal.OF_VERBOSE_ERROR, open_options=options),
        f"The vector file {path} cannot be opened ({{reason}}): check the path, or save the layer as GeoPackage.",
    )


def find_layer(dataset: gdal.Dataset, source: VectorSource) -> ogr.Layer:
    """Return the layer `source` names, or the first.

    Raises:
        InputError: there is no such layer.
    """
    names = [dataset.GetLayer(i).GetName() for i in range(dataset.GetLayerCount())]
    if source.layer and source.layer not in names:
        raise InputError(f"{source.path} has no layer '{source.layer}': choose one of {few(names)}.")
    if not names:
        raise InputError(f"{source.path} holds no layer: choose another file.")
    return dataset.GetLayer(names.index(source.layer) if source.layer else 0)


def field_names(layer: ogr.Layer) -> list[str]:
    """Return the names of the layer's fields."""
    definition = layer.GetLayerDefn()
    return [definition.GetFieldDefn(i).GetName() for i in range(definition.GetFieldCount())]


def layer_fields(source: VectorSource) -> list[str]:
    """Return the names of the fields of a layer.

    Raises:
        InputError: the source cannot be read, or has no such layer.
    """
    with quiet_gdal():
        dataset = open_vectors(source.path)
        return field_names(find_layer(dataset, source))


def field_index(layer: ogr.Layer, name: str, title: str) -> int:
    """Return the index of the field called `name`.

    Raises:
        InputError: there is no such field; the message lists those there are.
    """
    names = field_names(layer)
    if name not in names:
        raise InputError(f"{title} has no field '{name}': choose one of {', '.join(names) or '(no fields)'}.")
    return names.index(name)


def field_text(feature: ogr.Feature, index: int) -> str:
    """Return a field's value as one would write it: 311 for 311.0, '' for none."""
    if index < 0 or not feature.IsFieldSetAndNotNull(index):
        return ""
    if feature.GetFieldType(index) == ogr.OFTReal:
        number = feature.GetFieldAsDouble(index)
        return "" if math.isnan(number) else str(int(number)) if number == int(number) else repr(number)
    return str(feature.GetFieldAsString(index)).strip()


def known_crs(crs: Optional[osr.SpatialReference]) -> bool:
    """Tell whether `crs` says where on Earth its coordinates are."""
    if crs is None or not crs.ExportToWkt() or crs.IsLocal():
        return False
    return not (crs.GetName() or "").lower().startswith("undefined")  # GeoPackage's word for a layer without CRS


def _class_index(layer: ogr.Layer, source: VectorSource, title: str) -> int:
    return field_index(layer, source.class_field, title) if source.class_field else -1


def _layer_crs(dataset: gdal.Dataset, layer: ogr.Layer, title: str) -> tuple[osr.SpatialReference, list[str]]:
    crs = layer.GetSpatialRef()
    if known_crs(crs):
        return crs, []
    is_csv = dataset.GetDriver().ShortName == "CSV"
    if is_csv and any(name.lower() in LONGITUDES for name in field_names(layer)):
        crs = osr.SpatialReference()
        crs.SetFromUserInput(LONGITUDE_LATITUDE)
        return crs, [f"{title} names no CRS: its longitude and latitude are taken as WGS 84 ({LONGITUDE_LATITUDE})."]
    raise InputError(f"The CRS of {title} is unknown: set the layer's CRS and save it (as GeoPackage).")


def _transformation(crs: osr.SpatialReference, target_wkt: str, title: str) -> Optional[osr.CoordinateTransformation]:
    """Return the way from `crs` to the raster's CRS, None where they are the same."""
    target = crs_from_wkt(target_wkt)
    crs = crs.Clone()
    crs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    if crs.IsSame(target):
        return None
    return attempt(
        lambda: _working(osr.CoordinateTransformation(crs, target)),
        f"The CRS of {title} ({crs.GetName()}) cannot be brought to the raster's ({{reason}}): reproject the layer.",
    )


def _working(transform: osr.CoordinateTransformation) -> Optional[osr.CoordinateTransformation]:
    return transform if transform.this else None


def _usable(
    layer: ogr.Layer, transform: Optional[osr.CoordinateTransformation], fields: Sequence[int]
) -> tuple[list[Feature], int]:
    """Return the usable features, and how many are not."""
    features: list[Feature] = []
    count = 0
    layer.ResetReading()
    for record in layer:
        count += 1
        geometry = _usable_geometry(record.GetGeometryRef(), transform)
        if geometry is not None:
            texts = [field_text(record, index) for index in fields]
            features.append(Feature(record.GetFID(), geometry, *texts))
    return features, count - len(features)


def _usable_geometry(
    geometry: Optional[ogr.Geometry], transform: Optional[osr.CoordinateTransformation]
) -> Optional[ogr.Geometry]:
    """Return a flat, linear copy in the raster's CRS; None for empty ones, lines and those that do not transform."""
    if geometry is None or geometry.IsEmpty() or geometry.GetDimension() == 1:
        return None
    copy = geometry.GetLinearGeometry() if geometry.HasCurveGeometry() else geometry.Clone()
    copy.FlattenTo2D()
    try:
        if transform is not None and copy.Transform(transform) != 0:
            return None
    except RuntimeError:
        return None
    return copy if all(map(math.isfinite, copy.GetEnvelope())) else None
