# SPDX-License-Identifier: GPL-2.0-or-later
"""The jobs that the page builds: accepted, equal to those of Processing, and giving the same samples."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from chronomap.plugin.core.recipe import placed
from chronomap.plugin.processing.cube import BuildCube
from chronomap.plugin.processing.samples import ExtractSamples
from chronomap.plugin.raster.samples import load_samples
from chronomap.plugin.run.check import problems
from chronomap.plugin.run.dispatch import run_job
from qgis.core import QgsProcessingContext, QgsProject


@pytest.fixture
def recipe(page, add_rasters, add_polygons, tmp_path):
    layers = add_rasters()
    polygons = add_polygons()
    train = replace(page.workspace.recipe.train, model=str(tmp_path / "first.safetensors"))
    return layers, polygons, placed(replace(page.workspace.recipe, train=train))


def job_of(algorithm, parameters):
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    made = algorithm.create()
    return made.build_job(parameters, context)


def test_the_jobs_are_those_of_processing_field_by_field(recipe):
    layers, polygons, made = recipe
    cube = job_of(BuildCube(), {"rasters": [layer.id() for layer in layers], "output": made.cube.output})
    extract = job_of(
        ExtractSamples(),
        {
            "cube": made.cube.output,
            "vectors": polygons.id(),
            "class_field": "crop",
            "output": made.extract.output,
            "memory_mb": made.extract.memory_mb,
        },
    )
    assert made.cube == cube
    assert made.extract == extract


def test_the_jobs_run_and_give_the_samples_that_were_counted(recipe, page):
    _, _, made = recipe
    assert problems(made.cube) == []
    run_job(made.cube)
    assert problems(made.extract) == []
    run_job(made.extract)
    samples = load_samples(Path(made.extract.output))
    assert {info.name: info.samples for info in samples.classes} == page.findings.census.pixels


def test_a_corrected_job_runs_as_it_is_shown(recipe, page, cube, settled, tmp_path):
    job = replace(page.workspace.recipe.cube, dates=("2021-01-01", *[""] * 15), left_out=(cube.dates[3],))
    page.workspace.update(cube=job)
    settled(page)
    run_job(replace(job, output=str(tmp_path / "corrected.json")))
    from chronomap.plugin.core.cube_spec import load_cube_spec  # noqa: PLC0415

    spec = load_cube_spec(tmp_path / "corrected.json")
    assert [item.date for item in spec.acquisitions] == ["2021-01-01", *cube.dates[1:3], *cube.dates[4:]]
    assert page.findings.survey.spec == spec
