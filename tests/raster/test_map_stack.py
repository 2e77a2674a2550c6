# SPDX-License-Identifier: GPL-2.0-or-later
"""Class maps are read together only where grid and classes agree; names and colours come from where they stand."""

from __future__ import annotations

import numpy as np
import pytest
from chronomap.plugin.core.classes import ClassInfo
from chronomap.plugin.core.errors import InputError
from chronomap.plugin.raster.access import open_raster
from chronomap.plugin.raster.map_legend import map_legend
from chronomap.plugin.raster.map_stack import NO_CLASS, map_titles, open_stack
from class_maps import LEGEND, class_map
from osgeo import gdal
from synthetic import write_raster

VALUES = np.array([[1, 2, 5], [0, 5, 1]])
STYLE = """<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22"><pipe><rasterrenderer type="paletted"><colorPalette>
<paletteEntry value="1" label="Wheat &amp; rye" color="#e69f00" alpha="255"/>
<paletteEntry value="2" label="" color="#d55e00ff" alpha="255"/>
</colorPalette></rasterrenderer></pipe></qgis>"""


def read(stack):
    return stack.read(stack.grid.window)


def test_values_become_indices_of_the_shared_classes(tmp_path):
    stack = open_stack([class_map(tmp_path / "a.tif", VALUES), class_map(tmp_path / "b.tif", VALUES[::-1])])
    assert [info.name for info in stack.classes] == ["Wheat", "Maize", "Grass"]
    assert read(stack)[0].tolist() == [[0, 1, 2], [NO_CLASS, 2, 0]]
    assert read(stack)[1].tolist() == [[NO_CLASS, 2, 0], [0, 1, 2]]


def test_names_and_colours_come_from_the_attribute_table(tmp_path):
    raster = class_map(tmp_path / "a.tif", VALUES)
    assert map_legend(open_raster(raster)) == LEGEND


def test_names_and_colours_come_from_the_style_beside_the_map(tmp_path):
    raster = class_map(tmp_path / "a.tif", VALUES, legend=())
    (tmp_path / "a.qml").write_text(STYLE, encoding="utf-8")
    expected = (ClassInfo(1, "Wheat & rye", "#e69f00"), ClassInfo(2, "2", "#d55e00"))
    assert map_legend(open_raster(raster)) == expected


def test_a_damaged_style_names_nothing(tmp_path):
    raster = class_map(tmp_path / "a.tif", VALUES, legend=())
    (tmp_path / "a.qml").write_text("<qgis><broken", encoding="utf-8")
    assert map_legend(open_raster(raster)) == ()


def test_category_names_and_colour_table_name_classes(tmp_path):
    raster = class_map(tmp_path / "a.tif", VALUES, legend=())
    dataset = gdal.Open(raster, gdal.GA_Update)
    table = gdal.ColorTable()
    table.SetColorEntry(2, (16, 32, 48, 255))
    dataset.GetRasterBand(1).SetColorTable(table)
    dataset.GetRasterBand(1).SetCategoryNames(["nothing", "", "Maize"])
    dataset = None
    assert map_legend(open_raster(raster)) == (ClassInfo(2, "Maize", "#102030"),)


def test_maps_without_names_have_their_values_as_classes(tmp_path):
    stack = open_stack([class_map(tmp_path / "a.tif", VALUES, legend=())])
    assert [info.name for info in stack.classes] == ["1", "2", "5"]


def test_values_that_no_class_is_named_for_are_counted(tmp_path):
    stack = open_stack([class_map(tmp_path / "a.tif", VALUES, legend=LEGEND[:2])])
    assert (read(stack)[0] == NO_CLASS).sum() == 3
    assert stack.unnamed_px == 2


def test_other_pixels_are_refused(tmp_path):
    maps = [class_map(tmp_path / "a.tif", VALUES), class_map(tmp_path / "b.tif", VALUES, pixel_m=20.0)]
    with pytest.raises(InputError, match=r"b has other pixels than a \(3 x 2 px of 20 against 3 x 2 px of 10"):
        open_stack(maps)


def test_other_classes_are_refused_by_name(tmp_path):
    other = (*LEGEND[:2], ClassInfo(5, "Meadow", "#009e73"))
    maps = [class_map(tmp_path / "a.tif", VALUES), class_map(tmp_path / "b.tif", VALUES, legend=other)]
    with pytest.raises(InputError, match=r"not in both: 5 Grass, 5 Meadow"):
        open_stack(maps)


def test_fractions_are_refused(tmp_path):
    raster = write_raster(tmp_path / "a.tif", np.full((1, 2, 3), 0.5, np.float32))
    with pytest.raises(InputError, match="holds fractions"):
        open_stack([raster])


def test_files_of_one_name_are_told_apart_by_folder():
    assert map_titles(["/x/ltae/class.tif", "/x/gru/class.tif", "/x/rf.tif"]) == ("ltae/class", "gru/class", "rf")
    assert map_titles(["/x/a.tif", "/x/b.tif"], ["Mine"]) == ("Mine", "b")
