# SPDX-License-Identifier: GPL-2.0-or-later
"""[Linear layer or convolution, batch normalisation, ReLU] in training on CPUs: one step of autograd, few passes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Optional, Union

import torch
from torch import Tensor, nn

from .onednn import linear_product

_aten = torch.ops.aten
Layer = Union[nn.Linear, nn.Conv1d]
Gradients = tuple[Optional[Tensor], ...]


class Chain(nn.Sequential):
    """Layers one after the other; those with batch normalisation behind them are computed together with it."""

    def forward(self, x: Tensor, count: Optional[int] = None) -> Tensor:
        """Return what the layers make of x, whose first `count` rows alone are in the statistics (None: all)."""
        for step in self._steps():
            x = step(x, count) if isinstance(step, Block) else step(x)
        return x

    def _steps(self) -> Iterator[Any]:
        layers = list(self)
        while layers:
            layer = layers.pop(0)
            if layers and type(layers[0]) is nn.BatchNorm1d and _has_block(layer):
                norm = layers.pop(0)
                relu = bool(layers) and type(layers[0]) is nn.ReLU
                layer = Block(layer, norm, layers.pop(0) if relu else None)
            yield layer


@dataclass(frozen=True)
class Block:
    """A `layer`, its batch normalisation, and a ReLU if there is one."""

    layer: nn.Module
    norm: nn.BatchNorm1d
    relu: Optional[nn.Module]

    def __call__(self, x: Tensor, count: Optional[int] = None) -> Tensor:
        """Return (M, out) of x (M, in), 0 from row `count` on; or (N, out, T') of x (N, in, T)."""
        layer, padding = _without_padding(self.layer)
        is_plain = not self.norm.training or x.device.type != "cpu" or x.dtype != torch.float32
        if is_plain or x.numel() < 2 * x.shape[1] or x.dim() != layer.weight.dim():
            y = self.norm(self.layer(x[:count]))
            return y if self.relu is None else self.relu(y)
        norm = self.norm
        norm.num_batches_tracked.add_(1)
        weights = (layer.weight, layer.bias, norm.weight, norm.bias)
        return _BlockFunction.apply(x, _Form(norm, padding, self.relu is not None, count), *weights)


@dataclass(frozen=True)
class _Form:
    """What a block is beside its weights."""

    norm: nn.BatchNorm1d
    padding: int
    relu: bool
    count: Optional[int]  # rows that are in the statistics


def _has_block(layer: nn.Module) -> bool:
    """Return whether a layer followed by batch normalisation can be computed together with it."""
    layer, padding = _without_padding(layer)
    if isinstance(layer, nn.Conv1d):
        return padding >= 0 and layer.stride == layer.dilation == (1,) and layer.groups == 1
    return isinstance(layer, nn.Linear)


def _without_padding(layer: nn.Module) -> tuple[Any, int]:
    """Return a layer and how many zeros it wants on both sides of a series; -1: not as many on one as on the other."""
    before = behind = 0
    if isinstance(layer, nn.Sequential) and len(layer) == 2 and isinstance(layer[0], nn.ConstantPad1d):
        (before, behind), layer = layer[0].padding, layer[1]
    elif isinstance(layer, nn.Conv1d) and layer.padding == "same":
        before, behind = (layer.kernel_size[0] - 1) // 2, layer.kernel_size[0] // 2
    elif isinstance(layer, nn.Conv1d) and layer.padding != "valid":
        before = behind = layer.padding[0]
    return layer, before if before == behind else -1


class _BlockFunction(torch.autograd.Function):
    """Rows are series, or dates of series: a convolution has its channels last here, as oneDNN wants them."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, form: _Form, *weights: Optional[Tensor]) -> Tensor:  # type: ignore[override]
        weight, bias, gain, shift = weights
        if x.dim() == 2:
            z = linear_product(x, weight, bias)
        else:
            x, weight = _wide(x), _wide(weight)
            z = _aten.convolution(x, weight, bias, (1, 1), (0, form.padding), (1, 1), False, (0, 0), 1)
        rows, norm = _rows(z), form.norm
        y = torch.empty_like(rows)
        mean, spread = torch.empty_like(gain), torch.empty_like(gain)
        torch.native_batch_norm(
            rows[: form.count], gain, shift, norm.running_mean, norm.running_var, True, norm.momentum, norm.eps,
            out=(_seen(y, form), mean, spread),
        )  # fmt: skip
        y = y.relu_() if form.relu else y
        ctx.save_for_backward(x, weight, gain, rows, mean, spread, y)
        ctx.form, ctx.shape, ctx.has_bias = form, z.shape, bias is not None
        return _series(y, z.shape)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Gradients:  # type: ignore[override]
        x, weight, gain, rows, mean, spread, y = ctx.saved_tensors
        form = ctx.form
        gradient = _rows(gradient if gradient.dim() == 2 else gradient.unsqueeze(2))
        if form.relu:
            gradient = _aten.threshold_backward(gradient, y, 0)
        to_rows, to_gain, to_shift = torch.empty_like(rows), torch.empty_like(gain), torch.empty_like(gain)
        _aten.native_batch_norm_backward.out(
            gradient[: form.count], rows[: form.count], gain, None, None, mean, spread, True, form.norm.eps, [True] * 3,
            out0=_seen(to_rows, form), out1=to_gain, out2=to_shift,
        )  # fmt: skip
        to_x, to_weight = _to_inputs(ctx, to_rows, x, weight)
        to_bias = torch.zeros_like(mean) if ctx.has_bias else None  # the normalisation takes any constant off again
        return to_x, None, to_weight, to_bias, to_gain, to_shift


def _seen(rows: Tensor, form: _Form) -> Tensor:
    """Return the rows that are in the statistics, the others set to 0."""
    if form.count is None:
        return rows
    rows[form.count :] = 0
    return rows[: form.count]


def _to_inputs(ctx: Any, gradient: Tensor, x: Tensor, weight: Tensor) -> Gradients:
    """Return the gradients of a layer's input and weight, of that of its rows."""
    wants_x = ctx.needs_input_grad[0]
    if x.dim() == 2 and len(x) < weight.shape[1]:  # few rows: the weights are what is large, so they stay as they lie
        return linear_product(gradient, weight.T) if wants_x else None, linear_product(gradient.T, x.T)
    if x.dim() == 2:
        to_x = linear_product(gradient, weight.T.contiguous()) if wants_x else None
        return to_x, linear_product(x.T, gradient.T).T
    count, _, _, length = ctx.shape
    wide = gradient.view(count, 1, length, -1).permute(0, 3, 1, 2)
    to_x, to_weight, _ = _aten.convolution_backward(
        wide, x, weight, None, (1, 1), (0, ctx.form.padding), (1, 1), False, (0, 0), 1, (wants_x, True, False)
    )
    return to_x.squeeze(2) if wants_x else None, to_weight.squeeze(2)


def _wide(x: Tensor) -> Tensor:
    """Return x (N, C, T) as an image of one line, channels last."""
    return x.unsqueeze(2).contiguous(memory_format=torch.channels_last)


def _rows(z: Tensor) -> Tensor:
    """Return z (M, C) or (N, C, 1, T) as rows of C features."""
    return z.contiguous() if z.dim() == 2 else z.permute(0, 2, 3, 1).reshape(-1, z.shape[1])


def _series(rows: Tensor, shape: torch.Size) -> Tensor:
    """Return rows in the `shape` they came from, without its line."""
    return rows if len(shape) == 2 else rows.view(shape[0], shape[3], -1).transpose(1, 2)
