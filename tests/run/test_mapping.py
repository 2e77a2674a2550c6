# SPDX-License-Identifier: GPL-2.0-or-later
"""Maps: right, bounded, resumable to the same bits."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest
from chronomap.plugin.core.cube_spec import load_cube_spec, save_cube_spec
from chronomap.plugin.core.errors import Canceled, ChronomapError, InputError, WorkerError
from chronomap.plugin.core.jobs import save_job
from chronomap.plugin.core.monitor import Monitor
from chronomap.plugin.run.dispatch import run_job
from osgeo import gdal
from synthetic import CLASSES, write_vectors

ROOT = Path(__file__).resolve().parents[2]
NAMES = sorted(CLASSES[:3])
ALL = ("class", "confidence", "probability", "entropy", "margin", "valid_dates", "attention")


def read(path: Path) -> np.ndarray:
    array = gdal.Open(str(path)).ReadAsArray()
    return array if array.ndim == 3 else array[None]


@pytest.fixture(scope="module")
def whole(chain, tmp_path_factory):
    """All products of the chain's cube, unbroken."""
    folder = tmp_path_factory.mktemp("whole")
    run_job(chain.map_job(folder, ALL))
    return {product: read(folder / f"{product}.tif") for product in ALL}


def worker_of_this_process() -> int:
    for entry in Path("/proc").glob("[0-9]*"):
        status = (entry / "stat").read_text().rsplit(")", 1)[1].split() if (entry / "stat").exists() else []
        if status and int(status[1]) == os.getpid() and b"plugin.worker" in (entry / "cmdline").read_bytes():
            return int(entry.name)
    raise LookupError("no worker runs")


def test_the_map_finds_the_fields(chain, whole):
    value = np.array([NAMES.index(name) + 1 for name in CLASSES[:3]])  # text classes: 1.. in alphabetical order
    assert (whole["class"][0] == value[chain.cube.truth]).mean() > 0.9


def test_products_agree_with_each_other(whole):
    probability = whole["probability"] / 65534
    assert np.abs(probability.sum(axis=0) - 1).max() < 1e-4
    assert np.abs(whole["confidence"][0] * 0.5 - 100 * probability.max(axis=0)).max() < 0.26
    ranked = np.sort(probability, axis=0)
    assert np.abs(whole["margin"][0] / 65534 - (ranked[-1] - ranked[-2])).max() < 1e-4
    assert (whole["class"][0] == probability.argmax(axis=0) + 1).mean() > 0.999


def test_attention_is_a_distribution_over_valid_dates(chain, whole):
    attention = whole["attention"] / 65534
    assert np.abs(attention.sum(axis=0) - 1).max() < len(attention) / 65534
    assert (attention[~chain.cube.valid] == 0).all()
    assert (whole["valid_dates"][0] == chain.cube.valid.sum(axis=0)).all()


@pytest.mark.parametrize("window_px", [16, 40])
def test_the_map_does_not_depend_on_the_window_size(chain, whole, tmp_path, window_px):
    run_job(chain.map_job(tmp_path, ALL, window_px=window_px))
    for product in ALL:
        assert np.array_equal(read(tmp_path / f"{product}.tif"), whole[product]), product


def test_a_part_of_the_scene_is_the_same_as_in_the_whole_map(chain, whole, tmp_path):
    x, y = 500000.0 + 130, 5200000.0 - 590
    run_job(chain.map_job(tmp_path, extent=(x, y, x + 300, y + 200)))
    part = gdal.Open(str(tmp_path / "class.tif"))
    assert part.GetGeoTransform()[0] == x
    assert np.array_equal(read(tmp_path / "class.tif")[0], whole["class"][0, 39:59, 13:43])


