# SPDX-License-Identifier: GPL-2.0-or-later
"""The menus that lead from the pages to Processing."""

from __future__ import annotations

import pytest
from chronomap.plugin.processing.provider import ChronomapProvider
from qgis.core import QgsApplication

# The button of each page, and how many algorithms it leads to once there is a model.
PAGES = {"models": ("more_button", 7), "train": ("more_button", 1), "map": ("judge_button", 6)}


@pytest.fixture
def asked(workspace):
    """What the dialogs of algorithms were asked for, on a QGIS that has the provider."""
    provider = ChronomapProvider()
    QgsApplication.processingRegistry().addProvider(provider)
    calls = []
    workspace.open_algorithm = lambda name, parameters: calls.append((name, parameters))
    yield calls
    QgsApplication.processingRegistry().removeProvider(provider)


@pytest.fixture
def window_of_algorithms(asked, open_window, workspace, trained):
    workspace.shelf.add(trained)
    return open_window()


def opened(button):
    button.menu().aboutToShow.emit()
    return button.menu().actions()


@pytest.mark.parametrize("topic", ["models", "train", "map"])
def test_every_entry_opens_an_algorithm_with_parameters_it_has(topic, window_of_algorithms, asked):
    name, count = PAGES[topic]
    for action in opened(getattr(window_of_algorithms.page(topic), name)):
        action.trigger()
        assert action.toolTip()
    assert len(asked) == count
    for algorithm, parameters in asked:
        known = QgsApplication.processingRegistry().algorithmById(f"chronomap:{algorithm}")
        assert set(parameters) <= {definition.name() for definition in known.parameterDefinitions()}


def test_what_is_done_with_a_model_is_filled_in_with_it(window_of_algorithms, asked, trained):
    for action in opened(window_of_algorithms.page("models").more_button):
        action.trigger()
    given = dict(asked)
    assert given["attentionbyclass"]["model"] == str(trained)
    assert given["attentionbyclass"]["samples"].endswith("samples.npz")
    assert window_of_algorithms.workspace.recipe.train.base_model == str(trained)
    assert given["ensemble"]["models"] == [str(trained)]


def test_without_data_the_demo_scene_is_one_click_away(window_of_algorithms, asked):
    window_of_algorithms.page("data").rasters._demo.click()
    assert [name for name, _ in asked] == ["createdemoscene"]


def test_without_processing_no_menu_is_offered(window):
    for topic in ("models", "train", "map"):
        assert not getattr(window.page(topic), PAGES[topic][0]).isVisibleTo(window)
