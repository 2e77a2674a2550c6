# SPDX-License-Identifier: GPL-2.0-or-later
"""Figures draw from plain arrays, on true time axes, and hide nothing."""

from __future__ import annotations

import warnings
from datetime import date

import numpy as np
import pytest
from charts.compared import compared_arguments
from charts.explained import explained_arguments
from chronomap.plugin.charts import FIGURES, draw, save_figure
from chronomap.plugin.charts.style import text_width, wrap
from chronomap.plugin.core.classes import palette_color
from chronomap.plugin.core.errors import InputError
from matplotlib.dates import date2num

DATES = ["2021-03-02", "2021-03-04", "2021-05-20", "2021-06-01", "2021-09-30"]
LONG = "Permanent grassland, extensively managed with one late cut & costs of $3 to $5 per <ha>"


def class_arrays(classes: int) -> dict:
    generator = np.random.default_rng(classes)
    attention = generator.dirichlet(np.ones(len(DATES)), classes)
    observed = np.full((classes, len(DATES)), 0.9)
    observed[:, 1] = 0.0
    attention[:, 1] = 0.0
    profile = generator.uniform(0.1, 0.9, (classes, len(DATES)))
    profile[:, 1] = np.nan
    names = [LONG, *(f"class {index}" for index in range(1, classes))]
    return {
        "classes": np.array(names),
        "colors": np.array([palette_color(index) for index in range(classes)]),
        "attention": attention,
        "observed": observed,
        "profile": profile,
    }


def arguments(name: str, classes: int = 3) -> dict:
    made = class_arrays(classes)
    named = {key: made[key] for key in ("classes", "colors")}
    dates, attention, profile = {"dates": np.array(DATES)}, made["attention"], made["profile"]
    epochs = np.arange(1, 6)
    confusion = np.eye(classes, dtype=int) * 1200 + 1
    several = explained_arguments(DATES, made["classes"], made["colors"])
    several.update(compared_arguments(DATES, made["classes"], made["colors"]))
    if name in several:
        return several[name]
    return {
        "importance_by_class": {
            **named, **dates, "observed": made["observed"], "counts": np.arange(classes),
            "importance_mean": attention, "importance_low": attention * 0.5, "importance_high": attention * 1.5,
            "profile_mean": profile, "profile_low": profile - 0.1, "profile_high": profile + 0.1,
            "profile_name": np.array("NDVI"),
        },
        "importance_heatmap": {
            **dates, "classes": made["classes"], "importance": attention, "observed": made["observed"],
        },
        "heads_heatmap": {
            **dates, "attention": attention, "class_name": np.array(LONG), "observed": made["observed"][0],
        },
        "learning_curves": {
            "epoch": epochs, "train_loss": 1 / epochs, "validation_loss": np.array([1, 0.8, np.nan, 0.7, 0.9]),
            "validation_macro_f1": epochs / 6, "best_epoch": np.array(4),
        },
        "rate_sweep": {
            "rate": np.geomspace(1e-6, 1, 40), "loss": np.linspace(2, 1, 40), "smoothed": np.linspace(2, 1, 40),
            "suggestion": np.array(0.003),
        },
        "confusion_matrix": {"confusion": confusion, "classes": made["classes"]},
        "class_scores": {
            **named, "f1": np.linspace(0, 1, classes), "n": np.arange(classes), "precision": np.full(classes, 0.5),
            "recall": np.full(classes, 0.7),
        },
        "class_areas": {
            **named, "maps": np.array(["estimated", LONG]), "area_ha": np.full((2, classes), 12_000.0),
            "low_ha": np.stack([np.full(classes, -50.0), np.full(classes, np.nan)]),
            "high_ha": np.stack([np.full(classes, 15_000.0), np.full(classes, np.nan)]),
        },
        "profiles": {
            **named, **dates, "mean": profile, "low": profile - 0.1, "high": profile + 0.1, "name": np.array("NDVI"),
        },
    }[name]  # fmt: skip


