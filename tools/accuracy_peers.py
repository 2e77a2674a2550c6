# SPDX-License-Identifier: GPL-2.0-or-later
"""Run networks of tsai, breizhcrops and torchgeo and classifiers of aeon on the samples that tools/accuracy.py wrote.

In an environment of its own, never the plugin's (pip install aeon tsai breizhcrops; pip install --no-deps torchgeo):
python tools/accuracy_peers.py [NAME ...]; a package that is missing is left out. The splits are those of accuracy.py.
All networks learn alike: bands scaled by their 2nd and 98th percentile, gaps filled along the dates, Adam with 1e-3,
batches of 64, at most 100 epochs, the one with the least validation loss kept, patience 20. Results are added to
build/accuracy/peers.jsonl, where what is there already is not run again.
"""

from __future__ import annotations

import argparse
import copy
import functools
import json
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.metrics import accuracy_score, f1_score

WORK = Path(__file__).resolve().parents[1] / "build" / "accuracy"
TRAIN, VALIDATION, TEST = 0, 1, 2
EPOCHS, PATIENCE, BATCH, RATE = 100, 20, 64, 1e-3


def tsai_networks() -> dict[str, Callable[[int, int, int], torch.nn.Module]]:
    """Return makers of tsai's networks, called with channels, classes and dates."""
    from tsai.models.InceptionTime import InceptionTime  # noqa: PLC0415 (a peer that may be missing)
    from tsai.models.ResNet import ResNet  # noqa: PLC0415
    from tsai.models.RNN import GRU, LSTM  # noqa: PLC0415
    from tsai.models.RNN_FCN import LSTM_FCN  # noqa: PLC0415
    from tsai.models.TST import TST  # noqa: PLC0415

    return {
        "InceptionTime": lambda channels, classes, dates: InceptionTime(channels, classes),
        "ResNet": lambda channels, classes, dates: ResNet(channels, classes),
        "LSTM_FCN": lambda channels, classes, dates: LSTM_FCN(channels, classes, seq_len=dates),
        "TST": lambda channels, classes, dates: TST(channels, classes, dates, dropout=0.1),
        "LSTM": lambda channels, classes, dates: LSTM(channels, classes),
        "GRU": lambda channels, classes, dates: GRU(channels, classes),
    }


class DatesFirst(torch.nn.Module):
    """A network that reads series as (N, T, C)."""

    def __init__(self, network: torch.nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits or log-probabilities (N, K) of x (N, C, T)."""
        return self.network(x.transpose(1, 2))


def breizhcrops_networks() -> dict[str, Callable[[int, int, int], torch.nn.Module]]:
    """Return makers of breizhcrops' networks, called with channels, classes and dates."""
    from breizhcrops.models import LSTM, TempCNN, TransformerModel  # noqa: PLC0415

    return {
        "TempCNN": lambda channels, classes, dates: DatesFirst(TempCNN(channels, classes, dates)),
        "Transformer": lambda channels, classes, dates: DatesFirst(TransformerModel(channels, classes)),
        "LSTM": lambda channels, classes, dates: DatesFirst(LSTM(channels, classes)),
    }


def torchgeo_networks() -> dict[str, Callable[[int, int, int], torch.nn.Module]]:
    """Return the maker of torchgeo's L-TAE, called with channels, classes and dates; its file needs only torch."""
    file = Path(find_spec("torchgeo").submodule_search_locations[0]) / "models" / "ltae.py"
    spec = spec_from_file_location("torchgeo_ltae", file)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)

    def ltae(channels: int, classes: int, dates: int) -> torch.nn.Module:
        encoder = module.LTAE(channels, len_max_seq=dates)
        encoder.dropout.inplace = False  # as it is shipped (0.8.1) it overwrites what the gradient of its ReLU needs
        return DatesFirst(torch.nn.Sequential(encoder, torch.nn.Linear(encoder.n_neurons[-1], classes)))

    return {"LTAE": ltae}


def aeon_classifiers() -> dict[str, Callable[[int], Any]]:
    """Return makers of aeon's classifiers, called with a seed."""
    from aeon.classification.convolution_based import MiniRocketClassifier  # noqa: PLC0415
    from aeon.classification.interval_based import QUANTClassifier  # noqa: PLC0415

    return {
        "MiniRocket": lambda seed: MiniRocketClassifier(random_state=seed),
        "QUANT": lambda seed: QUANTClassifier(random_state=seed),
    }


