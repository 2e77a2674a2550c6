# SPDX-License-Identifier: GPL-2.0-or-later
"""Arithmetic alone, in the worker's environment: what its matrix products reach, and a model in every form of a map.

python tools/bench/arithmetic.py prints the rates of matrix products, one JSON object; with a JSON request (model, days,
scale, offset and dtype of the stored values) as its argument, the series per second of the model's forms.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from plugin.core.monitor import Monitor
from plugin.worker.architectures import find_entry
from plugin.worker.compute import Lanes, lanes, pixels_per_second, settle, start_compute
from plugin.worker.device import make_repeatable
from plugin.worker.inference import quick_form
from plugin.worker.model_file import load_model
from plugin.worker.precision import forms_for, has_bfloat16
from plugin.worker.predictor import TORCH, Predictor

SIZE = 2048  # of the matrices
MEASURE_S = 1.0


def main(request: dict[str, Any]) -> dict[str, Any]:
    """Return series per second by form ("float32 torch") and the operations of a series, 0 for a forest."""
    make_repeatable()
    compute = start_compute("cpu", {}, Monitor())
    scale, offset = (np.asarray(request[name], np.float32) for name in ("scale", "offset"))
    predictor = Predictor(Path(request["model"]), request["days"], scale, offset, "cpu")
    found = {}
    with lanes(compute.threads) as lanes_:
        for engine, dtype in [(TORCH, "float32"), *forms_for(predictor, attention=False)]:
            try:
                predictor.compute_in(getattr(torch, dtype), engine)
                settle(compute, predictor, request["dtype"], lanes_, Monitor())
            except RuntimeError:  # see OpenVinoForm
                continue
            found[f"{dtype} {engine}"] = best_pace(predictor, request["dtype"], compute.threads, lanes_)
    return {"flops": operations(Path(request["model"])), "forms": found}


def best_pace(predictor: Predictor, dtype: str, threads: int, lanes_: Lanes) -> float:
    """Return series per second at the predictor's batch size, by the quickest of some rounds."""
    started, paces = time.perf_counter(), [0.0]
    while time.perf_counter() - started < MEASURE_S:
        paces.append(pixels_per_second(predictor, dtype, threads, lanes_))
    return max(paces)


def operations(path: Path) -> int:
    """Return the floating-point operations that a map spends on a series: fewer than the network has on paper."""
    card, network = load_model(path)
    if find_entry(card).architecture.kind != "network":
        return 0
    quick, counts = quick_form(network), []
    for series in (1, 2):  # what is done once for all series does not count
        x = torch.zeros(series, len(card.dates), len(card.bands) + bool(card.grid_days))
        days, valid = torch.arange(x.shape[1]) * 10.0, torch.ones(x.shape[:2], dtype=torch.bool)
        with torch.enable_grad(), FlopCounterMode(display=False) as counter:  # with gradients: layers it can count
            quick(x, days, valid)
        counts.append(int(counter.get_total_flops()))
    return counts[1] - counts[0]


def matrix_rates() -> dict[str, float]:
    """Return the operations per second of large matrix products on all cores, in each type, by the better library."""
    found = {}
    for dtype in (torch.float32, torch.bfloat16) if has_bfloat16(torch.device("cpu")) else (torch.float32,):
        left, right = (torch.randn(SIZE, SIZE).to(dtype) for _ in range(2))
        products = [lambda a=left, b=right: a @ b]
        if hasattr(torch.ops.mkldnn, "_linear_pointwise"):  # oneDNN's own
            products.append(lambda a=left, b=right: torch.ops.mkldnn._linear_pointwise(a, b, None, "none", [], ""))
        with torch.inference_mode():
            found[str(dtype).removeprefix("torch.")] = 2.0 * SIZE**3 / min(map(quickest, products))
    return found


def quickest(step: Any) -> float:
    """Return the seconds of the quickest of some runs."""
    seconds, started = [], time.perf_counter()
    while time.perf_counter() - started < MEASURE_S:
        begun = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - begun)
    return min(seconds)


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1])) if len(sys.argv) > 1 else matrix_rates()))
