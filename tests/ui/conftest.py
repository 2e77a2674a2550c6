# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest
from chain import tiny_training
from chronomap.plugin.run.dispatch import run_job
from qgis.core import QgsProject, QgsSettings
from qgis.PyQt import sip
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
def open_window(workspace):
    """Open windows; they are deleted at the end at once, not when Python's garbage collector comes along."""
    from chronomap.ui.window import ChronomapWindow  # noqa: PLC0415

    opened = []

    def show() -> ChronomapWindow:
        opened.append(ChronomapWindow(workspace))
        opened[-1].show()
        return opened[-1]

    yield show
    for window in opened:
        sip.delete(window)


@pytest.fixture
def window(open_window):
    """The window, shown."""
    return open_window()


@pytest.fixture(scope="session")
def trained(qgis_app, tmp_path_factory) -> Path:
    """A tiny trained model with its report."""
    folder = tmp_path_factory.mktemp("trained")
    samples, model = save_small_samples(folder / "samples.npz"), folder / "ltae.safetensors"
    run_job(tiny_training(samples, model, report=str(folder / "ltae.html")))
    return model
