# SPDX-License-Identifier: GPL-2.0-or-later
"""The quick form of a trained network: the same function with normalisation folded in and layers fused."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from .layers import FlattenChannels

_LINEAR = getattr(torch.ops.mkldnn, "_linear_pointwise", None)  # absent where torch was built without oneDNN
_CONVOLUTION = getattr(torch.ops.mkldnn, "_convolution_pointwise", None)
_TYPES = (torch.float32, torch.bfloat16)  # that these kernels know


class Quick(nn.Module):
    """A layer whose weights may be of a lower precision: it casts what comes in, and what goes out back to float32.

    `hands_on`: the next layer is of this kind too, so that nothing need be cast between the two.
    """

    hands_on = False
    weight: Tensor

    def compute(self, x: Tensor) -> Tensor:
        """Return the layer's answer in the type of its weights."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """Return what the layer makes of x."""
        if self.weight.dtype != torch.bfloat16:
            return self.compute(x)
        y = self.compute(x.to(self.weight.dtype))
        return y if self.hands_on else y.float()


class QuickLinear(Quick):
    """A linear layer with its ReLU in one kernel: oneDNN's, which on CPUs outruns torch's own two to four times.

    Where that kernel is missing, gradients are wanted or the network is exported, torch's own layers do it.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None = None, relu: bool = False) -> None:
        super().__init__()
        self.register_buffer("weight", weight)
        self.register_buffer("bias", bias)
        self.relu = relu

    def compute(self, x: Tensor) -> Tensor:
        """Return (..., out) of x (..., in)."""
        if _LINEAR is not None and _is_onednn(x):
            return _LINEAR(x, self.weight, self.bias, "relu" if self.relu else "none", [], "")
        y = nn.functional.linear(x, self.weight, self.bias)
        return y.relu() if self.relu else y


def _is_onednn(x: Tensor) -> bool:
    """Return whether oneDNN's own kernels may work on x: no gradients are wanted, and the network is not exported."""
    is_plain = torch.is_grad_enabled() or torch.jit.is_tracing()
    return x.device.type == "cpu" and x.dtype in _TYPES and not is_plain


class QuickHeads(Quick):
    """A linear layer for each head, which reads features of its own."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.register_buffer("weight", weight.contiguous())  # (heads, in, out)

    def compute(self, x: Tensor) -> Tensor:
        """Return (heads, N, out) of x (heads, N, in)."""
        return x @ self.weight


class QuickConvolution(Quick):
    """A convolution along time with its ReLU, channels last as oneDNN wants them: series come as (N, T, C) anyway.

    `padding`: zeros before and behind the series.
    """

    def __init__(self, convolution: nn.Conv1d, padding: tuple[int, int], relu: bool = False) -> None:
        super().__init__()
        before, behind = padding
        weight = convolution.weight.detach()
        if behind > before:  # even filters: a weight of 0 more in front, so that both ends are alike
            weight = nn.functional.pad(weight, (behind - before, 0))
        wide = weight.unsqueeze(2)  # (out, in, 1, k)
        self.register_buffer("weight", wide.contiguous(memory_format=torch.channels_last))
        self.register_buffer("bias", None if convolution.bias is None else convolution.bias.detach())
        self.stride, self.padding = convolution.stride[0], behind
        self.relu = relu

    def compute(self, x: Tensor) -> Tensor:
        """Return (N, out, T') of x (N, in, T)."""
        wide = x.unsqueeze(2).contiguous(memory_format=torch.channels_last)
        stride, padding = (1, self.stride), (0, self.padding)
        if _CONVOLUTION is not None and _is_onednn(x):
            after = "relu" if self.relu else "none"
            return _CONVOLUTION(wide, self.weight, self.bias, padding, stride, (1, 1), 1, after, [], "").squeeze(2)
        y = nn.functional.conv2d(wide, self.weight, self.bias, stride, padding).squeeze(2)
        return y.relu() if self.relu else y


class QuickFlatten(nn.Module):
    """Flattening date by date, which moves nothing where channels are last."""

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, T * C) of x (N, C, T)."""
        return x.transpose(1, 2).flatten(1)


class QuickMaxPool(nn.Module):
    """The maximum along time, channels last."""

    def __init__(self, pool: nn.MaxPool1d) -> None:
        super().__init__()
        self.size, self.stride, self.padding = (1, pool.kernel_size), (1, pool.stride), (0, pool.padding)
        self.ceil_mode = pool.ceil_mode

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, C, T') of x (N, C, T)."""
        wide = x.unsqueeze(2).contiguous(memory_format=torch.channels_last)
        return nn.functional.max_pool2d(wide, self.size, self.stride, self.padding, ceil_mode=self.ceil_mode).squeeze(2)


