# SPDX-License-Identifier: GPL-2.0-or-later
"""Training is seeded, keeps the best epoch, and stops when it is told to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from chronomap.plugin.core.errors import Canceled, InputError
from chronomap.plugin.core.monitor import Monitor
from chronomap.plugin.worker.architectures import build_network
from chronomap.plugin.worker.augmentation import dropped_blocks, dropped_dates, with_gain
from chronomap.plugin.worker.evaluation import fit_temperature, predict_logits
from chronomap.plugin.worker.fitting import Samples
from chronomap.plugin.worker.losses import Criterion, balanced_weights
from chronomap.plugin.worker.network_fit import fit_network
from chronomap.plugin.worker.progress import Progress
from chronomap.plugin.worker.training import Trainer
from torch import nn
from torch.nn.functional import cross_entropy
from worker.making import make_card, make_preparation, make_samples, ranged


def fit(architecture="ltae", samples=None, monitor=None, **strategy):
    samples = samples or make_samples()
    card = ranged(make_card(architecture, **strategy), samples)
    return fit_network(card, samples, make_preparation(card), monitor or Monitor())


def part_loss(fitted, samples, part=1) -> float:
    """Return the cross-entropy of a fitted L-TAE on one part of the samples, cooled down where it is too sure."""
    card = ranged(make_card(), samples)
    network = build_network(card)
    network.load_state_dict({name: torch.from_numpy(array) for name, array in fitted.arrays.items()})
    chosen = samples.only(part)
    logits = predict_logits(
        network, make_preparation(card), torch.from_numpy(chosen.values), torch.from_numpy(chosen.valid)
    )
    label = torch.from_numpy(chosen.label)
    return float(cross_entropy(logits / max(1.0, fit_temperature(logits, label)), label))


@pytest.mark.parametrize("architecture", ["ltae", "tempcnn", "gru"])
def test_networks_learn_classes_that_can_be_told_apart(architecture):
    samples = make_samples(60)
    fitted = fit(architecture, samples, epochs=20, learning_rate=0.01)
    label = samples.only(2).label
    assert (fitted.test_prediction == label).mean() > 0.9


def test_the_best_epoch_is_restored():
    samples = make_samples()
    fitted = fit(samples=samples, epochs=12, learning_rate=0.03, loss="cross_entropy", tolerance=0.0, date_dropping=0.0)
    losses = [record["validation_loss"] for record in fitted.history]
    assert fitted.best_epoch == 1 + int(np.argmin(losses))
    assert fitted.best_epoch < len(losses)  # else nothing was restored
    assert part_loss(fitted, samples) == pytest.approx(min(losses), rel=1e-5)


def test_a_network_that_is_sure_and_wrong_is_cooled_down_before_its_loss_is_judged():
    samples = make_samples(60)
    wrong = np.where(samples.part == 1, (samples.label + 1) % 3, samples.label)
    fitted = fit(samples=replace(samples, label=wrong), epochs=20, patience=0, learning_rate=0.03)
    losses = [record["validation_loss"] for record in fitted.history]
    assert max(losses) < np.log(3) + 0.5  # little worse than to guess; as it is it comes to 2.8


@pytest.mark.parametrize(
    ("losses", "tolerance", "kept"),
    [
        ([[2.0, 4.0, 6.0], [1.0, 2.0, 3.0], [1.2, 1.9, 3.1]], 1.0, 3),  # higher by .067 with a standard error of .088
        ([[2.0, 4.0, 6.0], [1.0, 2.0, 3.0], [1.2, 1.9, 3.1]], 0.5, 2),
        ([[2.0, 4.0, 6.0], [1.0, 2.0, 3.0], [1.2, 1.9, 3.1]], 0.0, 2),
        ([[1.0, 2.0, 3.0], [1.1, 2.1, 3.2], [1.1, 2.1, 3.2]], 1.0, 1),  # a little worse, but for all of them
        ([[1.0, 2.0, 3.0], [1.1, 1.9, 3.1], [1.2, 1.9, 3.1]], 1.0, 3),  # judged by the lowest, not by the last kept
        ([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]], 1.0, 1),  # nothing changes: patience shall end that
        ([[1.0], [1.1]], 1.0, 1),  # one sample tells no error
    ],
)
def test_an_epoch_that_cannot_be_told_from_the_best_is_as_good(losses, tolerance, kept):
    progress = Progress()
    for epoch, of_each in enumerate(losses, 1):
        progress.note(nn.Linear(1, 1), epoch, torch.tensor(of_each), {"tolerance": tolerance, "min_delta": 0.0})
    assert progress.best_epoch == progress.patience_epoch == kept


def test_patience_ends_training():
    fitted = fit(epochs=200, patience=3, learning_rate=0.05)
    assert len(fitted.history) < 200
    assert len(fitted.history) - fitted.best_epoch >= 3


def test_gains_below_the_least_improvement_do_not_feed_patience():
    assert len(fit(epochs=60, patience=4, min_delta=9.0, settling_steps=0).history) == 5


@pytest.mark.parametrize("steps", [60, 200])
def test_patience_ends_nothing_before_training_has_settled(steps):
    assert len(fit(epochs=60, patience=4, min_delta=9.0, settling_steps=steps).history) == steps // 5  # steps per epoch


@pytest.mark.parametrize("architecture", ["ltae", "tempcnn", "gru"])
def test_the_same_seed_gives_the_same_model(architecture):
    first, again, other = (fit(architecture, epochs=2, date_dropping=0.3, day_shift=5, seed=s) for s in (1, 1, 2))
    assert all(np.array_equal(first.arrays[name], again.arrays[name]) for name in first.arrays)
    assert not all(np.array_equal(first.arrays[name], other.arrays[name]) for name in first.arrays)


def test_cancel_stops_within_a_batch():
    polls = []

    def is_canceled() -> bool:
        polls.append(1)
        return len(polls) >= 3

    events = []
    with pytest.raises(Canceled):
        fit(monitor=Monitor(events.append, is_canceled), epochs=100)
    assert len(polls) == 3
    assert events == []  # not even the first epoch ended


def test_finish_keeps_the_best_epoch_so_far():
    events = []

    def is_finishing() -> bool:
        return sum(event["event"] == "epoch" for event in events) >= 2

    fitted = fit(monitor=Monitor(events.append, is_finishing=is_finishing), epochs=100)
    assert 2 <= len(fitted.history) <= 3
    assert fitted.best_epoch >= 1


def test_epochs_are_told_with_their_figures():
    events = []
    fit(monitor=Monitor(events.append), epochs=2)
    epochs = [event for event in events if event["event"] == "epoch"]
    assert [event["epoch"] for event in epochs] == [1, 2]
    assert {
        "epochs",
        "train_loss",
        "train_macro_f1",
        "validation_loss",
        "validation_macro_f1",
        "is_best",
        "seconds",
    } <= set(epochs[0])


def test_a_loss_that_is_no_number_is_told_in_words():
    with pytest.raises(InputError, match="lower the learning rate"):
        fit("tempcnn", optimizer="sgd", learning_rate=1e30, epochs=5)


def test_a_last_batch_of_one_series_does_no_harm():
    samples = make_samples(5)  # 9 for training: 8 and 1
    assert len(samples.only(0)) % 8 == 1
    assert len(fit("tempcnn", samples, epochs=1).history) == 1


def test_without_validation_samples_the_last_epoch_is_kept_and_told():
    samples = make_samples()
    samples = replace(samples, part=np.where(samples.part == 1, 0, samples.part))
    events = []
    fitted = fit(samples=samples, monitor=Monitor(events.append), epochs=3)
    assert fitted.best_epoch == 3
    assert any("no validation samples" in event.get("text", "") for event in events)


def test_one_training_sample_is_too_few():
    samples = make_samples()
    with pytest.raises(InputError, match="1 training samples"):
        fit(samples=Samples(samples.values[:5], samples.valid[:5], samples.label[:5], np.array([0, 1, 1, 2, 2])))


def test_the_loss_is_torchs_cross_entropy_where_nothing_is_focal():
    generator = torch.Generator().manual_seed(0)
    logits, label = torch.randn(20, 4, generator=generator), torch.arange(20) % 4
    weights = torch.tensor([1.0, 2.0, 0.5, 4.0])
    ours = Criterion(weights, label_smoothing=0.1)(logits, label)
    assert float(ours) == pytest.approx(float(cross_entropy(logits, label, weights, label_smoothing=0.1)), rel=1e-6)


def test_the_focal_loss_weighs_samples_by_how_wrong_they_are():
    probability = torch.tensor([[0.9, 0.1], [0.4, 0.6]])
    loss = Criterion(gamma=2.0)(probability.log(), torch.tensor([0, 0]))
    expected = (0.1**2 * -np.log(0.9) + 0.6**2 * -np.log(0.4)) / 2
    assert float(loss) == pytest.approx(expected, rel=1e-5)


def test_balanced_weights_make_classes_count_the_same():
    weights = balanced_weights(torch.tensor([0, 0, 0, 1]), 2)
    assert weights.tolist() == pytest.approx([2 / 3, 2.0])


def test_dropping_dates_hides_the_wanted_share_and_never_a_whole_series():
    generator = torch.Generator().manual_seed(0)
    kept = dropped_dates(torch.ones(500, 20, dtype=torch.bool), 0.3, generator)
    assert float(kept.float().mean()) == pytest.approx(0.7, abs=0.02)
    single = torch.zeros(500, 20, dtype=torch.bool)
    single[:, 4] = True
    assert torch.equal(dropped_dates(single, 0.9, generator), single)


def test_dropping_blocks_hides_one_piece_of_up_to_the_wanted_share():
    generator = torch.Generator().manual_seed(0)
    hidden = ~dropped_blocks(torch.ones(2000, 20, dtype=torch.bool), 0.4, generator)
    lengths = hidden.sum(1)
    starts = (hidden[:, 1:] & ~hidden[:, :-1]).sum(1) + hidden[:, 0]
    assert set(lengths.tolist()) == set(range(9))  # nothing up to 8 of 20
    assert set(starts.tolist()) == {0, 1}
    assert hidden.any(0).all()  # anywhere in the series


def test_a_block_never_takes_the_last_valid_date():
    single = torch.zeros(500, 20, dtype=torch.bool)
    single[:, 4] = True
    assert torch.equal(dropped_blocks(single, 0.9, torch.Generator().manual_seed(0)), single)


def test_amplitude_noise_strengthens_bands_and_leaves_validity_alone():
    x = torch.rand(400, 6, 4)
    gain = with_gain(x, 3, 0.2, torch.Generator().manual_seed(0)) / x
    assert torch.equal(gain[:, :, 3], torch.ones(400, 6))
    torch.testing.assert_close(gain, gain[:, :1].expand(-1, 6, -1))  # the same on every date
    assert float(gain[:, 0, :3].std()) == pytest.approx(0.2, rel=0.1)


def test_balanced_sampling_draws_classes_equally_often():
    card = make_card("ltae", classes=2, sampling="balanced", batch_size=64)
    label = torch.tensor([0] * 900 + [1] * 100)
    trainer = Trainer(card, build_network(card), make_preparation(card), Monitor())
    drawn = torch.cat(trainer.batches(label))
    assert len(drawn) == 1000
    assert float(label[drawn].float().mean()) == pytest.approx(0.5, abs=0.05)


def test_shuffled_sampling_takes_each_series_once():
    card = make_card("ltae", classes=2, batch_size=64)
    trainer = Trainer(card, build_network(card), make_preparation(card), Monitor())
    assert sorted(torch.cat(trainer.batches(torch.zeros(257, dtype=torch.long))).tolist()) == list(range(257))


def test_the_temperature_calms_a_network_that_is_too_sure():
    generator = torch.Generator().manual_seed(0)
    honest = torch.randn(4000, 3, generator=generator)
    label = torch.multinomial(honest.softmax(1), 1, generator=generator).squeeze(1)
    assert fit_temperature(honest * 4, label) == pytest.approx(4.0, rel=0.1)
