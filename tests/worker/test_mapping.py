# SPDX-License-Identifier: GPL-2.0-or-later
"""Windows through mapped slots: every product of every pixel, the same bits however the map is cut."""

from __future__ import annotations

import shutil
from typing import Optional

import numpy as np
import pytest
import torch
from chronomap.plugin.core.errors import Canceled, InputError
from chronomap.plugin.core.monitor import Monitor
from chronomap.plugin.core.products import PRODUCTS
from chronomap.plugin.worker.compute import kernels_of, lanes
from chronomap.plugin.worker.mapping import OpenMap, map_close, map_open, take_series, window
from chronomap.plugin.worker.predictor import Predictor, torch_readable
from synthetic import SCALE
from worker.mapping_cases import (
    BANDS,
    DATES,
    DAYS,
    KEYS,
    HostSlot,
    layout_for,
    make_series,
    map_open_message,
    map_series,
    write_model,
)  # fmt: skip
from worker.worker_session import Host

PIXELS = 300
PRODUCTS_OF = {key: tuple(p.id for p in PRODUCTS.values() if not p.from_attention or key == "ltae") for key in KEYS}


def open_map(
    folder, key: str, dtype: str = "int16", monitor: Optional[Monitor] = None, **changed
) -> tuple[OpenMap, HostSlot]:
    layout = layout_for(PRODUCTS_OF[key], PIXELS, dtype, **changed.pop("types", {}))
    host = HostSlot(layout, folder)
    model = write_model(folder / "model.safetensors", key)
    return OpenMap(map_open_message(folder, model, layout, **changed), monitor or Monitor()), host


def map_whole(folder, key: str, dtype: str = "int16", pixels: int = PIXELS, **changed) -> dict[str, np.ndarray]:
    opened, host = open_map(folder, key, dtype, **changed)
    found = map_series(opened, host, *make_series(pixels, dtype))
    opened.close()
    return found


@pytest.mark.parametrize("key", KEYS)
def test_windows_of_any_size_and_order_give_the_same_bits(tmp_path, key):
    values, valid = make_series(PIXELS)
    whole = map_whole(tmp_path, key)
    opened, host = open_map(tmp_path, key)
    for first, last in ((250, 300), (0, 1), (1, 70), (70, 250)):
        part = map_series(opened, host, values[first:last], valid[first:last])
        for product, stored in part.items():
            np.testing.assert_array_equal(stored, whole[product][:, first:last], product)
    opened.close()


@pytest.mark.parametrize("key", KEYS)
def test_threads_change_no_bit(tmp_path, key):
    one = map_whole(tmp_path, key)
    three = map_whole(tmp_path, key, compute={"device": "cpu", "batch": 64, "threads": 3})
    assert all(np.array_equal(one[product], three[product]) for product in one)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int32", "uint32", "float32"])
def test_every_number_type_maps_as_the_predictor_says(tmp_path, dtype):
    found = map_whole(tmp_path, "ltae", dtype)
    values, valid = make_series(PIXELS, dtype)
    scales = np.full((DATES, len(BANDS)), SCALE)
    predictor = Predictor(tmp_path / "model.safetensors", DAYS, scales, scales * 0, "cpu", 64)
    probability = predictor.predict(torch_readable(values), torch.from_numpy(valid))[0].numpy()
    seen = valid.any(1)
    np.testing.assert_array_equal(found["class"][0, seen], 10 * probability[seen].argmax(1))
    np.testing.assert_array_equal(found["valid_dates"][0, seen], valid[seen].sum(1))


@pytest.mark.parametrize("least", [0, 1, 5])
def test_pixels_with_too_few_dates_are_nodata_and_counted(tmp_path, least):
    opened, host = open_map(tmp_path, "ltae", min_valid_dates=least)
    values, valid = make_series(PIXELS)
    host.put(values, valid)
    count = opened.process(0, PIXELS, Monitor())
    dark = valid.sum(1) < max(1, least)
    assert count == dark.sum() > 0
    for product in PRODUCTS:
        nodata = 255 if product == "class" else PRODUCTS[product].nodata
        stored = host.get(product, PIXELS)
        assert np.all(stored[:, dark] == nodata)
        assert not np.any(stored[:, ~dark] == nodata)
    opened.close()


def test_a_window_without_any_date_is_all_nodata(tmp_path):
    opened, host = open_map(tmp_path, "gru")
    host.put(*(part[:50] for part in (make_series(PIXELS)[0], np.zeros((PIXELS, DATES), bool))))
    assert opened.process(0, 50, Monitor()) == 50
    assert np.all(host.get("class", 50) == 255)
    opened.close()