class QuickNorm(nn.Module):
    """A batch normalisation that no layer before it can take in: a factor and a shift for each channel."""

    def __init__(self, norm: nn.BatchNorm1d) -> None:
        super().__init__()
        with torch.no_grad():
            factor = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            self.register_buffer("factor", factor)
            self.register_buffer("shift", norm.bias - norm.running_mean * factor)

    def forward(self, x: Tensor) -> Tensor:
        """Return x (N, C) or (N, C, T) normalised."""
        shape = (-1, *(1,) * (x.dim() - 2))
        return torch.addcmul(self.shift.view(shape), x.to(self.factor.dtype), self.factor.view(shape))


class QuickLayerNorm(nn.Module):
    """Layer normalisation in passes over all rows: torch's own kernel goes row by row, and rows are short here."""

    def __init__(self, norm: nn.LayerNorm) -> None:
        super().__init__()
        self.register_buffer("factor", norm.weight.detach() * norm.normalized_shape[0] ** 0.5)
        self.register_buffer("shift", norm.bias.detach())
        self.least = norm.eps * norm.normalized_shape[0]

    def forward(self, x: Tensor) -> Tensor:
        """Return x (..., width) normalised."""
        centred = x - x.mean(-1, keepdim=True)
        length = torch.linalg.vector_norm(centred, dim=-1, keepdim=True)
        return torch.addcmul(self.shift, centred * (length.square() + self.least).rsqrt(), self.factor)


def quick_form(network: nn.Module) -> nn.Module:
    """Return a network in eval mode that computes what `network` does, quicker; `network` stays as it is."""
    return quick_part(copy.deepcopy(network).eval())


def in_bfloat16(quick: nn.Module) -> nn.Module:
    """Return a quick form whose linear layers and convolutions compute in bfloat16; all else stays in float32."""
    reduced = copy.deepcopy(quick)
    for part in reduced.modules():
        if isinstance(part, Quick):
            part.to(torch.bfloat16)
    return reduced


def quick_part(part: nn.Module) -> nn.Module:
    """Return the quick form of a part of a network in eval mode; the part itself may be taken to pieces for it."""
    if hasattr(part, "fused"):
        return part.fused()
    if isinstance(part, (nn.Sequential, *_SINGLE)):
        layers = quick_layers(nn.Sequential(part))
        return layers if isinstance(part, nn.Sequential) else layers[0]
    for name, child in list(part.named_children()):
        setattr(part, name, quick_part(child))
    return part


def quick_layers(layers: nn.Sequential, hands_on: bool = False) -> nn.Sequential:
    """Return `layers` in eval mode without dropout, each batch normalisation and ReLU in the layer before it.

    `hands_on`: what comes after them takes lower precision too.
    """
    result: list[nn.Module] = []
    for layer in _flat(layers):
        if isinstance(layer, nn.BatchNorm1d) and result and isinstance(result[-1], (nn.Linear, nn.Conv1d)):
            result[-1] = folded(result[-1], layer)
        else:
            result.append(layer)
    fused = list(_fused(result))
    for layer, after in zip(fused, [*fused[1:], None]):
        if isinstance(layer, Quick):
            layer.hands_on = isinstance(after, _TAKING_ON) or (after is None and hands_on)
    return nn.Sequential(*fused)


