# SPDX-License-Identifier: GPL-2.0-or-later
"""The panel on a machine without a worker; the wheels are stand-ins of a few bytes."""

from __future__ import annotations

import os

import pytest
from chronomap.plugin.core.environment import home
from chronomap.plugin.core.wheels import TORCH_INDEX
from chronomap.plugin.host.environment import WorkerEnvironment
from chronomap.plugin.host.settings import interpreter, set_interpreter
from chronomap.ui.environment.panel import EnvironmentPanel
from qgis.core import QgsApplication
from waiting import wait_until
from wheelhouse import make_wheelhouse

WITH_TORCH = os.environ["CHRONOMAP_PYTHON"]


@pytest.fixture
def panel(qgis_app, monkeypatch, tmp_path):
    """A panel where nothing is set up; pip finds the stand-ins only."""
    monkeypatch.delenv("CHRONOMAP_PYTHON", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(make_wheelhouse(tmp_path / "wheels")))
    environment = WorkerEnvironment()
    made = EnvironmentPanel(environment)
    wait_until(lambda: environment.answer is not None)
    yield made
    environment.close()
    set_interpreter("")


def test_a_click_sets_the_worker_up(panel):
    assert "needs a Python with torch" in panel.headline.text()
    assert str(home()) in panel.place.text()
    assert not panel.remove_button.isEnabled()
    panel.setup_button.click()
    assert not panel.cancel_button.isHidden()
    wait_until(lambda: panel.environment.is_ready, 60)
    assert panel.headline.text().startswith("Ready: Python 3")
    assert "Repair" in panel.setup_button.text()
    assert "Successfully installed" in panel.log.toPlainText()
    panel.environment.remove()
    wait_until(lambda: not panel.environment.is_ready)
    assert not panel.remove_button.isEnabled()


def test_cancel_says_that_nothing_is_left(panel):
    panel.setup_button.click()
    wait_until(lambda: bool(panel.log.toPlainText()))
    panel.cancel_button.click()
    wait_until(lambda: not panel.environment.is_setting_up)
    assert panel.outcome.text() == "The set-up was canceled; nothing of it is left."
    assert [path.name for path in home().iterdir()] == ["setup.log"]


def test_closing_waits_until_the_set_up_has_cleaned_up(panel):
    panel.setup_button.click()
    wait_until(lambda: bool(panel.log.toPlainText()))
    panel.environment.close()
    assert [path.name for path in home().iterdir()] == ["setup.log"]


def test_a_python_that_lacks_something_is_refused_in_words(panel):
    panel.own_file.setFilePath("/usr/bin/python3")
    panel.own_button.click()
    wait_until(lambda: "Asking" not in panel.own_answer.text())
    assert "lacks torch" in panel.own_answer.text()
    assert interpreter() == ""


def test_a_python_that_has_all_is_used_and_can_be_given_back(panel):
    panel.own_file.setFilePath(WITH_TORCH)
    panel.own_button.click()
    wait_until(lambda: panel.environment.is_ready)
    assert interpreter() == WITH_TORCH
    assert "It is the one you chose." in panel.detail.text()
    panel.own_back_button.click()
    wait_until(lambda: not panel.environment.is_ready)
    assert interpreter() == ""


def test_commands_for_both_cases_can_be_copied(panel):
    assert TORCH_INDEX in panel.hand_text.toPlainText()
    panel.offline_choice.setChecked(True)
    panel.hand_copy_button.click()
    assert "--no-index --find-links wheels" in QgsApplication.clipboard().text()


def test_diagnostics_are_copied(panel):
    panel.diagnostics_button.click()
    wait_until(lambda: panel.diagnostics_button.text() == "Copied")
    text = QgsApplication.clipboard().text()
    assert "Chronomap: " in text
    assert "lacks torch" in text
    assert "PIP" not in text.split("pip settings:")[0]
