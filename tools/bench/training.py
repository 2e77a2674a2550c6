# SPDX-License-Identifier: GPL-2.0-or-later
"""How many samples a training learns from in a second: ours, and the loop with a DataLoader that people write.

python tools/bench/training.py MODEL SAMPLES prints one JSON object.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from plugin.core.card import ModelCard
from plugin.core.machine import cores
from plugin.core.monitor import Monitor
from plugin.worker.architectures import build_network
from plugin.worker.architectures.ltae import LTAE
from plugin.worker.attention import masked_softmax
from plugin.worker.device import set_threads, training_threads
from plugin.worker.fitting import TRAIN, VALIDATION, Samples
from plugin.worker.model_file import load_model
from plugin.worker.pace import Trial, measured_pace
from plugin.worker.series import Preparation
from plugin.worker.training import Series, Trainer

EPOCHS, ROUNDS = 2, 3
VALIDATED = 5  # every so manieth sample is for validation
LOADERS = (0, 2)  # processes that make batches


def main(model: Path, path: Path) -> dict[str, float]:
    """Measure in turns and return training samples per second by name, the best of some rounds; validation included."""
    card = load_model(model)[0]
    card = replace(card, strategy={**card.strategy, "epochs": EPOCHS, "patience": 0})
    arrays = dict(np.load(path, allow_pickle=False))
    part = np.where(np.arange(len(arrays["label"])) % VALIDATED, TRAIN, VALIDATION).astype(np.uint8)
    samples = Samples(arrays["values"], arrays["valid"], arrays["label"].astype(np.int64), part)
    paces: dict[str, float] = {}
    for _ in range(ROUNDS):
        found = {"training": ours(card, arrays, samples), "estimated": estimated(card, arrays)}
        found["side_by_side"] = side_by_side(card, arrays, samples)
        for processes in LOADERS:
            found[f"dataloader_{processes}"] = theirs(card, arrays, samples, processes)
        paces = {name: max(pace, paces.get(name, 0.0)) for name, pace in found.items()}
    return paces


def ours(card: ModelCard, arrays: Mapping[str, np.ndarray], samples: Samples, threads: int = 0) -> float:
    """Return the samples per second of our training, of its second epoch: kernels are prepared in the first."""
    training_threads(card.strategy["batch_size"] * samples.values.shape[1], threads)
    days = [float(10 * date) for date in range(samples.values.shape[1])]
    preparation = Preparation(card, days, arrays["scale"], arrays["offset"])
    train, validation = (Series.of(samples.only(which), torch.device("cpu")) for which in (TRAIN, VALIDATION))
    progress = Trainer(card, build_network(card), preparation, Monitor()).run(train, validation)
    return len(train) / progress.history[-1]["seconds"]


def estimated(card: ModelCard, arrays: Mapping[str, np.ndarray]) -> float:
    """Return the samples per second of our training as the estimate of a run has it, validation included."""
    pace = measured_pace(Trial(card, str(arrays["values"].dtype), torch.device("cpu")), 0, Monitor())
    return 1.0 / (pace.step + pace.check / (VALIDATED - 1))


def side_by_side(card: ModelCard, arrays: Mapping[str, np.ndarray], samples: Samples) -> float:
    """Return the samples per second of as many trainings at once as there are cores, all together.

    So the members of an ensemble and the seeds of a comparison are trained.
    """
    with ProcessPoolExecutor(cores(), get_context("spawn")) as pool:
        for _ in range(2):  # torch is loaded in the first
            runs = [pool.submit(ours, card, arrays, samples, 1) for _ in range(cores())]
            paces = [run.result() for run in runs]
    return sum(paces)


class Rows(Dataset):
    """Samples one by one, each made float and normalised when it is asked for."""

    def __init__(self, samples: Samples, card: ModelCard, scale: np.ndarray) -> None:
        self.samples, self.scale, self.has_grid = samples, scale, bool(card.grid_days)
        self.lower, self.upper = (np.array(bounds, np.float32) for bounds in (card.lower, card.upper))

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        """Return x (T, C), with a channel of validity for networks that want one, and the class."""
        x = (self.samples.values[index].astype(np.float32) * self.scale - self.lower) / (self.upper - self.lower)
        if self.has_grid:
            x = np.concatenate([x, np.ones((len(x), 1), np.float32)], axis=1)
        return torch.from_numpy(x), int(self.samples.label[index])


class PublishedLTAE(LTAE):
    """L-TAE as it is published: keys and values are formed of every date."""

    def attend(self, x: Tensor, days: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits (N, K) and attention (N, heads, T)."""
        embedded = self._embed(x, days, valid)  # (N, T, d_model)
        attention = masked_softmax(self._compare(embedded)[1], valid)  # (N, heads, T)
        used = nn.functional.dropout(attention, self.attention_dropout, self.training)
        values = embedded.unflatten(2, (attention.shape[1], -1))  # (N, T, heads, d_model / heads)
        mixed = torch.einsum("nht,nthv->nhv", used, values).flatten(1)
        return self.classify(self.decoder(self.norm_out(self.dropout(self.mlp(mixed))))), attention


def as_published(network: nn.Module) -> nn.Module:
    """Return a network as its paper has it, where ours is the same function written otherwise."""
    if isinstance(network, LTAE):
        network.__class__ = PublishedLTAE
    return network


def theirs(card: ModelCard, arrays: Mapping[str, np.ndarray], samples: Samples, processes: int) -> float:
    """Return the samples per second of a loop as tutorials have it: torch's own threads, loss.item() at every step."""
    set_threads()
    network = as_published(build_network(card))
    days = torch.arange(samples.values.shape[1]) * 10.0
    train, validation = (
        DataLoader(
            Rows(samples.only(which), card, arrays["scale"]),
            batch_size=card.strategy["batch_size"],
            shuffle=which == TRAIN,
            num_workers=processes,
        )
        for which in (TRAIN, VALIDATION)
    )
    optimizer, criterion = torch.optim.Adam(network.parameters()), nn.CrossEntropyLoss()
    seconds = 0.0
    for _ in range(EPOCHS):
        started = time.perf_counter()
        _epoch(network.train(), days, train, criterion, optimizer)
        with torch.no_grad():
            _epoch(network.eval(), days, validation, criterion)
        seconds = time.perf_counter() - started
    return int((samples.part == TRAIN).sum()) / seconds


def _epoch(
    network: nn.Module,
    days: Tensor,
    loader: DataLoader,
    criterion: nn.Module,
    optimizer: torch.optim.Optimizer | None = None,
) -> tuple[float, int]:
    """Pass over the samples, learning where there is an optimiser; return the summed loss and how many were right."""
    total, right = 0.0, 0
    for x, label in loader:
        logits = network(x, days, torch.ones(x.shape[:2], dtype=torch.bool))
        loss = criterion(logits, label)
        if optimizer:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        total += loss.item() * len(label)
        right += (logits.argmax(1) == label).sum().item()
    return total, right


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), Path(sys.argv[2]))))
