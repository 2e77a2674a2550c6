# SPDX-License-Identifier: GPL-2.0-or-later
"""Time, memory and disk told before a run, near enough to what it then takes."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from chain import Listener
from chronomap.plugin.core.cube_spec import load_cube_spec
from chronomap.plugin.core.errors import InputError
from chronomap.plugin.core.jobs import ExtractJob, MapJob, TableJob, TrainJob
from chronomap.plugin.core.monitor import Monitor
from chronomap.plugin.core.recipe import Recipe
from chronomap.plugin.raster.samples import load_samples
from chronomap.plugin.run import estimate as estimating
from chronomap.plugin.run.estimate import estimate, estimate_of, size_request
from chronomap.plugin.run.live import LiveWorker
from chronomap.plugin.run.workload import Workload, workload

SIZE = {
    "parameters": 1000,
    "flops": 10,
    "device": "cpu",
    "pace": {"step": 1e-3, "check": 1e-4, "pixel": 1e-5, "fit": 0.0, "saved_bytes": 1000, "model_bytes": 0},
}
WORK = Workload(("B04", "B08"), ("2021-03-01", "2021-05-01"), 3, 1000, "int16", 5000, 100_000, 1e-5)


@pytest.fixture
def recipe(chain, tmp_path):
    train = TrainJob(str(chain.samples), "ltae", str(tmp_path / "ltae.safetensors"), {"heads": 4, "d_model": 32})
    train = replace(train, strategy={"epochs": 6, "batch_size": 16, "patience": 0, "refit_below": 0})
    extract = ExtractJob(str(chain.spec), chain.cube.polygons, "crop", str(chain.samples), max_per_polygon=12)
    outputs = {product: str(tmp_path / f"{product}.tif") for product in ("class", "attention")}
    return Recipe(extract=extract, train=train, map=MapJob(str(chain.spec), train.model, outputs))


def made(**strategy):
    plain = {"epochs": 50, "patience": 10, "batch_size": 8, "refit_below": 0}
    return Recipe(train=TrainJob("", "ltae", "", strategy={**plain, **strategy}))


def test_a_recipe_is_weighed_before_it_runs(recipe, chain):
    work = workload(recipe, Monitor(), load_cube_spec(chain.spec))
    samples = load_samples(chain.samples)
    assert (work.bands, work.dates, work.dtype) == (chain.cube.bands, chain.cube.dates, "int16")
    assert work.mapped_px == chain.cube.truth.size
    assert (work.samples, work.classes) == (len(samples), len(samples.classes))
    assert work.samples * work.series_bytes == samples.values.nbytes + samples.valid.nbytes
    assert 0 < work.sampled_px <= work.mapped_px
    assert 0 < work.read_s < 1e-3


def test_an_extent_makes_the_map_smaller(recipe, chain):
    spec = load_cube_spec(chain.spec)
    xmin, ymin, xmax, ymax = 500000.0, 5199800.0, 500200.0, 5200000.0
    part = replace(recipe, map=replace(recipe.map, extent=(xmin, ymin, xmax, ymax)))
    assert workload(part, Monitor(), spec).mapped_px == 20 * 20


def test_a_table_needs_no_raster(tmp_path):
    rows = "\n".join(f"{i % 2},0.{i % 9 + 1},0.4,0.5" for i in range(40))
    table = tmp_path / "series.csv"
    table.write_text("crop,ndvi_2021-03-01,ndvi_2021-05-01,ndvi_2021-07-01\n" + rows, encoding="utf-8")
    work = workload(Recipe(table=TableJob(str(table), "crop", "")), Monitor())
    assert (work.samples, work.classes, work.mapped_px, work.read_s) == (40, 2, 0, 0.0)


def test_missing_rasters_are_said_in_words():
    with pytest.raises(InputError):
        workload(Recipe(), Monitor())


def test_training_lasts_from_the_first_end_of_patience_to_the_last_epoch():
    told = estimate_of(made(), WORK, SIZE)
    assert told.epoch_s == pytest.approx(1000 * (0.6 * 1e-3 + 0.2 * 1e-4))
    assert told.training.high - told.training.low == pytest.approx((50 - 11) * told.epoch_s)
    large = estimate_of(made(batch_size=64), WORK, SIZE).training  # 600 samples: 22 epochs make 200 steps
    assert large.high - large.low == pytest.approx((50 - 22) * told.epoch_s)
    without_patience = estimate_of(made(patience=0), WORK, SIZE)
    assert without_patience.training.low == without_patience.training.high == told.training.high


def test_a_refit_takes_from_one_epoch_of_all_samples_to_as_many_as_the_training():
    plain, refit = (estimate_of(made(refit_below=count), WORK, SIZE) for count in (0, 5000))
    epoch_s = 1000 * (0.6 + 0.2) * 1e-3
    assert refit.epoch_s == plain.epoch_s
    assert refit.training.low - plain.training.low == pytest.approx(epoch_s)
    assert refit.training.high - plain.training.high == pytest.approx(50 * epoch_s)
    assert estimate_of(made(refit_below=800), WORK, SIZE).training == plain.training


def test_members_are_trained_in_rounds_and_all_asked_at_every_pixel(monkeypatch):
    monkeypatch.setattr(estimating, "cores", lambda: 2)
    one = replace(made(patience=0), map=MapJob("", "", {"class": "a.tif"}))
    three = replace(one, train=replace(one.train, ensemble=3))
    told, alone = estimate_of(three, WORK, SIZE), estimate_of(one, WORK, SIZE)
    assert told.training.high - alone.training.high == pytest.approx(50 * alone.epoch_s)  # a second round
    assert told.mapping_s - alone.mapping_s == pytest.approx(2 * WORK.mapped_px * 1e-5)
    assert told.model_bytes == 3 * alone.model_bytes
    assert told.worker_mb == 2 * alone.worker_mb
    few = replace(made(patience=0, ensemble_below=801), map=one.map)  # of 800 samples to learn from
    assert estimate_of(few, WORK, SIZE) == told


def test_a_forest_is_fitted_twice():
    slow, quick = ({**SIZE, "pace": {**SIZE["pace"], "fit": seconds}} for seconds in (3.0, 0.0))
    more = estimate_of(made(), WORK, slow).training.high - estimate_of(made(), WORK, quick).training.high
    assert more == pytest.approx(3.0 * (1 + 0.8 / 0.6))


def test_without_outputs_no_map_is_counted():
    told = estimate_of(replace(made(), map=MapJob("", "", {})), WORK, SIZE)
    assert (told.mapping_s, told.map_bytes) == (0.0, 0)


def test_a_map_takes_the_bytes_of_its_products():
    mapped = replace(made(), map=MapJob("", "", {"class": "a.tif", "probability": "b.tif"}))
    assert estimate_of(mapped, WORK, SIZE).map_bytes == WORK.mapped_px * (1 + 3 * 2)


def test_only_a_map_that_is_made_at_once_adds_to_the_total():
    later = replace(made(), map=MapJob("", "", {"class": "a.tif"}))
    told, at_once = estimate_of(later, WORK, SIZE), estimate_of(replace(later, is_mapped=True), WORK, SIZE)
    assert at_once.total.high - told.total.high == pytest.approx(told.mapping_s)
    assert at_once.disk_bytes - told.disk_bytes == WORK.mapped_px


def test_beside_a_gpu_reading_and_computing_overlap():
    mapped = replace(made(), map=MapJob("", "", {"class": "a.tif"}))
    on_cpu, on_gpu = (estimate_of(mapped, WORK, {**SIZE, "device": name}) for name in ("cpu", "cuda (some GPU)"))
    assert on_cpu.mapping_s - on_gpu.mapping_s == pytest.approx(WORK.mapped_px * 1e-5)


def test_a_worker_measures_the_network_and_the_model_fits_its_estimate(recipe, chain):
    live = LiveWorker()
    told = estimate(recipe, lambda message: live.ask(message).result(60), Monitor(), load_cube_spec(chain.spec))
    live.close(wait=True)
    assert 0 < told.epoch_s < told.training.low == told.training.high  # no patience
    assert told.mapping_s > 0
    Listener().run(recipe.train)
    assert os.path.getsize(recipe.train.model) <= told.model_bytes


def test_the_request_of_a_recipe_names_its_network(recipe):
    request = size_request(recipe.train, WORK, measure=False)
    assert request["architecture"] == "ltae"
    assert request["samples"] == 600
    assert request["classes"] == 3
