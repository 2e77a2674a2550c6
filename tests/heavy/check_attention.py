# SPDX-License-Identifier: GPL-2.0-or-later
"""Do models look where the classes of the demo scene differ? Run by `make check-attention` (some minutes).

The scene's generator declares for each crop the days that set it apart. Of the five most important dates of each class
at least one must lie in its window, and the windows must draw clearly more importance than even importance would.
A model that learned shuffled labels must fail the same check.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from chronomap.plugin.core.jobs import AttentionJob, ExtractJob, SceneJob, TrainJob
from chronomap.plugin.core.records import read_json
from chronomap.plugin.raster.samples import load_samples
from chronomap.plugin.run.dispatch import run_job
from key_windows import Verdict, judge, shuffle_labels

MODELS = {
    "ltae": ("ltae", {}, {"epochs": 25}),
    "transformer": ("transformer", {}, {"epochs": 60}),
    "transformer_token": ("transformer", {"pooling": "class token"}, {"epochs": 60}),
    "tempcnn": ("tempcnn", {}, {"epochs": 25}),
    "random_forest": ("random_forest", {}, {}),
}
CHECKS = [
    ("ltae", "attention"),
    ("transformer", "attention"),
    ("transformer_token", "attention"),
    ("ltae", "occlusion"),
    ("transformer_token", "occlusion"),
    ("tempcnn", "occlusion"),
    ("random_forest", "occlusion"),
]
CONTROLS = [("ltae", "attention"), ("transformer", "attention"), ("ltae", "occlusion"), ("random_forest", "occlusion")]


class Bench:
    """Scene, samples, and models as they are asked for."""

    def __init__(self, folder: Path) -> None:
        scene = run_job(SceneJob(str(folder / "scene")))
        self.folder = folder
        self.windows = {name: (w["start"], w["end"]) for name, w in read_json(Path(scene["windows"])).items()}
        self.samples = {"true": folder / "true.npz", "shuffled": folder / "shuffled.npz"}
        run_job(ExtractJob(scene["cube"], scene["training"], "crop", str(self.samples["true"]), max_per_polygon=15))
        shuffle_labels(self.samples["true"], self.samples["shuffled"])

    def model(self, name: str, labels: str) -> Path:
        path = self.folder / f"{name}_{labels}.safetensors"
        if not path.exists():
            architecture, hyperparameters, strategy = MODELS[name]
            if labels == "shuffled" and strategy:
                strategy = {"epochs": 8}  # there is nothing to learn
            run_job(TrainJob(str(self.samples[labels]), architecture, str(path), hyperparameters, strategy))
        return path

    def verdict(self, name: str, labels: str, method: str) -> Verdict:
        table = self.folder / "table.csv"
        samples = self.samples[labels]
        run_job(AttentionJob(str(self.model(name, labels)), str(samples), str(table), method=method))
        found = judge(table, load_samples(samples), self.windows)
        word = "passed" if found.is_passed else "failed"
        sys.stdout.write(f"\n{name}, {method}, {labels} labels: {word}; {found}\n")
        return found


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("bench"))


@pytest.mark.parametrize(("name", "method"), CHECKS)
def test_a_model_looks_where_the_classes_differ(bench, name, method):
    assert bench.verdict(name, "true", method).is_passed


@pytest.mark.parametrize(("name", "method"), CONTROLS)
def test_a_model_of_shuffled_labels_fails_the_same_check(bench, name, method):
    assert not bench.verdict(name, "shuffled", method).is_passed
