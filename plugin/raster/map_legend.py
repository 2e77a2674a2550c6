# SPDX-License-Identifier: GPL-2.0-or-later
"""What a class map says of its classes: attribute table, category names, colour table, or QGIS's style beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Optional

from osgeo import gdal

from ..core.classes import ClassInfo, palette_color
from .access import quiet_gdal
from .legend import whole_number

_STYLE = ".qml"


def map_legend(raster: gdal.Dataset) -> tuple[ClassInfo, ...]:
    """Return the classes that the first band names, by value; () where nothing names any. Nodata is no class.

    Names come from the raster attribute table, else the category names, else the paletted style (.qml) beside the
    file; colours from style or attribute table or colour table, else from our palette.
    """
    band = raster.GetRasterBand(1)
    style = _style_classes(Path(raster.GetDescription()))
    table = attribute_classes(band)
    names = {info.value: info.name for info in table.values()} or _category_names(band)
    names = names or {info.value: info.name for info in style.values()}
    nodata = band.GetNoDataValue()
    known = {value: name for value, name in sorted(names.items()) if name and (nodata is None or value != nodata)}
    colors = {**_table_colors(band), **{v: i.color for v, i in {**table, **style}.items() if i.color}}
    return tuple(
        ClassInfo(value, name, colors.get(value) or palette_color(index))
        for index, (value, name) in enumerate(known.items())
    )


def unnamed(value: int, index: int) -> ClassInfo:
    """Return the class of a value without a name."""
    return ClassInfo(value, str(value), palette_color(index))


def _category_names(band: gdal.Band) -> dict[int, str]:
    return {value: name.strip() for value, name in enumerate(band.GetCategoryNames() or []) if name.strip()}


def attribute_classes(band: gdal.Band) -> dict[int, ClassInfo]:
    """Return what the raster attribute table of `band` names, by value; {} where there is none."""
    with quiet_gdal():
        table = band.GetDefaultRAT()
    if table is None:
        return {}
    value, name = table.GetColOfUsage(gdal.GFU_MinMax), table.GetColOfUsage(gdal.GFU_Name)
    if value < 0 or name < 0:
        return {}
    channels = [table.GetColOfUsage(usage) for usage in (gdal.GFU_Red, gdal.GFU_Green, gdal.GFU_Blue)]
    found = {}
    for row in range(table.GetRowCount()):
        color = "" if min(channels) < 0 else _hex(table.GetValueAsInt(row, channel) for channel in channels)
        key = table.GetValueAsInt(row, value)
        found[key] = ClassInfo(key, table.GetValueAsString(row, name).strip(), color)
    return found


def _table_colors(band: gdal.Band) -> dict[int, str]:
    table = band.GetColorTable()
    if table is None:
        return {}
    entries = {value: table.GetColorEntry(value) for value in range(table.GetCount())}
    return {value: _hex(entry[:3]) for value, entry in entries.items() if any(entry[:3])}


def _hex(channels: Any) -> str:
    return "#" + "".join(f"{min(max(int(level), 0), 255):02x}" for level in channels)


def _style_classes(raster: Path) -> dict[int, ClassInfo]:
    """Return the classes of QGIS's paletted style beside a raster, {} where there is none."""
    style = raster.with_suffix(_STYLE) if raster.suffix else None
    if style is None or not style.is_file():
        return {}
    with quiet_gdal():
        try:
            tree: Optional[list[Any]] = gdal.ParseXMLString(style.read_text(encoding="utf-8", errors="replace"))
        except RuntimeError:  # no XML: a style that QGIS could not read either
            tree = None
    found = (_style_class(attributes) for attributes in _elements(tree, "paletteEntry"))
    return {info.value: info for info in found if info is not None}


def _style_class(attributes: dict[str, str]) -> Optional[ClassInfo]:
    value = attributes.get("value", "")
    if not whole_number(value):
        return None
    info = ClassInfo(int(value), attributes.get("label", "").strip() or value, "")
    color = attributes.get("color", "")
    return replace(info, color=color[:7]) if color.startswith("#") else info


def _elements(tree: Optional[list[Any]], name: str) -> Iterator[dict[str, str]]:
    """Yield the attributes of every element called `name`; GDAL's tree is [kind, name, child, child, ...]."""
    if not tree:
        return
    if tree[0] == gdal.CXT_Element and tree[1] == name:
        yield {child[1]: child[2][1] for child in tree[2:] if child[0] == gdal.CXT_Attribute and len(child) > 2}
    for child in tree[2:]:
        if isinstance(child, list) and child[0] == gdal.CXT_Element:
            yield from _elements(child, name)