def main() -> None:
    """Run what is missing and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("datasets", nargs="*", default=["formosat2", "sinop", "slovenia"])
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    path = WORK / "peers.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    known = {(row["dataset"], row["peer"], row["seed"]) for row in rows}
    for name in options.datasets:
        arrays = dict(np.load(WORK / f"{name}_folds.npz"))
        for seed in range(options.seeds):
            for peer, predict in peers():
                if (name, peer, seed) in known:
                    continue
                rows.append({"dataset": name, "peer": peer, "seed": seed, **judged(arrays, predict, seed)})
                with path.open("a") as file:
                    file.write(json.dumps(rows[-1]) + "\n")
        print(markdown(name, [row for row in rows if row["dataset"] == name]), flush=True)


def peers() -> Iterator[tuple[str, Callable[..., np.ndarray]]]:
    """Yield the name of each peer, and a function that learns and predicts all samples: (x, label, part, seed)."""
    for package, makers, learn in (
        ("breizhcrops", breizhcrops_networks, by_network),
        ("tsai", tsai_networks, by_network),
        ("torchgeo", torchgeo_networks, by_network),
        ("aeon", aeon_classifiers, by_classifier),
    ):
        if find_spec(package):
            for title, make in makers().items():
                yield f"{title} ({package} {version(package)})", functools.partial(learn, make)


def judged(arrays: dict[str, np.ndarray], predict: Callable[..., np.ndarray], seed: int) -> dict[str, float]:
    """Return scores of the test samples of all folds together, and the seconds of a fold."""
    filled = gap_filled(arrays["values"], arrays["valid"], arrays["days"])
    label, truth, found = arrays["label"], [], []
    started = time.perf_counter()
    for part in arrays["parts"]:
        x = scaled(filled, part == TRAIN)
        truth.append(label[part == TEST])
        found.append(predict(x, label, part, seed)[part == TEST])
    seconds = (time.perf_counter() - started) / len(arrays["parts"])
    expected, got = np.concatenate(truth), np.concatenate(found)
    f1 = float(f1_score(expected, got, average="macro"))
    return {"macro_f1": f1, "overall_accuracy": float(accuracy_score(expected, got)), "seconds": seconds}


def gap_filled(values: np.ndarray, valid: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Return values (N, T, C) with invalid dates interpolated linearly; a series without any valid date is 0."""
    filled = np.zeros(values.shape, np.float32)
    for series, seen, out in zip(values, valid, filled):
        if seen.any():
            for band in range(values.shape[2]):
                out[:, band] = np.interp(days, days[seen], series[seen, band])
    return filled


def scaled(x: np.ndarray, is_train: np.ndarray) -> np.ndarray:
    """Return x as (N, C, T), each band scaled by its percentiles in the training samples."""
    low, high = np.percentile(x[is_train], (2, 98), axis=(0, 1))
    return ((x - low) / np.maximum(high - low, 1e-9)).transpose(0, 2, 1).astype(np.float32)


def by_classifier(make: Callable[[int], Any], x: np.ndarray, label: np.ndarray, part: np.ndarray, seed: int) -> Any:
    """Return the classes that a classifier gives; it needs no validation, so that it learns from these samples too."""
    learned = np.isin(part, (TRAIN, VALIDATION))
    return make(seed).fit(x[learned], label[learned]).predict(x)


def by_network(make: Callable[..., Any], x: np.ndarray, label: np.ndarray, part: np.ndarray, seed: int) -> np.ndarray:
    """Return the classes that a network gives after the training described at the top."""
    torch.manual_seed(seed)
    network = make(x.shape[1], int(label.max()) + 1, x.shape[2])
    series, wanted = torch.from_numpy(x), torch.from_numpy(label)
    optimizer = torch.optim.Adam(network.parameters(), RATE)
    best, best_loss, best_epoch = network.state_dict(), np.inf, 0
    for epoch in range(EPOCHS):
        network.train()
        for batch in torch.randperm(int((part == TRAIN).sum())).split(BATCH):
            chosen = torch.from_numpy(np.flatnonzero(part == TRAIN))[batch]
            if len(chosen) > 1:
                optimizer.zero_grad()
                torch.nn.functional.cross_entropy(network(series[chosen]), wanted[chosen]).backward()
                optimizer.step()
        held = torch.from_numpy(part == VALIDATION)
        loss = float(torch.nn.functional.cross_entropy(logits(network, series[held]), wanted[held]))
        if loss < best_loss:
            best, best_loss, best_epoch = copy.deepcopy(network.state_dict()), loss, epoch
        if epoch - best_epoch >= PATIENCE:
            break
    network.load_state_dict(best)
    return logits(network, series).argmax(1).numpy()


@torch.inference_mode()
def logits(network: torch.nn.Module, series: torch.Tensor) -> torch.Tensor:
    """Return logits (N, K) in eval mode."""
    network.eval()
    return torch.cat([network(batch) for batch in series.split(256)])


def markdown(name: str, rows: list[dict[str, Any]]) -> str:
    """Return a table of the peers, best first."""
    lines = ["| Peer | Macro F1 | OA | Training (s) |", "|---|---|---|---|"]
    names = {row["peer"] for row in rows}
    means = {peer: [row for row in rows if row["peer"] == peer] for peer in names}
    for peer in sorted(names, key=lambda peer: -float(np.mean([row["macro_f1"] for row in means[peer]]))):
        f1, oa, seconds = (
            np.array([row[key] for row in means[peer]]) for key in ("macro_f1", "overall_accuracy", "seconds")
        )
        spread = f1.std(ddof=1) if len(f1) > 1 else 0.0
        lines.append(f"| {peer} | {f1.mean():.3f} ± {spread:.3f} | {oa.mean():.3f} | {seconds.mean():.0f} |")
    return f"### {name}\n\n" + "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
