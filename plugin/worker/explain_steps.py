# SPDX-License-Identifier: GPL-2.0-or-later
"""Inside a network, for one series: how attention comes about step by step, and what filters answer, layer by layer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..core.card import ModelCard
from .attention import AttentionNetwork, received
from .model_file import load_model
from .series import Preparation

MOST_FILTERS = 64  # of a layer, the most that are sent


class Inside:
    """A network as it was trained (nothing fused), looked into; of an ensemble the first."""

    def __init__(self, model: Path, days: list[float], scale: np.ndarray, offset: np.ndarray, device: Any) -> None:
        """Load the model for a cube as Predictor does.

        Raises:
            ModelFileError: the model file cannot be used.
        """
        self.card: ModelCard
        self.card, self._network = load_model(model, device)
        self._preparation = Preparation(self.card, days, scale, offset, device)
        self._back = torch.from_numpy(np.argsort(np.argsort(days, kind="stable"), kind="stable"))

    @property
    def has_steps(self) -> bool:
        """Return whether the network computes attention."""
        return isinstance(self._network, AttentionNetwork)

    @property
    def has_filters(self) -> bool:
        """Return whether the network slides filters along time."""
        return isinstance(self._network, nn.Module) and any(_convolutions(self._network))

    @torch.inference_mode()
    def steps(self, values: Tensor, valid: Tensor) -> dict[str, np.ndarray]:
        """Return how attention comes about for one series (1, T, C): the fields of worker.attention.Steps.

        Arrays without the axis of series, dates in the cube's order: queries (heads, Q, d), keys (heads, T, d), scores
        and matrix (heads, Q, T), query_weight (Q,), received (heads, T), and wins (T,) where there is max pooling.
        """
        found = self._network.steps(*self._preparation.prepare(values, valid))
        back, asks_by_date = self._back, found.scores.shape[2] == len(self._back) and found.scores.shape[2] > 1
        rows = back if asks_by_date else torch.arange(found.scores.shape[2])
        arrays = {
            "similarity": np.array(found.similarity),
            "queries": _plain(found.queries[0][:, rows]),
            "keys": _plain(found.keys[0][:, back]),
            "scores": _plain(found.scores[0][:, rows][:, :, back]),
            "matrix": _plain(found.attention[0][:, rows][:, :, back]),
            "query_weight": _plain(found.query_weight[0][rows]),
            "received": _plain(received(found.attention, found.query_weight)[0][:, back]),
        }
        if found.wins is not None:
            arrays["wins"] = _plain(found.wins[0][back])
        return arrays

    @torch.inference_mode()
    def filters(self, values: Tensor, valid: Tensor) -> dict[str, np.ndarray]:
        """Return what each convolution answers along one series (1, T, C), before normalisation and ReLU.

        Per layer l from 0: filters_l (F, channels, k) as learned, responses_l (F, T'), name_l; and input (channels, G)
        as the network reads it on its grid_days (G,). Of wide layers the filters whose response varies most.
        """
        layers = list(_convolutions(self._network))
        seen: dict[str, Tensor] = {}
        hooks = [layer.register_forward_hook(_keep(seen, name)) for name, layer in layers]
        x, days, known = self._preparation.prepare(values, valid)
        try:
            self._network(x, days, known)
        finally:
            for hook in hooks:
                hook.remove()
        arrays = {"input": _plain(x[0].t()), "grid_days": _plain(days)}
        for number, (name, layer) in enumerate(layers):
            response = seen[name][0]  # (F, T')
            chosen = response.std(1, unbiased=False).argsort(descending=True)[:MOST_FILTERS].sort().values
            arrays[f"filters_{number}"] = _plain(layer.weight[chosen])
            arrays[f"responses_{number}"] = _plain(response[chosen])
            arrays[f"name_{number}"] = np.array(name)
        return arrays


def _convolutions(network: nn.Module) -> list[tuple[str, nn.Conv1d]]:
    """Return the convolutions wider than one date by name, in the order of their declaration; 1 x 1 ones mix bands."""
    return [
        (name, layer)
        for name, layer in network.named_modules()
        if isinstance(layer, nn.Conv1d) and layer.kernel_size[0] > 1
    ]


def _keep(seen: dict[str, Tensor], name: str) -> Any:
    def hook(layer: nn.Module, inputs: Any, output: Tensor) -> None:
        seen[name] = output

    return hook


def _plain(tensor: Tensor) -> np.ndarray:
    return tensor.detach().float().cpu().numpy()
