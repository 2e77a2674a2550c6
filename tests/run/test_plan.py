# SPDX-License-Identifier: GPL-2.0-or-later
"""What a killed map left on disk is read again, whole or cut."""

from __future__ import annotations

from chronomap.plugin.core.jobs import MapJob
from chronomap.plugin.run.folder import JobFolder
from chronomap.plugin.run.plan import Checkpoint, MapPlan


def test_a_line_that_a_kill_has_cut_is_left_out_and_spoils_no_other(tmp_path):
    def reopened() -> Checkpoint:
        checkpoint = Checkpoint(JobFolder(tmp_path), MapJob("", "", {}), "inputs")
        checkpoint.load()
        return checkpoint

    first = reopened()
    first.start(MapPlan(((0, 0, 8, 8),) * 4, {}, "inputs"))
    first.record([{"window": number, "crc": 7, "invalid": 0} for number in (0, 1)])
    records = tmp_path / "windows.jsonl"
    records.write_text(records.read_text(encoding="utf-8").rstrip()[:-4], encoding="utf-8")
    second = reopened()
    assert set(second.done) == {0}
    second.record([{"window": 2, "crc": 8, "invalid": 0}])
    assert reopened().done == {0: {"crc": 7, "invalid": 0}, 2: {"crc": 8, "invalid": 0}}
