# SPDX-License-Identifier: GPL-2.0-or-later
"""Tiny made-up cubes, vectors, series and sample files for every test: ``from synthetic import small_cube``.

GDAL and the plugin are imported where they are needed, so worker tests (torch, no GDAL) can use the series makers.
"""

# ruff: noqa: PLC0415 (GDAL and the plugin are imported where needed: worker tests have no GDAL)
from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from chronomap.plugin.core.cube_spec import CubeSpec
    from chronomap.plugin.raster.samples import SampleSet

BANDS = ("B04", "B08", "B11")
CLASSES = ("Wheat", "Maize", "Grass", "Water")
COLORS = ("#e69f00", "#d55e00", "#009e73", "#0072b2")
FORMS = ("per_date", "date_major", "band_major", "per_band", "vrt")
SCALE = 0.0001
EPSG = 32633
CORNER = (500000.0, 5200000.0)  # upper left, metres
PIXEL_M = 10.0
_NO_MASK, _CLOUD = 0, 1


@dataclass(frozen=True)
class SmallCube:
    """What was written: `values` (T, C, H, W) as stored, `valid` (T, H, W); `truth` (H, W) is the class index."""

    folder: Path
    form: str
    rasters: tuple[str, ...]
    masks: tuple[str, ...]
    polygons: str
    dates: tuple[str, ...]
    bands: tuple[str, ...]
    values: np.ndarray
    valid: np.ndarray
    truth: np.ndarray

    def spec(self) -> CubeSpec:
        """Return the cube description that discovery should come to (bands per date or per file forms alike)."""
        from chronomap.plugin.core.cube_spec import Acquisition, BandSource, CubeSpec, MaskSource

        def source(t: int, c: int) -> BandSource:
            dataset, index = self._place(t, c)
            return BandSource(self.bands[c], dataset, index, scale=SCALE)

        return CubeSpec(
            tuple(
                Acquisition(
                    day,
                    Path(self._place(t, 0)[0]).stem if self.form != "per_band" else day,
                    tuple(source(t, c) for c in range(len(self.bands))),
                    MaskSource(self.masks[t]) if self.masks else None,
                )
                for t, day in enumerate(self.dates)
            )
        )

    def save_spec(self, name: str = "cube.json") -> Path:
        """Write spec() beside the rasters."""
        from chronomap.plugin.core.cube_spec import save_cube_spec

        save_cube_spec(self.spec(), self.folder / name)
        return self.folder / name

    def _place(self, t: int, c: int) -> tuple[str, int]:
        """Return dataset and 1-based band of date t and band c."""
        if self.form == "date_major":
            return self.rasters[0], t * len(self.bands) + c + 1
        if self.form == "band_major":
            return self.rasters[0], c * len(self.dates) + t + 1
        if self.form == "per_band":
            return self.rasters[t * len(self.bands) + c], 1
        return self.rasters[t], c + 1


# ---- series ----


def some_dates(count: int, start: str = "2021-03-02") -> tuple[str, ...]:
    """Return `count` irregular ISO dates (gaps of 7, 12, 9, 17 days in turn)."""
    gaps = (7, 12, 9, 17)
    day, days = date.fromisoformat(start), []
    for index in range(count):
        days.append(day.isoformat())
        day += timedelta(days=gaps[index % len(gaps)])
    return tuple(days)


def signature(kind: int, dates: int, bands: int) -> np.ndarray:
    """Return the clean reflectance (T, C) of class `kind`: a bump whose date, height and colour differ by class."""
    time = np.linspace(0.0, 1.0, dates)[:, None]
    peak, height = 0.2 + 0.23 * (kind % 4), 0.15 + 0.05 * (kind % 3)
    band = np.arange(bands)[None, :]
    bump = np.exp(-(((time - peak) / 0.13) ** 2))
    return 0.08 + 0.04 * band + height * bump * np.where((band + kind) % 2, 1.0, -0.25)


