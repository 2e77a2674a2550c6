# SPDX-License-Identifier: GPL-2.0-or-later
"""Dialog = Processing: the command of a job builds the same job again, field by field."""

from __future__ import annotations

import dataclasses

import pytest
from chronomap.plugin.core.catalog import load_catalog
from chronomap.plugin.core.cube_spec import MaskRule
from chronomap.plugin.core.jobs import CubeJob, ExtractJob, MapJob, SplitSpec, TableJob, TrainJob
from chronomap.plugin.core.products import PRODUCTS
from chronomap.plugin.core.recipe import Recipe
from chronomap.plugin.core.strategy import STRATEGY
from chronomap.plugin.host.commands import algorithm_call, completed, python_commands, shell_commands
from chronomap.plugin.host.steps import run_jobs
from qgis.core import QgsApplication
from synthetic import field_polygons, small_cube, table_csv

INTERNAL = {"kind", "window_px"}  # no page sets these


def rebuilt(job, context):
    """Return the job that Processing builds from the command of `job`."""
    call = algorithm_call(job)
    algorithm = QgsApplication.processingRegistry().algorithmById(call.algorithm).create()
    declared = {definition.name() for definition in algorithm.parameterDefinitions()}
    assert set(call.parameters) <= declared
    return algorithm.build_job(call.parameters, context)


def unchanged(job):
    """Return the fields of `job` that are at their default, so prove nothing."""
    return {
        field.name
        for field in dataclasses.fields(job)
        if getattr(job, field.name)
        == (field.default_factory() if field.default_factory is not dataclasses.MISSING else field.default)
    } - INTERNAL


def cube_job(rule):
    return CubeJob(
        "/out/cube.json",
        rasters=("/in/S2 2021-03-02.tif", "/in/b.tif"),
        folder="/in/more",
        pattern="S2_*.tif",
        masks=("/in/mask_a.tif", "/in/mask_b.tif"),
        mask_pattern="*_CLM.tif",
        mask_preset="scl",
        mask_rule=rule,
        layer_dates={"/in/b.tif": "2021-04-01"},
        dates=("2021-03-02T10:20:31", ""),
        left_out=("2021-05-01", "S2 cloudy"),
        bands=("B04", "near infrared"),
        order="band_major",
        scale=0.0001,
        offset=-0.1,
        same_day="keep",
        grid="/in/b.tif",
        resampling="cubic",
        band_resampling={"SCL": "nearest"},
        nodata=-9999.0,
        sentinel2_offset=True,
        report="/out/cube.html",
    )


@pytest.mark.parametrize("rule", [MaskRule("values", (3, 8)), MaskRule("bits", (1, 4))])
def test_a_cube_with_every_field_set(provider, context, rule):
    job = cube_job(rule)
    assert unchanged(job) == set()
    assert rebuilt(job, context) == job


@pytest.mark.parametrize(("offset", "rasters"), [(None, ("/a.tif",)), (False, ("/a.tif", "/b.tif"))])
def test_a_cube_with_one_raster_or_a_harmonised_offset(provider, context, offset, rasters):
    job = CubeJob("/cube.json", rasters=rasters, sentinel2_offset=offset)
    assert rebuilt(job, context) == job


def test_an_extraction_with_every_field_set(provider, context, tmp_path):
    polygons = field_polygons(tmp_path / "training.gpkg")
    job = ExtractJob(
        "/cube.json",
        polygons,
        "crop",
        "/samples.npz",
        layer="training",
        fold_field="fold",
        all_touched=True,
        max_per_class=500,
        max_per_polygon=7,
        rename={"Wheat": "Cereals", "Maize": "", "Grass": "Grass, cut"},
        colors={"Cereals": "#aabbcc", "Grass, cut": "#00ff00"},
        seed=3,
        memory_mb=500,
    )
    assert unchanged(job) == set()
    assert rebuilt(job, context) == job


def test_a_table_with_every_field_set(provider, context, tmp_path):
    table = str(table_csv(tmp_path / "series.csv"))
    job = TableJob(
        table,
        "crop",
        "/samples.npz",
        group_field="polygon",
        fold_field="id",
        columns=("B04_2021-03-02", "B08_2021-03-02"),
        bands=("B04", "near infrared"),
        band_major=True,
        dates=("2021-03-02", "2021-03-09"),
        start="2021-03-02",
        step_days=7.5,
        rename={"Wheat": "Cereals"},
        colors={"Cereals": "#aabbcc"},
    )
    assert unchanged(job) == {"layer"}
    assert rebuilt(job, context) == job


