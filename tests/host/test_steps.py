# SPDX-License-Identifier: GPL-2.0-or-later
"""From the recipe to jobs, and what is wrong with them before they run."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from chronomap.plugin.core.jobs import CubeJob, ExtractJob, MapJob, SplitSpec, TableJob, TrainJob
from chronomap.plugin.core.recipe import Recipe
from chronomap.plugin.host.preflight import DOUBTFUL, RENAME, WRONG, findings
from chronomap.plugin.host.steps import due_jobs, free_model, run_jobs, unnumbered
from chronomap.plugin.run.dispatch import run_job
from synthetic import small_cube


@pytest.fixture
def recipe(qgis_app, tmp_path):
    scene = small_cube(tmp_path / "scene")
    return Recipe(
        cube=CubeJob("", rasters=scene.rasters, masks=scene.masks),
        extract=ExtractJob("", scene.polygons, "crop", ""),
        train=TrainJob("", "ltae", str(tmp_path / "out" / "first.safetensors")),
        map=MapJob("", "", {"class": ""}),
    )


def kinds(jobs):
    return [job.kind for job in jobs]


def test_a_run_has_a_map_only_where_it_is_wanted(recipe):
    assert kinds(run_jobs(recipe)) == ["cube", "extract", "train"]
    assert kinds(run_jobs(replace(recipe, is_mapped=True))) == ["cube", "extract", "train", "map"]
    table = replace(recipe, table=TableJob("/t.csv", "crop", ""))
    assert kinds(run_jobs(table)) == ["table", "train"]
    assert kinds(run_jobs(replace(table, is_mapped=True))) == ["cube", "table", "train", "map"]


def test_cube_and_samples_are_made_once_and_anew_when_their_source_changes(recipe):
    jobs = run_jobs(recipe)
    for job in jobs[:2]:
        run_job(job)
    assert kinds(due_jobs(jobs)) == ["train"]
    later = os.stat(jobs[1].output).st_mtime + 10
    os.utime(recipe.extract.vectors, (later, later))
    assert kinds(due_jobs(jobs)) == ["extract", "train"]
    os.utime(recipe.cube.rasters[0], (later, later))
    assert kinds(due_jobs(jobs)) == ["cube", "extract", "train"]


def test_a_run_that_is_in_order_has_no_findings(recipe):
    assert findings(recipe) == []


def test_an_empty_recipe_is_told_page_by_page(qgis_app):
    found = findings(Recipe())
    assert {(finding.severity, finding.fix) for finding in found} == {(WRONG, "data")}
    assert any("No raster is given" in finding.sentence for finding in found)


def test_pages_that_tell_themselves_are_not_told_twice(qgis_app):
    assert findings(Recipe(), told=("data",)) == []


def test_settings_out_of_range_lead_to_the_network(recipe):
    bad = replace(recipe, train=replace(recipe.train, strategy={"epochs": 0}))
    (finding,) = findings(bad)
    assert (finding.severity, finding.fix) == (WRONG, "network")


def test_attention_of_a_network_without_any_is_told_before_it_is_trained(recipe):
    train = replace(recipe.train, architecture="tempcnn")
    bad = replace(recipe, train=train, map=MapJob("", "", {"attention": ""}), is_mapped=True)
    assert [(finding.severity, finding.fix) for finding in findings(bad)] == [(WRONG, "map")]


def test_a_model_that_is_there_and_a_split_by_pixels_are_doubtful(recipe, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "first.safetensors").touch()
    doubtful = replace(recipe, train=replace(recipe.train, split=SplitSpec("pixel")))
    assert [(finding.severity, finding.fix) for finding in findings(doubtful)] == [
        (DOUBTFUL, RENAME),
        (DOUBTFUL, "data"),
    ]


def test_two_runs_cannot_make_one_model(recipe):
    (finding,) = findings(recipe, coming={recipe.train.model})
    assert (finding.severity, finding.fix) == (WRONG, RENAME)


def test_a_free_name_is_neither_there_nor_coming(tmp_path):
    (tmp_path / "ltae.safetensors").touch()
    coming = {str(tmp_path / "ltae_2.safetensors")}
    assert free_model(tmp_path, "ltae", coming) == tmp_path / "ltae_3.safetensors"
    assert unnumbered("ltae_3") == "ltae"
    assert unnumbered("2016") == "2016"