@pytest.mark.parametrize(("byte", "top"), [(False, 65534), (True, 254)])
def test_attention_of_the_map_is_zero_on_clouds_and_sums_to_one(tmp_path, byte, top):
    types = {"attention": "uint8"} if byte else {}
    stored = map_whole(tmp_path, "ltae", attention_byte=byte, types=types)["attention"].astype(int)  # (T, n)
    valid = make_series(PIXELS)[1]
    seen = valid.any(1)
    assert np.all(stored.T[seen][~valid[seen]] == 0)
    np.testing.assert_allclose(stored.T[seen].sum(1) / top, 1.0, atol=DATES / 2 / top)


def test_compute_is_chosen_once_and_its_reuse_gives_the_same_map(tmp_path):
    opened, host = open_map(tmp_path, "tempcnn", compute={})
    chosen = opened.compute
    first = map_series(opened, host, *make_series(PIXELS))
    opened.close()
    assert chosen.batch % 64 == 0
    assert chosen.threads >= 1
    assert chosen.kernels
    again, host = open_map(tmp_path, "tempcnn", compute=vars(chosen))
    assert again.compute == chosen
    found = map_series(again, host, *make_series(PIXELS))
    assert all(np.array_equal(first[product], found[product]) for product in first)
    again.close()


def test_going_on_with_other_kernels_is_told(tmp_path):
    told = []
    compute = {"device": "cpu", "batch": 64, "kernels": "torch 1.0, a sandpile"}
    open_map(tmp_path, "gru", compute=compute, monitor=Monitor(told.append))[0].close()
    assert [event["event"] for event in told] == ["warning"]
    assert "a sandpile" in told[0]["text"]


@pytest.mark.parametrize("has_tiles", [True, False])
def test_going_on_without_amx_or_with_it_is_told(tmp_path, monkeypatch, has_tiles):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": not has_tiles})
    compute = {"device": "cpu", "batch": 64, "kernels": kernels_of(torch.device("cpu"))}
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": has_tiles})
    told = []
    open_map(tmp_path, "gru", compute=compute, monitor=Monitor(told.append))[0].close()
    assert ["with AMX" in event["text"] for event in told] == [True]


def test_attention_of_a_model_without_it_is_refused(tmp_path):
    layout = layout_for(("attention",), PIXELS)
    HostSlot(layout, tmp_path)
    model = write_model(tmp_path / "model.safetensors", "gru")
    with pytest.raises(InputError, match="gives no attention"):
        OpenMap(map_open_message(tmp_path, model, layout), Monitor())


def test_cancel_stops_a_window_and_close_still_unmaps(tmp_path):
    opened, host = open_map(tmp_path, "ltae")
    host.put(*make_series(PIXELS))
    try:
        opened.process(0, PIXELS, Monitor(is_canceled=lambda: True))
        pytest.fail("the window was computed to its end")
    except Canceled:
        pass
    opened.close()  # fails while anything still holds the slot


def test_commands_open_answer_windows_and_close(tmp_path):
    layout = layout_for(("class",), PIXELS)
    (tmp_path / "slots").mkdir()
    host, slots = Host(), HostSlot(layout, tmp_path / "slots")
    model = write_model(tmp_path / "model.safetensors", "ltae")
    ready = map_open(host, map_open_message(tmp_path / "slots", model, layout))
    values, valid = make_series(PIXELS)
    slots.put(values, valid)
    answer = window(host, {"do": "window", "slot": 0, "pixels": PIXELS})
    done = map_close(host, {"do": "map_close"})
    assert (ready["event"], done["event"]) == ("ready", "done")
    assert answer == {"event": "window", "slot": 0, "invalid": int((~valid.any(1)).sum())}
    shutil.rmtree(tmp_path / "slots")  # on Windows this fails while a file is mapped
    map_close(host, {"do": "map_close"})  # twice is once


@pytest.mark.parametrize("positions", [[0, 1, 2], [3, 4, 7], [0, 90], [99]])
def test_series_are_taken_in_order_whatever_the_gaps(positions):
    rows = torch.arange(5 * 100, dtype=torch.int16).view(5, 100)
    taken = take_series(rows, np.array(positions))
    assert torch.equal(taken, rows[:, positions].t())
    assert taken.is_contiguous()


def test_an_error_in_one_batch_reaches_the_caller_after_all_are_still():
    running = []

    def work(item: int) -> None:
        running.append(item)
        if item == 1:
            raise InputError("bad batch")

    with lanes(2) as made, pytest.raises(InputError, match="bad batch"):
        made.run(work, range(2))
    assert sorted(running) == [0, 1]


def test_lanes_give_torch_its_threads_back():
    torch.set_num_threads(2)
    with lanes(2):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 2
