# SPDX-License-Identifier: GPL-2.0-or-later
"""Training and reference polygons of the demo scene, digitised as an analyst would, and their style for QGIS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Optional
from xml.etree import ElementTree as Xml  # nosec B405 (written, never parsed)

import numpy as np
from osgeo import ogr

from ..core.errors import InputError, OutputError
from .access import attempt, crs_from_wkt
from .covers import CLASSES, COVERS
from .grid import Grid
from .landscape import Landscape, shape, union
from .parcels import blob

TRAINING_PER_CLASS, REFERENCE_PER_CLASS = 60, 30
_SMALLEST_M2 = 4000.0
_BLANKS = 4
_ATTEMPTS = 4000
_PATCHES = {  # classes without parcels: their covers, and radii of patches in metres
    "Built-up": (("lot", "hall", "road"), (35.0, 70.0)),
    "Forest": (("conifer", "broadleaf"), (45.0, 110.0)),
    "Water": (("river", "lake"), (35.0, 80.0)),
}


@dataclass(frozen=True)
class Plot:
    """A digitised polygon: its class ('' = the analyst left it blank), outline in metres, and a remark."""

    crop: str
    outline: ogr.Geometry
    remark: str = ""


def write_polygons(rng: np.random.Generator, landscape: Landscape, grid: Grid, folder: Path) -> dict[str, str]:
    """Write training_polygons.gpkg and reference_polygons.gpkg, of different parcels; return their paths.

    Raises:
        OutputError: they cannot be written.
    """
    training, reference, spare = [], [], []
    for known in CLASSES:
        plots = _plots_of(rng, landscape, known.name)
        if known.share and len(plots) > 4:
            spare.append(plots.pop())
        most = min(TRAINING_PER_CLASS, round(len(plots) * 0.64))
        training += plots[:most]
        reference += plots[most : most + REFERENCE_PER_CLASS]
    training += [Plot("", plot.outline, "crop not seen") for plot in spare[:_BLANKS]]
    training.append(Plot(training[0].crop, training[0].outline, "digitised twice"))
    paths = {"training": folder / "training_polygons.gpkg", "reference": folder / "reference_polygons.gpkg"}
    _write(paths["training"], training, grid)
    _write(paths["reference"], reference, grid)
    return {name: str(path) for name, path in paths.items()}


def write_style(vectors: Path, field: str) -> str:
    """Write a categorised style (.qml) beside the polygons, which QGIS loads with them; return its path."""
    root = Xml.Element("qgis", version="3.22.0", styleCategories="Symbology")
    renderer = Xml.SubElement(root, "renderer-v2", type="categorizedSymbol", attr=field, enableorderby="0")
    categories, symbols = Xml.SubElement(renderer, "categories"), Xml.SubElement(renderer, "symbols")
    named = [(known.name, known.color) for known in CLASSES]
    for index, (name, color) in enumerate([*named, ("", "#ffffff")]):
        label = name or "(no class)"
        Xml.SubElement(categories, "category", value=name, symbol=str(index), label=label, render="true")
        symbol = Xml.SubElement(symbols, "symbol", name=str(index), type="fill", alpha="1", clip_to_extent="1")
        fill = {"class": "SimpleFill", "enabled": "1", "locked": "0", "pass": "0"}  # nosec B105 # (a drawing pass)
        layer = Xml.SubElement(symbol, "layer", fill)
        options = Xml.SubElement(layer, "Option", type="Map")
        for key, value in _fill(color).items():
            Xml.SubElement(options, "Option", name=key, type="QString", value=value)
            Xml.SubElement(layer, "prop", k=key, v=value)  # read by QGIS before 3.24
    path = vectors.with_suffix(".qml")
    text = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + Xml.tostring(root, encoding="unicode")
    path.write_text(text, encoding="utf-8")
    return str(path)


def _fill(color: str) -> dict[str, str]:
    red, green, blue = (int(color[k : k + 2], 16) for k in (1, 3, 5))
    return {
        "color": f"{red},{green},{blue},170", "style": "solid", "outline_color": "40,40,40,255",
        "outline_style": "solid", "outline_width": "0.3", "outline_width_unit": "MM",
    }  # fmt: skip


def _plots_of(rng: np.random.Generator, landscape: Landscape, class_name: str) -> list[Plot]:
    """Return digitised polygons of a class in random order, none over another."""
    if class_name in _PATCHES:
        return [Plot(class_name, outline) for outline in _patches(rng, landscape, class_name)]
    fields = [piece for piece in landscape.pieces if piece.is_field and COVERS[piece.cover].class_name == class_name]
    inner = [
        _inner(rng, landscape.frame.Intersection(piece.outline).Difference(landscape.obstacles)) for piece in fields
    ]
    plots = [Plot(class_name, outline) for outline in inner if outline is not None]
    return [plots[index] for index in rng.permutation(len(plots))]


def _inner(rng: np.random.Generator, outline: ogr.Geometry) -> Optional[ogr.Geometry]:
    """Return the field without its edges, or None where too little of it is left."""
    inner = _largest(outline.Buffer(-rng.uniform(12, 24), 2).Simplify(3.0))
    return inner if inner is not None and inner.Area() > _SMALLEST_M2 else None


def _patches(rng: np.random.Generator, landscape: Landscape, class_name: str) -> list[ogr.Geometry]:
    """Return patches drawn into the area of a class that has no parcels."""
    covers, (smallest, largest) = _PATCHES[class_name]
    area = _area_of(landscape, covers).Buffer(-9.0)
    left, right, bottom, top = area.GetEnvelope()
    found: list[ogr.Geometry] = []
    for _ in range(_ATTEMPTS):
        if len(found) == TRAINING_PER_CLASS + REFERENCE_PER_CLASS:
            break
        center = (rng.uniform(left, right), rng.uniform(bottom, top))
        patch = _largest(shape(blob(rng, center, rng.uniform(smallest, largest), 0.3)).Simplify(4.0).Intersection(area))
        if patch is None or patch.Area() < 1500 or any(patch.Distance(other) < 15 for other in found):
            continue
        found.append(patch)
    return found


def _area_of(landscape: Landscape, covers: tuple[str, ...]) -> ogr.Geometry:
    """Return where these covers are seen: without what is painted over them."""
    own = [index for index, piece in enumerate(landscape.pieces) if piece.cover in covers]
    above = [
        piece.outline for index, piece in enumerate(landscape.pieces) if index > own[0] and piece.cover not in covers
    ]
    return (
        union([landscape.pieces[index].outline for index in own]).Difference(union(above)).Intersection(landscape.frame)
    )


def _largest(geometry: Optional[ogr.Geometry]) -> Optional[ogr.Geometry]:
    """Return the largest polygon without holes in a geometry, or None."""
    if geometry is None or geometry.IsEmpty():
        return None
    parts = [geometry.GetGeometryRef(k) for k in range(geometry.GetGeometryCount())]
    polygons = [geometry] if geometry.GetGeometryName() == "POLYGON" else parts
    solid = [part.Clone() for part in polygons if part.GetGeometryName() == "POLYGON" and part.GetGeometryCount() == 1]
    return max(solid, key=lambda part: part.Area(), default=None)


def _write(path: Path, plots: Sequence[Plot], grid: Grid) -> None:
    """Write the plots with their class, area and remark; a blank class is NULL or an empty text, as it comes."""
    complaint = f"{path} cannot be written ({{reason}}): choose another folder, or close the programs that use it."
    driver = ogr.GetDriverByName("GPKG")
    try:
        if path.exists():
            attempt(lambda: driver.DeleteDataSource(str(path)) == 0 or None, complaint)
        dataset = attempt(lambda: driver.CreateDataSource(str(path)), complaint)
        layer = attempt(lambda: dataset.CreateLayer(path.stem, crs_from_wkt(grid.crs_wkt), ogr.wkbPolygon), complaint)
        for name, kind in (("crop", ogr.OFTString), ("area_ha", ogr.OFTReal), ("remark", ogr.OFTString)):
            layer.CreateField(ogr.FieldDefn(name, kind))
        layer.StartTransaction()
        for index, plot in enumerate(plots):
            _add_feature(layer, plot, index, grid)
        attempt(lambda: layer.CommitTransaction() == 0 or None, complaint)
    except InputError as error:
        raise OutputError(str(error)) from error


def _add_feature(layer: ogr.Layer, plot: Plot, index: int, grid: Grid) -> None:
    feature = ogr.Feature(layer.GetLayerDefn())
    ring = np.array(plot.outline.GetGeometryRef(0).GetPoints())[:, :2]
    feature.SetGeometry(shape(ring + np.array(grid.bounds[:2])))
    if plot.crop or index % 2:
        feature.SetField("crop", plot.crop)
    feature.SetField("area_ha", round(plot.outline.Area() / 10_000, 2))
    feature.SetField("remark", plot.remark)
    layer.CreateFeature(feature)
