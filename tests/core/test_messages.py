# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

import pytest
from chronomap.plugin.core.errors import Canceled
from chronomap.plugin.core.messages import decode, encode
from chronomap.plugin.core.monitor import Monitor


def test_a_message_is_one_line_whatever_it_holds():
    message = {"event": "note", "text": "Weißkohl\nnext line", "history": [{"loss": 0.5}]}
    line = encode(message)
    assert line.count("\n") == 1
    assert decode(line) == message


def test_numbers_that_json_lacks_become_null():
    assert decode(encode({"loss": float("nan"), "all": (1.0, float("inf"))})) == {"loss": None, "all": [1.0, None]}


@pytest.mark.parametrize("line", ["", "Epoch 1 of 20", "[1, 2]", "{"])
def test_a_line_that_is_no_message_is_refused(line):
    with pytest.raises(ValueError, match=r".+"):
        decode(line)


def test_parts_fill_their_share_of_the_progress_and_pass_everything_else_on():
    events = []
    part = Monitor(events.append).part(0.5, 0.9)
    part.progress(0.0)
    part.progress(1.0, "done")
    part.warning("odd")
    assert [event.get("fraction") for event in events] == [0.5, 0.9, None]
    assert events[2] == {"event": "warning", "text": "odd"}


def test_a_canceled_job_stops_at_its_next_check_even_in_a_part():
    with pytest.raises(Canceled):
        Monitor(is_canceled=lambda: True).part(0.0, 1.0).check()
