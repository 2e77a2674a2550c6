# SPDX-License-Identifier: GPL-2.0-or-later
"""Class maps against reference polygons: names matched, pixels counted, what is left out told."""

from __future__ import annotations

import numpy as np
import pytest
from chronomap.plugin.core.errors import InputError
from chronomap.plugin.core.jobs import EvaluateMapJob
from chronomap.plugin.core.monitor import Monitor
from chronomap.plugin.raster.reference import map_confusion
from osgeo import gdal
from synthetic import CORNER, write_raster, write_vectors

NAMES = ["", "Wheat", "Maize", "Grass"]


def box(left, top, width, height):
    x, y = CORNER[0] + left * 10, CORNER[1] - top * 10
    corners = [(x, y), (x + width * 10, y), (x + width * 10, y - height * 10), (x, y - height * 10), (x, y)]
    return f"POLYGON (({', '.join(f'{a} {b}' for a, b in corners)}))"


def reference(path, places):
    """Write rectangles: (left, top, width, height, name or value)."""
    return write_vectors(path / "reference.gpkg", [(box(*place[:4]), {"crop": place[4]}) for place in places])


def class_map(path, named=True):
    """Write a map of 30 x 10 px: thirds of 1, 2 and 3; row 0 is nodata; three pixels of the first third are 2."""
    values = np.repeat([[1, 2, 3]], 10, axis=1) * np.ones((10, 1), int)
    values[0] = 0
    values[1, :3] = 2
    raster = write_raster(path / "map.tif", values[None].astype(np.uint8), nodata=0)
    if named:
        dataset = gdal.Open(raster, gdal.GA_Update)
        dataset.GetRasterBand(1).SetCategoryNames(NAMES)
        dataset = None
    return raster


def confuse(raster, vectors, **fields):
    return map_confusion(EvaluateMapJob(raster, vectors, "crop", **fields), Monitor())


def test_rows_are_the_reference_and_columns_the_map(tmp_path):
    vectors = reference(tmp_path, [(0, 1, 10, 1, "Wheat"), (10, 1, 10, 2, "Maize"), (20, 1, 4, 1, "Maize")])
    confusion, names, _ = confuse(class_map(tmp_path), vectors)
    assert names == ["Wheat", "Maize", "Grass"]
    assert confusion == [[7, 3, 0], [0, 20, 4], [0, 0, 0]]


def test_a_raster_attribute_table_names_the_classes(tmp_path):
    raster = class_map(tmp_path, named=False)
    table = gdal.RasterAttributeTable()
    table.CreateColumn("Value", gdal.GFT_Integer, gdal.GFU_MinMax)
    table.CreateColumn("Class", gdal.GFT_String, gdal.GFU_Name)
    for row, name in enumerate(NAMES[1:]):
        table.SetValueAsInt(row, 0, row + 1)
        table.SetValueAsString(row, 1, name)
    dataset = gdal.Open(raster, gdal.GA_Update)
    dataset.GetRasterBand(1).SetDefaultRAT(table)
    dataset = None
    vectors = reference(tmp_path, [(0, 2, 10, 1, "Wheat"), (10, 2, 10, 1, "Maize")])
    confusion, names, _ = confuse(raster, vectors)
    assert (names, confusion) == (NAMES[1:], [[10, 0, 0], [0, 10, 0], [0, 0, 0]])


def test_whole_numbers_match_the_values_of_the_map(tmp_path):
    vectors = reference(tmp_path, [(0, 1, 10, 1, 1), (10, 1, 10, 1, 2)])
    confusion, names, _ = confuse(class_map(tmp_path, named=False), vectors)
    assert (names, confusion) == (["1", "2"], [[7, 3], [0, 10]])
    assert confuse(class_map(tmp_path), vectors)[1] == NAMES[1:]


def test_pixels_without_a_class_in_the_map_are_left_out_and_counted(tmp_path):
    vectors = reference(tmp_path, [(0, 0, 10, 3, "Wheat")])
    confusion, _, notes = confuse(class_map(tmp_path), vectors)
    assert np.sum(confusion) == 20
    assert "10 reference pixels have no class in the map (nodata) and are left out." in notes


def test_classes_the_map_does_not_know_are_told_or_renamed(tmp_path):
    vectors = reference(tmp_path, [(0, 2, 10, 1, "Wheat"), (10, 2, 10, 1, "Corn")])
    confusion, _, notes = confuse(class_map(tmp_path), vectors)
    assert np.sum(confusion) == 10
    assert "10 pixels of classes the map does not know are left out: Corn." in notes
    confusion, _, notes = confuse(class_map(tmp_path), vectors, rename={"Corn": "Maize"})
    assert (np.trace(confusion), notes) == (20, ())


def test_a_reference_of_other_classes_is_refused(tmp_path):
    with pytest.raises(
        InputError, match=r"None of the reference classes \(Rice\) is a class of the map map.tif \(Wheat"
    ):
        confuse(class_map(tmp_path), reference(tmp_path, [(0, 2, 10, 1, "Rice")]))


def test_a_reference_on_nodata_alone_is_refused(tmp_path):
    with pytest.raises(InputError, match="has a class: check map and reference"):
        confuse(class_map(tmp_path), reference(tmp_path, [(0, 0, 10, 1, "Wheat")]))


def test_a_map_of_fractions_is_refused(tmp_path):
    raster = write_raster(tmp_path / "ndvi.tif", np.full((1, 10, 10), 0.5, np.float32))
    with pytest.raises(InputError, match="choose a class map"):
        confuse(raster, reference(tmp_path, [(0, 2, 10, 1, "Wheat")]))