def folded(layer: nn.Linear | nn.Conv1d, norm: nn.BatchNorm1d) -> nn.Linear | nn.Conv1d:
    """Return `layer` followed by `norm` (eval mode) as one layer."""
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    bias = -norm.running_mean if layer.bias is None else layer.bias - norm.running_mean
    merged = copy.deepcopy(layer)
    with torch.no_grad():
        merged.weight = nn.Parameter(layer.weight * scale.view(-1, *(1,) * (layer.weight.dim() - 1)))
        merged.bias = nn.Parameter(bias * scale + norm.bias)
    return merged


def norm_parts(norm: nn.BatchNorm1d, count: int) -> list[nn.BatchNorm1d]:
    """Return a batch normalisation in eval mode as `count` ones of its channels, side by side."""
    width = norm.num_features // count
    parts = [nn.BatchNorm1d(width, norm.eps).to(norm.weight.dtype).eval() for _ in range(count)]
    for number, part in enumerate(parts):
        own = slice(number * width, (number + 1) * width)
        part.load_state_dict({name: value[own] if value.dim() else value for name, value in norm.state_dict().items()})
    return parts


def _flat(layers: nn.Sequential) -> Iterator[nn.Module]:
    """Yield the layers of nested sequences in order; dropout does nothing in eval mode."""
    for layer in layers:
        if isinstance(layer, nn.Sequential):
            yield from _flat(layer)
        elif not isinstance(layer, (nn.Dropout, nn.Dropout1d, nn.Identity)):
            yield layer


def _fused(layers: list[nn.Module]) -> Iterator[nn.Module]:
    """Yield `layers` in their quick form, zeros before a linear layer or convolution and the ReLU after it inside."""
    for layer, before, after in zip(layers, [None, *layers], [*layers[1:], None]):
        relu = isinstance(after, nn.ReLU)
        if isinstance(layer, nn.Linear):
            weight = layer.weight.detach()
            if isinstance(before, FlattenChannels):
                weight = weight.unflatten(1, (before.channels, -1)).transpose(1, 2).flatten(1)
            yield QuickLinear(weight, None if layer.bias is None else layer.bias.detach(), relu)
        elif isinstance(layer, FlattenChannels) and isinstance(after, nn.Linear):
            yield QuickFlatten()
        elif isinstance(layer, nn.Conv1d):
            zeros = before.padding if isinstance(before, nn.ConstantPad1d) else _zeros(layer)
            yield QuickConvolution(layer, zeros, relu)
        elif isinstance(layer, nn.MaxPool1d):
            yield QuickMaxPool(layer)
        elif isinstance(layer, nn.BatchNorm1d):
            yield QuickNorm(layer)
        elif isinstance(layer, nn.LayerNorm):
            yield QuickLayerNorm(layer)
        elif not _is_inside(layer, before, after):
            yield quick_part(layer)


def _is_inside(layer: nn.Module, before: nn.Module | None, after: nn.Module | None) -> bool:
    """Return whether a neighbour's quick form does what `layer` does."""
    if isinstance(layer, nn.ConstantPad1d):
        return isinstance(after, nn.Conv1d)
    return isinstance(layer, nn.ReLU) and isinstance(before, (nn.Linear, nn.Conv1d))


def _zeros(convolution: nn.Conv1d) -> tuple[int, int]:
    """Return how many zeros a convolution has put before and behind a series."""
    if convolution.padding == "same":
        return (convolution.kernel_size[0] - 1) // 2, convolution.kernel_size[0] // 2
    return (0, 0) if convolution.padding == "valid" else (convolution.padding[0], convolution.padding[0])


_SINGLE = (nn.Linear, nn.Conv1d, nn.MaxPool1d, nn.BatchNorm1d, nn.LayerNorm)
_TAKING_ON = (Quick, nn.Flatten, QuickFlatten, QuickMaxPool, nn.AvgPool1d)  # what may follow a layer of lower precision
