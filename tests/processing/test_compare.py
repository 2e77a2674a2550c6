# SPDX-License-Identifier: GPL-2.0-or-later
"""Comparisons as algorithms: what parameters become, and one run from sample file to report."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from chain import tiny_training
from chronomap.plugin.core.board import NO_EVIDENCE, load_board
from chronomap.plugin.core.catalog import load_catalog
from chronomap.plugin.core.jobs import Candidate, CompareJob, CompareTrainJob, SplitSpec
from chronomap.plugin.run.dispatch import run_job
from qgis.core import QgsApplication, QgsProcessingFeedback
from synthetic import save_small_samples


def _algorithm(name):
    return QgsApplication.processingRegistry().algorithmById(f"chronomap:{name}").create()


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A folder with a forest and a copy of it."""
    folder = tmp_path_factory.mktemp("models")
    samples = save_small_samples(folder / "samples.npz", count=30)
    run_job(tiny_training(samples, folder / "forest.safetensors", "random_forest"))
    shutil.copy(folder / "forest.safetensors", folder / "twin.safetensors")
    return folder


def test_models_and_a_folder_of_models_become_one_list(provider, context):
    parameters = {"models": ["/a.safetensors", "/b.safetensors"], "folder": "/more", "draws": 500}
    job = _algorithm("comparemodels").build_job(parameters, context)
    assert job == CompareJob(("/a.safetensors", "/b.safetensors", "/more"), draws=500)


def test_architectures_with_and_without_preset_become_candidates(provider, context):
    parameters = {
        "samples": "/s.npz", "folder": "/out", "architectures": ["gru", "tempcnn:sits"], "folds": 3, "seeds": 2,
        "epochs": 9, "split_method": "block", "block_size": 300.0, "buffer": 50.0,
    }  # fmt: skip
    candidates, split = (
        (Candidate("gru"), Candidate("tempcnn", "sits")),
        SplitSpec("block", block_size=300.0, buffer=50.0),
    )
    expected = CompareTrainJob("/s.npz", "/out", candidates, split, folds=3, seeds=2, strategy={"epochs": 9})
    assert _algorithm("comparearchitectures").build_job(parameters, context) == expected


def test_every_architecture_and_preset_can_be_chosen(provider):
    algorithm = _algorithm("comparearchitectures")
    options = algorithm.parameterDefinition("architectures").options()
    assert len(options) == sum(len(entry.presets) for entry in load_catalog().values())
    assert len(set(options)) == len(options)


def test_no_model_at_all_is_refused_in_words(provider, context):
    can_run, message = _algorithm("comparemodels").checkParameterValues({}, context)
    assert not can_run
    assert "No model is given" in message


def test_a_folder_of_models_is_compared_and_a_report_comes_out(provider, context, models, tmp_path):
    outputs = {"report": str(tmp_path / "r.html"), "board": str(tmp_path / "board.json")}
    parameters = {"folder": str(models), "draws": 300, **outputs}
    results, is_done = _algorithm("comparemodels").run(parameters, context, QgsProcessingFeedback())
    assert is_done
    assert "Models compared" in Path(results["report"]).read_text(encoding="utf-8")
    board = load_board(Path(results["board"]))
    assert [entry.name for entry in board.entries] == ["Random forest (forest)", "Random forest (twin)"]
    assert all(entry.pixels_per_second > 0 for entry in board.entries)
    assert board.pairs[0].verdict == NO_EVIDENCE