def test_polygons_are_mapped_as_in_the_whole_map_and_the_rest_is_empty(chain, whole, tmp_path, listener):
    corners = ((10, 10), (60, 10), (10, 50), (10, 10))
    ring = ", ".join(f"{500000 + 10 * x} {5200000 - 10 * y}" for x, y in corners)
    aoi = write_vectors(tmp_path / "aoi.gpkg", [(f"POLYGON (({ring}))", {})])
    outputs = listener.run(chain.map_job(tmp_path, ("class", "probability"), aoi=aoi, window_px=16))
    part, same = read(tmp_path / "class.tif")[0], whole["class"][0, 10:50, 10:60]
    columns, rows = np.meshgrid(np.arange(50) + 0.5, np.arange(40) + 0.5)
    inside = columns / 50 + rows / 40 < 1
    assert part.shape == same.shape
    assert (part[inside] == same[inside]).all()
    assert (part[~inside] == 0).all()
    assert (read(tmp_path / "probability.tif")[:, ~inside] == 65535).all()
    assert (outputs["pixels"], outputs["invalid"]) == (inside.sum(), (same[inside] == 0).sum())
    windows = [event["count"] for event in listener.events if event["event"] == "window"]
    assert windows[-1] <= 11  # of 16: those without a pixel inside are not computed


def test_a_killed_worker_is_told_in_words_and_the_map_resumes_to_the_same_bits(
    chain, whole, tmp_path, listener, cold_workers
):
    job = chain.map_job(tmp_path, ALL, window_px=16)

    def kill_at_ten(event):
        if event["event"] == "window" and event["done"] == 10:
            os.kill(worker_of_this_process(), signal.SIGKILL)

    with pytest.raises(WorkerError, match="killed by the system"):
        run_job(job, Monitor(kill_at_ten))
    assert not (tmp_path / "class.tif").exists()
    listener.run(job)
    assert "Resuming:" in listener.texts()
    for product in ALL:
        assert np.array_equal(read(tmp_path / f"{product}.tif"), whole[product]), product
    assert not list(tmp_path.glob("*.part*"))


def test_a_killed_process_resumes_to_the_same_bits(chain, whole, tmp_path, listener):
    job = chain.map_job(tmp_path, ALL, window_px=8)
    save_job(job, tmp_path / "job.json")
    running = subprocess.Popen([sys.executable, "-m", "plugin.run", str(tmp_path / "job.json")], cwd=ROOT)
    done = tmp_path / "class.tif.job" / "windows.jsonl"
    patience = time.monotonic() + 60
    while not (done.exists() and done.stat().st_size) and running.poll() is None and time.monotonic() < patience:
        time.sleep(0.01)
    running.kill()
    running.wait()
    assert not (tmp_path / "class.tif").exists(), "killed too late to show anything"
    listener.run(job)
    assert "Resuming:" in listener.texts()
    for product in ALL:
        assert np.array_equal(read(tmp_path / f"{product}.tif"), whole[product]), product


def test_windows_that_are_damaged_on_disk_are_made_again(chain, whole, tmp_path, listener):
    job = chain.map_job(tmp_path, window_px=16)
    with pytest.raises(Canceled):
        run_job(job, stop_at(20))
    partial = gdal.Open(str(tmp_path / "class.part.tif"), gdal.GA_Update)
    partial.GetRasterBand(1).WriteArray(np.full((4, 4), 3, np.uint8), 0, 0)
    partial = None
    listener.run(job)
    assert np.array_equal(read(tmp_path / "class.tif"), whole["class"])


def test_an_unfinished_map_that_cannot_be_read_is_made_anew(chain, whole, tmp_path, listener):
    job = chain.map_job(tmp_path, window_px=16)
    with pytest.raises(Canceled):
        run_job(job, stop_at(20))
    partial = tmp_path / "class.part.tif"
    partial.write_bytes(partial.read_bytes()[:-200])  # as a full disk leaves it
    listener.run(job)
    assert "Resuming" not in listener.texts()
    assert np.array_equal(read(tmp_path / "class.tif"), whole["class"])


