# SPDX-License-Identifier: GPL-2.0-or-later
"""Attention by class and by feature."""

from __future__ import annotations

import csv
from collections import defaultdict

import pytest
from chain import tiny_training
from chronomap.plugin.core.errors import InputError
from chronomap.plugin.core.jobs import AttentionFeaturesJob, AttentionJob
from chronomap.plugin.run.attention_features import attention_fields
from chronomap.plugin.run.dispatch import run_job
from osgeo import ogr


def test_attention_by_class_sums_to_one_over_the_dates_of_each_head(chain, tmp_path, listener):
    table, chart, report = tmp_path / "attention.csv", tmp_path / "attention.png", tmp_path / "report.html"
    listener.run(AttentionJob(str(chain.model), str(chain.samples), str(table), str(chart), str(report)))
    sums: dict[tuple[str, str], float] = defaultdict(float)
    with table.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            sums[row["class"], row["head"]] += float(row["mean"])
            assert float(row["p10"]) <= float(row["p90"])
    assert {name for name, _ in sums} == {"Grass", "Maize", "Wheat"}
    assert {head for _, head in sums} == {"1", "2", "mean"}
    assert all(total == pytest.approx(1, abs=1e-4) for total in sums.values())
    assert chart.read_bytes().startswith(b"\x89PNG")
    assert "<svg" in report.read_text(encoding="utf-8")
    assert "only the" in listener.texts()


def test_polygons_carry_their_attention_as_fields(chain, tmp_path, listener):
    output = tmp_path / "attention.gpkg"
    listener.run(AttentionFeaturesJob(str(chain.model), str(chain.spec), chain.cube.polygons, str(output)))
    dataset = ogr.Open(str(output))
    layer = dataset.GetLayer(0)
    fields = attention_fields(chain.cube.dates)
    right = 0
    for feature in layer:
        assert sum(feature[name] for name in fields) == pytest.approx(1, abs=1e-4)
        assert feature["pixels"] == 36
        right += feature["predicted"] == feature["crop"]
    assert layer.GetFeatureCount() == 120
    assert right > 110


def test_two_acquisitions_of_one_day_get_two_fields():
    assert attention_fields(("2021-06-05T10:00:00", "2021-06-05T10:10:00")) == ["att_20210605", "att_20210605_2"]


def test_a_model_without_attention_is_refused_in_words(chain, tmp_path):
    model = tmp_path / "forest.safetensors"
    run_job(tiny_training(chain.samples, model, "random_forest"))
    with pytest.raises(InputError, match="gives no attention"):
        run_job(AttentionJob(str(model), str(chain.samples), table=str(tmp_path / "a.csv"), method="attention"))
