# SPDX-License-Identifier: GPL-2.0-or-later
"""Every similarity and every pooling of the attention networks keeps the contract, and sizes are the published ones."""

from __future__ import annotations

import pytest
import torch
from chronomap.plugin.core.errors import InputError
from chronomap.plugin.worker.architectures import registry
from chronomap.plugin.worker.attention import day_positions, masked_softmax, received
from torch import nn
from worker.making import SMALL
from worker.test_architectures import CHANNELS, CLASSES, DATES, series_in

ENTRIES = registry()
SIMILARITIES = [("self_attention", "similarity", value) for value in ("cosine", "dot product", "scaled dot product")]
POOLINGS = [("transformer", "pooling", value) for value in ("max", "mean", "attention", "class token")]
KINDS = [*SIMILARITIES, *POOLINGS, ("transformer", "norm_first", False), ("transformer", "input_norm", True)]


def build(key: str, name: str, value: object, **changed: object) -> nn.Module:
    torch.manual_seed(0)
    settings = {**ENTRIES[key].architecture.defaults(), **SMALL[key], name: value, **changed}
    return ENTRIES[key].model(CHANNELS, DATES, CLASSES, **settings)


def published(key: str, preset: str, bands: int, classes: int) -> nn.Module:
    return ENTRIES[key].model(bands, 45, classes, **ENTRIES[key].architecture.defaults(preset))


def count(*parts: nn.Module) -> int:
    return sum(weight.numel() for part in parts for weight in part.parameters())


@pytest.mark.parametrize(("key", "name", "value"), KINDS)
def test_values_at_invalid_dates_change_nothing(key, name, value):
    network, (x, days, valid) = build(key, name, value).eval(), series_in()
    spoiled = torch.where(valid.unsqueeze(2), x, 99.0)
    assert torch.equal(network(x, days, valid), network(spoiled, days, valid))


@pytest.mark.parametrize(("key", "name", "value"), KINDS)
def test_attention_is_a_distribution_and_empty_series_are_answered(key, name, value):
    x, days, valid = series_in()
    valid[0], x[0] = False, 0.0
    logits, attention = build(key, name, value).attend(x, days, valid)
    assert logits.isfinite().all()
    assert (attention.transpose(1, 2)[~valid] == 0).all()
    torch.testing.assert_close(attention[1:].sum(2), torch.ones(attention.shape[:2])[1:])


@pytest.mark.parametrize(("key", "name", "value"), KINDS)
def test_every_parameter_gets_a_gradient(key, name, value):
    network = build(key, name, value)
    network(*series_in()).square().sum().backward()
    idle = [name for name, weight in network.named_parameters() if weight.grad is None or not weight.grad.any()]
    assert [name for name in idle if not name.endswith("bias")] == []


