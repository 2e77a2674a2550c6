# SPDX-License-Identifier: GPL-2.0-or-later
"""Ensembles from seeds and from trained models: tested only where no member has seen the samples."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from chain import Listener, tiny_training
from chronomap.plugin.core.card import read_card
from chronomap.plugin.core.ensemble import gives_attention, member_score, model_title
from chronomap.plugin.core.errors import InputError
from chronomap.plugin.core.jobs import AttentionJob, EnsembleJob, ExplainSeriesJob, MapJob, SplitSpec
from chronomap.plugin.core.monitor import Monitor
from chronomap.plugin.raster.samples import load_samples, save_samples
from chronomap.plugin.run.check import problems
from chronomap.plugin.run.dispatch import run_job
from chronomap.plugin.run.evaluate import test_part as kept_part


@pytest.fixture(scope="module")
def forests(chain, tmp_path_factory) -> dict[str, str]:
    """Return forests of the chain's samples: of its split, and of another one."""
    folder, made = tmp_path_factory.mktemp("members"), {}
    for name, split in (("same", SplitSpec(seed=1)), ("other", SplitSpec(seed=9))):
        made[name] = str(folder / f"{name}.safetensors")
        run_job(replace(tiny_training(chain.samples, made[name], "random_forest"), split=split))
    return made


@pytest.fixture(scope="module")
def seeds(chain, tmp_path_factory):
    """Return the path of an ensemble of three seeds, and what was told of its training."""
    listener = Listener()
    folder = tmp_path_factory.mktemp("seeds")
    report = str(folder / "report.html")
    outputs = listener.run(replace(tiny_training(chain.samples, folder / "m.safetensors"), ensemble=3, report=report))
    return outputs, listener


def test_seeds_become_one_model(seeds):
    outputs, listener = seeds
    card = read_card(Path(outputs["model"]))
    assert [member.strategy["seed"] for member in card.members] == [0, 1000, 2000]
    assert len({member.history[0]["train_loss"] for member in card.members}) == 3
    assert model_title(card) == "Ensemble of 3 L-TAE"
    assert outputs["metrics"] == card.metrics
    assert card.metrics["n"] == card.members[0].metrics["n"] == card.split_counts["test"]
    fractions = [event["fraction"] for event in listener.events if event["event"] == "progress"]
    assert fractions == sorted(fractions)


def test_members_trained_at_once_are_those_trained_alone(chain, seeds):
    members = [Path(path) for path in seeds[0]["members"]]
    assert weights(members[0]) == weights(chain.model)  # of the same seed
    assert weights(members[1]) != weights(chain.model)


def weights(model: Path) -> bytes:
    """Return the numbers of a model file, behind its card."""
    content = model.read_bytes()
    return content[8 + int.from_bytes(content[:8], "little") :]


def test_members_are_told_beside_the_ensemble(seeds):
    outputs, listener = seeds
    card = read_card(Path(outputs["model"]))
    score = member_score(card, "macro_f1")
    told = [member.metrics["macro_f1"] for member in card.members]
    assert (score.lowest, score.highest) == (min(told), max(told))
    assert score.deviation == pytest.approx(float(np.std(told, ddof=1)))
    assert f"of its 3 members {score.mean:.3f} ± {score.deviation:.3f}" in listener.texts()
    page = Path(outputs["report"]).read_text(encoding="utf-8")
    assert "2. L-TAE" in page
    assert "Members: mean" in page
    assert "Learning of the first member" in page
    assert "Settings of the first member" in page


def test_each_member_can_be_opened(seeds):
    assert [read_card(Path(path)).architecture for path in seeds[0]["members"]] == ["ltae"] * 3


def test_an_ensemble_maps_and_explains_like_any_model(chain, seeds, tmp_path):
    model = seeds[0]["model"]
    outputs = {name: str(tmp_path / f"{name}.tif") for name in ("class", "attention")}
    assert run_job(MapJob(str(chain.spec), model, outputs))["pixels"] == 96 * 80
    table = tmp_path / "attention.csv"
    run_job(AttentionJob(model, str(chain.samples), table=str(table)))
    heads = {line.split(",")[1] for line in table.read_text(encoding="utf-8").splitlines()[1:]}
    assert heads == {"1", "2", "3", "mean"}  # one of each member


def test_an_ensemble_is_continued_member_by_member(chain, seeds, tmp_path, listener):
    base = seeds[0]["model"]
    job = tiny_training(chain.samples, tmp_path / "m.safetensors", ensemble=0, base_model=base)
    strategy = {"epochs": 1, "learning_rate": 1e-6, "weight_averaging": 0.0}
    listener.run(replace(job, hyperparameters={}, strategy=strategy))
    card, former = read_card(tmp_path / "m.safetensors"), read_card(Path(base))
    assert "Continued from m.safetensors: each member goes on." in listener.texts()
    assert len(card.members) == 3
    for member, begun in zip(card.members, former.members):  # next to nothing was learned
        assert member.metrics["macro_f1"] == pytest.approx(begun.metrics["macro_f1"], abs=0.02)
        assert member.history[0]["train_loss"] < begun.history[0]["train_loss"]
        assert [entry.name for entry in member.bases] == ["m.safetensors"]
    assert len({member.metrics["macro_f1"] for member in card.members}) > 1


