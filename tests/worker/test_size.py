# SPDX-License-Identifier: GPL-2.0-or-later
"""What a model would cost is told before there are samples."""

from __future__ import annotations

import pytest
from chronomap.plugin.core.catalog import load_catalog
from chronomap.plugin.core.errors import Canceled, InputError
from chronomap.plugin.core.strategy import STRATEGY
from chronomap.plugin.worker.size_command import size
from synthetic import some_dates
from worker.making import BANDS, SMALL
from worker.worker_session import Host

TEN = {"bands": BANDS, "dates": some_dates(10), "classes": 4}


def request(architecture: str, **more: object) -> dict:
    return {**TEN, "architecture": architecture, "hyperparameters": SMALL.get(architecture, {}), **more}


def test_more_filters_cost_more():
    few, many = (size(Host(), request("tempcnn", hyperparameters={"filters": count})) for count in (8, 16))
    assert few["parameters"] < many["parameters"]
    assert few["flops"] < many["flops"]


def test_a_finer_grid_costs_more_arithmetic():
    coarse, fine = (size(Host(), request("tempcnn", grid_step_days=days)) for days in (40.0, 5.0))
    assert coarse["flops"] < fine["flops"]


@pytest.mark.parametrize("architecture", ["ltae", "tempcnn"])
def test_the_pace_of_a_network_is_measured(architecture):
    pace = size(Host(), request(architecture, measure=True, strategy={"batch_size": 8}))["pace"]
    assert all(0 < pace[name] < 1 for name in ("step", "check", "pixel"))
    assert pace["saved_bytes"] > 4 * len(TEN["dates"]) * len(BANDS)
    assert pace["fit"] == 0


def test_a_classical_model_takes_longer_for_more_samples():
    few, many = (size(Host(), request("random_forest", measure=True, samples=n))["pace"] for n in (50, 100_000))
    assert few["step"] == many["step"] == 0
    assert few["fit"] < many["fit"]


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_every_sensor_can_be_tried(dtype):
    assert size(Host(), request("mlp", measure=True, dtype=dtype))["pace"]["pixel"] > 0


@pytest.mark.parametrize("schedule", next(s.choices for s in STRATEGY if s.name == "schedule"))
def test_a_pace_is_measured_under_every_schedule(schedule):
    strategy = {"schedule": schedule, "batch_size": 4, "sampling": "balanced"}
    assert size(Host(), request("mlp", measure=True, strategy=strategy))["pace"]["step"] > 0


@pytest.mark.parametrize("architecture", load_catalog())
def test_every_architecture_has_a_size(architecture):
    assert size(Host(), request(architecture))["event"] == "done"


@pytest.mark.parametrize(
    "wrong",
    [{"architecture": "perceptron"}, {"hyperparameters": {"heads": 0}}, {"device": "abacus", "measure": True}],
    ids=str,
)
def test_what_cannot_be_built_is_said_in_words(wrong):
    with pytest.raises(InputError):
        size(Host(), {**request("ltae"), **wrong})


def test_heads_that_do_not_divide_the_width_are_said_in_words():
    with pytest.raises(InputError, match="heads"):
        size(Host(), request("ltae", hyperparameters={"heads": 7}))


def test_a_canceled_measurement_ends():
    host = Host()
    host.cancel()
    with pytest.raises(Canceled):
        size(host, request("ltae", measure=True))
