# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import json
import struct

import pytest
from chronomap.plugin.core.card import CARD_KEY, FORMAT_VERSION, ModelCard, read_card
from chronomap.plugin.core.classes import ClassInfo
from chronomap.plugin.core.errors import ModelFileError
from chronomap.plugin.core.records import to_plain

CARD = ModelCard(
    "ltae", {"heads": 4}, ("B4",), ("2021-06-05", "2021-07-01"), "2021-01-01", (ClassInfo(1, "a"),), (0.0,), (1.0,)
)
WEIGHTS = {"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}


def model_file(path, header, weights=b"\0" * 8):
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(raw)) + raw + weights)
    return path


def with_card(plain):
    return {"__metadata__": {CARD_KEY: json.dumps(plain)}, **WEIGHTS}


def test_the_card_read_back_is_the_card_that_was_written(tmp_path):
    assert read_card(model_file(tmp_path / "m", with_card(to_plain(CARD)))) == CARD


def test_days_are_counted_from_the_season_start():
    assert CARD.days == (155.0, 181.0)


def test_a_model_of_a_newer_version_asks_for_an_update(tmp_path):
    plain = {**to_plain(CARD), "format_version": FORMAT_VERSION + 1, "plugin_version": "9.0"}
    with pytest.raises(ModelFileError, match=r"newer Chronomap \(9\.0\): update"):
        read_card(model_file(tmp_path / "m", with_card(plain)))


def test_truncated_weights_are_told(tmp_path):
    with pytest.raises(ModelFileError, match="truncated"):
        read_card(model_file(tmp_path / "m", with_card(to_plain(CARD)), weights=b"\0" * 7))


def test_a_truncated_header_is_told(tmp_path):
    path = model_file(tmp_path / "m", with_card(to_plain(CARD)))
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ModelFileError, match="truncated in its header"):
        read_card(path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 a zip file", b"\x80\x02", b"\0" * 64])
def test_a_foreign_file_is_no_model_file(content, tmp_path):
    path = tmp_path / "m"
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match="is no model file"):
        read_card(path)


@pytest.mark.parametrize("header", [[1, 2], "text", b"{not json", b"\xff\xfe\xfd"])
def test_a_header_that_is_no_safetensors_header_is_no_model_file(header, tmp_path):
    with pytest.raises(ModelFileError, match="is no model file"):
        read_card(model_file(tmp_path / "m", header))


@pytest.mark.parametrize("header", [WEIGHTS, {"__metadata__": {"format": "pt"}, **WEIGHTS}])
def test_a_model_of_another_program_holds_no_card(header, tmp_path):
    with pytest.raises(ModelFileError, match="holds no Chronomap model card"):
        read_card(model_file(tmp_path / "m", header))


@pytest.mark.parametrize("plain", [{}, [], "card", {**to_plain(CARD), "classes": 3}, {"format_version": "new"}])
def test_a_damaged_card_is_told(plain, tmp_path):
    with pytest.raises(ModelFileError, match="damaged"):
        read_card(model_file(tmp_path / "m", with_card(plain)))


def test_a_missing_model_is_named(tmp_path):
    with pytest.raises(ModelFileError, match=r"gone\.safetensors cannot be read"):
        read_card(tmp_path / "gone.safetensors")
