# SPDX-License-Identifier: GPL-2.0-or-later
# ruff: noqa: N802 (names of QGIS)
"""The plugin as QGIS loads, unloads and reloads it."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from chain import tiny_training
from chronomap.plugin.host.queue import STOPPED
from qgis.core import QgsApplication, QgsProject
from qgis.gui import QgsMessageBar
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QCoreApplication, QEvent
from qgis.PyQt.QtWidgets import QMainWindow
from synthetic import save_small_samples
from waiting import wait_until


class Desktop:
    """What the plugin asks of QGIS's window."""

    def __init__(self) -> None:
        self.window, self.bar = QMainWindow(), QgsMessageBar()
        self.registered: list = []

    def mainWindow(self):
        return self.window

    def messageBar(self):
        return self.bar

    def addPluginToRasterMenu(self, menu, action):
        self.registered.append(("menu", action))

    def removePluginRasterMenu(self, menu, action):
        self.registered.remove(("menu", action))

    def addToolBarIcon(self, action):
        self.registered.append(("toolbar", action))

    def removeToolBarIcon(self, action):
        self.registered.remove(("toolbar", action))

    def registerOptionsWidgetFactory(self, factory):
        self.registered.append(("options", factory))

    def unregisterOptionsWidgetFactory(self, factory):
        self.registered.remove(("options", factory))

    def addCustomActionForLayerType(self, action, menu, kind, all_layers):
        self.registered.append(("layer menu", action))

    def removeCustomActionForLayerType(self, action):
        self.registered.remove(("layer menu", action))

    def mapCanvas(self):
        return None

    def layerTreeView(self):
        return None


@pytest.fixture
def desktop(qgis_app, monkeypatch):
    monkeypatch.syspath_prepend(str(Path(QgsApplication.pkgDataPath()) / "python/plugins"))
    made = Desktop()
    yield made
    QgsProject.instance().clear()
    sys.modules.pop("processing", None)


@pytest.fixture
def plugin(desktop):
    from chronomap.plugin.main import ChronomapPlugin  # noqa: PLC0415 (QGIS runs by now)

    made = ChronomapPlugin(desktop)
    made.initGui()
    yield made
    made.unload()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # as a turn of QGIS's event loop does


def child_workers():
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            is_ours = f"PPid:\t{os.getpid()}\n" in (process / "status").read_text()
            if is_ours and b"plugin.worker" in (process / "cmdline").read_bytes():
                found.append(process.name)
        except OSError:  # it ended meanwhile
            continue
    return found


def test_a_button_a_menu_and_an_options_page_are_registered_and_taken_back(plugin, desktop):
    assert sorted(kind for kind, _ in desktop.registered) == [
        "layer menu", "menu", "menu", "menu", "options", "toolbar", "toolbar",
    ]  # fmt: skip
    assert QgsApplication.processingRegistry().providerById("chronomap") is not None
    plugin.unload()
    assert desktop.registered == []
    assert QgsApplication.processingRegistry().providerById("chronomap") is None


def test_the_button_opens_one_window_and_opens_it_again(plugin, desktop):
    button = next(action for kind, action in desktop.registered if kind == "toolbar")
    button.trigger()
    window = plugin._window
    assert window.isVisible()
    assert not window.isModal()
    window.close()
    assert not window.isVisible()
    button.trigger()
    assert plugin._window is window
    assert window.isVisible()


def test_a_run_goes_on_without_the_window_and_ends_with_the_plugin(plugin, tmp_path):
    plugin.open_window()
    window, queue = plugin._window, plugin._workspace.queue
    job = tiny_training(save_small_samples(tmp_path / "samples.npz"), tmp_path / "model.safetensors")
    run = queue.submit([replace(job, strategy={**job.strategy, "epochs": 5000, "patience": 0})], "Long")
    wait_until(lambda: len(run.epochs) > 1)
    window.close()
    seen = len(run.epochs)
    wait_until(lambda: len(run.epochs) > seen)
    assert child_workers() != []
    waiting = queue.submit([job], "Next")
    plugin.unload()
    assert waiting.state == STOPPED
    wait_until(lambda: child_workers() == [], 10.0)
    QCoreApplication.sendPostedEvents(window, QEvent.Type.DeferredDelete)  # as a turn of QGIS's event loop does
    assert sip.isdeleted(window)
    assert not (tmp_path / "model.safetensors").exists()


def test_a_plugin_that_is_loaded_again_works(plugin, desktop):
    plugin.open_window()
    plugin.unload()
    plugin.initGui()
    plugin.open_window()
    assert plugin._window.isVisible()
    plugin.unload()
    QgsProject.instance().clear()  # no slot of the old window is called
