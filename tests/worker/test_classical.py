# SPDX-License-Identifier: GPL-2.0-or-later
"""The contract of classical models, and the features that are made by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from chronomap.plugin.core.monitor import Monitor
from chronomap.plugin.worker.architectures import registry
from chronomap.plugin.worker.architectures.forest_features import normalised_differences, seasonal_statistics
from chronomap.plugin.worker.architectures.quant import intervals, quantiles, representations
from chronomap.plugin.worker.classical import fit_classical
from chronomap.plugin.worker.model_file import load_model, save_model
from sklearn.ensemble import ExtraTreesClassifier
from torch import Tensor
from worker.making import make_card, make_preparation, make_samples, ranged

CLASSICAL = [key for key, entry in registry().items() if entry.architecture.kind == "classical"]
MADE = ["forest_features", "quant"]


def prepared(key: str, count: int = 40, dates: int = 8, **changed) -> tuple[Tensor, object]:
    samples = make_samples(count, 3, dates)
    card = ranged(make_card(key, dates=dates), samples)
    card = replace(card, hyperparameters={**card.hyperparameters, **changed})
    series = make_preparation(card).prepare(torch.from_numpy(samples.values), torch.from_numpy(samples.valid))[0]
    return series, card


def features(key: str, **changed) -> Tensor:
    return registry()[key].model.features(*prepared(key, **changed))


@pytest.mark.parametrize("key", CLASSICAL)
def test_fits_the_train_part_and_a_saved_model_predicts_the_same(tmp_path, key):
    samples = make_samples(60, 3)
    card = ranged(make_card(key), samples)
    preparation = make_preparation(card)
    fitted = fit_classical(card, samples, preparation, Monitor())
    test = samples.only(2)
    assert (fitted.test_prediction == test.label).mean() > 0.8
    save_model(tmp_path / "model.safetensors", card, fitted.arrays)
    _, model = load_model(tmp_path / "model.safetensors")
    series = preparation.prepare(torch.from_numpy(test.values), torch.from_numpy(test.valid))[0]
    found = model.predict_proba(model.features(series, card))
    assert np.array_equal(found.argmax(1).numpy(), fitted.test_prediction)


def test_what_is_told_of_the_validation_part_was_predicted_before_it_was_learned():
    samples = make_samples(60, 3)
    samples = replace(samples, label=np.random.default_rng(0).integers(0, 3, len(samples)))  # nothing but noise
    card = ranged(make_card("random_forest"), samples)
    preparation = make_preparation(card)
    fitted = fit_classical(card, samples, preparation, Monitor())
    validation = samples.only(1)
    model = registry()["random_forest"].model.from_state(fitted.arrays)
    series = preparation.prepare(torch.from_numpy(validation.values), torch.from_numpy(validation.valid))[0]
    learned = model.predict_proba(model.features(series, card)).argmax(1).numpy()
    assert (learned == validation.label).mean() > 0.9
    assert (fitted.validation_prediction == validation.label).mean() < 0.7
    assert fitted.is_refit


@pytest.mark.parametrize("key", CLASSICAL)
def test_features_of_a_series_are_its_own_to_the_bit(key):
    series, card = prepared(key)
    model = registry()[key].model
    alone = torch.cat([model.features(row[None], card) for row in series])
    assert torch.equal(alone, model.features(series, card))


@pytest.mark.parametrize("key", CLASSICAL)
@pytest.mark.parametrize("dates", [1, 2, 3, 9])
def test_features_are_finite_for_any_number_of_dates_and_for_empty_series(key, dates):
    card = replace(make_card(key), grid_days=tuple(20.0 * i for i in range(dates)))
    series = torch.cat([torch.rand(4, dates, 4), torch.zeros(1, dates, 4)])
    found = registry()[key].model.features(series, card)
    assert found.dtype == torch.float32
    assert found.isfinite().all()


@pytest.mark.parametrize("key", MADE)
def test_the_validity_channel_is_no_feature(key):
    series, card = prepared(key)
    hidden = series.clone()
    hidden[:, :, -1] = 0.3
    model = registry()[key].model
    assert torch.equal(model.features(series, card), model.features(hidden, card))


@pytest.mark.parametrize(
    ("key", "changed"),
    [
        ("forest_features", {"band_pairs": False}),
        ("forest_features", {"season_parts": 2}),
        ("quant", {"depth": 2}),
        ("quant", {"values_per_quantile": 2}),
    ],
)
def test_settings_of_features_change_their_number(key, changed):
    assert features(key, **changed).shape[1] != features(key).shape[1]


@pytest.mark.parametrize(
    ("key", "changed"), [("quant", {"max_features": 1.0}), ("quant", {"min_leaf": 9}), ("quant", {"balanced": True})]
)
def test_settings_of_the_trees_change_the_forest(key, changed):
    samples = make_samples(60, 3)
    samples = replace(samples, label=np.where(np.arange(180) % 7 == 0, 0, samples.label))
    card = ranged(make_card(key), samples)
    other = replace(card, hyperparameters={**card.hyperparameters, **changed})
    first, second = (fit_classical(made, samples, make_preparation(made), Monitor()).arrays for made in (card, other))
    assert first["value"].shape != second["value"].shape or not np.array_equal(first["value"], second["value"])


def test_indices_are_of_physical_values():
    series, card = prepared("forest_features", season_parts=1)
    physical = series[:, :, :3].numpy() * (np.array(card.upper) - card.lower) + card.lower
    ndvi = (physical[:, :, 1] - physical[:, :, 0]) / (physical[:, :, 1] + physical[:, :, 0])
    found = registry()["forest_features"].model.features(series, card)[:, 3]  # means of 3 bands, then of 3 pairs
    np.testing.assert_allclose(-found, ndvi.mean(1), atol=1e-5)  # pairs are in the order of the bands


def test_normalised_differences_stay_within_bounds():
    found = normalised_differences(torch.tensor([[[0.2, 0.6, -0.1], [0.0, 0.0, 0.0]]]))
    torch.testing.assert_close(found, torch.tensor([[[-0.5, 1.0, 1.0], [0.0, 0.0, 0.0]]]))


def test_seasonal_statistics_tell_what_a_season_did():
    season = torch.tensor([[1.0, 1.0, 4.0, 6.0, 2.0]]).unsqueeze(2)
    found = seasonal_statistics(season, torch.tensor([0.0, 10, 20, 30, 40]), 2)[0]
    mean, spread, least, largest, amplitude, peak, trough, rise, fall, rise_day, fall_day, first, second = (
        found.tolist()
    )
    assert (mean, least, largest, amplitude) == pytest.approx((2.8, 1, 6, 5))
    assert spread == pytest.approx(np.std([1, 1, 4, 6, 2]))
    assert (peak, trough) == (30, 0)
    assert (rise, fall, rise_day, fall_day) == (3, -4, 15, 35)
    assert (first, second) == (2, 4)


def test_intervals_are_halves_of_halves_and_the_parts_between():
    whole, halves, between = [(0, 8)], [(0, 4), (4, 8)], [(2, 6)]
    quarters, between_quarters = [(0, 2), (2, 4), (4, 6), (6, 8)], [(1, 3), (3, 5), (5, 7)]
    assert intervals(8, 3) == whole + halves + between + quarters + between_quarters
    assert intervals(8, 1) == whole
    assert intervals(2, 9) == [(0, 2), (0, 1), (1, 2)]  # no shorter parts than there are dates


@pytest.mark.parametrize("length", [2, 5, 9, 16])
def test_quantiles_are_those_of_torch_less_the_mean_at_every_second(length):
    series = torch.rand(6, 2, length)
    count = 1 + (length - 1) // 4
    wanted = torch.linspace(0, 1, count) if count > 1 else torch.tensor([0.5])
    expected = series.quantile(wanted, dim=2).permute(1, 2, 0)
    expected[:, :, 1::2] -= series.mean(2, keepdim=True)
    torch.testing.assert_close(quantiles(series, 4), expected)


def test_representations_are_those_of_the_paper():
    series = torch.rand(3, 2, 12)
    _, change, second, waves = representations(series)
    padded = torch.nn.functional.pad(series.diff(), (2, 2), "replicate")
    torch.testing.assert_close(change, torch.nn.functional.avg_pool1d(padded, 5, 1))
    torch.testing.assert_close(second, series[:, :, 2:] - 2 * series[:, :, 1:-1] + series[:, :, :-2])
    torch.testing.assert_close(waves, torch.fft.rfft(series).abs())


def test_quant_grows_the_extra_trees_of_scikit_learn():
    made = features("quant").numpy()
    label = np.arange(len(made)) % 3
    model = registry()["quant"].model(3, trees=20)
    model.fit(made, label, 0, Monitor())
    reference = ExtraTreesClassifier(20, criterion="entropy", max_features=0.1, random_state=0).fit(made, label)
    unseen = made + 0.05
    np.testing.assert_allclose(
        model.predict_proba(torch.from_numpy(unseen)), reference.predict_proba(unseen), atol=1e-6
    )
