# SPDX-License-Identifier: GPL-2.0-or-later
"""A trained model can be continued on new samples, and a stopped training goes on where it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from chain import Listener, tiny_training
from chronomap.plugin.core.card import read_card
from chronomap.plugin.core.classes import ClassInfo
from chronomap.plugin.core.errors import Canceled, InputError
from chronomap.plugin.core.monitor import Monitor
from chronomap.plugin.raster.samples import load_samples, save_samples
from chronomap.plugin.run import crew
from chronomap.plugin.run.check import problems
from chronomap.plugin.run.continuation import merged_classes
from chronomap.plugin.run.dispatch import run_job
from chronomap.plugin.run.evaluate import test_part as kept_part
from chronomap.plugin.run.train import stopped_training
from synthetic import small_samples


@pytest.fixture(scope="module")
def other_year(chain, tmp_path_factory) -> Path:
    """Return samples of the chain's three classes and a fourth, from the year after, bands in another order."""
    samples = load_samples(chain.samples)
    order = [2, 0, 1]
    label = samples.label.copy()
    label[np.isin(samples.group, np.unique(samples.group[label == 1])[::2])] = 3
    later = tuple(day.replace("2021-", "2022-") for day in samples.dates)
    path = tmp_path_factory.mktemp("later") / "later.npz"
    save_samples(
        replace(
            samples,
            values=np.ascontiguousarray(samples.values[:, :, order]),
            bands=tuple(samples.bands[i] for i in order),
            scale=samples.scale[:, order],
            offset=samples.offset[:, order],
            dates=later,
            season_start=later[0],
            label=label,
            classes=(*samples.classes, ClassInfo(1, "Barley")),
        ),
        path,
    )
    return path


def continued(chain, samples: Path, model: Path, **fields):
    return replace(tiny_training(samples, model), hyperparameters={}, base_model=str(chain.model), **fields)


def test_a_model_goes_on_with_a_new_class_in_another_year(chain, other_year, tmp_path, listener):
    base = read_card(chain.model)
    assert listener.run(continued(chain, other_year, tmp_path / "m.safetensors"))["metrics"]["n"] > 0
    card = read_card(tmp_path / "m.safetensors")
    assert [info.name for info in card.classes] == ["Grass", "Maize", "Wheat", "Barley"]
    assert card.classes[3].value == 4  # 1 is Grass's
    assert "Class Barley is new and has the value 4." in listener.texts()
    assert (card.bands, card.lower, card.upper) == (base.bands, base.lower, base.upper)
    assert (card.hyperparameters, card.season_start) == (base.hyperparameters, "2022-03-02")
    assert [entry.name for entry in card.bases] == ["ltae.safetensors"]
    assert "validation samples too" not in listener.texts("warning")  # other samples
    assert card.metrics["confusion"][1][1] > 0  # Maize was known and still is
    assert card.history[0]["train_loss"] < base.history[0]["train_loss"]  # it did not begin from nothing


def test_samples_that_the_base_has_seen_are_no_test(chain, tmp_path):
    job = continued(chain, chain.samples, tmp_path / "m.safetensors")
    with pytest.raises(InputError, match="another split"):
        run_job(replace(job, split=replace(job.split, seed=7)))
    run_job(replace(job, strategy={**job.strategy, "epochs": 1}))
    kept, _ = kept_part(load_samples(chain.samples), read_card(Path(job.model)))
    assert len(kept) == read_card(chain.model).metrics["n"]


def test_validation_samples_that_a_refit_base_has_learned_are_warned_of(chain, tmp_path, listener):
    base = tiny_training(chain.samples, tmp_path / "base.safetensors")
    run_job(replace(base, strategy={**base.strategy, "epochs": 1, "refit_below": 10**6}))
    again = continued(chain, chain.samples, tmp_path / "m.safetensors", strategy={"epochs": 1})
    listener.run(replace(again, base_model=base.model))
    assert "has learned from the validation samples too" in listener.texts("warning")
    assert "their figures flatter" in " ".join(read_card(tmp_path / "m.safetensors").notes)


def test_classes_are_known_by_name_and_values_stay_unique():
    samples = small_samples(count=4, classes=3)  # Wheat, Maize, Grass
    base = (ClassInfo(5, "Grass"), ClassInfo(7, "Rye"))
    taken = tuple(replace(info, value=value) for info, value in zip(samples.classes, (7, 2, 9)))
    classes, label, notes = merged_classes(base, replace(samples, classes=taken))
    assert [(info.name, info.value) for info in classes] == [("Grass", 5), ("Rye", 7), ("Wheat", 8), ("Maize", 2)]
    names = np.array([info.name for info in samples.classes])[samples.label]
    assert [classes[k].name for k in label] == names.tolist()
    assert "none of Rye" in notes[0]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"base_model": "/nowhere.safetensors"}, "does not exist"),
        ({"architecture": "tempcnn"}, "choose the architecture of the base model"),
        ({"hyperparameters": {"heads": 8}}, "Heads is 2 in the base model, not 8"),
        ({"grid_step_days": 5.0}, "leave the grid step at 0"),
    ],
)
def test_what_cannot_be_continued_is_said_before_anything_starts(chain, tmp_path, changes, words):
    job = continued(chain, chain.samples, tmp_path / "m.safetensors")
    assert problems(job) == []
    assert words in problems(replace(job, **changes))[0]


def test_dates_of_another_season_are_refused(chain, tmp_path):
    samples = load_samples(chain.samples)
    autumn = tuple(f"2021-1{1 + n % 2}-{1 + n // 2:02d}" for n in range(len(samples.dates)))
    save_samples(replace(samples, dates=tuple(sorted(autumn)), season_start=min(autumn)), tmp_path / "autumn.npz")
    with pytest.raises(InputError, match="season"):
        run_job(continued(chain, tmp_path / "autumn.npz", tmp_path / "m.safetensors"))


# ---- stopped trainings ----


def stopped(job, after: int, count: int = 0) -> Listener:
    """Run `job` and cancel it once `after` epochs were told."""
    listener = Listener()
    monitor = Monitor(
        listener.events.append, lambda: sum(event["event"] == "epoch" for event in listener.events) >= after
    )
    with pytest.raises(Canceled):
        run_job(job, monitor)
    return listener


def test_a_stopped_training_goes_on_unless_it_shall_begin_anew(chain, tmp_path, listener):
    job = tiny_training(chain.samples, tmp_path / "m.safetensors")
    job = replace(job, strategy={**job.strategy, "epochs": 24, "patience": 0})
    stopped(job, after=2)
    assert "Resuming" not in stopped(replace(job, fresh=True), after=2).texts()
    found = stopped_training(job)
    assert found.epochs == 24
    assert 1 <= found.epoch < 24
    assert stopped_training(replace(job, strategy={**job.strategy, "seed": 3})) is None
    listener.run(job)
    assert f"stopped after epoch {found.epoch}" in listener.texts()
    assert len(read_card(Path(job.model)).history) == 24
    assert stopped_training(job) is None


def test_an_ensemble_goes_on_with_the_member_it_was_at(chain, tmp_path, listener, monkeypatch):
    monkeypatch.setattr(crew, "cores", lambda: 1)  # one member after the other
    job = replace(tiny_training(chain.samples, tmp_path / "m.safetensors"), ensemble=2)
    stopped(job, after=9)  # of 8 epochs each
    listener.run(job)
    assert listener.texts().count("trained already") == 1
    assert len(read_card(tmp_path / "m.safetensors").members) == 2