def texts(figure) -> str:
    found = [text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text"))]
    return " ".join(" ".join(found).split())


def with_gid(figure, gid: str) -> list:
    return [artist for artist in figure.findobj() if artist.get_gid() == gid]


@pytest.mark.parametrize("classes", [1, 2, 15])
@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_draws_without_warnings_and_without_clipped_text(name, classes):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = FIGURES[name](**arguments(name, classes))
        figure.canvas.draw()
    drawn, page = figure.get_tightbbox(figure.canvas.get_renderer()), figure.get_size_inches()
    assert drawn.x0 >= 0
    assert drawn.y0 >= 0
    assert drawn.x1 <= page[0]
    assert drawn.y1 <= page[1]


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_travels_as_npz_to_svg_and_png(name, tmp_path):
    np.savez(tmp_path / "arrays.npz", **arguments(name))
    outputs = [tmp_path / "figure.svg", tmp_path / "figure.png"]
    draw(name, tmp_path / "arrays.npz", outputs)
    assert "<path" in outputs[0].read_text(encoding="utf-8")
    assert outputs[1].read_bytes().startswith(b"\x89PNG")


def test_the_same_figure_is_the_same_file(tmp_path):
    paths = [tmp_path / "first.svg", tmp_path / "second.svg"]
    for path in paths:
        save_figure(FIGURES["profiles"](**arguments("profiles")), [path])
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_an_unknown_figure_is_said_in_words(tmp_path):
    with pytest.raises(InputError, match="choose one of importance_by_class"):
        draw("piechart", tmp_path / "none.npz", [])


def test_attention_stands_at_real_dates():
    figure = FIGURES["importance_by_class"](**arguments("importance_by_class"))
    expected = date2num([date.fromisoformat(text) for text in DATES])
    seen, masked = with_gid(figure, "seen")[0], with_gid(figure, "masked")[0]
    assert sorted([*seen.get_xdata(), *masked.get_xdata()]) == expected.tolist()


def test_a_date_that_nobody_saw_is_hollow():
    figure = FIGURES["importance_by_class"](**arguments("importance_by_class"))
    for masked in with_gid(figure, "masked"):
        assert masked.get_xdata().tolist() == [date2num(date(2021, 3, 4))]
        assert masked.get_markerfacecolor() != masked.get_markeredgecolor()


def test_attention_and_profile_share_the_time_axis():
    figure = FIGURES["importance_by_class"](**arguments("importance_by_class", 2))
    stems, profile = figure.axes[0], figure.axes[1]
    assert stems.get_xlim() == profile.get_xlim()
    assert stems.get_position().y0 > profile.get_position().y1


def test_cells_of_a_heat_map_lie_around_their_dates_and_do_not_overlap():
    figure = FIGURES["importance_heatmap"](**arguments("importance_heatmap", 1))
    paths = [path.get_extents() for gid in ("seen", "masked") for path in with_gid(figure, gid)[0].get_paths()]
    boxes = sorted((box.x0, box.x1) for box in paths)
    numbers = date2num([date.fromisoformat(text) for text in DATES])
    assert all(start < day < end for (start, end), day in zip(boxes, numbers))
    assert all(before[1] <= after[0] + 1e-9 for before, after in zip(boxes, boxes[1:]))


def test_months_and_years_label_the_time_axis():
    figure = FIGURES["importance_heatmap"](**arguments("importance_heatmap"))
    labels = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert labels[0] == "Mar\n2021"
    assert "Jun" in labels


def test_a_season_of_one_date_can_be_drawn():
    made = arguments("profiles")
    one = {key: value[:, :1] for key, value in made.items() if key in ("mean", "low", "high")}
    figure = FIGURES["profiles"](**{**made, **one, "dates": np.array(DATES[:1])})
    assert "Mar" in texts(figure)


def test_dollars_in_class_names_are_no_formula():
    assert wrap("from $3 to $5", 5.0) == r"from \$3 to \$5"


def test_wrapped_names_fit_their_room():
    assert text_width(wrap(LONG, 1.5)) <= 1.5


def test_confusion_prints_every_count():
    figure = FIGURES["confusion_matrix"](np.array([[12, 3], [0, 4567]]), np.array(["a", "b"]))
    assert all(count in texts(figure) for count in ("12", "3", "4,567", "n = 15"))


def test_a_class_without_samples_gets_no_dot():
    figure = FIGURES["class_scores"](**arguments("class_scores", 3))
    assert len(with_gid(figure, "f1")) == 2


def test_the_kept_epoch_is_marked():
    figure = FIGURES["learning_curves"](**arguments("learning_curves"))
    assert "kept: epoch 4" in texts(figure)


def test_curves_without_validation_can_be_drawn():
    made = arguments("learning_curves")
    unknown = np.full(5, np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = FIGURES["learning_curves"](**{**made, "validation_loss": unknown, "validation_macro_f1": unknown})
        figure.canvas.draw()
    assert figure.axes[0].get_ylim()[1] > made["train_loss"].max()
