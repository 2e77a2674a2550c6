# SPDX-License-Identifier: GPL-2.0-or-later
"""Parameters of the algorithms that make models become jobs."""

from __future__ import annotations

from chronomap.plugin.core.jobs import EnsembleJob
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
    assert build("train_ltae", parameters, context).ensemble == 1
    assert build("train_random_forest", {**parameters, "ensemble": 4}, context).ensemble == 4


def test_what_continues_from_a_model_takes_its_settings(provider, context):
    parameters = {"samples": "/s.npz", "model": "/m.safetensors", "base_model": "/old.safetensors", "heads": 4}
    job = build("train_ltae", {**parameters, "fresh": True}, context)
    assert (job.base_model, job.hyperparameters, job.fresh) == ("/old.safetensors", {"heads": 4}, True)
    assert completed(job) == job
    call = algorithm_call(job)
    assert build("train_ltae", call.parameters, context) == job
