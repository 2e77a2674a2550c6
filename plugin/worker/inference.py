# SPDX-License-Identifier: GPL-2.0-or-later
"""The quick form of a trained network: the same function with normalisation folded in and layers fused."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import torch
from torch import Tensor, nn

_ONEDNN = getattr(torch.ops.mkldnn, "_linear_pointwise", None)  # absent where torch was built without oneDNN
_TYPES = (torch.float32, torch.bfloat16)  # that this kernel knows


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
        is_plain = torch.is_grad_enabled() or torch.jit.is_tracing()
        if _ONEDNN is not None and x.device.type == "cpu" and x.dtype in _TYPES and not is_plain:
            return _ONEDNN(x, self.weight, self.bias, "relu" if self.relu else "none", [], "")
        y = nn.functional.linear(x, self.weight, self.bias)
        return y.relu() if self.relu else y


class QuickHeads(Quick):
    """A linear layer for each head, which reads features of its own."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.register_buffer("weight", weight.contiguous())  # (heads, in, out)

    def compute(self, x: Tensor) -> Tensor:
        """Return (heads, N, out) of x (heads, N, in)."""
        return x @ self.weight


class QuickConvolution(Quick):
    """A convolution along time with its ReLU, channels last as oneDNN wants them: series come as (N, T, C) anyway."""

    def __init__(self, convolution: nn.Conv1d, relu: bool = False) -> None:
        super().__init__()
        wide = convolution.weight.detach().unsqueeze(2)  # (out, in, 1, k)
        self.register_buffer("weight", wide.contiguous(memory_format=torch.channels_last))
        self.register_buffer("bias", None if convolution.bias is None else convolution.bias.detach())
        self.stride, self.dilation, self.groups = convolution.stride[0], convolution.dilation[0], convolution.groups
        self.padding = _padding(convolution)
        self.relu = relu

    def compute(self, x: Tensor) -> Tensor:
        """Return (N, out, T') of x (N, in, T)."""
        wide = x.unsqueeze(2).contiguous(memory_format=torch.channels_last)
        y = nn.functional.conv2d(
            wide, self.weight, self.bias, (1, self.stride), self.padding, (1, self.dilation), self.groups
        ).squeeze(2)
        if not self.relu:
            return y
        return y.relu() if torch.is_grad_enabled() else y.relu_()


def quick_form(network: nn.Module) -> nn.Module:
    """Return a network in eval mode that computes what `network` does, quicker; `network` stays as it is."""
    if hasattr(network, "fused"):
        return network.fused()
    quick = copy.deepcopy(network).eval()
    for name, part in list(quick.named_children()):
        setattr(quick, name, _quick_part(part))
    return quick


def in_bfloat16(quick: nn.Module) -> nn.Module:
    """Return a quick form whose linear layers and convolutions compute in bfloat16; all else stays in float32."""
    reduced = copy.deepcopy(quick)
    for part in reduced.modules():
        if isinstance(part, Quick):
            part.to(torch.bfloat16)
    return reduced


def quick_layers(layers: nn.Sequential) -> nn.Sequential:
    """Return `layers` in eval mode without dropout, each batch normalisation and ReLU in the layer before it."""
    result: list[nn.Module] = []
    for layer in _flat(layers):
        if isinstance(layer, nn.BatchNorm1d) and result and isinstance(result[-1], (nn.Linear, nn.Conv1d)):
            result[-1] = folded(result[-1], layer)
        else:
            result.append(layer)
    fused = list(_fused(result))
    for layer, after in zip(fused, fused[1:]):
        if isinstance(layer, Quick):
            layer.hands_on = isinstance(after, (Quick, nn.Flatten, nn.ConstantPad1d, nn.MaxPool1d, nn.AvgPool1d))
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


def _quick_part(part: nn.Module) -> nn.Module:
    """Return the quick form of a part of a network."""
    if isinstance(part, nn.Sequential):
        return quick_layers(part)
    if isinstance(part, (nn.Linear, nn.Conv1d)):
        return next(_fused([part]))
    for name, child in list(part.named_children()):
        setattr(part, name, _quick_part(child))
    return part


def _flat(layers: nn.Sequential) -> Iterator[nn.Module]:
    """Yield the layers of nested sequences in order; dropout does nothing in eval mode."""
    for layer in layers:
        if isinstance(layer, nn.Sequential):
            yield from _flat(layer)
        elif not isinstance(layer, (nn.Dropout, nn.Dropout1d, nn.Identity)):
            yield layer


def _fused(layers: list[nn.Module]) -> Iterator[nn.Module]:
    """Yield `layers` with linear layers and convolutions in their quick form, a ReLU after them inside."""
    for position, layer in enumerate(layers):
        before = layers[position - 1] if position else None
        is_followed = position + 1 < len(layers) and isinstance(layers[position + 1], nn.ReLU)
        if isinstance(layer, nn.Linear):
            yield QuickLinear(layer.weight.detach(), None if layer.bias is None else layer.bias.detach(), is_followed)
        elif isinstance(layer, nn.Conv1d):
            yield QuickConvolution(layer, is_followed)
        elif not (isinstance(layer, nn.ReLU) and isinstance(before, (nn.Linear, nn.Conv1d))):
            yield _quick_part(layer)


def _padding(convolution: nn.Conv1d) -> tuple[int, int] | str:
    return convolution.padding if isinstance(convolution.padding, str) else (0, convolution.padding[0])
