# SPDX-License-Identifier: GPL-2.0-or-later
"""Importance of dates: shares of valid dates for every kind of model, and effects that are what they are called."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from chronomap.plugin.core.errors import InputError
from chronomap.plugin.core.monitor import Monitor
from chronomap.plugin.worker.architectures import build_network
from chronomap.plugin.worker.explain import (
    growth,
    importance,
    integrated_gradients,
    log_odds,
    middle_series,
    occlusion,
    shares,
    without_dates,
)
from chronomap.plugin.worker.explain_command import delete_dates, explain_series, open_predictor
from chronomap.plugin.worker.model_file import network_arrays, save_model
from chronomap.plugin.worker.predictor import Predictor
from worker.making import make_card
from worker.mapping_cases import CLASSES, DATES, make_series, write_model
from worker.test_predictor import DAYS, OFFSETS, SCALES
from worker.worker_session import Host

KEYS = ("ltae", "tempcnn", "gru", "random_forest")
METHODS = {"ltae": ("attention", "occlusion", "gradients"), "random_forest": ("occlusion",)}
CASES = [(key, method) for key in KEYS for method in METHODS.get(key, ("occlusion", "gradients"))]


def lively_model(path: Path, key: str) -> Path:
    """Write a model as write_model, but networks whose layers are all alive: with the statistics they start with."""
    if key == "random_forest":
        return write_model(path, key)
    torch.manual_seed(0)
    card = make_card(key, CLASSES, DATES)
    save_model(path, card, network_arrays(build_network(card)))
    return path


def predictor_of(folder: Path, key: str, days: list[float] = DAYS, order: np.ndarray | None = None) -> Predictor:
    scales, offsets = (SCALES, OFFSETS) if order is None else (SCALES[order], OFFSETS[order])
    return Predictor(lively_model(folder / f"{key}.safetensors", key), days, scales, offsets)


def tensors(count: int = 40) -> tuple[torch.Tensor, torch.Tensor]:
    values, valid = make_series(count)
    return torch.from_numpy(values), torch.from_numpy(valid)


@pytest.mark.parametrize(("key", "method"), CASES)
def test_importance_is_shared_by_the_valid_dates_alone(tmp_path, key, method):
    values, valid = tensors()
    probability, found = importance(predictor_of(tmp_path, key), values, valid, method, Monitor())
    assert (found >= 0).all()
    assert (found.transpose(1, 2)[~valid] == 0).all()
    totals = found.sum(2)
    has_effect = totals > 0.5  # of a forest a series may hang on no date
    torch.testing.assert_close(totals[has_effect], torch.ones_like(totals[has_effect]), atol=1e-5, rtol=0)
    assert (totals[~has_effect] == 0).all()
    assert has_effect[valid.any(1)].float().mean() > 0.5
    assert probability.shape == (len(values), CLASSES)


@pytest.mark.parametrize(("key", "method"), CASES)
def test_dates_in_another_order_have_the_same_importance(tmp_path, key, method):
    values, valid = tensors(12)
    order = np.random.default_rng(0).permutation(len(DAYS))
    expected = importance(predictor_of(tmp_path, key), values, valid, method, Monitor())[1]
    shuffled = predictor_of(tmp_path, key, [DAYS[i] for i in order], order)
    found = importance(shuffled, values[:, order], valid[:, order], method, Monitor())[1]
    torch.testing.assert_close(found, expected[:, :, order], atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("key", ["ltae", "tempcnn", "gru"])
def test_integrated_gradients_add_up_to_the_way_from_the_baseline(tmp_path, key):
    predictor = predictor_of(tmp_path, key)
    values, valid = tensors(20)
    valid = valid.clone()
    valid[:, 0] = True
    label, baseline = predictor.predict(values, valid)[0].argmax(1), middle_series(predictor)
    effect = integrated_gradients(predictor, values, valid, label, baseline)
    with torch.no_grad():
        start = log_odds(predictor.log_probability(baseline.expand(len(values), -1, -1), valid), label)
        end = log_odds(predictor.log_probability(values, valid), label)
    torch.testing.assert_close(effect.sum(1), end - start, atol=0.05, rtol=0.05)


def test_occlusion_is_the_fall_of_the_log_odds_without_the_date(tmp_path):
    predictor = predictor_of(tmp_path, "ltae")
    values, valid = tensors(10)
    label = predictor.predict(values, valid)[0].argmax(1)
    effect = occlusion(predictor, values, valid, label)
    series, date = valid.nonzero()[3].tolist()
    hidden = valid.clone()
    hidden[series, date] = False
    probability = [predictor.predict(values, known)[0][series, label[series]].double() for known in (valid, hidden)]
    odds = [torch.log(p / (1 - p)) for p in probability]
    assert float(effect[series, date]) == pytest.approx(float(odds[0] - odds[1]), abs=1e-3)


def test_occlusion_with_a_reach_hides_the_neighbours_too(tmp_path):
    predictor = predictor_of(tmp_path, "ltae")
    values, valid = tensors(10)
    label = predictor.predict(values, valid)[0].argmax(1)
    everything = occlusion(predictor, values, valid, label, reach_days=1000.0)
    nothing_seen = log_odds(predictor.log_probability(values, torch.zeros_like(valid)), label)
    expected = (log_odds(predictor.log_probability(values, valid), label) - nothing_seen)[:, None].expand_as(everything)
    torch.testing.assert_close(everything[valid], expected[valid].detach(), atol=1e-4, rtol=1e-4)


def test_a_forest_has_no_gradients(tmp_path):
    predictor = predictor_of(tmp_path, "random_forest")
    with pytest.raises(InputError, match="choose occlusion"):
        importance(predictor, *tensors(5), "gradients", Monitor())


def test_log_odds_are_exact_for_classes_that_are_all_but_sure():
    log_probability = torch.log_softmax(torch.tensor([[40.0, 0.0, 0.0]]), 1)
    assert float(log_odds(log_probability, torch.tensor([0]))) == pytest.approx(40 - np.log(2), abs=1e-4)


def test_shares_count_effects_for_and_against():
    assert shares(torch.tensor([[3.0, -1.0, 0.0]])).tolist() == [[0.75, 0.25, 0.0]]
    assert shares(torch.zeros(1, 3)).tolist() == [[0.0, 0.0, 0.0]]


def test_the_most_important_valid_dates_are_deleted_and_one_is_left():
    weights = torch.tensor([[0.1, 0.6, 0.3, 0.0], [0.9, 0.1, 0.0, 0.0]])
    valid = torch.tensor([[True, True, True, False], [True, True, False, False]])
    assert without_dates(weights, valid, 1).tolist() == [[True, False, True, False], [False, True, False, False]]
    assert without_dates(weights, valid, 3).tolist() == [[True, False, False, False], [False, True, False, False]]


def test_a_season_that_has_grown_whole_is_answered_as_such(tmp_path):
    predictor = predictor_of(tmp_path, "ltae")
    values, valid = tensors(15)
    grown = growth(predictor, values, valid, Monitor())
    seen = valid.any(1).numpy()
    np.testing.assert_allclose(grown[-1][seen], predictor.predict(values, valid)[0].numpy()[seen], atol=1e-6)
    assert np.isnan(grown[:, ~seen]).all()
    first = valid.float().argmax(1).numpy()
    assert all(
        np.isnan(grown[: first[i], i]).all() and np.isfinite(grown[first[i], i]).all() for i in np.flatnonzero(seen)
    )


def message(folder: Path, key: str, **more: object) -> dict:
    values, valid = make_series(6)
    valid[0] = True
    np.save(folder / "values.npy", values)
    np.save(folder / "valid.npy", valid)
    return {
        "model": str(write_model(folder / f"{key}.safetensors", key)), "days": DAYS, "scale": SCALES.tolist(),
        "offset": OFFSETS.tolist(), "device": "cpu",
        "arrays": {name: str(folder / f"{name}.npy") for name in ("values", "valid")}, **more,
    }  # fmt: skip


PARTS = ["attention", "occlusion", "gradients", "growth", "steps", "filters"]
GIVEN = {
    "ltae": {"attention", "occlusion", "gradients", "growth", "steps"},
    "tempcnn": {"occlusion", "gradients", "growth", "filters"},
    "random_forest": {"occlusion", "growth"},
}


@pytest.mark.parametrize("key", GIVEN)
def test_one_series_is_told_all_that_its_model_can_tell(tmp_path, key):
    output = tmp_path / "series.npz"
    explain_series(Host(), message(tmp_path, key, parts=PARTS, outputs={"series": str(output)}))
    found = np.load(output)
    assert {name.split("_")[0] for name in found.files} == GIVEN[key] | {"probability"}
    if key == "ltae":
        np.testing.assert_allclose(found["steps_received"], found["attention"], atol=1e-5)
    if key == "tempcnn":
        layers = [name for name in found.files if name.startswith("filters_responses")]
        assert len(layers) == 3
        assert found["filters_responses_0"].shape == (8, len(found["filters_grid_days"]))


def test_a_series_may_come_inline_and_is_explained_as_from_files(tmp_path):
    answers = []
    asked = message(tmp_path, "ltae", parts=["occlusion"], outputs={"series": str(tmp_path / "series.npz")})
    inline = {name: np.load(path)[0].tolist() for name, path in asked["arrays"].items()}
    for request in (asked, {**{k: v for k, v in asked.items() if k != "arrays"}, **inline}):
        explain_series(Host(), request)
        answers.append(dict(np.load(tmp_path / "series.npz")))
    np.testing.assert_allclose(answers[0]["occlusion"], answers[1]["occlusion"], atol=1e-6)


def test_a_model_stays_open_until_its_file_changes(tmp_path):
    host, asked = Host(), message(tmp_path, "ltae")
    first = open_predictor(host, asked)
    assert open_predictor(host, asked) is first
    write_model(tmp_path / "ltae.safetensors", "tempcnn")
    assert open_predictor(host, asked) is not first


def test_deletion_writes_classes_without_the_important_and_without_random_dates(tmp_path):
    weights, output = tmp_path / "importance.npy", tmp_path / "predicted.npy"
    asked = message(tmp_path, "ltae", counts=[1, 2], draws=3, seed=0, outputs={"predicted": str(output)})
    np.save(weights, np.ones((6, len(DAYS)), np.float32))
    delete_dates(Host(), {**asked, "arrays": {**asked["arrays"], "importance": str(weights)}})
    assert np.load(output).shape == (4, 2, 6)
