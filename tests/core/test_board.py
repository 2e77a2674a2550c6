# SPDX-License-Identifier: GPL-2.0-or-later
"""A board can be stored, turned round and picked from."""

from __future__ import annotations

import pytest
from chronomap.plugin.core.board import (
    BETTER,
    NO_EVIDENCE,
    WORSE,
    Board,
    Entry,
    Pair,
    Reliability,
    Score,
    load_board,
    pareto,
)
from chronomap.plugin.core.classes import ClassInfo
from chronomap.plugin.core.errors import InputError
from chronomap.plugin.core.records import write_json


def entry(name, f1, pace=0.0):
    score = Score(f1, f1 - 0.05, f1 + 0.05)
    reliability = Reliability((0.9,), (0.8,), (1.0,), 0.1)
    return Entry(name, "gru", (f"/{name}",), 1, 1, {"macro_f1": score}, 0.0, (score, None), ((9.0, 1.0), (0.0, 0.0)),
                 reliability, pixels_per_second=pace)  # fmt: skip


@pytest.fixture
def board():
    pairs = (
        Pair(0, 1, Score(0.1, 0.02, 0.18), 0.01, 0.02, 7, 1, 0.07, 0.1, BETTER),
        Pair(0, 2, Score(0.3, 0.1, 0.5), 0.001, 0.003, 9, 0, 0.01, 0.03, BETTER),
        Pair(1, 2, Score(0.2, -0.1, 0.5), 0.3, 0.3, 3, 2, 1.0, 1.0, NO_EVIDENCE),
    )
    entries = (entry("A", 0.9, 10.0), entry("B", 0.8, 5.0), entry("C", 0.6, 30.0))
    classes = (ClassInfo(1, "Wheat"), ClassInfo(2, "Maize"))
    return Board(entries, pairs, classes, (10, 0), (3, 0), ("2021-05-01",), 10, 3, 500, "by polygon", "/s.npz")


def test_a_board_is_read_as_it_was_written(board, tmp_path):
    write_json(tmp_path / "board.json", board)
    assert load_board(tmp_path / "board.json") == board


def test_a_pair_can_be_looked_at_from_either_side(board):
    turned = board.pair(2, 0)
    assert turned.verdict == WORSE
    assert turned.difference == Score(-0.3, -0.5, -0.1)
    assert (turned.only_first, turned.only_second) == (0, 9)
    assert board.pair(2, 1).verdict == NO_EVIDENCE


def test_a_pick_keeps_order_and_corrected_p_values(board):
    picked = board.picked(["C", "A"])
    assert [entry.name for entry in picked.entries] == ["C", "A"]
    assert [(pair.first, pair.second, pair.verdict, pair.p_holm) for pair in picked.pairs] == [(0, 1, WORSE, 0.003)]


def test_the_pareto_front_leaves_out_what_is_slower_and_worse(board):
    assert pareto(board.entries) == [True, False, True]
    assert pareto([entry("unmeasured", 0.9)]) == [False]


@pytest.mark.parametrize(
    ("text", "words"), [("[]", "no comparison"), ('{"entries": [], "pairs": [], "format": 99}', "newer")]
)
def test_a_file_that_is_no_board_is_refused(tmp_path, text, words):
    (tmp_path / "board.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=words):
        load_board(tmp_path / "board.json")
