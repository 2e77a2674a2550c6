# SPDX-License-Identifier: GPL-2.0-or-later
"""A look at one place: what is read there, what the models say of it, which samples are near."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from chain import tiny_training
from chronomap.plugin.core.card import read_card
from chronomap.plugin.core.errors import Canceled, InputError
from chronomap.plugin.core.monitor import Monitor
from chronomap.plugin.core.season import parse_date
from chronomap.plugin.core.worker import running_worker
from chronomap.plugin.raster.cube import open_cube
from chronomap.plugin.raster.samples import load_samples
from chronomap.plugin.run.dispatch import run_job
from chronomap.plugin.run.exchange import Series
from chronomap.plugin.run.inspect import Inspector
from chronomap.plugin.run.inspect_neighbours import open_index
from chronomap.plugin.run.inspect_place import Place, read_place
from chronomap.plugin.run.inspect_table import as_csv
from chronomap.plugin.run.one_series import without_masks
from synthetic import CORNER, PIXEL_M, SCALE


def map_place(column, row):
    return CORNER[0] + column * PIXEL_M, CORNER[1] - row * PIXEL_M


def pixel(cube, column, row):
    x, y = map_place(column + 0.5, row + 0.5)
    return Place(f"POINT ({x} {y})", cube.grid.crs_wkt)


def square(cube, column, row, size):
    corners = [(0, 0), (size, 0), (size, size), (0, size), (0, 0)]
    ring = ", ".join("{} {}".format(*map_place(column + x, row + y)) for x, y in corners)
    return Place(f"POLYGON (({ring}))", cube.grid.crs_wkt)


@pytest.fixture
def cubes(chain):
    spec = chain.cube.spec()
    with open_cube(spec) as cube, open_cube(without_masks(spec)) as bare:
        yield cube, bare


@pytest.fixture(scope="module")
def forest(chain, tmp_path_factory):
    path = tmp_path_factory.mktemp("forest") / "forest.safetensors"
    run_job(tiny_training(chain.samples, path, "random_forest"))
    return path


@pytest.fixture(scope="module")
def look(chain, forest):
    """Ask both models about a place."""
    inspector = Inspector(chain.spec)
    with running_worker() as worker:
        yield lambda place, models=(chain.model, forest): inspector.look(worker, models, place, Monitor())
    inspector.close()


def test_a_pixel_is_read_as_stored_and_shown_with_what_lies_under_clouds(chain, cubes):
    t, row, column = (int(index) for index in np.argwhere(~chain.cube.valid)[0])
    found = read_place(*cubes, pixel(cubes[0], column, row))
    good = chain.cube.valid[:, row, column]
    assert found.series.valid[0].tolist() == good.tolist()
    assert np.array_equal(found.series.values[0][good], chain.cube.values[:, :, row, column][good])
    assert found.shown == pytest.approx(chain.cube.values[:, :, row, column] * SCALE)
    assert not found.series.valid[0, t]


def test_a_polygon_gives_the_mean_of_its_valid_pixels(chain, cubes):
    found = read_place(*cubes, square(cubes[0], 10, 20, 5))
    good = chain.cube.valid[:, 20:25, 10:15]
    values = np.where(good[:, None], chain.cube.values[:, :, 20:25, 10:15], np.nan)
    seen = good.any(axis=(1, 2))
    assert found.pixels == 25
    assert found.series.valid[0].tolist() == seen.tolist()
    assert found.series.values[0][seen] == pytest.approx(np.nanmean(values[seen], axis=(2, 3)), rel=1e-5)


def test_a_place_in_another_crs_is_brought_to_the_cube(cubes):
    from osgeo import osr  # noqa: PLC0415

    geographic = osr.SpatialReference()
    geographic.ImportFromEPSG(4326)
    x, y = map_place(30.5, 40.5)
    utm = osr.SpatialReference(cubes[0].grid.crs_wkt)
    for crs in (utm, geographic):
        crs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    longitude, latitude, _ = osr.CoordinateTransformation(utm, geographic).TransformPoint(x, y)
    assert (
        read_place(*cubes, Place(f"POINT ({longitude} {latitude})", geographic.ExportToWkt())).title == "Pixel 30, 40"
    )


@pytest.mark.parametrize("make", [pixel, lambda cube, column, row: square(cube, column, row, 3)])
def test_a_place_outside_is_refused(cubes, make):
    with pytest.raises(InputError, match="outside the rasters"):
        read_place(*cubes, make(cubes[0], -50, 5))


def test_every_model_answers_and_each_importance_sums_to_one_over_valid_dates(look, chain, cubes):
    found = look(pixel(cubes[0], 12, 12))
    assert [(answer.path.stem, answer.measure) for answer in found.answers] == [
        ("ltae", "attention"), ("forest", "occlusion"),
    ]  # fmt: skip
    masked = ~found.place.series.valid[0]
    for answer in found.answers:
        assert answer.problem == ""
        assert answer.probability.sum() == pytest.approx(1.0, abs=1e-4)
        assert answer.importance.sum() == pytest.approx(1.0, abs=1e-4)
        assert not answer.importance[masked].any()
        assert answer.growth[-1] == pytest.approx(answer.probability, abs=1e-4)


def test_a_model_that_does_not_fit_says_why_and_the_others_answer(look, chain, cubes, tmp_path):
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"nothing")
    found = look(pixel(cubes[0], 5, 5), (broken, chain.model))
    assert "no model file" in found.answers[0].problem
    assert found.answers[1].probability.size


def test_the_nearest_sample_of_a_training_pixel_is_itself(look, chain, cubes):
    samples = load_samples(chain.samples)
    x, y = samples.xy[7]
    near = look(Place(f"POINT ({x} {y})", samples.crs_wkt)).answers[0].neighbours
    assert near[0].distance == pytest.approx(0.0, abs=1e-3)
    assert near[0].group == samples.group[7]
    assert near[0].name == samples.classes[samples.label[7]].name
    assert len({other.group for other in near}) == len(near)
    assert [other.distance for other in near] == sorted(other.distance for other in near)


def test_distances_are_root_mean_squares_over_common_dates(chain):
    card, samples = read_card(chain.model), load_samples(chain.samples)
    series = Series(samples.values[:1], samples.valid[:1], samples.bands, samples.dates, samples.scale, samples.offset)
    nearest = open_index(card)[0].nearest(series)
    normal = (samples.physical() - np.array(card.lower)) / (np.array(card.upper) - np.array(card.lower))
    expected = {}
    for index in range(len(samples)):
        common = samples.valid[0] & samples.valid[index]
        if common.sum() >= max(1.0, 0.3 * samples.valid[0].sum()):
            distance = np.sqrt(np.mean((normal[0][common] - normal[index][common]) ** 2))
            group = int(samples.group[index])
            expected[group] = min(distance, expected.get(group, np.inf))
    assert [near.distance for near in nearest] == pytest.approx(sorted(expected.values())[: len(nearest)], abs=2e-3)


def test_a_series_of_another_year_and_other_dates_finds_its_like(chain):
    card, samples = read_card(chain.model), load_samples(chain.samples)
    index, _ = open_index(card)
    whole = int(np.argmax(samples.valid.sum(axis=1)))
    later = tuple(parse_date(text).replace(year=2022).isoformat() for text in samples.dates)[:-1]
    series = Series(
        samples.values[whole : whole + 1, :-1], samples.valid[whole : whole + 1, :-1], samples.bands, later,
        samples.scale[:-1], samples.offset[:-1],
    )  # fmt: skip
    assert index.nearest(series)[0].name == samples.classes[samples.label[whole]].name


def test_changed_samples_are_not_compared_with(chain, tmp_path):
    card = replace(read_card(chain.model), fingerprint="0")
    with pytest.raises(InputError, match="another one"):
        open_index(card)
    with pytest.raises(InputError, match="not there"):
        open_index(replace(card, samples=str(tmp_path / "gone.npz")))


def test_values_come_as_csv_with_a_row_per_date(look, cubes):
    found = look(pixel(cubes[0], 3, 4))
    rows = list(csv.reader(io.StringIO(as_csv(found))))
    dates = found.place.series.dates
    assert [row[0] for row in rows[2 : 2 + len(dates)]] == list(dates)
    assert {"ltae attention", "forest occlusion"} <= set(rows[1])
    assert ["model", "class", "probability"] in rows


def test_a_closed_inspector_opens_no_raster_again(chain):
    inspector = Inspector(chain.spec)
    inspector.close()
    with pytest.raises(Canceled):
        inspector.look(None, (Path("any"),), Place("POINT (0 0)", ""), Monitor())  # it does not come to the worker
