# SPDX-License-Identifier: GPL-2.0-or-later
"""Charts drawn by the worker: whole files, or a sentence."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from chronomap.plugin.core.errors import InputError, OutputError
from chronomap.plugin.worker.draw_command import draw_figure
from worker.worker_session import Host


def message(folder: Path, *outputs: str, figure: str = "confusion_matrix") -> dict:
    arrays = folder / "arrays.npz"
    np.savez(arrays, confusion=np.array([[5, 1], [0, 4]]), classes=np.array(["Maize", "Wheat"]))
    return {"do": "draw", "figure": figure, "arrays": str(arrays), "outputs": [str(folder / name) for name in outputs]}


def test_draws_each_output_and_leaves_nothing_else(tmp_path):
    answer = draw_figure(Host(), message(tmp_path, "matrix.svg", "matrix.png"))
    assert ET.parse(tmp_path / "matrix.svg").getroot().tag.endswith("svg")
    assert (tmp_path / "matrix.png").read_bytes().startswith(b"\x89PNG")
    assert answer == {
        "event": "done", "outputs": {"svg": str(tmp_path / "matrix.svg"), "png": str(tmp_path / "matrix.png")}
    }  # fmt: skip
    assert sorted(path.name for path in tmp_path.iterdir()) == ["arrays.npz", "matrix.png", "matrix.svg"]


def test_the_same_figure_gives_the_same_file(tmp_path):
    draw_figure(Host(), message(tmp_path, "one.svg", "two.svg"))
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()


@pytest.mark.parametrize("wrong", [{"figure": "no_such_figure"}, {"outputs": ["chart.bmp"]}, {"arrays": "missing.npz"}])
def test_what_cannot_be_drawn_is_said_in_words(tmp_path, wrong):
    with pytest.raises(InputError):
        draw_figure(Host(), {**message(tmp_path, "matrix.svg"), **wrong})


def test_an_unwritable_place_keeps_the_former_chart(tmp_path):
    (tmp_path / "matrix.svg").write_text("former")
    (tmp_path / "matrix.part.svg").mkdir()  # where the worker would write
    with pytest.raises(OutputError, match="another place"):
        draw_figure(Host(), message(tmp_path, "matrix.svg"))
    assert (tmp_path / "matrix.svg").read_text() == "former"
