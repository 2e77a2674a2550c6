# SPDX-License-Identifier: GPL-2.0-or-later
"""The contract that every architecture keeps; a new file in worker/architectures/ is tested without a word here."""

from __future__ import annotations

import pytest
import torch
from chronomap.plugin.core.catalog import Hyperparameter, value_problems
from chronomap.plugin.core.strategy import STRATEGY
from chronomap.plugin.worker.architectures import described, registry
from chronomap.plugin.worker.inference import quick_form
from chronomap.plugin.worker.model_file import load_model, network_arrays, save_model
from torch import Tensor, nn
from worker.making import SMALL, make_card

CHANNELS, DATES, CLASSES = 4, 12, 5
ENTRIES = registry()
NETWORKS = [key for key, entry in ENTRIES.items() if entry.architecture.kind == "network"]
ATTENTION = [key for key in NETWORKS if ENTRIES[key].architecture.gives_attention]
GAP_READERS = [key for key in NETWORKS if ENTRIES[key].architecture.reads_gaps]
DAYS = torch.tensor([0.0, 3, 3, 20, 31, 40, 55, 60, 75, 90, 91, 120])  # uneven, two on one day


def build(key: str, seed: int = 0, **changed) -> nn.Module:
    torch.manual_seed(seed)
    values = {**ENTRIES[key].architecture.defaults(), **SMALL.get(key, {}), **changed}
    return ENTRIES[key].model(CHANNELS, DATES, CLASSES, **values)


def series_in(count: int = 6, seed: int = 1) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    valid = torch.rand(count, DATES, generator=generator) > 0.4
    valid[:, 0] = True
    x = torch.randn(count, DATES, CHANNELS, generator=generator) * valid.unsqueeze(2)
    return x, DAYS, valid


def other_value(setting: Hyperparameter):
    """Return an allowed value that is not the default."""
    if setting.kind == "bool":
        return not setting.default
    if setting.kind == "choice":
        return next(choice for choice in setting.choices if choice != setting.default)
    value = setting.default * 2 if setting.default * 2 <= setting.maximum else setting.default / 2
    value = value or setting.maximum / 2
    return int(value) if setting.kind == "int" else value


@pytest.mark.parametrize("key", NETWORKS)
def test_networks_return_logits_per_class(key):
    logits = build(key)(*series_in())
    assert logits.shape == (6, CLASSES)
    assert not torch.allclose(logits.sum(1), torch.ones(6))  # no softmax
    assert not torch.allclose(logits.logsumexp(1), torch.zeros(6), atol=1e-5)  # no logarithm of one


@pytest.mark.parametrize("key", NETWORKS)
def test_every_parameter_gets_a_gradient(key):
    network = build(key)
    network(*series_in()).square().sum().backward()
    idle = [name for name, weight in network.named_parameters() if weight.grad is None or not weight.grad.any()]
    # A bias right before batch normalisation is taken out again by it.
    assert [name for name in idle if not name.endswith("bias")] == []


@pytest.mark.parametrize(
    ("key", "name"),
    [(key, setting.name) for key in NETWORKS for setting in ENTRIES[key].architecture.hyperparameters],
)
def test_every_hyperparameter_changes_the_model(key, name):
    declared = {setting.name: setting for setting in ENTRIES[key].architecture.hyperparameters}
    current = {**ENTRIES[key].architecture.defaults(), **SMALL.get(key, {})}[name]
    changed = other_value(Hyperparameter(**{**vars(declared[name]), "default": current}))

    def imprint(network: nn.Module) -> tuple[list, Tensor]:
        torch.manual_seed(3)
        with torch.no_grad():
            return [weight.shape for weight in network.parameters()], network(*series_in(32))

    (shapes, logits), (other_shapes, other_logits) = imprint(build(key)), imprint(build(key, **{name: changed}))
    assert shapes != other_shapes or not torch.equal(logits, other_logits)


@pytest.mark.parametrize("key", NETWORKS)
def test_the_same_seed_gives_the_same_weights(key):
    first, again, other = (build(key, seed).state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)


@pytest.mark.parametrize("key", NETWORKS)
def test_a_saved_network_loads_with_the_same_logits(key, tmp_path):
    card = make_card(key, classes=CLASSES, dates=DATES)
    torch.manual_seed(0)
    model = ENTRIES[key].model
    channels = len(card.bands) + bool(card.grid_days)
    network = model(channels, len(card.grid_days) or DATES, CLASSES, **card.hyperparameters)
    x, days, valid = torch.randn(4, DATES, channels), DAYS, torch.ones(4, DATES, dtype=torch.bool)
    network(x, days, valid)  # moves the batch statistics away from their start
    save_model(tmp_path / "model.safetensors", card, network_arrays(network.eval()))
    loaded_card, loaded = load_model(tmp_path / "model.safetensors")
    assert loaded_card == card
    assert torch.equal(loaded(x, days, valid), network(x, days, valid))


@pytest.mark.parametrize("key", NETWORKS)
def test_networks_can_learn_32_series_by_heart(key):
    changed = {name: 0.0 for name in ENTRIES[key].architecture.defaults() if "dropout" in name}
    network, (x, days, valid) = build(key, **changed), series_in(32)
    label = torch.arange(32) % CLASSES
    optimizer = torch.optim.Adam(network.parameters(), 1e-2)
    for _ in range(150):
        loss = nn.functional.cross_entropy(network(x, days, valid), label)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert (network(x, days, valid).argmax(1) == label).all()


