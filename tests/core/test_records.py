# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
from pathlib import Path

import pytest
from chronomap.plugin.core.card import ModelCard
from chronomap.plugin.core.classes import ClassInfo
from chronomap.plugin.core.cube_spec import (
    Acquisition,
    BandSource,
    CubeSpec,
    MaskRule,
    MaskSource,
    load_cube_spec,
    save_cube_spec,
)
from chronomap.plugin.core.errors import InputError
from chronomap.plugin.core.jobs import (
    AttentionFeaturesJob,
    AttentionJob,
    CubeJob,
    EvaluateJob,
    EvaluateMapJob,
    ExtractJob,
    MapJob,
    SceneJob,
    SplitSpec,
    TableJob,
    TrainJob,
    load_job,
    save_job,
)
from chronomap.plugin.core.records import from_plain, to_plain, write_json

JOBS = [
    CubeJob(
        "c.json", rasters=("a.tif", "b.tif"), mask_rule=MaskRule("bits", (0, 3)), layer_dates={"a.tif": "2021-06-05"}
    ),
    ExtractJob("c.json", "v.gpkg", "crop", "s.npz", rename={"Mais": "Maize", "?": ""}, max_per_class=5),
    TableJob("t.csv", "label", "s.npz", start="2021-01-01", step_days=16.0, columns=("n1", "n2")),
    TrainJob("s.npz", "ltae", "m.safetensors", {"heads": 4}, {"epochs": 3}, SplitSpec("block", block_size=250.0)),
    MapJob("c.json", "m.safetensors", {"class": "map.tif"}, extent=(0.0, 0.0, 10.0, 10.0), window_px=64),
    AttentionJob("m.safetensors", "s.npz", table="a.csv"),
    AttentionFeaturesJob("m.safetensors", "c.json", "v.gpkg", "o.gpkg"),
    EvaluateJob("m.safetensors", "s.npz"),
    EvaluateMapJob("map.tif", "v.gpkg", "crop"),
    SceneJob("demo", size_px=64),
]


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.kind)
def test_a_job_read_back_is_the_job_that_was_written(job, tmp_path):
    save_job(job, tmp_path / "job.json")
    assert load_job(tmp_path / "job.json") == job


def test_a_cube_description_read_back_is_the_same(tmp_path):
    bands = (BandSource("B4", "a.tif", 1, 1e-4, -0.1), BandSource("B8", "a.tif", 2))
    spec = CubeSpec(
        (Acquisition("2021-06-05", "a", bands, MaskSource("m.tif")),), MaskRule("values", (3, 8)), notes=("n",)
    )
    save_cube_spec(spec, tmp_path / "cube.json")
    assert load_cube_spec(tmp_path / "cube.json") == spec
    assert spec.band_names == ("B4", "B8")


def test_keys_of_a_newer_version_are_ignored():
    assert from_plain(ClassInfo, {"value": 3, "name": "Maize", "smell": "sweet"}) == ClassInfo(3, "Maize")


def test_a_missing_field_is_told_by_name():
    with pytest.raises(InputError, match="has no 'name'"):
        from_plain(ClassInfo, {"value": 3})


@pytest.mark.parametrize("classes", ["Maize", {"value": 1}, 3, [3], [None]])
def test_a_card_whose_classes_are_no_list_of_classes_is_damaged(classes):
    card = ModelCard("ltae", {}, ("B4",), ("2021-06-05",), "2021-01-01", (ClassInfo(1, "a"),), (0.0,), (1.0,))
    with pytest.raises(InputError):
        from_plain(ModelCard, {**to_plain(card), "classes": classes})


@pytest.mark.parametrize("text", ["", "{", "[]", '{"kind": "toast"}', "\x00"])
def test_a_file_that_is_no_job_is_named(text, tmp_path):
    path = tmp_path / "job.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"job\.json"):
        load_job(path)


def test_a_cube_description_of_another_kind_is_named(tmp_path):
    path = tmp_path / "cube.json"
    path.write_text('{"kind": "train"}')
    with pytest.raises(InputError, match=r"cube\.json is not a cube description"):
        load_cube_spec(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"gone\.json cannot be read"):
        load_job(tmp_path / "gone.json")


def test_a_failed_write_leaves_the_old_file_whole(tmp_path):
    path = tmp_path / "job.json"
    write_json(path, {"old": 1})
    with pytest.raises(TypeError):
        write_json(path, {"new": object()})
    assert json.loads(Path(path).read_text()) == {"old": 1}
