# SPDX-License-Identifier: GPL-2.0-or-later
"""One small chain, made once for all tests of this folder."""

from __future__ import annotations

import pytest
from chain import Chain, Listener, tiny_training
from chronomap.plugin.core.jobs import ExtractJob
from chronomap.plugin.run.dispatch import run_job
from synthetic import small_cube


@pytest.fixture(scope="session")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    folder = tmp_path_factory.mktemp("chain with spaces")
    cube = small_cube(folder / "cube", size=(96, 80), cloud=0.3)
    spec = cube.save_spec()
    samples, model = folder / "samples.npz", folder / "ltae.safetensors"
    run_job(ExtractJob(str(spec), cube.polygons, "crop", str(samples), max_per_polygon=12))
    run_job(tiny_training(samples, model))
    return Chain(folder, cube, spec, samples, model)


@pytest.fixture
def listener() -> Listener:
    return Listener()