@pytest.mark.parametrize("key", NETWORKS)
def test_a_series_is_read_the_same_alone_and_in_a_batch(key):
    network, (x, days, valid) = build(key).eval(), series_in()
    together = network(x, days, valid)
    torch.testing.assert_close(network(x[2:3], days, valid[2:3]), together[2:3], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("key", GAP_READERS)
def test_values_at_invalid_dates_change_nothing(key, training):
    network, (x, days, valid) = build(key).train(training), series_in()
    spoiled = torch.where(valid.unsqueeze(2), x, 99.0)

    def logits(values: Tensor) -> Tensor:
        torch.manual_seed(0)
        return network(values, days, valid)

    assert torch.equal(logits(x), logits(spoiled))


@pytest.mark.parametrize("key", GAP_READERS)
def test_masked_dates_in_between_change_nothing(key):
    network, (x, days, valid) = build(key).eval(), series_in()
    wider = [torch.cat([part[:, :5], torch.zeros_like(part[:, :2]), part[:, 5:]], dim=1) for part in (x, valid)]
    more_days = torch.cat([days[:5], torch.tensor([41.0, 44.0]), days[5:]])
    torch.testing.assert_close(network(wider[0], more_days, wider[1]), network(x, days, valid), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("key", GAP_READERS)
def test_real_days_matter_and_not_the_rank_of_a_date(key):
    network, (x, days, valid) = build(key).eval(), series_in()
    assert not torch.allclose(network(x, days, valid), network(x, days * 1.5, valid), atol=1e-4)


@pytest.mark.parametrize("key", GAP_READERS)
def test_days_can_differ_from_series_to_series(key):
    network, (x, days, valid) = build(key).eval(), series_in()
    torch.testing.assert_close(network(x, days.expand(6, -1), valid), network(x, days, valid), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("key", NETWORKS)
def test_a_series_without_valid_dates_gets_a_defined_answer(key):
    network, (x, days, valid) = build(key).eval(), series_in()
    valid[0], x[0] = False, 0.0
    assert network(x, days, valid).isfinite().all()


@pytest.mark.parametrize("key", ATTENTION)
def test_attention_is_a_distribution_over_valid_dates(key):
    x, days, valid = series_in()
    valid[0], x[0] = False, 0.0
    for network in (build(key).eval(), build(key).train()):  # dropout must not reach the weights that are shown
        attention = network.explain(x, days, valid)
        assert attention.shape[0::2] == (6, DATES)
        assert (attention >= 0).all()
        assert (attention.transpose(1, 2)[~valid] == 0).all()
        torch.testing.assert_close(attention[1:].sum(2), torch.ones(attention.shape[:2])[1:])


@pytest.mark.parametrize("key", ATTENTION)
def test_permuted_dates_with_their_days_change_nothing(key):
    network, (x, days, valid) = build(key).eval(), series_in()
    order = torch.randperm(DATES, generator=torch.Generator().manual_seed(0))
    permuted = network(x[:, order], days[order], valid[:, order])
    torch.testing.assert_close(permuted, network(x, days, valid), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.double, 1e-10), (torch.float, 1e-4)])
@pytest.mark.parametrize("key", NETWORKS)
def test_the_quick_form_of_a_network_computes_the_same(key, dtype, tolerance):
    network = build(key).to(dtype)
    x, days, valid = series_in(16)
    x, days = x.to(dtype), days.to(dtype)
    valid[0], x[0] = False, 0.0
    for _ in range(5):
        network(x, days, valid)  # batch statistics that are not the start's
    quick = quick_form(network.eval())
    with torch.inference_mode():  # where the kernels differ
        torch.testing.assert_close(quick(x, days, valid), network(x, days, valid), rtol=0, atol=tolerance)
        if key in ATTENTION:
            expected = network.explain(x, days, valid)
            torch.testing.assert_close(quick.explain(x, days, valid), expected, rtol=0, atol=tolerance)


def test_the_quick_ltae_takes_days_of_each_series():
    network = build("ltae").double().eval()
    x, days, valid = series_in(16)
    days = days.double() + torch.arange(16.0, dtype=torch.double).unsqueeze(1)
    logits, attention = network.attend(x.double(), days, valid)
    quick_logits, quick_attention = quick_form(network).attend(x.double(), days, valid)
    torch.testing.assert_close(quick_logits, logits, rtol=0, atol=1e-10)
    torch.testing.assert_close(quick_attention, attention, rtol=0, atol=1e-10)


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=list(ENTRIES))
def test_declarations_are_whole_and_their_presets_allowed(entry):
    declared = entry.architecture
    assert declared.title
    assert declared.summary.endswith(".")
    assert declared.doi.startswith("10.")
    assert {"title": declared.title, "summary": declared.summary} == described(entry.model)
    assert all(setting.help.endswith(".") for setting in declared.hyperparameters)
    for preset in declared.presets:
        assert declared.problems(declared.defaults(preset.name)) == []
        assert declared.problems(preset.hyperparameters) == []
        assert value_problems(STRATEGY, preset.strategy, declared.title) == []


@pytest.mark.parametrize(("dates", "channels", "classes", "count"), [
    (24, 10, 19, 443_603), (45, 13, 9, 786_057), (36, 10, 10, 637_898),
])  # fmt: skip
def test_tempcnn_has_as_many_parameters_as_the_papers(dates, channels, classes, count):
    entry = ENTRIES["tempcnn"]
    network = entry.model(channels, dates, classes, **entry.architecture.defaults("paper"))
    assert sum(weight.numel() for weight in network.parameters()) == count


def test_the_core_of_ltae_has_as_many_parameters_as_published_but_for_the_norm_over_dates():
    network = ENTRIES["ltae"].model(10, 24, 19, **ENTRIES["ltae"].architecture.defaults("paper"))
    core = (network.norm_in, network.project, network.keys, network.mlp, network.norm_out)
    count = network.query.numel() + sum(weight.numel() for part in core for weight in part.parameters())
    assert count == 112_000 - 2 * 256 * 24
