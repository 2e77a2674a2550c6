# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from chronomap.plugin.core.errors import InputError
from chronomap.plugin.core.jobs import CubeJob, ExtractJob, MapJob, TableJob, TrainJob
from chronomap.plugin.core.recipe import Recipe, load_recipe, placed, save_recipe

RECIPE = Recipe(
    cube=CubeJob("", rasters=("/in/a.tif", "/in/b.tif"), dates=("2021-03-02", "")),
    extract=ExtractJob("", "/in/training.gpkg", "crop", ""),
    train=TrainJob("", "ltae", "/out/first try.safetensors", strategy={"epochs": 5}),
    map=MapJob("", "", {"class": "", "confidence": ""}, extent=(0.0, 1.0, 2.0, 3.0)),
    is_mapped=True,
)


def test_every_step_reads_what_the_one_before_wrote():
    whole = placed(RECIPE)
    assert whole.extract.cube == whole.map.cube == whole.cube.output
    assert whole.train.samples == whole.extract.output
    assert whole.map.model == whole.train.model == "/out/first try.safetensors"
    assert whole.map.outputs["confidence"] == "/out/first try_confidence.tif"


def test_trainings_on_the_same_data_share_their_samples():
    other = replace(RECIPE, train=TrainJob("", "tempcnn", "/out/second.safetensors"))
    assert placed(other).train.samples == placed(RECIPE).train.samples


@pytest.mark.parametrize(
    "other",
    [
        replace(RECIPE, cube=replace(RECIPE.cube, bands=("B04",))),
        replace(RECIPE, extract=replace(RECIPE.extract, max_per_class=10)),
        replace(RECIPE, table=TableJob("/in/table.csv", "crop", "")),
    ],
)
def test_other_data_never_write_over_the_samples_of_a_model(other):
    assert placed(other).train.samples != placed(RECIPE).train.samples


def test_a_recipe_is_the_same_after_a_file(tmp_path):
    recipe = replace(RECIPE, table=TableJob("/in/table.csv", "crop", "", columns=("a", "b")))
    save_recipe(recipe, tmp_path / "settings.json")
    assert load_recipe(tmp_path / "settings.json") == recipe


@pytest.mark.parametrize("text", ["[]", '{"cube": 1}', "no json", '{"cube": {}, "train": {}, "format": 99}'])
def test_a_file_without_settings_is_refused(tmp_path, text):
    path = Path(tmp_path / "other.json")
    path.write_text(text)
    with pytest.raises(InputError):
        load_recipe(path)
