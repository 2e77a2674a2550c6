# SPDX-License-Identifier: GPL-2.0-or-later
"""A model's important dates are those that set the classes apart; the whole check on the demo scene is in heavy/."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from chain import tiny_training
from chronomap.plugin.core.jobs import AttentionJob
from chronomap.plugin.raster.samples import load_samples
from chronomap.plugin.run.dispatch import run_job
from key_windows import judge, shuffle_labels
from synthetic import CLASSES, some_dates

# synthetic.signature: the bump of class k peaks at 0.2 + 0.23 k of eight dates.
WINDOWS = {CLASSES[k]: tuple(some_dates(8)[i] for i in window) for k, window in enumerate([(1, 2), (2, 4), (4, 6)])}


def _verdict(model: Path, samples: Path, folder: Path, method: str):
    table = folder / "importance.csv"
    run_job(AttentionJob(str(model), str(samples), str(table), method=method))
    return judge(table, load_samples(samples), WINDOWS, leading=1)


def test_a_model_s_dates_are_those_of_the_bumps_unless_its_labels_were_shuffled(chain, tmp_path):
    shuffled, model = shuffle_labels(chain.samples, tmp_path / "shuffled.npz"), tmp_path / "model.safetensors"
    run_job(tiny_training(shuffled, model))
    true, false = (_verdict(*pair, tmp_path, "attention") for pair in ((chain.model, chain.samples), (model, shuffled)))
    assert true.is_passed, str(true)
    assert not false.is_passed, str(false)


def test_occlusion_finds_the_bumps_too(chain, tmp_path):
    job = tiny_training(chain.samples, tmp_path / "model.safetensors")
    run_job(replace(job, strategy={**job.strategy, "epochs": 16}))  # what is hidden must be known first
    verdict = _verdict(tmp_path / "model.safetensors", chain.samples, tmp_path, "occlusion")
    assert verdict.is_passed, str(verdict)
