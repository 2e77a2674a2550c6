# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest
from chain import tiny_training
from chronomap.plugin.run.dispatch import run_job
from qgis.core import QgsProject, QgsSettings
from synthetic import save_small_samples


@pytest.fixture
def workspace(qgis_app, qgis_iface, tmp_path):
    """A workspace on an empty project that is saved in a folder of its own."""
    from chronomap.ui.workspace import Workspace  # noqa: PLC0415 (QGIS runs by now)

    project = QgsProject.instance()
    project.clear()
    QgsSettings().remove("chronomap")
    made = Workspace(qgis_iface)
    yield made
    made.close()
    project.clear()


@pytest.fixture
def window(workspace):
    """The window, shown."""
    from chronomap.ui.window import ChronomapWindow  # noqa: PLC0415

    made = ChronomapWindow(workspace)
    made.show()
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture(scope="session")
def trained(qgis_app, tmp_path_factory) -> Path:
    """A tiny trained model with its report."""
    folder = tmp_path_factory.mktemp("trained")
    samples, model = save_small_samples(folder / "samples.npz"), folder / "ltae.safetensors"
    run_job(tiny_training(samples, model, report=str(folder / "ltae.html")))
    return model
