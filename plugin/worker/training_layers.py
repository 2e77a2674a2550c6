# SPDX-License-Identifier: GPL-2.0-or-later
"""Layers that compute what torch's own do in training, by kernels that are quicker on CPUs."""

from __future__ import annotations

from typing import Any, Optional

import torch
from torch import Tensor, nn

_ONEDNN = getattr(torch.ops.mkldnn, "_linear_pointwise", None)  # absent where torch was built without oneDNN
_LEAST_WEIGHTS = 8192  # below, what is won is lost again in bringing matrices into oneDNN's order
_STEPS = 2**16  # in which a random number of 16 bits can tell shares apart


def quicken(network: nn.Module) -> None:
    """Exchange the layers of a `network` on the CPU that have a quicker form; its weights stay the same objects."""
    for part in list(network.modules()):
        for name, layer in part.named_children():
            if type(layer) is nn.Dropout:
                setattr(part, name, Dropout(layer.p))
            elif type(layer) is nn.Linear and _ONEDNN is not None and layer.weight.numel() >= _LEAST_WEIGHTS:
                setattr(part, name, Linear(layer))


class Linear(nn.Module):
    """A linear layer whose three matrix products are oneDNN's: on processors that are not Intel's, MKL takes twice."""

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        self.weight, self.bias = layer.weight, layer.bias

    def forward(self, x: Tensor) -> Tensor:
        """Return (..., out) of x (..., in)."""
        if not self.training or x.device.type != "cpu" or x.dtype != torch.float32 or not x.numel():
            return nn.functional.linear(x, self.weight, self.bias)
        return _LinearFunction.apply(x.contiguous(), self.weight, self.bias)


class Dropout(nn.Dropout):
    """Dropout whose random numbers cost an eighth of torch's."""

    def forward(self, x: Tensor) -> Tensor:
        """Return x, in training with a share of zeros."""
        return dropout(x, self.p, self.training)


def dropout(x: Tensor, share: float, training: bool) -> Tensor:
    """Return x with a `share` of zeros and the rest made larger for it, drawn by torch's global generator.

    Four decisions are made of each random number of 64 bits, so that `share` is met to within 1 / 65536.
    """
    if not training or not share or x.device.type != "cpu":
        return nn.functional.dropout(x, share, training)
    count = x.numel()
    bits = torch.empty(-(-count // 4), dtype=torch.int64).random_(-(2**63), None).view(torch.int16)
    kept = bits[:count].view(x.shape) >= round(share * _STEPS) - _STEPS // 2
    return x * kept.to(x.dtype).mul_(1.0 / (1.0 - share))


class _LinearFunction(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Optional[Tensor]) -> Tensor:  # type: ignore[override]
        ctx.save_for_backward(x, weight)
        ctx.has_bias = bias is not None
        return _product(x, weight, bias)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Optional[Tensor], Tensor, Optional[Tensor]]:  # type: ignore[override]
        x, weight = ctx.saved_tensors
        gradient = gradient.contiguous()
        rows = gradient.flatten(0, -2)  # (M, out)
        to_input = _product(gradient, weight.T) if ctx.needs_input_grad[0] else None
        return to_input, _product(rows.T, x.flatten(0, -2).T), rows.sum(0) if ctx.has_bias else None


def _product(x: Tensor, weight: Tensor, bias: Optional[Tensor] = None) -> Tensor:
    """Return x @ weight.T + bias."""
    return _ONEDNN(x, weight, bias, "none", [], "")  # type: ignore[misc]  # (quicken asks whether it is there)
