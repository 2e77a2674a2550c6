# SPDX-License-Identifier: GPL-2.0-or-later
"""Areas are drawn in readable units, with intervals where there are some and gaps where a map lacks the class."""

from __future__ import annotations

import numpy as np
from chronomap.plugin.charts.areas import class_areas

NAMES, COLORS = ["Wheat", "Maize"], ["#e69f00", "#d55e00"]


def points(figure):
    return [artist for artist in figure.findobj() if artist.get_gid() == "area"]


def test_small_areas_are_in_hectares_and_large_ones_in_square_kilometres():
    small = class_areas(NAMES, COLORS, ["a"], np.array([[10.0, 20.0]]))
    large = class_areas(NAMES, COLORS, ["a"], np.array([[100_000.0, 200_000.0]]))
    assert small.axes[0].get_xlabel() == "area (ha)"
    assert large.axes[0].get_xlabel() == "area (km²)"
    assert [point.get_xdata()[0] for point in points(large)] == [1000.0, 2000.0]


def test_a_class_that_a_map_lacks_has_no_point():
    figure = class_areas(NAMES, COLORS, ["a", "b"], np.array([[10.0, 20.0], [np.nan, 30.0]]))
    assert len(points(figure)) == 3


def test_maps_have_markers_of_their_own():
    figure = class_areas(NAMES, COLORS, ["a", "b"], np.array([[10.0, 20.0], [15.0, 30.0]]))
    assert len({point.get_marker() for point in points(figure)}) == 2


def test_intervals_do_not_reach_below_nothing():
    ends = {"low_ha": np.array([[-5.0, 10.0]]), "high_ha": np.array([[25.0, 30.0]])}
    figure = class_areas(NAMES, COLORS, ["a"], np.array([[10.0, 20.0]]), **ends)
    assert figure.axes[0].get_xlim()[0] == 0
    assert figure.axes[0].get_xlim()[1] > 30
