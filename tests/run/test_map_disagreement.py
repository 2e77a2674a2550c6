# SPDX-License-Identifier: GPL-2.0-or-later
"""Where maps differ, what they swap, what most of them say, and how large their classes are."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from chronomap.plugin.core.errors import Canceled, InputError
from chronomap.plugin.core.jobs import ClassAreasJob, ConsensusJob, DisagreementJob
from chronomap.plugin.core.monitor import Monitor
from chronomap.plugin.raster.access import open_raster
from chronomap.plugin.raster.map_legend import map_legend
from chronomap.plugin.run.dispatch import run_job
from class_maps import class_map
from osgeo import gdal

A = [[1, 1, 2, 5], [1, 2, 2, 0]]
B = [[1, 2, 2, 5], [2, 2, 5, 1]]
C = [[5, 2, 1, 5], [2, 2, 1, 1]]


@pytest.fixture
def maps(tmp_path):
    return tuple(class_map(tmp_path / f"{name}.tif", values) for name, values in (("a", A), ("b", B), ("c", C)))


def values(path, band=1):
    dataset = gdal.Open(str(path))  # a band dies with its dataset
    return dataset.GetRasterBand(band).ReadAsArray().tolist()


def table(path):
    return list(csv.DictReader(path.open(encoding="utf-8")))


def test_maps_that_differ_from_the_majority_are_counted(maps, tmp_path, listener):
    outputs = listener.run(DisagreementJob(maps, output=str(tmp_path / "d.tif")))
    assert values(tmp_path / "d.tif") == [[1, 1, 1, 0], [1, 0, 2, 255]]
    assert values(tmp_path / "d.tif", 2) == [[2, 2, 2, 1], [2, 1, 3, 255]]
    assert outputs["differing_share"] == pytest.approx(5 / 7)


def test_swapped_classes_are_named_and_ordered_by_area(maps, tmp_path, listener):
    listener.run(DisagreementJob(maps[:2], pairs=str(tmp_path / "p.tif")))
    legend = {info.value: info.name for info in map_legend(open_raster(str(tmp_path / "p.tif")))}
    assert [legend.get(value) for value in values(tmp_path / "p.tif")[0]] == [
        "same class", "Wheat → Maize", "same class", "same class"
    ]  # fmt: skip
    assert values(tmp_path / "p.tif")[1][3] == 65535
    assert sorted(legend.values()) == ["Maize → Grass", "Wheat → Maize", "same class"]


def test_the_table_lists_pairs_with_area(maps, tmp_path, listener):
    listener.run(DisagreementJob(maps[:2], ("first", "second"), table=str(tmp_path / "t.csv")))
    differing = [row for row in table(tmp_path / "t.csv") if row["differs"] == "1"]
    found = [(row["map_1"], row["map_2"], row["class_1"], row["class_2"], row["pixels"]) for row in differing]
    assert found == [("first", "second", "Wheat", "Maize", "2"), ("first", "second", "Maize", "Grass", "1")]
    assert float(differing[0]["area_ha"]) == pytest.approx(0.02)
    assert float(differing[0]["share"]) == pytest.approx(2 / 7, abs=1e-6)


def test_the_log_says_what_is_swapped_most(maps, tmp_path, listener):
    listener.run(DisagreementJob(maps[:2], table=str(tmp_path / "t.csv")))
    assert "42.86 % of 0.1 ha differ" in listener.texts()
    assert "a → b: most often Wheat → Maize" in listener.texts()


def test_the_most_frequent_class_wins_and_the_first_map_decides_ties(maps, tmp_path, listener):
    listener.run(ConsensusJob(maps, str(tmp_path / "m.tif"), str(tmp_path / "s.tif")))
    assert values(tmp_path / "m.tif") == [[1, 2, 2, 5], [2, 2, 2, 1]]
    assert values(tmp_path / "s.tif") == [[67, 67, 67, 100], [67, 100, 33, 67]]
    assert [info.name for info in map_legend(open_raster(str(tmp_path / "m.tif")))] == ["Wheat", "Maize", "Grass"]


def test_windows_change_nothing(tmp_path, listener, monkeypatch):
    generator = np.random.default_rng(3)
    maps = tuple(
        class_map(tmp_path / f"{k}.tif", generator.choice([0, 1, 2, 5], (50, 70)), block_px=16) for k in range(3)
    )
    found = []
    for window_px in (1 << 22, 16 * 16 * 3):
        monkeypatch.setattr("chronomap.plugin.raster.map_stack._WINDOW_PX", window_px)
        listener.run(DisagreementJob(maps, output=str(tmp_path / "d.tif"), table=str(tmp_path / "t.csv")))
        found.append((values(tmp_path / "d.tif"), table(tmp_path / "t.csv")))
    assert found[0] == found[1]


def test_a_canceled_comparison_leaves_no_file(maps, tmp_path):
    job = DisagreementJob(maps, output=str(tmp_path / "d.tif"))
    with pytest.raises(Canceled):
        run_job(job, Monitor(is_canceled=lambda: True))
    assert list(tmp_path.glob("d*")) == []


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"maps": 1, "table": "t.csv"}, "Fewer than two maps"),
        ({"maps": 3, "pairs": "p.tif"}, "compares two maps, not 3"),
        ({"maps": 2}, "No output is chosen"),
    ],
)
def test_what_cannot_be_compared_is_refused(maps, tmp_path, fields, sentence):
    outputs = {name: str(tmp_path / value) for name, value in fields.items() if name != "maps"}
    with pytest.raises(InputError, match=sentence):
        run_job(DisagreementJob(maps[: fields["maps"]], **outputs))


def test_areas_are_counted_by_map_and_class(maps, tmp_path, listener):
    outputs = listener.run(ClassAreasJob(maps[:2], table=str(tmp_path / "areas.csv")))
    rows = {(row["map"], row["class"]): row for row in table(tmp_path / "areas.csv")}
    assert (rows["a", "Wheat"]["pixels"], rows["b", "Maize"]["pixels"]) == ("3", "4")
    assert float(rows["a", "Wheat"]["area_ha"]) == pytest.approx(0.03)
    assert float(rows["a", "Wheat"]["area_km2"]) == pytest.approx(0.0003)
    assert float(rows["a", "Wheat"]["share"]) == pytest.approx(3 / 7, abs=1e-6)
    assert outputs["figures"]["b"]["Grass"] == pytest.approx(0.02)


def test_areas_of_a_map_in_degrees_shrink_towards_the_pole(tmp_path, listener):
    rows = np.zeros((60, 4), np.uint8)
    rows[:30], rows[30:] = 1, 2  # 60 to 30 degrees north, and 30 to 0
    raster = class_map(tmp_path / "world.tif", rows, epsg=4326, corner=(0.0, 60.0), pixel_m=1.0)
    figures = listener.run(ClassAreasJob((raster,), table=str(tmp_path / "a.csv")))["figures"]["world"]
    on_the_ellipsoid = 0.735935  # (60 to 30 degrees) / (30 to 0), by the exact integral
    assert figures["Wheat"] / figures["Maize"] == pytest.approx(on_the_ellipsoid, rel=1e-4)
    assert "by latitude" in listener.texts()


def test_chart_and_report_show_every_map(maps, tmp_path, listener):
    job = ClassAreasJob(maps[:2], ("L-TAE", "Forest"), chart=str(tmp_path / "a.svg"), report=str(tmp_path / "a.html"))
    listener.run(job)
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "<svg" in page
    assert "<h2>L-TAE</h2>" in page
    assert "<h2>Forest</h2>" in page
    assert (tmp_path / "a.svg").stat().st_size > 3000