@pytest.mark.parametrize("architecture", sorted(load_catalog()))
def test_a_training_with_the_default_of_every_architecture(provider, context, architecture):
    job = TrainJob("/samples.npz", architecture, "/model.safetensors")
    assert rebuilt(job, context) == completed(job)


@pytest.mark.parametrize("architecture", ["tempcnn", "ltae", "random_forest"])
def test_a_training_with_every_setting_changed(provider, context, architecture):
    entry = load_catalog()[architecture]
    job = completed(
        TrainJob(
            "/samples.npz",
            architecture,
            "/model.safetensors",
            hyperparameters={setting.name: another(setting) for setting in entry.hyperparameters},
            strategy={s.name: another(s) for s in STRATEGY if entry.kind == "network" or s.name == "seed"},
            split=SplitSpec("block", 0.5, 0.25, 0.25, 250.5, 9, buffer=12.5),
            report="/model.html",
            grid_step_days=0.0 if entry.reads_gaps or entry.kind == "classical" else 5.5,
            base_model="/base.safetensors" if entry.kind == "network" else "",
            device="cuda",
            keep_on_cancel=True,
            fresh=True,
            ensemble=3,
        )
    )
    assert unchanged(job) == set() or architecture != "tempcnn"  # the others have no grid, or no base
    assert unchanged(job.split) == {"folds", "fold"}  # of comparisons, not of one training
    assert rebuilt(job, context) == job


def another(setting):
    """Return a value of `setting` that is not its default."""
    if setting.kind == "bool":
        return not setting.default
    if setting.kind == "choice":
        return next(choice for choice in setting.choices if choice != setting.default)
    step = 1 if setting.kind == "int" else 0.01 * (setting.maximum - setting.minimum)
    return setting.default + step if setting.default + step <= setting.maximum else setting.default - step


def test_a_map_with_every_field_set(provider, context, tmp_path):
    cube = small_cube(tmp_path).save_spec()
    job = MapJob(
        str(cube),
        "/model.safetensors",
        {product: f"/out/my {product}.tif" for product in PRODUCTS},
        aoi=field_polygons(tmp_path / "my area.gpkg"),
        aoi_layer="my area",
        extent=(500000.1234567891, 5199900.0, 500100.0, 5199990.5),
        min_valid_dates=4,
        cloud_optimized=True,
        attention_byte=True,
        season=("05-01", "08-31"),
        decided_probability=0.9,
        memory_mb=700,
        device="cpu",
        precision="float32",
        scheduler="tcp://dask:8786",
    )
    assert unchanged(job) == set()
    assert rebuilt(job, context) == job


def test_every_job_of_a_run_of_the_window_is_built_again(provider, context, tmp_path):
    scene = small_cube(tmp_path)
    recipe = Recipe(
        cube=CubeJob("", rasters=scene.rasters, masks=scene.masks),
        extract=ExtractJob("", scene.polygons, "crop", "", colors={"Wheat": "#aabbcc"}),
        train=TrainJob("", "tempcnn", str(tmp_path / "out" / "first.safetensors"), {"filters": 8}),
        is_mapped=True,
    )
    jobs = run_jobs(recipe)
    assert [job.kind for job in jobs] == ["cube", "extract", "train", "map"]
    assert [rebuilt(job, context) for job in jobs] == jobs


def test_commands_quote_what_a_shell_would_split():
    job = CubeJob("/my maps/cube.json", rasters=("/a b.tif", "/c.tif"), dates=("2021-03-02", ""))
    assert shell_commands([job]) == (
        "qgis_process run chronomap:buildcube -- 'output=/my maps/cube.json' 'rasters=/a b.tif' rasters=/c.tif "
        "'dates=2021-03-02 -'\n"
    )


def test_python_commands_run_as_they_are():
    calls = []
    source = python_commands([Recipe().train]).replace("import processing", "")
    compiled = compile(source, "commands", "exec")
    exec(compiled, {"processing": type("Recorder", (), {"run": staticmethod(lambda *call: calls.append(call))})})
    assert calls == [(algorithm_call(Recipe().train).algorithm, algorithm_call(Recipe().train).parameters)]
