# SPDX-License-Identifier: GPL-2.0-or-later
"""Figures of comparisons say what the numbers say."""

from __future__ import annotations

import numpy as np
from chronomap.plugin.charts import FIGURES
from chronomap.plugin.charts.contenders import entry_look
from matplotlib.colors import to_hex

NAMES = np.array(["L-TAE", "GRU", "Random forest"])


def texts(figure):
    return [text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text"))]


def test_the_pareto_front_joins_those_that_none_beats():
    f1 = np.array([0.9, 0.8, 0.85])
    cost = np.array([[10.0], [5.0], [1.0]])  # GRU costs more than the forest and is worse
    figure = FIGURES["accuracy_cost"](NAMES, f1, f1 - 0.1, f1 + 0.1, cost, np.array(["hours"]))
    front = next(line for line in figure.axes[0].get_lines() if line.get_gid() == "front")
    assert front.get_xydata().tolist() == [[1.0, 0.85], [10.0, 0.9]]


def test_a_cost_that_nobody_measured_is_said_to_be_so():
    f1 = np.full(3, 0.8)
    figure = FIGURES["accuracy_cost"](NAMES, f1, f1, f1, np.zeros((3, 1)), np.array(["hours"]))
    assert "not measured" in texts(figure)


def test_verdicts_stand_in_words_and_not_in_colour_alone():
    difference = np.array([[0, 0.1, 0.02], [-0.1, 0, -0.08], [-0.02, 0.08, 0]])
    p = np.array([[1, 0.0004, 0.5], [0.0004, 1, 0.03], [0.5, 0.03, 1]])
    verdict = np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 0]])
    found = texts(FIGURES["verdict_matrix"](NAMES, difference, p, verdict))
    assert (found.count("better"), found.count("worse"), found.count("no evidence")) == (1, 1, 4)
    assert "+0.100, p < 0.001" in found


def test_entries_differ_in_marker_dash_or_colour():
    looks = [(look.color, look.marker, str(look.dash)) for look in map(entry_look, range(17))]
    assert len(set(looks)) == 17
    assert len({look[1] for look in looks[:6]}) == 6


def test_differences_are_taken_from_the_first_entry():
    confusion = np.array([[[8, 2], [5, 5]], [[9, 1], [5, 5]]])
    found = texts(FIGURES["confusion_differences"](NAMES[:2], np.array(["a", "b"]), confusion))
    assert {"+10", "-10"} <= set(found)
    assert "Differences from L-TAE (percentage points)" in found


def test_a_difference_that_is_an_improvement_is_teal_wherever_it_stands():
    confusion = np.array([[[8, 2], [5, 5]], [[9, 1], [5, 5]]])
    axes = FIGURES["confusion_differences"](NAMES[:2], np.array(["a", "b"]), confusion).axes[0]
    colors = [to_hex(patch.get_facecolor()) for patch in axes.patches[:2]]
    assert all(int(color[3:5], 16) > int(color[1:3], 16) for color in colors)  # more green than red


def test_only_trained_networks_stand_in_the_legend_of_learning_curves():
    curves = np.array([[1.0, 0.5]])
    figure = FIGURES["learning_overlay"](NAMES, np.array([1]), curves, curves, np.array([2]))
    legend = next(axes.get_legend() for axes in figure.axes if axes.get_legend())
    assert [text.get_text() for text in legend.get_texts()] == ["GRU"]
