# SPDX-License-Identifier: GPL-2.0-or-later
"""May a map be computed in bfloat16, by OpenVINO or recorded: where it is quicker and its pixels keep their classes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ..core.monitor import Monitor
from .compute import Compute, Lanes, is_position_free, kernels_of, pixels_per_second, settle
from .openvino_form import openvino_version
from .predictor import GRAPH, OPENVINO, TORCH, Predictor

AGREEMENT = 0.999  # least share of probe pixels that get the same class as by torch in float32
_GAIN = 1.2  # least gain in pace: below it the risk buys nothing
_NAMES = {TORCH: "torch", OPENVINO: "OpenVINO", GRAPH: "torch with recorded kernels"}


@dataclass(frozen=True)
class Probe:
    """Pixels of the map: `values` (n, T, C) as stored, `valid` (n, T); `dtype` of the values, numpy's name."""

    values: Tensor
    valid: Tensor
    dtype: str

    def classes(self, predictor: Predictor) -> Tensor:
        """Return the class number of each pixel that has a date."""
        clear = self.valid.any(1)
        return predictor.predict(self.values[clear], self.valid[clear])[0].argmax(1)


def forms_for(predictor: Predictor, attention: bool) -> list[tuple[str, str]]:
    """Return in which forms (engine, number type) a map may be computed here, beside torch in float32.

    Where `attention` is wanted only torch can.
    """
    if not predictor.can_reduce:
        return []
    others = {"cpu": [OPENVINO] if openvino_version() else [], "cuda": [GRAPH]}.get(predictor.device.type, [])
    engines = [TORCH] if attention else [TORCH, *others]
    dtypes = ["float32", "bfloat16"] if has_bfloat16(predictor.device) else ["float32"]
    return [(engine, dtype) for engine in engines for dtype in dtypes][1:]


def choose_form(
    compute: Compute, predictor: Predictor, forms: list[tuple[str, str]], probe: Probe, lanes_: Lanes, monitor: Monitor
) -> Compute:
    """Let `predictor`, settled as `compute`, compute in the quickest of `forms` that may be; tell what was found.

    A form may be where it is quicker by a fifth, gives a series the same bits wherever it stands in a batch, and the
    pixels of `probe` the same classes.
    """
    if not forms or not probe.valid.any():
        return compute
    expected, plain = probe.classes(predictor), pixels_per_second(predictor, probe.dtype, compute.threads, lanes_)
    chosen, quickest = compute, _GAIN * plain
    for engine, dtype in forms:
        form = replace(compute, engine=engine, dtype=dtype, kernels=kernels_of(predictor.device, engine))
        try:
            predictor.compute_in(getattr(torch, dtype), engine)
            tried = settle(form, predictor, probe.dtype, lanes_, Monitor(is_canceled=monitor.is_canceled))
        except RuntimeError as error:  # see OpenVinoForm and GraphForm
            monitor.note(f"{_NAMES[engine]} cannot compute this model in {dtype}: {error}")
            continue
        pace = pixels_per_second(predictor, probe.dtype, compute.threads, lanes_)
        agreement = float((probe.classes(predictor) == expected).float().mean())
        monitor.note(
            f"In {dtype} by {_NAMES[engine]}, {100 * agreement:.2f} % of {len(expected)} probe pixels get the same "
            f"class as in float32 by torch, at {pace / plain:.1f} times the pace."
        )
        if pace >= quickest and agreement >= AGREEMENT and is_position_free(predictor, probe.dtype):
            chosen, quickest = tried, pace
    monitor.note(f"Computing in {chosen.dtype} by {_NAMES[chosen.engine]}.")
    predictor.compute_in(getattr(torch, chosen.dtype), chosen.engine)
    predictor.batch = chosen.batch
    return chosen


def has_bfloat16(device: torch.device) -> bool:
    """Return whether the device multiplies bfloat16 by itself."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    return (
        device.type == "cpu" and torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()
    )