def test_one_model_goes_on_from_the_first_member_alone_and_that_is_said(chain, seeds, tmp_path, listener):
    job = tiny_training(chain.samples, tmp_path / "m.safetensors", ensemble=1, base_model=seeds[0]["model"])
    listener.run(replace(job, hyperparameters={}, strategy={"epochs": 1}))
    assert "only its first member goes on" in listener.texts()
    assert read_card(tmp_path / "m.safetensors").members == ()


def test_an_ensemble_of_several_kinds_is_continued_from_one_of_them(chain, forests, tmp_path):
    both = str(tmp_path / "both.safetensors")
    run_job(EnsembleJob((str(chain.model), forests["same"]), both))
    job = tiny_training(chain.samples, tmp_path / "m.safetensors", base_model=both)
    assert "continue from one of them" in " ".join(problems(replace(job, hyperparameters={})))


def test_inside_an_ensemble_its_first_member_is_shown(chain, seeds, tmp_path):
    report = tmp_path / "pixel.html"
    run_job(ExplainSeriesJob(seeds[0]["model"], str(chain.spec), 500045.0, 5199965.0, report=str(report)))
    page = report.read_text(encoding="utf-8")
    assert "Attention step by step, first member" in page


def test_its_test_part_is_the_members_own(chain, seeds):
    kept, _ = kept_part(load_samples(chain.samples), read_card(Path(seeds[0]["model"])))
    confusion = np.array(seeds[0]["metrics"]["confusion"])
    assert confusion.sum(axis=1).tolist() == np.bincount(kept.label, minlength=len(confusion)).tolist()


def test_models_of_other_kinds_are_joined_and_tested(chain, forests, tmp_path):
    moved = tmp_path / "moved.npz"
    moved.write_bytes(chain.samples.read_bytes())
    job = EnsembleJob((str(chain.model), forests["same"]), str(tmp_path / "m.safetensors"), samples=str(moved))
    outputs = run_job(job)
    card = read_card(Path(job.output))
    assert [member.architecture for member in card.members] == ["ltae", "random_forest"]
    assert outputs["metrics"]["n"] == card.members[0].metrics["n"]
    assert not gives_attention(card)


def test_of_members_with_other_splits_only_what_none_has_seen_counts(chain, forests, tmp_path, listener):
    job = EnsembleJob((forests["same"], forests["other"]), str(tmp_path / "m.safetensors"))
    assert listener.run(job)["metrics"] == {}
    assert "none of these samples is unseen by all of them" in listener.texts()
    card, samples = read_card(Path(job.output)), load_samples(chain.samples)
    assert card.fingerprint == ""
    assert any("is not tested here" in note for note in card.notes)
    kept, alone = (kept_part(samples, each)[0] for each in (card, card.members[0]))
    assert 0 < len(kept) < len(alone)


def test_other_samples_than_the_members_are_refused(chain, forests, tmp_path):
    other = tmp_path / "other.npz"
    samples = load_samples(chain.samples)
    save_samples(samples.subset(np.arange(len(samples)) > 3), other)
    job = EnsembleJob((str(chain.model), forests["same"]), str(tmp_path / "m.safetensors"), samples=str(other))
    with pytest.raises(InputError, match="other samples than these models were trained on"):
        run_job(job)


def test_what_cannot_be_joined_is_said_before_anything_starts(chain, tmp_path):
    def told(*paths: str) -> str:
        return " ".join(problems(EnsembleJob(paths, str(tmp_path / "m.safetensors"))))

    assert "at least 2 models" in told(str(chain.model))
    assert "named twice" in told(str(chain.model), str(chain.model))
    assert "does not exist" in told(str(chain.model), "/nowhere/m.safetensors")


def test_finishing_early_keeps_the_members_so_far(chain, tmp_path):
    events = []
    monitor = Monitor(events.append, is_finishing=lambda: sum(e["event"] == "epoch" for e in events) > 8)
    run_job(replace(tiny_training(chain.samples, tmp_path / "m.safetensors"), ensemble=5), monitor)
    assert 2 <= len(read_card(tmp_path / "m.safetensors").members) < 5  # with more cores, more at once


def test_a_number_of_members_beyond_reason_is_refused(chain, tmp_path):
    for count in (-1, 51):
        job = tiny_training(chain.samples, tmp_path / "m.safetensors", ensemble=count)
        assert "choose 1 (no ensemble) to 50" in problems(job)[0]


def test_few_samples_make_an_ensemble_by_themselves(chain, tmp_path):
    job = tiny_training(chain.samples, tmp_path / "m.safetensors", ensemble=0)
    listener = Listener()
    listener.run(replace(job, strategy={"epochs": 1, "ensemble_below": 10_000}))
    assert len(read_card(tmp_path / "m.safetensors").members) == 3
    assert "3 networks are trained and decide together" in listener.texts()
