# SPDX-License-Identifier: GPL-2.0-or-later
"""Rows of a table as text, from CSV files (with or without header) or any OGR table."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Optional

from osgeo import ogr, osr

from ..core.errors import InputError
from .access import quiet_gdal
from .columns import column_date
from .legend import whole_number
from .vectors import (
    LONGITUDE_LATITUDE,
    LONGITUDES,
    VectorSource,
    field_names,
    field_text,
    find_layer,
    known_crs,
    open_vectors,
)

_SUFFIXES = (".csv", ".txt", ".tsv")
_DELIMITERS = ",;\t|"
_UNKNOWN = (float("nan"), float("nan"))


@dataclass(frozen=True)
class Row:
    """One row: where it stands, for messages, its cells, and its place (x, y; NaN unknown)."""

    number: int
    cells: list[str]
    xy: tuple[float, float]


@dataclass(frozen=True)
class Table:
    """A table: column names ("1", "2", ... where it has no header), its rows (read once), and what xy are in."""

    title: str
    names: tuple[str, ...]
    has_header: bool
    rows: Callable[[], Iterator[Row]]
    crs_wkt: str = ""
    decimal_comma: bool = False
    notes: tuple[str, ...] = ()


def open_table(path: str, layer: str = "") -> Table:
    """Open a CSV file or OGR table.

    Raises:
        InputError: it cannot be read, or is empty.
    """
    return _csv_table(Path(path)) if path.lower().endswith(_SUFFIXES) else _ogr_table(VectorSource(path, layer))


def _csv_table(path: Path) -> Table:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            start = file.readline()
            delimiter = max(_DELIMITERS, key=start.count)
            file.seek(0)
            first = next(csv.reader(file, delimiter=delimiter), [])
    except OSError as error:
        raise InputError(f"The table {path} cannot be read ({error.strerror}): check the path.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"The table {path} is not UTF-8 text: save it as CSV with UTF-8 encoding.") from error
    cells = [cell.strip() for cell in first]
    if not any(cells):
        raise InputError(f"The table {path} is empty, or its first line is: choose another table.")
    has_header = _is_header(cells)
    names = tuple(cells) if has_header else tuple(str(k + 1) for k in range(len(cells)))
    repeated = sorted({name for name in names if names.count(name) > 1 and name})
    if repeated:
        raise InputError(f"The table {path} has the column '{repeated[0]}' twice: rename one of them.")
    place = _place_columns(names)
    crs_wkt, notes = _csv_crs(path, names, place)
    if not has_header:
        notes.append(f"{path.name} has no header: its columns are called 1 to {len(names)}.")

    def rows() -> Iterator[Row]:
        return _csv_rows(path, delimiter, len(names), has_header, place)

    return Table(path.name, names, has_header, rows, crs_wkt, delimiter == ";", tuple(notes))


def _csv_rows(
    path: Path, delimiter: str, width: int, has_header: bool, place: Optional[tuple[int, int]]
) -> Iterator[Row]:
    """Yield the rows of a CSV file, blank lines left out."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=delimiter)
            if has_header:
                next(reader)
            for record in reader:
                cells = [cell.strip() for cell in record]
                if not any(cells):
                    continue
                if len(cells) != width:
                    raise InputError(
                        f"Line {reader.line_num} of {path} has {len(cells)} cells, but the first line has {width}: "
                        "repair it."
                    )
                yield Row(reader.line_num, cells, _place(cells, place))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"The table {path} cannot be read ({error}): save it as CSV with UTF-8 encoding.") from error


def _ogr_table(source: VectorSource) -> Table:
    with quiet_gdal():
        dataset = open_vectors(source.path)
        layer = find_layer(dataset, source)
        names, crs = tuple(field_names(layer)), layer.GetSpatialRef()
    has_place = layer.GetGeomType() != ogr.wkbNone

    def rows() -> Iterator[Row]:
        with quiet_gdal():
            kept = dataset  # a layer dies with its dataset
            for record in kept.GetLayerByName(layer.GetName()):
                cells = [field_text(record, k) for k in range(len(names))]
                yield Row(record.GetFID(), cells, _centroid(record) if has_place else _UNKNOWN)

    wkt = crs.ExportToWkt() if has_place and known_crs(crs) else ""
    return Table(Path(source.path).name, names, True, rows, wkt)


def _centroid(record: ogr.Feature) -> tuple[float, float]:
    geometry = record.GetGeometryRef()
    if geometry is None or geometry.IsEmpty():
        return _UNKNOWN
    centre = geometry.Centroid()
    return centre.GetX(), centre.GetY()


def _is_header(cells: Sequence[str]) -> bool:
    """Tell whether the first line names columns: not mostly numbers, unless these are dates or 1, 2, 3, ..."""
    numbers = [cell for cell in cells if _is_number(cell)]
    if len(numbers) * 2 <= len(cells):
        return True
    if all(column_date(cell) for cell in numbers):
        return True
    is_counting = all(map(whole_number, numbers)) and len(numbers) > 2
    return is_counting and all(int(b) - int(a) == 1 for a, b in zip(numbers, numbers[1:]))


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return True


def _place_columns(names: Sequence[str]) -> Optional[tuple[int, int]]:
    """Return the columns of x and y, None where there are none."""
    lower = [name.lower() for name in names]
    for x, y in (("longitude", "latitude"), ("lon", "lat"), ("long", "lat"), ("x", "y"), ("easting", "northing")):
        if x in lower and y in lower:
            return lower.index(x), lower.index(y)
    return None


def _csv_crs(path: Path, names: Sequence[str], place: Optional[tuple[int, int]]) -> tuple[str, list[str]]:
    if place is None or names[place[0]].lower() not in LONGITUDES:
        return "", []
    crs = osr.SpatialReference()
    crs.SetFromUserInput(LONGITUDE_LATITUDE)
    return crs.ExportToWkt(), [f"Longitude and latitude of {path.name} are taken as WGS 84 ({LONGITUDE_LATITUDE})."]


def _place(cells: Sequence[str], place: Optional[tuple[int, int]]) -> tuple[float, float]:
    if place is None or not all(_is_number(cells[k]) for k in place):
        return _UNKNOWN
    return float(cells[place[0]].replace(",", ".")), float(cells[place[1]].replace(",", "."))
