# SPDX-License-Identifier: GPL-2.0-or-later
"""Parameters of the algorithms that make models become jobs."""

from __future__ import annotations

import pytest
from chronomap.plugin.core.catalog import load_catalog
from chronomap.plugin.core.errors import InputError
from chronomap.plugin.core.jobs import EnsembleJob, RateFinderJob, SearchJob
from chronomap.plugin.core.strategy import strategy_defaults
from chronomap.plugin.host.commands import algorithm_call, completed
from qgis.core import QgsApplication


def build(name, parameters, context):
    algorithm = QgsApplication.processingRegistry().algorithmById(f"chronomap:{name}").create()
    return algorithm.build_job(parameters, context)


def test_models_to_join_are_files(provider, context):
    parameters = {"models": ["/a.safetensors", "/b.safetensors"], "output": "/m.safetensors"}
    assert build("ensemble", parameters, context) == EnsembleJob(("/a.safetensors", "/b.safetensors"), "/m.safetensors")


def test_a_training_may_have_members(provider, context):
    parameters = {"samples": "/s.npz", "model": "/m.safetensors"}
    assert build("train_ltae", parameters, context).ensemble == 0
    assert build("train_random_forest", {**parameters, "ensemble": 4}, context).ensemble == 4


def test_what_continues_from_a_model_takes_its_settings(provider, context):
    parameters = {"samples": "/s.npz", "model": "/m.safetensors", "base_model": "/old.safetensors", "heads": 4}
    job = build("train_ltae", {**parameters, "fresh": True}, context)
    assert (job.base_model, job.hyperparameters, job.fresh) == ("/old.safetensors", {"heads": 4}, True)
    assert completed(job) == job
    call = algorithm_call(job)
    assert build("train_ltae", call.parameters, context) == job


def test_a_rate_is_looked_for_with_the_preset_or_what_is_given(provider, context):
    defaults = strategy_defaults(load_catalog()["ltae"])
    job = build("findlearningrate", {"samples": "/s.npz"}, context)
    assert job == RateFinderJob("/s.npz", "ltae", strategy=defaults)
    given = {"samples": "/s.npz", "architecture": "gru", "optimizer": "sgd", "batch_size": 32}
    strategy = build("findlearningrate", given, context).strategy
    assert strategy == {**strategy_defaults(load_catalog()["gru"]), "optimizer": "sgd", "batch_size": 32}


def test_a_search_with_defaults_is_the_job_s_own(provider, context):
    job = build("search", {"samples": "/s.npz", "folder": "/found"}, context)
    assert job == SearchJob("/s.npz", "/found")


def test_a_search_takes_what_is_given(provider, context):
    parameters = {
        "samples": "/s.npz",
        "folder": "/found",
        "architectures": ["gru"],
        "settings": ["optimizer", "learning_rate"],
        "ranges": ["width", "16", "64", "learning_rate", "1e-4", "0.01"],
        "epochs": 5,
    }
    job = build("search", parameters, context)
    assert (job.architectures, job.settings, job.strategy) == (("gru",), ("optimizer", "learning_rate"), {"epochs": 5})
    assert job.ranges == {"width": [16, 64], "learning_rate": [1e-4, 0.01]}
    with pytest.raises(InputError, match="give two numbers"):
        build("search", {**parameters, "ranges": ["width", "16", "wide"]}, context)
