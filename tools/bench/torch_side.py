# SPDX-License-Identifier: GPL-2.0-or-later
"""What is measured with torch and scikit-learn alone: plain ways to do our work, in the worker's environment.

python tools/bench/torch_side.py MODEL SAMPLES prints one JSON object.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import torch
from sklearn.ensemble import RandomForestClassifier
from torch import nn
from training import as_published
from training import main as training

from plugin.worker.architectures import find_entry
from plugin.worker.model_file import load_model
from plugin.worker.series import Preparation

BATCHES = (256, 1024, 4096, 16384)
MEASURE_S = 1.0


def main(model: Path, samples: Path) -> dict[str, float]:
    """Measure everything; return figures by name, per second."""
    card, loaded = load_model(model)
    arrays = np.load(samples, allow_pickle=False)
    values, label = arrays["values"], arrays["label"]
    if find_entry(card).architecture.kind != "network":
        shuffled = np.random.default_rng(0).permutation(label)
        return {"sklearn_shallow": sklearn_loop(values, label), "sklearn_deep": sklearn_loop(values, shuffled)}
    preparation = Preparation(card, _days(arrays), arrays["scale"], arrays["offset"])
    return {"plain_loop": plain_loop(as_published(loaded), preparation, values), **training(model, samples)}


def plain_loop(network: nn.Module, preparation: Preparation, values: np.ndarray) -> float:
    """Return series per second of the trained network in plain float32, at its best batch."""
    pace = []
    for batch in BATCHES:
        rows = np.resize(np.arange(len(values)), batch)
        stored, valid = torch.from_numpy(values[rows]), torch.ones(batch, values.shape[1], dtype=torch.bool)

        def step(stored: torch.Tensor = stored, valid: torch.Tensor = valid) -> None:
            with torch.inference_mode():
                x, days, seen = preparation.prepare(stored, valid)
                network(x, days, seen).softmax(1).argmax(1)

        pace.append(batch * per_second(step))
    return max(pace)


def sklearn_loop(values: np.ndarray, label: np.ndarray, pixels: int = 100_000) -> float:
    """Return pixels per second of scikit-learn's forest of 100 trees on float windows; shuffled labels make it deep."""
    series = values.reshape(len(values), -1).astype(np.float32)
    forest = RandomForestClassifier(100, random_state=0, n_jobs=-1).fit(series, label)
    window = series[np.resize(np.arange(len(series)), pixels)]
    return pixels * per_second(lambda: forest.predict(window))


def per_second(step: Callable[[], object]) -> float:
    """Return how often `step` runs in a second, by its quickest run."""
    step()
    quickest, started = float("inf"), time.perf_counter()
    while time.perf_counter() - started < MEASURE_S:
        begun = time.perf_counter()
        step()
        quickest = min(quickest, time.perf_counter() - begun)
    return 1.0 / quickest


def _days(arrays: np.lib.npyio.NpzFile) -> list[float]:
    return [float(10 * date) for date in range(arrays["values"].shape[1])]


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), Path(sys.argv[2]))))
