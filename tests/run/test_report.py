# SPDX-License-Identifier: GPL-2.0-or-later
"""Reports say what was measured, and warn."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from chronomap.plugin.core.accuracy import accuracy
from chronomap.plugin.core.card import ModelCard
from chronomap.plugin.core.classes import ClassInfo
from chronomap.plugin.core.cube_spec import Acquisition, BandSource, CubeSpec
from chronomap.plugin.core.errors import InputError
from chronomap.plugin.core.jobs import SplitSpec
from chronomap.plugin.core.theme import INK
from chronomap.plugin.run.deletion import DeletionTest
from chronomap.plugin.run.explain_page import importance_report
from chronomap.plugin.run.html import figure, inline_svg
from chronomap.plugin.run.report import cube_report, evaluation_report, model_report

NAMES = ["Wheat <winter> & rye", "Maize", "Forest"]
CONFUSION = [[40, 10, 0], [5, 25, 0], [0, 20, 0]]
SVG = f"""<?xml version="1.0"?>
<svg xmlns="http://www.w3.org/2000/svg" width="10pt"><defs><path id="a1"/></defs>
<use href="#a1" style="fill: {INK}"/><g clip-path="url(#a1)"/></svg>"""


class Page(HTMLParser):
    """Collects text and checks that elements close in order."""

    VOID = ("meta", "img", "br", "link")

    def __init__(self, text: str):
        super().__init__()
        self.open, self.words, self.links = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.links += [value for key, value in attrs if key in ("src", "href") and value]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        """Leave elements that close themselves (of SVG) alone."""

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        assert not self.open
        return " ".join(" ".join(self.words).split())


@pytest.fixture
def card() -> ModelCard:
    return ModelCard(
        architecture="ltae", hyperparameters={"heads": 16}, strategy={"learning_rate": 0.001},
        bands=("B04", "B08"), dates=("2021-03-02", "2021-05-20"), season_start="2021-01-01",
        classes=tuple(ClassInfo(k, name, "#e69f00", 7, 50) for k, name in enumerate(NAMES)),
        lower=(0.01, 0.1), upper=(0.2, 0.5), split_counts={"train": 300, "validation": 90, "test": 100},
        fingerprint="abc123", history=({"epoch": 1},), best_epoch=1, metrics=accuracy(CONFUSION, NAMES),
        notes=("3 polygons without a class name were left out.",), plugin_version="0.1.0",
    )  # fmt: skip


@pytest.fixture
def chart(tmp_path):
    path = tmp_path / "chart.svg"
    path.write_text(SVG, encoding="utf-8")
    return path


def test_the_model_report_is_whole_html_with_headline_figures(card, chart):
    text = Page(model_report(card, {"Learning curves": chart})).text
    metrics = card.metrics
    for key in ("macro_f1", "balanced_accuracy", "overall_accuracy", "kappa"):
        assert f"{metrics[key]:.3f}" in text
    assert "Measured on 100 test samples, of polygons that were not trained on." in text


def test_class_names_are_escaped(card):
    page = model_report(card, {})
    assert "Wheat &lt;winter&gt; &amp; rye" in page
    assert "<winter>" not in page


def test_a_model_that_never_predicts_a_class_is_said_first(card):
    text = Page(model_report(card, {})).text
    assert text.index("never predicted: Forest") < text.index("Macro F1")


def test_pixel_splits_and_nominal_days_are_warned_of(card):
    honest = Page(model_report(card, {})).text
    doubtful = Page(model_report(replace(card, split=SplitSpec("pixel"), days_nominal=True), {})).text
    for words in ("pixel by pixel: neighbours", "days are nominal"):
        assert words in doubtful
        assert words not in honest


def test_samples_without_groups_are_warned_of_and_not_called_polygons(card):
    alone = tuple(replace(info, polygons=info.samples) for info in card.classes)
    text = Page(model_report(replace(card, classes=alone), {})).text
    assert "figures may be too good" in text
    assert "of polygons that were not trained on" not in text


def test_the_kept_epoch_is_explained_with_and_without_validation(card):
    validated = replace(card, history=({"epoch": 1, "validation_loss": 0.5},))
    assert "with the lowest validation loss" in Page(model_report(validated, {})).text
    later = replace(card, history=(*validated.history, {"epoch": 2, "validation_loss": 0.6}), best_epoch=2)
    assert "cannot tell from the lowest" in Page(model_report(later, {})).text
    assert "no validation samples" in Page(model_report(card, {})).text


def test_a_refit_is_told_beside_the_best_epoch(card):
    assert "training and validation samples together" in Page(model_report(replace(card, is_refit=True), {})).text
    assert "training and validation samples together" not in Page(model_report(card, {})).text


def test_settings_carry_the_labels_of_the_catalog(card):
    text = Page(model_report(card, {})).text
    for words in ("Heads 16", "Learning rate 0.001", "B04 0.01 0.2", "seed 0", "abc123"):
        assert words in text


def test_notes_cautions_and_log_stand_in_the_report(card):
    text = Page(model_report(card, {}, ["The GPU was busy."], ["epoch 1 <done>"])).text
    for words in (*card.notes, "The GPU was busy.", "epoch 1 <done>"):
        assert words in text


def test_a_model_without_test_samples_claims_nothing(card):
    text = Page(model_report(replace(card, metrics={}), {})).text
    assert "nothing is known about the accuracy" in text
    assert "Macro F1" not in text


def test_an_architecture_that_is_gone_from_the_catalog_keeps_its_raw_names(card):
    assert "heads 16" in Page(model_report(replace(card, architecture="vanished"), {})).text


def test_the_confusion_matrix_prints_every_count():
    page = evaluation_report(accuracy(CONFUSION, NAMES), "Accuracy", ["All points are used."])
    matrix = page[page.index('class="matrix"') :]
    counts = [int(count) for count in re.findall(r"<td[^>]*>(\d+)</td>", matrix)]
    assert counts == [40, 10, 0, 50, 5, 25, 0, 30, 0, 20, 0, 20]


def deletion(separates):
    none = np.zeros(0)
    return DeletionTest(none, none, none, none, none, none, separates, "A verdict.")


def test_a_report_needs_no_other_file(card, chart):
    page = Page(
        importance_report(
            card, "attention", {"Attention": chart}, ["n"], deletion(True), {"Maize": [("2021-05-20", 0.4)]}
        )
    )
    assert "2021-05-20 (0.40)" in page.text
    assert all(link.startswith(("#", "data:", "https://doi.org/")) for link in page.links)


def test_a_report_warns_first_where_nothing_is_proven(card, chart):
    arguments = (card, "occlusion", {"Occlusion": chart}, ["n"])
    assert "Read this first" in importance_report(*arguments, deletion(False), {})
    assert "Read this first" not in importance_report(*arguments, deletion(True), {})


def test_charts_in_one_page_share_no_ids():
    pictures = inline_svg(SVG, "One") + inline_svg(SVG, "Two")
    ids = re.findall(r'id="([^"]+)"', pictures)
    assert len(ids) == len(set(ids)) == 2
    assert {*re.findall(r'href="#([^"]+)"', pictures), *re.findall(r"url\(#([^)]+)\)", pictures)} == set(ids)


def test_charts_follow_the_colours_of_the_page_with_a_fallback():
    assert f"fill: {INK}; fill: var(--ink)" in inline_svg(SVG, "One")


def test_a_png_chart_is_written_into_the_page(tmp_path):
    (tmp_path / "chart.png").write_bytes(b"\x89PNG")
    assert 'src="data:image/png;base64,iVBORw=="' in figure("Chart", tmp_path / "chart.png")


def test_a_missing_chart_is_said_in_words(tmp_path):
    with pytest.raises(InputError, match=r"none\.svg cannot be read"):
        figure("Chart", tmp_path / "none.svg")


def test_the_cube_report_lists_its_acquisitions():
    cube = CubeSpec((Acquisition("2021-03-02", "S2 <A>", (BandSource("B04", "a.tif"),)),), notes=("One was warped.",))
    text = Page(cube_report(cube, "Cube")).text
    assert "1 acquisitions, 1 bands, 0 with a mask." in text
    assert "2021-03-02 S2 <A> B04 no" in text