def test_a_map_of_another_model_does_not_resume(chain, tmp_path, listener):
    with pytest.raises(Canceled):
        run_job(chain.map_job(tmp_path, window_px=16), stop_at(5))
    listener.run(chain.map_job(tmp_path, window_px=24))
    assert "Resuming" not in listener.texts()


def stop_at(count: int) -> Monitor:
    """Return a monitor that cancels after `count` windows."""
    seen = []
    return Monitor(
        lambda event: seen.append(event["done"]) if event["event"] == "window" else None,
        lambda: bool(seen) and seen[-1] >= count,
    )


def test_pixels_with_too_few_valid_dates_are_nodata_and_counted(chain, tmp_path, listener):
    enough = chain.cube.valid.sum(axis=0) >= 7
    result = listener.run(chain.map_job(tmp_path, ("class", "confidence"), min_valid_dates=7))
    assert ((read(tmp_path / "class.tif")[0] != 0) == enough).all()
    assert ((read(tmp_path / "confidence.tif")[0] != 255) == enough).all()
    assert result["invalid"] == (~enough).sum()
    assert f"{(~enough).sum()} of {enough.size} pixels" in listener.texts()


def test_names_and_colours_stand_in_the_class_map(chain, tmp_path):
    run_job(chain.map_job(tmp_path))
    dataset = gdal.Open(str(tmp_path / "class.tif"))  # a band does not keep its dataset alive
    band = dataset.GetRasterBand(1)
    table = band.GetDefaultRAT()
    names = [table.GetValueAsString(row, 1) for row in range(table.GetRowCount())]
    assert names == NAMES
    assert band.GetCategoryNames()[1:] == names
    assert band.GetNoDataValue() == 0


def test_attention_bands_say_their_dates_and_scale(chain, tmp_path):
    run_job(chain.map_job(tmp_path, ("attention",), attention_byte=True))
    dataset = gdal.Open(str(tmp_path / "attention.tif"))
    assert tuple(dataset.GetRasterBand(i + 1).GetDescription() for i in range(8)) == chain.cube.dates
    assert dataset.GetRasterBand(1).DataType == gdal.GDT_Byte
    assert dataset.GetRasterBand(1).GetScale() == pytest.approx(1 / 254)


def test_a_cloud_optimized_map_has_overviews_and_the_same_pixels(chain, whole, tmp_path):
    run_job(chain.map_job(tmp_path, cloud_optimized=True))
    dataset = gdal.Open(str(tmp_path / "class.tif"))
    assert dataset.GetMetadataItem("LAYOUT", "IMAGE_STRUCTURE") == "COG"
    assert np.array_equal(read(tmp_path / "class.tif"), whole["class"])


def test_a_cube_of_another_scale_is_refused_with_the_factor_that_fits(chain, tmp_path):
    spec = load_cube_spec(chain.spec)
    acquisitions = tuple(
        replace(a, bands=tuple(replace(band, scale=1.0) for band in a.bands)) for a in spec.acquisitions
    )
    save_cube_spec(replace(spec, acquisitions=acquisitions), tmp_path / "raw.json")
    job = chain.map_job(tmp_path)
    with pytest.raises(InputError, match=r"0\.0001"):
        run_job(replace(job, cube=str(tmp_path / "raw.json")))


def test_a_truncated_raster_is_named_and_nothing_half_is_left(chain, tmp_path):
    copytree(chain.cube.folder, tmp_path / "cube")
    raster = sorted((tmp_path / "cube").glob("S2_*.tif"))[3]
    text = chain.spec.read_text().replace(str(chain.cube.folder), str(tmp_path / "cube"))
    (tmp_path / "cube.json").write_text(text)
    raster.write_bytes(raster.read_bytes()[: raster.stat().st_size * 2 // 3])
    job = replace(chain.map_job(tmp_path), cube=str(tmp_path / "cube.json"))
    with pytest.raises(ChronomapError, match=raster.stem):
        run_job(job)
    assert not (tmp_path / "class.tif").exists()
