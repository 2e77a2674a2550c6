# SPDX-License-Identifier: GPL-2.0-or-later
"""The land of the demo scene: fields between roads, a river with lakes, woods and villages, as shapes and as pixels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from osgeo import gdal, ogr

from .access import quiet_gdal
from .covers import CLASSES, COVERS, FIELD_COVERS, class_value
from .parcels import Bend, blob, densify, divide_blocks, divide_fields, make_bend

SUB = 4  # pixels are mixed from 4 x 4 parts
_REFERENCE_M = 6400.0  # woods, lakes and villages are drawn for a scene of this width and scaled to the real one
_ROAD_LEVELS, _ROAD_M, _TRACK_M, _HEDGE_M, _STREET_M = 4, 9.0, 4.5, 8.0, 6.0
_RIVER_M, _BANK_M = 58.0, 22.0


@dataclass(frozen=True)
class Piece:
    """A piece of land: the name of its cover (see covers.py), its outline in metres from the scene's lower left corner.

    `is_field`: a parcel of its own that an analyst could digitise.
    """

    cover: str
    outline: ogr.Geometry
    is_field: bool = False


@dataclass(frozen=True)
class Landscape:
    """Pieces in painting order (later ones lie above), and the outlines that fields keep clear of."""

    pieces: list[Piece]
    obstacles: ogr.Geometry
    frame: ogr.Geometry

    @property
    def class_values(self) -> np.ndarray:
        """Class value per piece, (P,) uint8."""
        return np.array([class_value(COVERS[piece.cover].class_name) for piece in self.pieces], np.uint8)


@dataclass(frozen=True)
class Mixture:
    """What lies in each pixel: the two largest pieces (H, W) and the share of the second."""

    first: np.ndarray
    second: np.ndarray
    share: np.ndarray


def make_landscape(rng: np.random.Generator, side: float) -> Landscape:
    """Draw the land of a square scene, `side` metres wide."""
    bend = make_bend(rng, 75.0, (1400.0, 4200.0))
    fields, edges, roads = _farmland(rng, side, bend)
    river = _river(rng, side)
    woods = _woods(rng, side)
    villages = _villages(rng, side)
    lakes = [shape(blob(rng, center, radius)) for center, radius in _lake_places(rng, side)]
    banks = [river.Buffer(_RIVER_M / 2 + _BANK_M)] + [lake.Buffer(14.0) for lake in lakes]
    obstacles = union([*(wood.outline for wood in woods), *(outline for outline, _ in villages), *banks])
    crops = _assign_crops(rng, fields, river)
    pieces = [Piece(cover, field, is_field=True) for cover, field in zip(crops, fields)]
    pieces += [*edges, *woods]
    pieces += [piece for _, lots in villages for piece in lots]
    pieces += [Piece("hedge", bank) for bank in banks]
    pieces += [Piece("river", river.Buffer(_RIVER_M / 2)), *roads, *(Piece("lake", lake) for lake in lakes)]
    return Landscape(pieces, obstacles, _square(side))


def mix_pixels(landscape: Landscape, size_px: int, pixel_m: float) -> Mixture:
    """Paint the pieces on a grid four times as fine and tell what each pixel is made of."""
    parts = _paint(landscape.pieces, size_px * SUB, pixel_m / SUB)
    parts = parts.reshape(size_px, SUB, size_px, SUB).transpose(0, 2, 1, 3).reshape(-1, SUB * SUB)
    count = np.zeros(parts.shape, np.uint8)
    for part in range(parts.shape[1]):
        count += parts == parts[:, part, None]
    rows = np.arange(len(parts))
    best = count.argmax(axis=1)
    first, most = parts[rows, best], count[rows, best].astype(np.float32)
    count[parts == first[:, None]] = 0
    best = count.argmax(axis=1)
    next_most = count[rows, best].astype(np.float32)
    second = np.where(next_most > 0, parts[rows, best], first)
    shape = (size_px, size_px)
    return Mixture(first.reshape(shape), second.reshape(shape), (next_most / (most + next_most)).reshape(shape))


def _farmland(rng: np.random.Generator, side: float, bend: Bend) -> tuple[list[ogr.Geometry], list[Piece], list[Piece]]:
    """Return the fields, the hedges and tracks between them, and the roads."""
    half, turn = side * 0.78, rng.uniform(0.1, 0.45)
    corners = np.array([[-half, -half], [half, -half], [half, half], [-half, half]])
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    blocks = divide_blocks(rng, corners @ rotation + side / 2, (260_000.0, 620_000.0))
    frame = _square(side)
    fields, edges = [], []
    for block in blocks.rings:
        division = divide_fields(rng, block, float(np.clip(rng.lognormal(10.55, 0.35), 18_000, 80_000)))
        fields += [shape(bend(densify(ring, is_closed=True))) for ring in division.rings]
        edges += [_strip(bend, cut.line, _HEDGE_M) for cut in division.cuts if rng.random() < 0.10]
    roads = [_strip(bend, cut.line, _ROAD_M) for cut in blocks.cuts if cut.level < _ROAD_LEVELS]
    tracks = [_strip(bend, cut.line, _TRACK_M) for cut in blocks.cuts if cut.level >= _ROAD_LEVELS]
    inside = [field for field in fields if field.Intersects(frame)]
    low = [Piece("hedge", edge) for edge in edges] + [Piece("track", track) for track in tracks]
    return inside, low, [Piece("road", road) for road in roads]


def _assign_crops(rng: np.random.Generator, fields: Sequence[ogr.Geometry], river: ogr.Geometry) -> list[str]:
    """Choose a cover per field: grassland mostly near the river, crops by their shares, dealt in rounds."""
    crops = [known for known in CLASSES if known.share and known.name != "Grassland"]
    grass = next(known.share for known in CLASSES if known.name == "Grassland")
    wetness = np.array([river.Distance(field.Centroid()) for field in fields]) * rng.uniform(0.3, 1.7, len(fields))
    is_grass = np.zeros(len(fields), bool)
    is_grass[np.argsort(wetness)[: round(grass * len(fields))]] = True
    shares = np.array([crop.share for crop in crops])
    counts = np.ceil(shares / shares.sum() * (~is_grass).sum()).astype(int)
    names = rng.permutation(np.repeat([crop.name for crop in crops], counts))
    dealt = iter(names)
    classes = ["Grassland" if grassy else str(next(dealt)) for grassy in is_grass]
    return [str(rng.choice(FIELD_COVERS[name])) for name in classes]


def _river(rng: np.random.Generator, side: float) -> ogr.Geometry:
    """Return the middle of a river that winds through the scene from the north-west to the east."""
    along = np.linspace(-0.05, 1.05, 140)
    drop = 0.62 - 0.34 * along
    winding = sum(
        0.05 / wave**0.9 * np.sin(2 * np.pi * wave * along * 1.7 + rng.uniform(0, 2 * np.pi)) for wave in (1, 2, 3, 4)
    )
    return _line(np.column_stack([along, drop + winding]) * side)


def _lake_places(rng: np.random.Generator, side: float) -> Iterable[tuple[tuple[float, float], float]]:
    scale = side / _REFERENCE_M
    for x, y, radius in ((0.30, 0.33, 250), (0.40, 0.28, 150), (0.86, 0.20, 210), (0.10, 0.80, 130), (0.60, 0.56, 120)):
        yield (side * (x + rng.uniform(-0.02, 0.02)), side * (y + rng.uniform(-0.02, 0.02))), radius * scale


def _woods(rng: np.random.Generator, side: float) -> list[Piece]:
    """Return stands of one large forest in the north-east and of small woods."""
    scale = side / _REFERENCE_M
    places = [(0.80, 0.83, 950.0), (0.97, 0.62, 480.0)]
    places += [(rng.uniform(0.05, 0.95), rng.uniform(0.05, 0.95), rng.uniform(90, 230)) for _ in range(7)]
    pieces = []
    for x, y, radius in places:
        outline = shape(blob(rng, (side * x, side * y), radius * scale, 0.34))
        pieces += [Piece(str(rng.choice(["conifer", "broadleaf"])), stand)
                   for stand in _parts_of(rng, outline, (60_000.0, 190_000.0))]  # fmt: skip
    return pieces


def _villages(rng: np.random.Generator, side: float) -> list[tuple[ogr.Geometry, list[Piece]]]:
    """Return the outline and the lots and streets of a small town and two villages."""
    scale = side / _REFERENCE_M
    places = ((0.20, 0.52, 470.0), (0.66, 0.30, 300.0), (0.47, 0.80, 270.0), (0.88, 0.44, 170.0))
    villages = []
    for x, y, radius in places:
        outline = shape(blob(rng, (side * x, side * y), radius * scale, 0.25))
        lots = _parts_of(rng, outline, (3_000.0, 9_000.0))
        pieces = [Piece("road", outline)]  # what no lot covers is street
        pieces += [Piece("hall" if rng.random() < 0.15 else "lot", lot.Buffer(-_STREET_M / 2)) for lot in lots]
        villages.append((outline, pieces))
    return villages


def _parts_of(rng: np.random.Generator, outline: ogr.Geometry, area_m2: tuple[float, float]) -> list[ogr.Geometry]:
    """Divide an outline by lines into parts of that range of areas."""
    left, right, bottom, top = outline.GetEnvelope()
    center, half, turn = (
        np.array([left + right, bottom + top]) / 2,
        max(right - left, top - bottom),
        rng.uniform(0, 1.5),
    )
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    square = np.array([[-half, -half], [half, -half], [half, half], [-half, half]]) @ rotation + center
    parts = [shape(ring).Intersection(outline) for ring in divide_blocks(rng, square, area_m2).rings]
    return [part for part in parts if part is not None and part.Area() > 400]


def _paint(pieces: Sequence[Piece], size_px: int, pixel_m: float) -> np.ndarray:
    """Return the index of the topmost piece of each small pixel, (size_px, size_px) uint16, the first row on top."""
    raster = gdal.GetDriverByName("MEM").Create("", size_px, size_px, 1, gdal.GDT_UInt16)
    raster.SetGeoTransform((0, pixel_m, 0, size_px * pixel_m, 0, -pixel_m))
    memory = (ogr.GetDriverByName("Memory") or ogr.GetDriverByName("MEM")).CreateDataSource("pieces")
    layer = memory.CreateLayer("pieces", None, ogr.wkbUnknown)
    layer.CreateField(ogr.FieldDefn("piece", ogr.OFTInteger))
    for index, piece in enumerate(pieces):
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetField("piece", index)
        feature.SetGeometry(piece.outline)
        layer.CreateFeature(feature)
    with quiet_gdal():  # it would warn that the pieces have no CRS
        gdal.RasterizeLayer(raster, [1], layer, options=["ATTRIBUTE=piece"])
    return raster.ReadAsArray()


def _strip(bend: Bend, line: np.ndarray, width_m: float) -> ogr.Geometry:
    return _line(bend(densify(line, is_closed=False))).Buffer(width_m / 2, 2)


def _square(side: float) -> ogr.Geometry:
    return shape(np.array([[0, 0], [side, 0], [side, side], [0, side]], float))


def shape(ring: np.ndarray) -> ogr.Geometry:
    """Return a polygon with the outline `ring`."""
    edge = ogr.Geometry(ogr.wkbLinearRing)
    for x, y in [*ring, ring[0]]:
        edge.AddPoint_2D(float(x), float(y))
    polygon = ogr.Geometry(ogr.wkbPolygon)
    polygon.AddGeometry(edge)
    return polygon


def _line(points: np.ndarray) -> ogr.Geometry:
    line = ogr.Geometry(ogr.wkbLineString)
    for x, y in points:
        line.AddPoint_2D(float(x), float(y))
    return line


def union(outlines: Sequence[ogr.Geometry]) -> ogr.Geometry:
    """Return all that lies in any of the outlines."""
    collection = ogr.Geometry(ogr.wkbMultiPolygon)
    for outline in outlines:
        parts = [outline.GetGeometryRef(k) for k in range(outline.GetGeometryCount())]
        for part in [outline] if outline.GetGeometryName() == "POLYGON" else parts:
            if part.GetGeometryName() == "POLYGON":
                collection.AddGeometry(part)
    return collection.UnionCascaded()
