# SPDX-License-Identifier: GPL-2.0-or-later
"""Training through the real worker: repeatable, honest, stoppable, and clear when something is missing."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from chain import tiny_training
from chronomap.plugin.core.card import read_card
from chronomap.plugin.core.errors import Canceled, InputError, WorkerError
from chronomap.plugin.core.jobs import EvaluateJob, SplitSpec, TrainJob
from chronomap.plugin.core.monitor import Monitor
from chronomap.plugin.core.records import read_json
from chronomap.plugin.run.dispatch import run_job
from synthetic import save_small_samples


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    return save_small_samples(tmp_path_factory.mktemp("samples") / "samples.npz", count=40)


def test_the_card_tells_how_the_model_came_to_be(chain):
    card = read_card(chain.model)
    assert card.architecture == "ltae"
    assert card.dates == chain.cube.dates
    assert [info.name for info in card.classes] == ["Grass", "Maize", "Wheat"]
    assert (
        sum(card.split_counts.values())
        == card.metrics["n"] + card.split_counts["train"] + card.split_counts["validation"]
    )
    assert card.metrics["macro_f1"] > 0.8
    assert len(card.history) >= card.best_epoch > 0
    assert card.plugin_version


def test_the_same_seed_gives_the_same_model(samples, tmp_path, cold_workers):
    jobs = [tiny_training(samples, tmp_path / name) for name in ("a.safetensors", "b.safetensors")]
    cards = [read_card(Path(run_job(job)["model"])) for job in jobs]
    assert [row["train_loss"] for row in cards[0].history] == [row["train_loss"] for row in cards[1].history]


@pytest.mark.parametrize("architecture", ["tempcnn", "random_forest"])
def test_other_architectures_train_and_are_evaluated_alike(samples, tmp_path, architecture):
    model, report, metrics = tmp_path / "m.safetensors", tmp_path / "report.html", tmp_path / "metrics.json"
    run_job(tiny_training(samples, model, architecture, report=str(report)))
    assert "Macro F1" in report.read_text(encoding="utf-8")
    run_job(EvaluateJob(str(model), str(samples), metrics=str(metrics)))
    assert read_json(metrics)["confusion"] == read_card(model).metrics["confusion"]


def test_few_samples_are_told_to_make_several_members_worth_while(samples, tmp_path):
    told = []
    monitor = Monitor(lambda event: told.append(event.get("text", "")))
    run_job(tiny_training(samples, tmp_path / "m.safetensors"), monitor)
    assert [sentence for sentence in told if "an ensemble of 3 members" in sentence]


def test_cancel_leaves_no_model(samples, tmp_path):
    epochs = []
    monitor = Monitor(lambda event: epochs.append(event) if event["event"] == "epoch" else None, lambda: bool(epochs))
    with pytest.raises(Canceled):
        run_job(tiny_training(samples, tmp_path / "m.safetensors"), monitor)
    assert not list(tmp_path.glob("*.safetensors*.part"))
    assert not (tmp_path / "m.safetensors").exists()


def test_finishing_early_keeps_the_best_epoch(samples, tmp_path):
    epochs = []
    monitor = Monitor(
        lambda event: epochs.append(event) if event["event"] == "epoch" else None, is_finishing=lambda: len(epochs) > 1
    )
    job = tiny_training(samples, tmp_path / "m.safetensors")
    run_job(TrainJob(**{**vars(job), "strategy": {**job.strategy, "epochs": 500, "patience": 0}}), monitor)
    card = read_card(tmp_path / "m.safetensors")
    assert 1 <= card.best_epoch <= len(card.history) < 500


def test_a_former_model_survives_a_canceled_training(samples, tmp_path):
    model = tmp_path / "m.safetensors"
    run_job(tiny_training(samples, model))
    before = model.read_bytes()
    with pytest.raises(Canceled):
        run_job(tiny_training(samples, model), Monitor(is_canceled=lambda: True))
    assert model.read_bytes() == before


def test_a_python_without_torch_is_named(samples, tmp_path, monkeypatch):
    monkeypatch.setenv("CHRONOMAP_PYTHON", sys.executable)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with pytest.raises(WorkerError, match=r"No Python with torch.*torch") as caught:
        run_job(tiny_training(samples, tmp_path / "m.safetensors"))
    assert "Settings > Options > Chronomap" in str(caught.value)
    assert not (tmp_path / "m.safetensors").exists()


def test_a_chosen_python_that_is_missing_is_named(samples, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.delenv("CHRONOMAP_PYTHON")
    with pytest.raises(WorkerError, match=os.sep + "nowhere"):
        run_job(tiny_training(samples, tmp_path / "m.safetensors"), python=str(tmp_path / "nowhere" / "python"))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"architecture": "lenet"}, "no architecture 'lenet'"),
        ({"hyperparameters": {"heads": 0}}, "Heads is 0"),
        ({"hyperparameters": {"wings": 2}}, "no setting 'wings'"),
        ({"strategy": {"learning_rate": -1}}, "Learning rate is -1"),
        ({"split": SplitSpec(test=0.0)}, "need a share each"),
        ({"samples": "/nowhere/samples.npz"}, "does not exist"),
        ({"model": __file__ + "/model.safetensors"}, "cannot be written"),
    ],
)
def test_bad_settings_get_a_sentence_before_anything_starts(samples, tmp_path, changes, words):
    job = tiny_training(samples, tmp_path / "m.safetensors")
    with pytest.raises(InputError, match=words):
        run_job(TrainJob(**{**vars(job), **changes}), python=sys.executable)


def test_a_file_that_is_no_sample_file_is_refused(tmp_path):
    (tmp_path / "s.npz").write_bytes(b"no samples")
    with pytest.raises(InputError, match="sample file"):
        run_job(tiny_training(tmp_path / "s.npz", tmp_path / "m.safetensors"))
