# SPDX-License-Identifier: GPL-2.0-or-later
"""Parameters of the algorithms that explain a model become jobs."""

from __future__ import annotations

import pytest
from chronomap.plugin.core.jobs import AttentionJob, EarlySeasonJob, ExplainSeriesJob, ImportanceTestJob
from qgis.core import QgsApplication
from synthetic import CORNER, EPSG, small_cube


def _job(name, parameters, context):
    return (
        QgsApplication.processingRegistry().algorithmById(f"chronomap:{name}").create().build_job(parameters, context)
    )


@pytest.mark.parametrize(
    ("name", "parameters", "expected"),
    [
        ("attentionbyclass", {"model": "/m", "samples": "/s"}, AttentionJob("/m", "/s")),
        ("importancetest", {"models": ["/a", "/b"], "samples": "/s"}, ImportanceTestJob(("/a", "/b"), "/s")),
        ("earlyseason", {"model": "/m", "samples": "/s"}, EarlySeasonJob("/m", "/s")),
    ],
)
def test_defaults_are_those_of_the_job(provider, context, name, parameters, expected):
    assert _job(name, parameters, context) == expected


def test_a_point_of_another_crs_becomes_one_of_the_cube(provider, context, tmp_path):
    spec = small_cube(tmp_path, size=(16, 16)).save_spec()
    parameters = {"model": "/m", "cube": str(spec), "point": f"{CORNER[0] + 35},{CORNER[1] - 45} [EPSG:{EPSG}]"}
    job = _job("explainseries", parameters, context)
    assert job == ExplainSeriesJob("/m", str(spec), CORNER[0] + 35, CORNER[1] - 45)
    geographic = _job("explainseries", {**parameters, "point": "15.000462,46.953306 [EPSG:4326]"}, context)
    assert abs(geographic.x - CORNER[0]) < 100
    assert abs(geographic.y - CORNER[1]) < 500