def series(
    count: int = 20, classes: int = 3, dates: int = 8, bands: int = 3, cloud: float = 0.2, seed: int = 0
) -> dict[str, np.ndarray]:
    """Return `count` noisy series per class: values (N, T, C) int16, valid (N, T), label, group, days (T,)."""
    rng = np.random.default_rng(seed)
    label = np.repeat(np.arange(classes), count)
    clean = np.stack([signature(kind, dates, bands) for kind in range(classes)])[label]
    values = np.round((clean + rng.normal(0.0, 0.01, clean.shape)) / SCALE)
    valid = rng.random((len(label), dates)) >= cloud
    valid[:, 0] = True
    values[~valid] = 7000  # bright cloud
    first = date.fromisoformat(some_dates(1)[0])
    days = [(date.fromisoformat(day) - first).days for day in some_dates(dates)]
    return {
        "values": values.astype(np.int16),
        "valid": valid,
        "label": label.astype(np.int64),
        "group": (np.arange(len(label)) // 4).astype(np.int64),  # polygons of four pixels
        "days": np.asarray(days, np.float32),
    }


def small_samples(count: int = 20, classes: int = 3, dates: int = 8, bands: int = 3, seed: int = 0) -> SampleSet:
    """Return series() as a sample set with `count` series per class, four to a polygon."""
    from chronomap.plugin.core.classes import ClassInfo
    from chronomap.plugin.raster.samples import SampleSet

    made = series(count, classes, dates, bands, seed=seed)
    names = [CLASSES[k] if k < len(CLASSES) else f"Class {k + 1}" for k in range(classes)]
    group = made["group"]
    return SampleSet(
        values=made["values"],
        valid=made["valid"],
        label=made["label"],
        group=group,
        xy=np.stack([CORNER[0] + group * 200.0, np.full(len(group), CORNER[1])], axis=1),
        fold=np.full(len(group), "", dtype="<U1"),
        bands=tuple(BANDS[c] if c < len(BANDS) else f"B{c + 20}" for c in range(bands)),
        dates=some_dates(dates),
        season_start=some_dates(1)[0],
        scale=np.full((dates, bands), SCALE, np.float32),
        offset=np.zeros((dates, bands), np.float32),
        classes=tuple(
            ClassInfo(k + 1, name, COLORS[k % len(COLORS)], len(np.unique(group[made["label"] == k])), count)
            for k, name in enumerate(names)
        ),
        crs_wkt="",
        days_nominal=False,
        is_grouped=True,
        source="synthetic",
        notes=(),
    )


def save_small_samples(path: Path, **options: Any) -> Path:
    """Write small_samples(**options) to `path` (.npz)."""
    from chronomap.plugin.raster.samples import save_samples

    save_samples(small_samples(**options), path)
    return path


def table_csv(path: Path, count: int = 6, dates: int = 8, bands: int = 2, named_by_date: bool = True) -> Path:
    """Write ready series as CSV: columns id, crop, polygon, then BAND_YYYY-MM-DD (or BAND_01, ...), date-major."""
    made = series(count, 3, dates, bands, cloud=0.0)
    stamps = some_dates(dates) if named_by_date else [f"{t + 1:02d}" for t in range(dates)]
    columns = [f"{BANDS[c]}_{stamp}" for stamp in stamps for c in range(bands)]
    lines = [",".join(["id", "crop", "polygon", *columns])]
    for row, (values, label, group) in enumerate(zip(made["values"], made["label"], made["group"])):
        numbers = [f"{value * SCALE:.4f}" for value in values.ravel()]
        lines.append(",".join([str(row), CLASSES[label], str(group), *numbers]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


# ---- rasters and vectors ----


def small_cube(
    folder: Path,
    *,
    size: tuple[int, int] = (32, 24),
    dates: tuple[str, ...] = (),
    bands: tuple[str, ...] = BANDS,
    form: str = "per_date",
    masked: bool = True,
    classes: int = 3,
    cloud: float = 0.2,
    seed: int = 0,
) -> SmallCube:
    """Write a cube of `size` (width, height) px with cloud masks and training polygons; `form` is one of FORMS.

    Fields of 8 x 8 px take the classes in turn; values are Int16, reflectance x 10000, nodata -9999. Clouds are
    rectangles (1 in the mask) of bright values; the first date is clear.
    """
    folder.mkdir(parents=True, exist_ok=True)
    dates = dates or some_dates(8)
    rng = np.random.default_rng(seed)
    truth = _fields(size, classes)
    signatures = np.stack([signature(kind, len(dates), len(bands)) for kind in range(classes)])
    clean = signatures[truth].transpose(2, 3, 0, 1)  # (T, C, H, W)
    values = np.round((clean + rng.normal(0, 0.008, clean.shape)) / SCALE).astype(np.int16)
    valid = _cloud_free(rng, (len(dates), size[1], size[0]), cloud if masked else 0.0)
    values = np.where(valid[:, None], values, np.int16(7000))
    rasters = _write_form(folder, form, values, dates, bands)
    masks = tuple(
        write_raster(folder / f"CLM_{day.replace('-', '')}.tif", (~valid[t, None]).astype(np.uint8))
        for t, day in enumerate(dates)
        if masked
    )
    polygons = field_polygons(folder / "training.gpkg", size, classes)
    return SmallCube(folder, form, rasters, masks, polygons, tuple(dates), tuple(bands), values, valid, truth)


def write_raster(
    path: Path,
    values: np.ndarray,
    names: tuple[str, ...] = (),
    *,
    nodata: float | None = None,
    scale: float = 1.0,
    offset: float = 0.0,
    corner: tuple[float, float] = CORNER,
    pixel_m: float = PIXEL_M,
    epsg: int = EPSG,
    block_px: int = 16,
) -> str:
    """Write values (C, H, W) as a tiled GeoTIFF with band descriptions; return its path as text."""
    from osgeo import gdal, gdal_array, osr

    kind = gdal_array.NumericTypeCodeToGDALTypeCode(values.dtype)
    options = ["TILED=YES", f"BLOCKXSIZE={block_px}", f"BLOCKYSIZE={block_px}", "COMPRESS=DEFLATE"]
    count, height, width = values.shape
    dataset = gdal.GetDriverByName("GTiff").Create(str(path), width, height, count, kind, options)
    dataset.SetGeoTransform((corner[0], pixel_m, 0.0, corner[1], 0.0, -pixel_m))
    crs = osr.SpatialReference()
    crs.ImportFromEPSG(epsg)
    dataset.SetProjection(crs.ExportToWkt())
    for index in range(count):
        band = dataset.GetRasterBand(index + 1)
        band.WriteArray(values[index])
        if names:
            band.SetDescription(names[index])
        if nodata is not None:
            band.SetNoDataValue(nodata)
        if scale != 1.0 or offset:
            band.SetScale(scale)
            band.SetOffset(offset)
    dataset.FlushCache()
    return str(path)


def field_polygons(
    path: Path, size: tuple[int, int] = (32, 24), classes: int = 3, epsg: int = EPSG, names: tuple[str, ...] = CLASSES
) -> str:
    """Write the fields of small_cube, shrunk by 1 px, as polygons with `crop` (text), `code` and `fold` (integers).

    With another `epsg` the polygons are transformed to it.
    """
    shapes = []
    for row in range(size[1] // 8):
        for column in range(size[0] // 8):
            kind = (row * 3 + column) % classes
            left, top = CORNER[0] + (column * 8 + 1) * PIXEL_M, CORNER[1] - (row * 8 + 1) * PIXEL_M
            ring = [(left, top), (left + 60, top), (left + 60, top - 60), (left, top - 60), (left, top)]
            corners = ", ".join(f"{x} {y}" for x, y in ring)
            fields = {"crop": names[kind], "code": (kind + 1) * 10, "fold": (row + column) % 3}
            shapes.append((f"POLYGON (({corners}))", fields))
    return write_vectors(path, shapes, epsg=epsg)


def write_vectors(
    path: Path, shapes: list[tuple[str, dict[str, Any]]], source_epsg: int = EPSG, epsg: int = EPSG
) -> str:
    """Write (WKT in `source_epsg`, fields) pairs to a GeoPackage in `epsg`; epsg 0: without a CRS. Return its path."""
    from osgeo import ogr, osr

    crs, source = osr.SpatialReference(), osr.SpatialReference()
    source.ImportFromEPSG(source_epsg)
    source.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    if epsg:
        crs.ImportFromEPSG(epsg)
        crs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    driver = ogr.GetDriverByName("GPKG")
    if path.exists():
        driver.DeleteDataSource(str(path))
    dataset = driver.CreateDataSource(str(path))
    layer = dataset.CreateLayer(path.stem, crs if epsg else None, ogr.wkbUnknown)
    kinds = {str: ogr.OFTString, int: ogr.OFTInteger, float: ogr.OFTReal}
    for name, value in shapes[0][1].items():
        layer.CreateField(ogr.FieldDefn(name, kinds[type(value)]))
    for wkt, fields in shapes:
        feature = ogr.Feature(layer.GetLayerDefn())
        geometry = ogr.CreateGeometryFromWkt(wkt)
        if epsg not in (0, source_epsg):
            geometry.Transform(osr.CoordinateTransformation(source, crs))
        feature.SetGeometry(geometry)
        for name, value in fields.items():
            feature.SetField(name, value)
        layer.CreateFeature(feature)
    dataset = layer = None
    return str(path)


def _fields(size: tuple[int, int], classes: int) -> np.ndarray:
    """Return the class index (H, W): fields of 8 x 8 px."""
    row, column = np.mgrid[0 : size[1], 0 : size[0]] // 8
    return (row * 3 + column) % classes


def _cloud_free(rng: np.random.Generator, shape: tuple[int, int, int], cloud: float) -> np.ndarray:
    """Return valid (T, H, W): a rectangle of about `cloud` of the area is False on every date but the first."""
    valid = np.ones(shape, bool)
    if cloud <= 0:
        return valid
    side = min(1.0, cloud**0.5)
    for t in range(1, shape[0]):
        height, width = max(1, round(shape[1] * side)), max(1, round(shape[2] * side))
        top, left = rng.integers(0, shape[1] - height + 1), rng.integers(0, shape[2] - width + 1)
        valid[t, top : top + height, left : left + width] = False
    return valid


def _write_form(
    folder: Path, form: str, values: np.ndarray, dates: tuple[str, ...], bands: tuple[str, ...]
) -> tuple[str, ...]:
    """Write values (T, C, H, W) in one of FORMS and return the rasters."""
    stamps = [day.replace("-", "") for day in dates]
    options: dict[str, Any] = {"nodata": -9999, "scale": SCALE}
    if form == "date_major":
        names = tuple(f"{band}_{day}" for day in dates for band in bands)
        return (write_raster(folder / "stack.tif", values.reshape(-1, *values.shape[2:]), names, **options),)
    if form == "band_major":
        names = tuple(f"{band}_{day}" for band in bands for day in dates)
        turned = values.transpose(1, 0, 2, 3).reshape(-1, *values.shape[2:])
        return (write_raster(folder / "stack.tif", turned, names, **options),)
    if form == "per_band":
        return tuple(
            write_raster(folder / f"S2_{stamp}_{band}.tif", values[t, c, None], (band,), **options)
            for t, stamp in enumerate(stamps)
            for c, band in enumerate(bands)
        )
    written = tuple(
        write_raster(folder / f"S2_{stamp}.tif", values[t], bands, **options) for t, stamp in enumerate(stamps)
    )
    return tuple(_vrt(Path(name)) for name in written) if form == "vrt" else written


def _vrt(raster: Path) -> str:
    from osgeo import gdal

    path = raster.with_suffix(".vrt")
    gdal.Translate(str(path), str(raster), format="VRT").FlushCache()
    return str(path)
