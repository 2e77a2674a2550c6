# SPDX-License-Identifier: GPL-2.0-or-later
"""Rasters and dates: what is chosen, found, corrected and left out reaches the job."""

from __future__ import annotations

import numpy as np
import pytest
from chronomap.plugin.core.cube_spec import KEEP
from chronomap.plugin.core.jobs import CubeJob
from chronomap.plugin.host.temporal import date_ranges, set_range
from qgis.core import QgsProject, QgsRasterLayer
from qgis.gui import QgsLayerTreeView
from qgis.PyQt.QtCore import QMimeData, QPointF, Qt, QUrl
from qgis.PyQt.QtGui import QDropEvent
from synthetic import BANDS, small_cube, write_raster

DATE, LABEL, BANDS_COLUMN, MASK, VALID = range(5)


def cells(page, column):
    model = page.rasters.table.model()
    return [model.index(row, column).data() for row in range(model.rowCount())]


def type_date(page, row, text):
    model = page.rasters.table.model()
    model.setData(model.index(row, DATE), text, Qt.ItemDataRole.EditRole)


def drop(page, mime):
    event = QDropEvent(
        QPointF(50, 50), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    page.rasters.dropEvent(event)


def undated(folder, *names):
    folder.mkdir(exist_ok=True)
    values = np.ones((1, 8, 8), np.int16)
    return [write_raster(folder / name, values) for name in names]


def test_chosen_layers_fill_the_table_with_dates_bands_masks_and_shares(page, cube, add_rasters):
    add_rasters()
    assert tuple(cells(page, DATE)) == cube.dates
    assert set(cells(page, BANDS_COLUMN)) == {", ".join(BANDS)}
    assert cells(page, MASK)[0] == f"CLM_{cube.dates[0].replace('-', '')}"
    assert cells(page, VALID) == [f"{share:.0%}" for share in cube.valid.mean(axis=(1, 2))]
    assert page.workspace.recipe.cube.rasters == cube.rasters + cube.masks


def test_an_empty_page_asks_for_rasters_and_a_training_layer(page):
    sentences = " ".join(page.gaps().values())
    assert "No raster is chosen" in sentences
    assert "No training layer is chosen" in sentences


def test_a_typed_date_reaches_the_job_and_nothing_else_changes(page, cube, add_rasters, settled):
    add_rasters(cube.rasters)
    type_date(page, 1, "20210310")
    settled(page)
    assert page.workspace.recipe.cube.dates == ("", "2021-03-10", *[""] * (len(cube.dates) - 2))
    assert cells(page, DATE) == [cube.dates[0], "2021-03-10", *cube.dates[2:]]


def test_a_date_that_is_none_is_told_and_not_taken(page, cube, add_rasters):
    add_rasters(cube.rasters)
    type_date(page, 1, "next week")
    assert "'next week' is not a date" in page.rasters.hint.text()
    assert page.workspace.recipe.cube.dates == ()


def test_rasters_without_dates_ask_for_them_in_their_cells(page, tmp_path, settled):
    page.rasters.add_paths(undated(tmp_path / "n", "autumn.tif", "spring.tif"))
    settled(page)
    assert cells(page, DATE) == ["type the date"] * 2
    assert "2 rasters have no date" in page.gaps()[page.rasters.table]
    spring = cells(page, LABEL).index("spring")
    type_date(page, spring, "2021-04-01")
    settled(page)
    assert "No date was found" in page.gaps()[page.rasters.table]
    type_date(page, cells(page, DATE).index("type the date"), "2021-09-01")
    settled(page)
    assert page.rasters.table not in page.gaps()
    assert cells(page, LABEL) == ["spring", "autumn"]


def test_dates_of_a_stack_can_be_corrected(page, tmp_path, settled):
    stack = small_cube(tmp_path / "stack", form="date_major", masked=False)
    page.rasters.add_paths(stack.rasters)
    settled(page)
    type_date(page, 2, "2021-03-22")
    settled(page)
    expected = (*stack.dates[:2], "2021-03-22", *stack.dates[3:])
    assert page.workspace.recipe.cube.dates == expected
    assert tuple(cells(page, DATE)) == expected


def test_a_stack_without_dates_takes_them_from_the_list(page, tmp_path, settled):
    page.rasters.add_paths([write_raster(tmp_path / "stack.tif", np.ones((3, 8, 8), np.int16))])
    settled(page)
    page.masks.reading.dates.setPlainText("2021-03-05, 2021-03-15\n2021-03-25")
    settled(page)
    assert cells(page, DATE) == ["2021-03-05", "2021-03-15", "2021-03-25"]


def test_an_unticked_date_is_left_out_and_can_come_back(page, cube, add_rasters, settled):
    add_rasters()
    model = page.rasters.table.model()
    model.setData(model.index(3, DATE), Qt.CheckState.Unchecked, Qt.ItemDataRole.CheckStateRole)
    settled(page)
    assert page.workspace.recipe.cube.left_out == (cube.dates[3],)
    assert len(page.findings.survey.spec.acquisitions) == len(cube.dates) - 1
    assert len(cells(page, DATE)) == len(cube.dates)
    model.setData(model.index(3, DATE), Qt.CheckState.Checked, Qt.ItemDataRole.CheckStateRole)
    assert page.workspace.recipe.cube.left_out == ()


def test_removed_rows_take_their_rasters_and_masks_along(page, cube, add_rasters, settled):
    add_rasters()
    type_date(page, 2, "2021-03-20")
    settled(page)
    page.rasters.table.selectRow(0)
    page.rasters.remove.click()
    settled(page)
    job = page.workspace.recipe.cube
    assert job.rasters == cube.rasters[1:] + cube.masks[1:]
    assert cells(page, DATE)[1] == "2021-03-20"


def test_columns_sort_the_rows(page, cube, add_rasters):
    add_rasters()
    page.rasters.table.sortByColumn(VALID, Qt.SortOrder.DescendingOrder)
    shares = [float(text[:-1]) for text in cells(page, VALID)]
    assert shares == sorted(shares, reverse=True)


def test_unticked_bands_are_not_used(page, add_rasters, settled):
    add_rasters()
    page.rasters.bands.item(1).setCheckState(Qt.CheckState.Unchecked)
    settled(page)
    assert page.workspace.recipe.cube.bands == (BANDS[0], BANDS[2])
    assert page.findings.survey.spec.band_names == (BANDS[0], BANDS[2])
    page.rasters.bands.item(1).setCheckState(Qt.CheckState.Checked)
    assert page.workspace.recipe.cube.bands == ()


def test_images_of_one_day_can_be_kept_apart(page):
    page.rasters.same_day.setCurrentIndex(1)
    page.rasters.same_day.activated.emit(1)
    assert page.workspace.recipe.cube.same_day == KEEP


def test_a_dropped_group_adds_all_its_rasters(page, cube, settled):
    root = QgsProject.instance().layerTreeRoot()
    group = root.addGroup("series")
    for path in cube.rasters[:3]:
        layer = QgsRasterLayer(path, path.rsplit("/", 1)[-1])
        QgsProject.instance().addMapLayer(layer, False)
        group.addLayer(layer)
    view = QgsLayerTreeView()
    from qgis.core import QgsLayerTreeModel  # noqa: PLC0415

    model = QgsLayerTreeModel(root)
    view.setModel(model)
    drop(page, model.mimeData([model.node2index(group)]))
    settled(page)
    assert page.workspace.recipe.cube.rasters == cube.rasters[:3]


def test_a_dropped_folder_and_a_pattern_choose_its_files(page, cube, settled):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(cube.folder))])
    drop(page, mime)
    page.rasters.pattern.setText("S2_*.tif")
    page.rasters.pattern.editingFinished.emit()
    settled(page)
    job = page.workspace.recipe.cube
    assert (job.folder, job.pattern, job.rasters) == (str(cube.folder), "S2_*.tif", ())
    assert tuple(cells(page, DATE)) == cube.dates


