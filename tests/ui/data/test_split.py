# SPDX-License-Identifier: GPL-2.0-or-later
"""The split: settings, counts as training will have them, and the picture on the map."""

from __future__ import annotations

from dataclasses import replace

import pytest
from chronomap.plugin.core.jobs import SplitSpec
from chronomap.plugin.core.monitor import Monitor
from chronomap.plugin.raster.sampling import extract_samples
from chronomap.plugin.run.split import split
from qgis.gui import QgsRubberBand


def choose(page, method):
    box = page.split.method
    box.setCurrentIndex(box.findData(method))
    box.activated.emit(box.currentIndex())


@pytest.fixture
def ready(page, add_rasters, add_polygons):
    add_rasters()
    add_polygons()
    return page


def test_an_untouched_page_keeps_the_default_split(page):
    assert page.workspace.recipe.train.split == SplitSpec()


def test_shares_method_and_seed_reach_the_job(page):
    page.split.train.setValue(50)
    page.split.validation.setValue(30)
    page.split.seed.setValue(7)
    choose(page, "block")
    page.split.block_size.setValue(80.0)
    assert page.workspace.recipe.train.split == SplitSpec("block", 0.5, 0.3, 0.2, 80.0, 7)
    assert page.split.test.text() == "20 %"


def test_nothing_left_for_the_test_is_a_gap(page):
    page.split.train.setValue(80)
    page.split.validation.setValue(20)
    assert "Nothing is left for the test" in page.gaps()[page.split.validation]


def test_a_fold_split_needs_a_fold_field(page):
    choose(page, "field")
    assert "No fold field is chosen" in page.gaps()[page.split.method]


@pytest.mark.parametrize("method", ["polygon", "block", "pixel"])
def test_the_counts_are_those_of_training(ready, cube, settled, method):
    ready.split.block_size.setValue(80.0)
    choose(ready, method)
    settled(ready)
    recipe = ready.workspace.recipe
    samples = extract_samples(replace(recipe.extract, cube=str(cube.save_spec())), Monitor())
    dealt = split(samples, recipe.train.split)
    expected = {
        info.name: tuple(int(((samples.label == k) & (dealt.part == part)).sum()) for part in range(3))
        for k, info in enumerate(samples.classes)
    }
    assert ready.findings.split.pixels == expected


def test_single_pixels_are_warned_about(ready, settled):
    choose(ready, "pixel")
    settled(ready)
    assert "optimistic" in ready.split.note.text()
    assert any("optimistic" in doubt for doubt in ready.doubts())


def test_the_map_shows_each_part_while_the_tab_is_open(ready):
    canvas = ready.workspace.iface.mapCanvas()

    def bands():
        return [item for item in canvas.scene().items() if isinstance(item, QgsRubberBand)]

    before = len(bands())
    ready.tabs.setCurrentWidget(ready.split)
    ready.split.show_on_map.setChecked(True)
    drawn = bands()[: len(bands()) - before]
    assert len(drawn) == 3
    assert len({band.brushStyle() if hasattr(band, "brushStyle") else band.fillColor().name() for band in drawn}) == 3
    ready.tabs.setCurrentWidget(ready.rasters)
    assert len(bands()) == before


def test_too_few_polygons_are_told(page, cube, add_rasters, add_polygons, settled):
    add_rasters()
    layer = add_polygons()
    layer.setSubsetString("fid < 3")
    settled(page)
    assert "at least 3 are needed" in page.gaps()[page.split.method]