@pytest.mark.parametrize(("key", "name", "value"), KINDS)
def test_permuted_dates_with_their_days_change_nothing(key, name, value):
    network, (x, days, valid) = build(key, name, value).eval(), series_in()
    order = torch.randperm(DATES, generator=torch.Generator().manual_seed(0))
    logits, attention = network.attend(x, days, valid)
    permuted_logits, permuted_attention = network.attend(x[:, order], days[order], valid[:, order])
    torch.testing.assert_close(permuted_logits, logits, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(permuted_attention, attention[:, :, order], rtol=1e-4, atol=1e-5)


def test_cosines_do_not_feel_the_length_of_queries_and_keys():
    network, series = build("self_attention", "similarity", "cosine").eval(), series_in()
    before = network.explain(*series)
    with torch.no_grad():
        for weight in (*network.queries.parameters(), *network.keys.parameters()):
            weight.mul_(5.0)
    torch.testing.assert_close(network.explain(*series), before, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("key", "name", "value"), SIMILARITIES)
def test_mixing_by_the_attention_shown_is_the_mean_of_what_all_queries_gather(key, name, value):
    network, (x, days, valid) = build(key, name, value).eval().double(), series_in()
    x = x.double()
    inputs = []
    network.encode_dates.register_forward_hook(lambda _layer, _inputs, output: inputs.append(output))
    logits = network(x, days, valid)
    dates = inputs[0] + day_positions(days, 16, 1000.0, torch.double)
    queries, keys, values = (
        layer(dates).unflatten(2, (network.heads, -1)).transpose(1, 2)
        for layer in (network.queries, network.keys, network.values)
    )
    if value == "cosine":
        scores = torch.cosine_similarity(queries.unsqueeze(3), keys.unsqueeze(2), dim=4) * 10  # the start's sharpness
    else:
        scores = queries @ keys.transpose(2, 3) / (1 if value == "dot product" else 2)  # square root of d_k = 4
    every = (masked_softmax(scores, valid) @ values).transpose(1, 2).flatten(2)  # (N, T, width), one per query
    mean = torch.stack([row[chosen].mean(0) for row, chosen in zip(every, valid)])
    torch.testing.assert_close(logits, network.classify(network.mlp(mean)), rtol=1e-6, atol=1e-6)


def test_the_attention_of_the_class_token_is_carried_back_through_the_blocks():
    network, (x, days, valid) = build("transformer", "pooling", "class token").eval(), series_in()
    told = []
    for block in network.blocks:
        block.register_forward_hook(lambda _block, _inputs, output: told.append(output[1]))
    attention = network.explain(x, days, valid)
    dates, token, last = told  # who asked in the first block, and in the second
    assert (dates.shape[2], token.shape[2], last.shape[2]) == (DATES, 1, 1)
    mixed = dates.mean(1, keepdim=True) / 2 + torch.eye(DATES) / 2  # half of each date is what it was
    sources = last @ mixed / 2 + token.mean(1, keepdim=True) / 4  # the token's own start, a quarter, is no date
    torch.testing.assert_close(attention, (sources / 0.75).squeeze(2))


def test_by_max_pooling_a_date_counts_as_many_features_as_it_gives():
    network, (x, days, valid) = build("transformer", "pooling", "max").eval(), series_in()
    told = []
    network.norm_out.register_forward_hook(lambda _layer, _inputs, output: told.append(output))
    weight = network.steps(x, days, valid).query_weight
    best = told[0].masked_fill(~valid.unsqueeze(2), -9e9).argmax(1)  # (N, width): the date of each feature
    by_hand = torch.stack([(best == date).double().mean(1) for date in range(DATES)], dim=1)
    torch.testing.assert_close(weight.double(), by_hand)


@pytest.mark.parametrize("value", ["max", "mean", "attention"])
def test_a_transformer_of_one_block_shows_that_half_of_each_date_is_its_own(value):
    network, (x, days, valid) = build("transformer", "pooling", value, layers=1).eval(), series_in()
    steps = network.steps(x, days, valid)
    shown = (received(steps.attention, steps.query_weight) + steps.query_weight.unsqueeze(1)) / 2
    torch.testing.assert_close(network.explain(x, days, valid), shown)


@pytest.mark.parametrize(("key", "name", "value"), [*KINDS, ("ltae", "heads", 4), ("tae", "heads", 4)])
def test_the_steps_of_attention_lead_to_the_attention_shown(key, name, value):
    network, (x, days, valid) = build(key, name, value).eval(), series_in()
    told = []
    if key == "transformer":  # whose attention is carried back from the last block
        network.blocks[-1].register_forward_hook(lambda _block, _inputs, output: told.append(output[1]))
    shown, steps = network.explain(x, days, valid), network.steps(x, days, valid)
    if told:
        shown = received(told[0], steps.query_weight)
    torch.testing.assert_close(received(steps.attention, steps.query_weight), shown)
    products = steps.queries @ steps.keys.transpose(2, 3)
    if steps.similarity == "scaled dot product":
        products = products / steps.keys.shape[3] ** 0.5
    torch.testing.assert_close(steps.scores, products)
    torch.testing.assert_close(steps.attention, masked_softmax(steps.scores, valid))


def test_the_ltae_mixes_before_it_projects_what_is_published_the_other_way_round():
    network, (x, days, valid) = build("ltae", "heads", 4).eval(), series_in()
    given = []
    network.mlp.register_forward_pre_hook(lambda _layer, inputs: given.append(inputs[0]))
    attention = network.explain(x, days, valid)
    projected = network.project(network.norm_in(network.encode_dates(x, valid))) + network.positions(days, x.dtype)
    values = projected.unflatten(2, (4, -1))  # (N, T, heads, d_model / heads)
    torch.testing.assert_close(given[0], torch.einsum("nht,nthv->nhv", attention, values).flatten(1))


def test_with_max_pooling_the_valid_dates_share_all_channels():
    x, days, valid = series_in()
    wins = build("transformer", "pooling", "max").eval().steps(x, days, valid).wins
    assert (wins[~valid] == 0).all()
    torch.testing.assert_close(wins.sum(1), torch.ones(len(x)))
    assert build("transformer", "pooling", "mean").steps(x, days, valid).wins is None


def test_softmax_over_two_axes_of_dates_is_masked_by_the_last():
    scores, valid = torch.randn(2, 3, 4, 4), torch.tensor([[True, False, True, False], [False] * 4])
    weights = masked_softmax(scores, valid)
    torch.testing.assert_close(weights[0, :, :, [0, 2]], scores[0, :, :, [0, 2]].softmax(-1))
    assert (weights[0, :, :, [1, 3]] == 0).all()
    assert (weights[1] == 0).all()


@pytest.mark.parametrize("key", ["self_attention", "transformer"])
def test_a_width_that_the_heads_cannot_share_is_refused(key):
    with pytest.raises(InputError, match="multiple"):
        build(key, "heads", 3)


def test_the_transformer_has_as_many_parameters_as_breizhcrops():
    assert count(published("transformer", "breizhcrops", 13, 9)) == 168_969


def test_the_core_of_tae_has_as_many_parameters_as_published():
    network = published("tae", "paper", 10, 20)
    core = (network.norm_in, network.project, network.queries, network.keys, network.mlp, network.norm_out)
    assert count(*core) == 132_992
