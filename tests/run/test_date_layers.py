# SPDX-License-Identifier: GPL-2.0-or-later
"""Layers whose values are dates, and the share of attention in a season: what the attention by date says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from chronomap.plugin.core.errors import InputError
from chronomap.plugin.raster.summary import named_values
from chronomap.plugin.run.dispatch import run_job
from osgeo import gdal

PRODUCTS = ("class", "attention", "attention_peak", "attention_spread", "attention_season", "decided_date")
SEASON = ("04-01", "05-31")


@pytest.fixture(scope="module")
def layers(chain, tmp_path_factory) -> dict[str, np.ndarray]:
    folder = tmp_path_factory.mktemp("dates")
    run_job(chain.map_job(folder, PRODUCTS, season=SEASON, decided_probability=0.5))
    return {"folder": folder, **{name: _read(folder / f"{name}.tif") for name in PRODUCTS}}


def _read(path: Path) -> np.ndarray:
    return gdal.Open(str(path)).ReadAsArray()


def test_the_date_of_largest_attention_and_the_share_of_a_season_fit_the_attention_by_date(chain, layers):
    attention = layers["attention"] / 65534
    peak = np.take_along_axis(attention, layers["attention_peak"][None].astype(int) - 1, axis=0)[0]
    assert np.abs(peak - attention.max(axis=0)).max() < 1e-4
    inside = [SEASON[0] <= date[5:] <= SEASON[1] for date in chain.cube.dates]
    assert 0 < sum(inside) < len(inside)
    assert np.abs(layers["attention_season"] / 65534 - attention[inside].sum(axis=0)).max() < 1e-3


def test_attention_is_spread_over_one_to_all_valid_dates(chain, layers):
    spread = layers["attention_spread"] * 0.01
    assert (spread >= 0.99).all()
    assert (spread <= chain.cube.valid.sum(axis=0) + 0.01).all()
    assert spread.std() > 0


def test_a_class_is_decided_on_a_date_that_the_pixel_saw(chain, layers):
    number = layers["decided_date"].astype(int)
    seen = np.take_along_axis(chain.cube.valid, np.maximum(number, 1)[None] - 1, axis=0)[0]
    assert seen[number > 0].all()
    assert (number > 0).mean() > 0.3
    assert len(np.unique(number)) > 3


def test_the_legend_names_the_dates(chain, layers):
    legend = named_values(str(layers["folder"] / "attention_peak.tif"))
    assert [info.name for info in legend] == list(chain.cube.dates)
    first = named_values(str(layers["folder"] / "decided_date.tif"))[0]
    assert (first.value, first.name) == (0, "never")


@pytest.mark.parametrize("wrong", [{"season": ()}, {"decided_probability": 0.0}])
def test_settings_of_these_layers_are_checked_before_anything_starts(chain, tmp_path, wrong):
    job = chain.map_job(tmp_path, PRODUCTS, **{"season": SEASON, **wrong})
    with pytest.raises(InputError, match=r"season|probability"):
        run_job(job)
