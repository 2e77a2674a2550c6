# SPDX-License-Identifier: GPL-2.0-or-later
"""Help texts say what the catalog says."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from chronomap.plugin.core.catalog import Hyperparameter, load_catalog
from chronomap.plugin.core.help import architecture_body, range_text, value_text


@pytest.mark.parametrize("architecture", load_catalog().values(), ids=lambda entry: entry.id)
def test_help_names_every_setting_and_preset(architecture):
    text = architecture_body(architecture)
    cells = [cell.text for cell in ElementTree.fromstring(f"<div>{text}</div>").iter("td")]
    for setting in architecture.hyperparameters:
        assert setting.label in cells
        assert range_text(setting) in cells
    for preset in architecture.presets:
        assert preset.name in cells
    assert architecture.doi in text


def test_help_escapes_what_it_shows():
    risky = replace(next(iter(load_catalog().values())), summary="<b>A & B</b>")
    assert "&lt;b&gt;A &amp; B&lt;/b&gt;" in architecture_body(risky)


def test_help_tells_attention_from_none():
    texts = {name: architecture_body(entry) for name, entry in load_catalog().items()}
    assert "Gives attention:" in texts["ltae"]
    assert "Gives no attention." in texts["tempcnn"]


def test_ranges_read_as_written_by_hand():
    rate = Hyperparameter("rate", "Rate", "float", 0.001, "", 1e-06, 1.0)
    assert range_text(rate) == "1e-06 to 1"
    assert [value_text(value) for value in (True, 0.5, 64, "adam")] == ["yes", "0.5", "64", "adam"]