def test_dates_of_layers_are_taken_along(page, tmp_path, settled):
    name = undated(tmp_path / "n", "spring.tif")[0]
    layer = QgsRasterLayer(name, "spring")
    set_range(layer, date_ranges(["2021-04-01"])[0])
    page.rasters.add_raster_layers([layer])
    settled(page)
    assert page.workspace.recipe.cube.layer_dates == {name: "2021-04-01"}
    assert cells(page, DATE) == ["2021-04-01"]


def test_a_layer_from_a_service_is_refused_in_words(page):
    layer = QgsRasterLayer("type=xyz&url=http://localhost/{z}/{x}/{y}.png", "tiles", "wms")
    page.rasters.add_raster_layers([layer])
    assert "'tiles' comes from wms" in page.rasters.hint.text()


def test_a_loaded_recipe_is_shown(page, cube, settled):
    from dataclasses import replace  # noqa: PLC0415

    recipe = replace(page.workspace.recipe, cube=CubeJob("", rasters=cube.rasters, same_day=KEEP))
    page.workspace.load(recipe)
    page.show_recipe()
    settled(page)
    assert tuple(cells(page, DATE)) == cube.dates
    assert page.rasters.same_day.currentData() == KEEP


def test_a_folder_with_a_pattern_comes_back_as_it_was(page, cube, settled):
    from dataclasses import replace  # noqa: PLC0415

    recipe = replace(page.workspace.recipe, cube=CubeJob("", folder=str(cube.folder), pattern="S2_*.tif"))
    page.workspace.load(recipe)
    page.show_recipe()
    settled(page)
    assert page.workspace.recipe == recipe


@pytest.mark.parametrize("count", [3])
def test_another_choice_makes_the_answers_to_the_last_one_void(page, cube, settled, count):
    page.rasters.add_paths(cube.rasters)
    page.rasters.clear.click()
    page.rasters.add_paths(cube.rasters[:count])
    settled(page)
    assert tuple(cells(page, DATE)) == cube.dates[:count]
