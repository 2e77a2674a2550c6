# SPDX-License-Identifier: GPL-2.0-or-later
"""May a map be computed in bfloat16: only where it is quicker and the map's own pixels keep their classes."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from ..core.monitor import Monitor
from .compute import Compute, Lanes, pixels_per_second, settle
from .predictor import Predictor

AGREEMENT = 0.999  # least share of probe pixels that get the same class as in float32
_GAIN = 1.2  # least gain in pace: below it the risk buys nothing


def choose_precision(
    compute: Compute, predictor: Predictor, probe: tuple[Tensor, Tensor], dtype: str, lanes_: Lanes, monitor: Monitor
) -> Compute:
    """Let `predictor`, settled in float32, compute in bfloat16 if it may; return the settings and tell what was found.

    Args:
        compute: what was settled in float32.
        predictor: of the map.
        probe: pixels of the map: values (n, T, C) as stored, valid (n, T).
        dtype: of the values, numpy's name.
        lanes_: the threads of the map.
        monitor: hears of the agreement.

    """
    values, valid = probe
    clear = valid.any(1)
    if not predictor.can_reduce or not clear.any() or not has_bfloat16(predictor.device):
        return compute
    expected = predictor.predict(values[clear], valid[clear])[0].argmax(1)
    pace = pixels_per_second(predictor, dtype, compute.threads, lanes_)
    predictor.dtype = torch.bfloat16
    reduced = settle(compute, predictor, dtype, lanes_, monitor)
    gain = pixels_per_second(predictor, dtype, compute.threads, lanes_) / pace
    agreement = float((predictor.predict(values[clear], valid[clear])[0].argmax(1) == expected).float().mean())
    found = f"{100 * agreement:.2f} % of {len(expected)} probe pixels get the same class, at {gain:.1f} times the pace"
    if gain >= _GAIN and agreement >= AGREEMENT:
        monitor.note(f"Computing in bfloat16: {found}.")
        return replace(reduced, dtype="bfloat16")
    monitor.note(f"Computing in float32; in bfloat16 {found}.")
    predictor.dtype, predictor.batch = torch.float32, compute.batch
    return compute


def has_bfloat16(device: torch.device) -> bool:
    """Return whether the device multiplies bfloat16 by itself."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    return (
        device.type == "cpu" and torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()
    )
