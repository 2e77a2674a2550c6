# SPDX-License-Identifier: GPL-2.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest
from chronomap.plugin.core.slots import OutputArray, SlotLayout, local_folder

LAYOUT = SlotLayout(3, 2, 100, "uint16", (OutputArray("class", 1, "uint8"), OutputArray("attention", 3, "uint16")))


def test_no_two_arrays_of_any_slots_share_a_file():
    files = [path for slot in range(3) for path in LAYOUT.files(Path("x"), slot).values()]
    assert len(set(files)) == 3 * 4


def test_the_folder_is_gone_at_the_end_even_after_a_fault():
    folders = []

    def fill_and_fail():
        with local_folder(1000) as folder:
            folders.append(folder)
            (folder / "slot0_values.bin").write_bytes(b"\0" * 1000)
            raise KeyError

    with pytest.raises(KeyError):
        fill_and_fail()
    assert len(folders) == 1
    assert not folders[0].exists()


def test_a_need_that_memory_cannot_hold_goes_to_the_disk():
    with local_folder(10**15) as folder:
        assert not folder.is_relative_to("/dev/shm")
