# SPDX-License-Identifier: GPL-2.0-or-later
"""Masks and values: kinds, own values, numbers of the user."""

from __future__ import annotations

import pytest
from chronomap.plugin.core.cube_spec import MASK_PRESETS, MaskRule
from chronomap.plugin.core.jobs import CubeJob
from chronomap.ui.data.masks import kind_of, with_kind
from qgis.PyQt.QtCore import Qt


def choose(page, kind):
    box = page.masks.preset
    box.setCurrentIndex(box.findData(kind))
    box.activated.emit(box.currentIndex())


@pytest.mark.parametrize("kind", ["automatic", "plain", "scl", "fmask", "landsat_qa"])
def test_every_kind_of_mask_is_shown_as_it_was_chosen(kind):
    assert kind_of(with_kind(CubeJob(""), kind, (1,))) == kind


@pytest.mark.parametrize("kind", ["values", "bits"])
def test_own_values_and_bits_are_kept(kind):
    job = with_kind(CubeJob(""), kind, (5, 6))
    assert (kind_of(job), job.mask_rule) == (kind, MaskRule(kind, (5, 6)))


def test_a_preset_names_its_values_and_unticking_one_changes_the_rule(page):
    choose(page, "scl")
    assert page.workspace.recipe.cube.mask_preset == "scl"
    texts = [page.masks.meanings.item(row).text() for row in range(page.masks.meanings.count())]
    assert texts[9] == "9  cloud, high probability"
    page.masks.meanings.item(11).setCheckState(Qt.CheckState.Unchecked)
    rule = page.workspace.recipe.cube.mask_rule
    assert rule == MaskRule("values", tuple(value for value in MASK_PRESETS["scl"].invalid if value != 11))
    assert kind_of(page.workspace.recipe.cube) == "scl"


def test_no_invalid_value_at_all_is_a_gap(page):
    choose(page, "values")
    page.masks.values.setText("")
    page.masks.values.editingFinished.emit()
    assert "No value of the mask is invalid" in page.gaps()[page.masks.preset]


def test_values_that_are_no_numbers_are_told(page):
    choose(page, "values")
    page.masks.values.setText("3 eight")
    page.masks.values.editingFinished.emit()
    assert "no whole numbers" in page.masks.hint.text()


def test_masks_of_their_own_are_matched_by_date(page, cube, add_rasters, settled):
    add_rasters(cube.rasters)
    page.masks.add_masks(cube.masks, {})
    settled(page)
    assert page.workspace.recipe.cube.masks == cube.masks
    assert "8 of 8 dates have a mask" in page.masks.found.text()


def test_a_typed_date_takes_a_mask_of_its_own_along(page, cube, add_rasters, settled):
    add_rasters(cube.rasters)
    page.masks.add_masks(cube.masks, {})
    settled(page)
    model = page.rasters.table.model()
    model.setData(model.index(0, 0), "2021-03-01", Qt.ItemDataRole.EditRole)
    settled(page)
    first = page.findings.survey.spec.acquisitions[0]
    assert (first.date, first.mask.dataset) == ("2021-03-01", cube.masks[0])


def test_scale_and_nodata_are_read_as_typed(page):
    for field, text in ((page.masks.reading.scale, "0,0001"), (page.masks.reading.nodata, "-1")):
        field.setText(text)
        field.editingFinished.emit()
    job = page.workspace.recipe.cube
    assert (job.scale, job.offset, job.nodata) == (0.0001, None, -1.0)


def test_a_number_that_is_none_is_a_gap(page):
    page.masks.reading.scale.setText("much")
    page.masks.reading.scale.editingFinished.emit()
    assert "'much' is no number" in " ".join(page.gaps().values())
