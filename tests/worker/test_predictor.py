# SPDX-License-Identifier: GPL-2.0-or-later
"""A model's answer for a series is its own: not its neighbours', not its place's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from chronomap.plugin.core.errors import InputError
from chronomap.plugin.core.monitor import Monitor
from chronomap.plugin.worker.architectures import registry
from chronomap.plugin.worker.compute import Compute, is_position_free, lanes, settle
from chronomap.plugin.worker.model_file import load_model
from chronomap.plugin.worker.predict_command import predict
from chronomap.plugin.worker.predictor import Predictor, torch_readable
from chronomap.plugin.worker.series import Preparation
from synthetic import SCALE
from worker.mapping_cases import BANDS, CLASSES, DATES, DAYS, KEYS, make_series, write_model
from worker.worker_session import Host

SCALES = np.full((DATES, len(BANDS)), SCALE)
OFFSETS = np.zeros_like(SCALES)


def make_predictor(folder, key: str, batch: int = 64, **changed) -> Predictor:
    model = write_model(folder / f"{key}.safetensors", key, **changed)
    return Predictor(model, DAYS, SCALES, OFFSETS, "cpu", batch)


def tensors(pixels: int, dtype: str = "int16", seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    values, valid = make_series(pixels, dtype, seed)
    return torch_readable(values), torch.from_numpy(valid)


@pytest.mark.parametrize("key", KEYS)
def test_every_grouping_of_the_pixels_gives_the_same_bits(tmp_path, key):
    predictor = make_predictor(tmp_path, key)
    values, valid = tensors(200)
    wants = predictor.gives_attention
    whole = predictor.predict(values, valid, wants)
    for start, step in ((0, 1), (3, 17), (5, 64), (1, 130)):
        for first in range(start, 200, step * 9):
            rows = slice(first, first + step)
            part = predictor.predict(values[rows], valid[rows], wants)
            assert torch.equal(part[0], whole[0][rows])
            assert not wants or torch.equal(part[1], whole[1][rows])


@pytest.mark.parametrize(("key", "batch"), [(key, 64) for key in registry()] + [(key, 256) for key in KEYS])
def test_the_place_in_a_batch_changes_no_bit(tmp_path, key, batch):
    assert is_position_free(make_predictor(tmp_path, key, batch), "int16")


def test_a_batch_for_which_the_card_has_no_memory_is_not_chosen(tmp_path, monkeypatch):
    predictor = make_predictor(tmp_path, "ltae")
    answer = predictor.answer

    def answer_few(values, *rest):
        if len(values) > 256:
            raise torch.cuda.OutOfMemoryError("no memory")
        return answer(values, *rest)

    monkeypatch.setattr(predictor, "answer", answer_few)
    with lanes(2) as lanes_:
        assert settle(Compute(threads=2), predictor, "int16", lanes_, Monitor()).batch <= 256


@pytest.mark.parametrize(
    ("key", "odd"),
    [("gru", {"width": 7}), ("ltae", {"mlp_width": 10, "decoder_width": 10, "decoder_layers": 1})],
)
def test_odd_widths_change_no_bit_either(tmp_path, key, odd):
    # Without the MKL mode of worker/__init__.py these two depend on the place in the batch (on x86 processors).
    assert is_position_free(make_predictor(tmp_path, key, **odd), "int16")


@pytest.mark.parametrize("key", ["gru", "lstm", "rnn", "starrnn"])
def test_a_series_without_gaps_changes_no_bit_of_those_beside_it(tmp_path, key):
    predictor, (values, valid) = make_predictor(tmp_path, key, width=7), tensors(64)
    valid[:, 5:] = False  # recurrent networks read no further than the longest series
    alone = predictor.predict(values, valid)[0]
    valid[0] = True
    assert torch.equal(predictor.predict(values, valid)[0][1:], alone[1:])


@pytest.mark.parametrize("key", ["tempcnn", "ltae", "gru"])
def test_equals_the_plain_network_with_its_temperature(tmp_path, key):
    predictor = make_predictor(tmp_path, key, temperature=2.5)
    card, network = load_model(tmp_path / f"{key}.safetensors")
    values, valid = tensors(30)
    with torch.no_grad():
        logits = network(*Preparation(card, DAYS, SCALES, OFFSETS).prepare(values, valid))
    probability, attention = predictor.predict(values, valid)
    torch.testing.assert_close(probability, torch.softmax(logits / 2.5, 1), atol=1e-5, rtol=1e-4)
    assert probability.dtype == torch.float32
    assert attention is None


def test_attention_is_that_of_the_dates_as_they_were_given(tmp_path):
    predictor = make_predictor(tmp_path, "ltae")
    values, valid = tensors(20)
    order = np.random.default_rng(2).permutation(DATES)
    days = [DAYS[i] for i in order]
    shuffled = Predictor(tmp_path / "ltae.safetensors", days, SCALES, OFFSETS, "cpu", 64)
    straight = predictor.predict(values, valid, attention=True)[1]
    found = shuffled.predict(values[:, order], valid[:, order], attention=True)[1]
    torch.testing.assert_close(found, straight[:, :, order])
    assert not torch.allclose(straight, straight[:, :, order])


def test_attention_sums_to_one_over_valid_dates_and_is_zero_elsewhere(tmp_path):
    values, valid = tensors(50)
    weights = make_predictor(tmp_path, "ltae").predict(values, valid, attention=True)[1]
    assert torch.all(weights.transpose(1, 2)[~valid] == 0)
    torch.testing.assert_close(weights.sum(2), valid.any(1).float()[:, None].expand(-1, weights.shape[1]))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int32", "float32", "float64"])
def test_reads_every_number_type(tmp_path, dtype):
    predictor = make_predictor(tmp_path, "ltae")
    values, valid = make_series(30)
    values = np.clip(values, 0, 255) if dtype == "uint8" else values
    expected = predictor.predict(torch.from_numpy(values), torch.from_numpy(valid))[0]
    found = predictor.predict(torch_readable(values.astype(dtype)), torch.from_numpy(valid))[0]
    assert torch.equal(found, expected)


def test_values_of_uint16_above_32767_keep_their_size():
    assert torch_readable(np.array([40000], np.uint16)).float().item() == 40000.0


def predict_message(folder, key: str, *outputs: str) -> dict:
    values, valid = make_series(70)
    np.save(folder / "values.npy", values)
    np.save(folder / "valid.npy", valid)
    return {
        "model": str(write_model(folder / "model.safetensors", key)),
        "arrays": {name: str(folder / f"{name}.npy") for name in ("values", "valid")},
        "scale": SCALES.tolist(),
        "offset": OFFSETS.tolist(),
        "days": DAYS,
        "outputs": {name: str(folder / f"{name}_out.npy") for name in outputs},
        "device": "cpu",
    }


def test_predict_command_writes_probability_and_attention(tmp_path):
    answer = predict(Host(), predict_message(tmp_path, "ltae", "probability", "attention"))
    probability, attention = (np.load(answer["outputs"][name]) for name in ("probability", "attention"))
    assert probability.shape == (70, CLASSES)
    assert attention.shape == (70, 4, DATES)
    assert probability.dtype == attention.dtype == np.float32


def test_predict_command_says_which_model_gives_no_attention(tmp_path):
    with pytest.raises(InputError, match="tempcnn"):
        predict(Host(), predict_message(tmp_path, "tempcnn", "probability", "attention"))
