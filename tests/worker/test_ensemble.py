# SPDX-License-Identifier: GPL-2.0-or-later
"""An ensemble answers with the mean of what its members answer, each read in its own way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from chronomap.plugin.core.card import read_card
from chronomap.plugin.core.ensemble import joined_card
from chronomap.plugin.core.records import to_plain
from chronomap.plugin.worker.compute import is_position_free
from chronomap.plugin.worker.ensemble_command import ensemble
from chronomap.plugin.worker.model_file import load_arrays, load_member, load_members, load_model, save_model
from chronomap.plugin.worker.predictor import Predictor, torch_readable
from synthetic import SCALE
from worker.making import BANDS, make_samples
from worker.mapping_cases import CLASSES, DATES, DAYS, make_series, write_model
from worker.worker_session import Host

SCALES = np.full((DATES, len(BANDS)), SCALE)


def write_members(folder: Path, keys: tuple[str, ...], temperature: float = 2.0) -> list[Path]:
    return [write_model(folder / f"{n}.safetensors", key, temperature + n) for n, key in enumerate(keys)]


def join(folder: Path, members: list[Path], **more) -> Path:
    path = folder / "whole.safetensors"
    card = joined_card([read_card(member) for member in members], {})
    ensemble(Host(), {"models": list(map(str, members)), "model": str(path), "card": to_plain(card), **more})
    return path


def predictor(path: Path, days=tuple(DAYS)) -> Predictor:
    return Predictor(path, days, SCALES, 0 * SCALES, "cpu", 64)


def tensors(pixels: int = 70):
    values, valid = make_series(pixels)
    return torch_readable(values), torch.from_numpy(valid)


def test_probabilities_are_the_mean_of_the_members_calibrated_ones(tmp_path):
    members = write_members(tmp_path, ("ltae", "tempcnn", "random_forest"))  # dates, a grid, a forest
    found, _ = predictor(join(tmp_path, members)).predict(*tensors())
    single = [predictor(path).predict(*tensors())[0] for path in members]
    torch.testing.assert_close(found, torch.stack(single).mean(0), atol=1e-6, rtol=0)
    assert not torch.allclose(single[0], single[1], atol=0.01)


def test_attention_has_a_head_for_each_member(tmp_path):
    members = write_members(tmp_path, ("ltae", "transformer"))
    whole = predictor(join(tmp_path, members))
    assert whole.gives_attention
    found = whole.predict(*tensors(), attention=True)[1]
    single = [predictor(path).predict(*tensors(), attention=True)[1].mean(1) for path in members]
    torch.testing.assert_close(found, torch.stack(single, 1))


def test_a_member_without_attention_leaves_the_ensemble_without(tmp_path):
    assert not predictor(join(tmp_path, write_members(tmp_path, ("ltae", "tempcnn")))).gives_attention


def test_attention_is_that_of_the_dates_as_they_were_given(tmp_path):
    path = join(tmp_path, write_members(tmp_path, ("ltae", "tae")))
    order = np.random.default_rng(2).permutation(DATES)
    values, valid = tensors(20)
    straight = predictor(path).predict(values, valid, attention=True)[1]
    found = predictor(path, [DAYS[i] for i in order]).predict(values[:, order], valid[:, order], attention=True)[1]
    torch.testing.assert_close(found, straight[:, :, order])


def test_the_place_in_a_batch_changes_no_bit(tmp_path):
    assert is_position_free(predictor(join(tmp_path, write_members(tmp_path, ("ltae", "gru")))), "int16")


def test_an_ensemble_brings_its_members_into_a_larger_one(tmp_path):
    small = join(tmp_path, write_members(tmp_path, ("ltae", "gru")))
    small = small.rename(tmp_path / "small.safetensors")
    third = write_model(tmp_path / "third.safetensors", "tempcnn")
    card, members = load_members(join(tmp_path, [small, third]))
    assert [member.architecture for member, _ in members] == ["ltae", "gru", "tempcnn"]
    assert card.parameters == sum(member.parameters for member in card.members)


@pytest.mark.parametrize(("first", "is_refit"), [("random_forest", True), ("gru", True), ("gru", False)])
def test_it_is_judged_on_samples_that_no_member_has_learned(tmp_path, first, is_refit):
    samples = make_samples(20, CLASSES, DATES)
    arrays = {name: getattr(samples, name) for name in ("values", "valid", "label", "part")}
    for name, array in arrays.items():
        np.save(tmp_path / f"{name}.npy", array)
    members = write_members(tmp_path, (first, "ltae"))
    card, weights = load_arrays(members[0])
    if first == "gru":  # a forest is refit by itself
        save_model(members[0], replace(card, is_refit=is_refit), weights)
    judging = {"scale": SCALES.tolist(), "offset": (0 * SCALES).tolist(), "days": list(DAYS)}
    path = join(tmp_path, members, arrays={name: str(tmp_path / f"{name}.npy") for name in arrays}, **judging)
    test = samples.only(2)
    answer = predictor(path).predict(torch_readable(test.values), torch.from_numpy(test.valid))[0].argmax(1)
    card = read_card(path)
    assert card.metrics["n"] == len(test)
    assert card.metrics["overall_accuracy"] == pytest.approx(float((answer.numpy() == test.label).mean()))
    assert card.validation_metrics.get("n", 0) == (0 if is_refit else len(samples.only(1)))
    assert [entry.name for entry in tmp_path.iterdir() if "trial" in entry.name] == []


def test_a_member_of_another_year_is_read_on_its_own_days(tmp_path):
    members = write_members(tmp_path, ("ltae", "ltae"), 1.0)
    card, arrays = load_arrays(members[1])
    assert card.season_start == "2021-03-02"
    later = tuple(day.replace("2021-", "2019-") for day in card.dates)  # the same days of the season, two years before
    save_model(members[1], replace(card, temperature=1.0, dates=later, season_start="2019-03-02"), arrays)
    found, _ = predictor(join(tmp_path, members)).predict(*tensors())
    torch.testing.assert_close(found, predictor(members[0]).predict(*tensors())[0], atol=1e-6, rtol=0)


def test_a_member_can_be_read_by_itself(tmp_path):
    members = write_members(tmp_path, ("ltae", "gru"))
    joined = join(tmp_path, members)
    for number, member in ((0, members[0]), (1, members[1]), (2, members[0])):
        card, arrays = load_member(joined, number)
        alone, expected = load_arrays(member)
        assert card.architecture == alone.architecture
        assert {name: array.tobytes() for name, array in arrays.items()} == {
            name: array.tobytes() for name, array in expected.items()
        }
    assert load_model(joined)[0].architecture == "ltae"
