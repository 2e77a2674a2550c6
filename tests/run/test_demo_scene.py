# SPDX-License-Identifier: GPL-2.0-or-later
"""The whole demo scene is hard enough for a forest, and L-TAE stands above it."""

from __future__ import annotations

from pathlib import Path

from chronomap.plugin.core.card import read_card
from chronomap.plugin.core.jobs import ExtractJob, SceneJob, TrainJob
from chronomap.plugin.run.dispatch import run_job


def _macro_f1(folder: Path, samples: str, architecture: str, **strategy: int) -> float:
    model = folder / f"{architecture}.safetensors"
    run_job(TrainJob(samples, architecture, str(model), strategy=strategy))
    return read_card(model).metrics["macro_f1"]


def test_attention_beats_a_forest_that_finds_the_scene_hard(tmp_path):
    scene = run_job(SceneJob(str(tmp_path)))
    samples = str(tmp_path / "samples.npz")
    run_job(ExtractJob(scene["cube"], scene["training"], "crop", samples, max_per_polygon=15))
    forest = _macro_f1(tmp_path, samples, "random_forest")
    attention = _macro_f1(tmp_path, samples, "ltae", epochs=15, patience=8)
    assert 0.70 <= forest <= 0.92
    assert attention >= forest + 0.02
