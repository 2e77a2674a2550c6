# SPDX-License-Identifier: GPL-2.0-or-later
"""A trained model made ready for one cube: stored series in, probabilities and attention out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Optional

import numpy as np
import torch
from torch import Tensor

from ..core.card import ModelCard
from ..core.season import parse_date, season_start_for
from .architectures import find_entry
from .encoding import Answer
from .graph_form import GraphForm
from .inference import in_bfloat16, quick_form
from .model_file import load_members
from .openvino_form import OpenVinoForm
from .series import Preparation

TORCH, OPENVINO, GRAPH = "torch", "openvino", "graph"  # what computes the networks; GRAPH: torch, replayed
BATCH = 256  # where nobody measured
_LEAST_VOTE = 1e-3  # share of a forest's votes: the logarithm of none is not finite


class Predictor:
    """Predicts series of one cube with one model.

    Every batch is laid out anew and padded to `batch` series, so what comes out for a series does not depend, in a
    single bit, on the series beside it (with the MKL mode of worker/__init__.py and a batch that is a multiple of 64:
    whole vectors; tested for each architecture, and checked on the spot by compute.settle).
    """

    def __init__(
        self,
        model: Path,
        days: Sequence[float],
        scale: np.ndarray,
        offset: np.ndarray,
        device: torch.device | str = "cpu",
        batch: int = BATCH,
    ) -> None:
        """Load `model` for a cube whose dates lie on `days` (T,); physical = stored * `scale` + `offset`, (T, C) each.

        Raises:
            ModelFileError: the model file cannot be used.
        """
        card, members = load_members(model, device)
        self.card: ModelCard = card
        self.batch = batch
        self.device = torch.device(device)
        self.scale, self.offset = np.asarray(scale, np.float32), np.asarray(offset, np.float32)
        self._can_attend = all(find_entry(member).architecture.gives_attention for member, _ in members)
        self._members = [
            _Member(found, _shifted(days, card, found[0]), scale, offset, self.device) for found in members
        ]
        self._dtype, self._engine = torch.float32, TORCH
        order = np.argsort(np.asarray(days), kind="stable")  # the order in which Preparation passes the dates on
        self.order = torch.from_numpy(order)
        self.days = torch.tensor(np.asarray(days, np.float32))  # of the cube's dates, in their own order
        self._back = None if np.all(np.diff(order) == 1) else torch.as_tensor(np.argsort(order), device=self.device)

    def predict(self, values: Tensor, valid: Tensor, attention: bool = False) -> tuple[Tensor, Optional[Tensor]]:
        """Return probabilities (n, K) float32 and attention (n, heads, T), or None unless `attention`, on the CPU.

        Args:
            values: (n, T, C) as stored, any number type.
            valid: (n, T), true where a date can be used.
            attention: also return attention; only for models that give it.

        """
        starts = range(0, max(len(values), 1), self.batch)
        answers = [self.answer(values[s : s + self.batch], valid[s : s + self.batch], attention) for s in starts]
        probability = torch.cat([answer.probability.cpu() for answer in answers])
        if not attention:
            return probability, None
        return probability, torch.cat([answer.attention.cpu() for answer in answers if answer.attention is not None])

    @torch.inference_mode()
    def answer(self, values: Tensor, valid: Tensor, attention: bool = False) -> Answer:
        """Return the answer for at most `batch` series, on the device; arguments as for predict.

        Of an ensemble: the mean of its members' probabilities, and a head of attention for each member, the mean of
        the heads of its own.
        """
        count = len(values)
        values, valid = self._sent(_padded(values, self.batch)), self._sent(_padded(valid != 0, self.batch))
        answers = [member.answer(values, valid, attention) for member in self._members]
        probability = sum((found for found, _ in answers[1:]), answers[0][0]) / len(answers)
        weights = _joined([found for _, found in answers if found is not None])
        if weights is not None:
            weights = weights[:count] if self._back is None else weights[:count, :, self._back]
        return Answer(probability[:count], weights, valid[:count].sum(1).to(self.device))

    def _sent(self, series: Tensor) -> Tensor:
        """Return `series` on its way to the card, as stored; other devices get theirs in Preparation."""
        if self.device.type != "cuda" or series.device.type != "cpu":
            return series
        return series.pin_memory().to(self.device, non_blocking=True)

    @property
    def gives_attention(self) -> bool:
        """Return whether attention can be asked for; networks of OpenVINO and recorded ones give answers only."""
        return self._can_attend and self._engine == TORCH

    @property
    def can_reduce(self) -> bool:
        """Return whether lower precision changes anything: a forest only compares."""
        return any(member.is_network for member in self._members)

    @property
    def dtype(self) -> torch.dtype:
        """Number type of the networks' linear layers and convolutions: float32 or bfloat16; see compute_in."""
        return self._dtype

    def compute_in(self, dtype: torch.dtype, engine: str = TORCH) -> None:
        """Let `engine` compute the networks in `dtype` from now on; classical models stay as they are."""
        self._dtype, self._engine = dtype, engine
        for member in self._members:
            member.compute_in(dtype, engine)

    @property
    def is_differentiable(self) -> bool:
        """Return whether gradients flow through the model: a network, or an ensemble of networks."""
        return all(member.is_network for member in self._members)

    def log_probability(self, values: Tensor, valid: Tensor) -> Tensor:
        """Return log probabilities (n, K) on the device, as precise for tiny ones as for large ones.

        Networks are differentiable in `values` where these are floating point. Arguments as for predict.
        """
        found = torch.stack([member.log_probability(values, valid) for member in self._members])
        return found[0] if len(found) == 1 else found.logsumexp(0) - math.log(len(found))


class _Member:
    """One network or classical model, made ready for one cube."""

    def __init__(
        self,
        found: tuple[ModelCard, Any],
        days: Sequence[float],
        scale: np.ndarray,
        offset: np.ndarray,
        device: torch.device,
    ) -> None:
        self._card, self._loaded = found
        self.is_network = find_entry(self._card).architecture.kind == "network"
        self._loaded.to(device)
        self._precise = quick_form(self._loaded.requires_grad_(False)) if self.is_network else self._loaded
        self._model = self._precise
        self._preparation = Preparation(self._card, days, scale, offset, device)

    def compute_in(self, dtype: torch.dtype, engine: str) -> None:
        """Compute so from now on; a classical model only compares, in float32."""
        if not self.is_network:
            return
        if engine == OPENVINO:
            self._model = OpenVinoForm(self._loaded, dtype)
            return
        form = in_bfloat16(self._precise) if dtype == torch.bfloat16 else self._precise
        self._model = GraphForm(form) if engine == GRAPH else form

    def answer(self, values: Tensor, valid: Tensor, attention: bool) -> tuple[Tensor, Optional[Tensor]]:
        """Return calibrated probability (n, K) and attention (n, heads, T) if wanted, dates in ascending order."""
        x, days, seen = self._preparation.prepare(values, valid)
        if not self.is_network:
            return self._model.predict_proba(self._model.features(x, self._card)), None
        weights = None
        if attention:
            logits, weights = self._model.attend(x, days, seen)
        else:
            logits = self._model(x, days, seen)
        return torch.softmax(logits.float() / self._card.temperature, dim=1), weights

    def log_probability(self, values: Tensor, valid: Tensor) -> Tensor:
        """Return calibrated log probability (n, K); votes of a forest count as at least _LEAST_VOTE."""
        x, days, seen = self._preparation.prepare(values, valid)
        if not self.is_network:
            votes = self._model.predict_proba(self._model.features(x, self._card)).clamp(min=_LEAST_VOTE)
            return (votes / votes.sum(1, keepdim=True)).log()
        return torch.log_softmax(self._model(x, days, seen).float() / self._card.temperature, dim=1)


def _joined(weights: list[Tensor]) -> Optional[Tensor]:
    """Return the attention of one model as it is, of several as a head each; None of none."""
    if len(weights) < 2:
        return weights[0] if weights else None
    return torch.cat([found.mean(1, keepdim=True) for found in weights], dim=1)


def _shifted(days: Sequence[float], card: ModelCard, member: ModelCard) -> Sequence[float]:
    """Return `days` since the season's start of `card` as days since that of `member`."""
    if member.season_start == card.season_start:
        return days
    start = season_start_for(member.season_start, member.days[0], card.dates)
    shift = (parse_date(card.season_start) - start).days
    return [day + shift for day in days]


def _padded(series: Tensor, length: int) -> Tensor:
    """Return `series` (n, ...) contiguous, with zeros up to `length` rows: the same layout for every batch."""
    if len(series) == length:
        return series.contiguous()
    padded = torch.zeros((length, *series.shape[1:]), dtype=series.dtype, device=series.device)
    padded[: len(series)] = series
    return padded


def torch_readable(array: np.ndarray) -> Tensor:
    """Return `array` as a tensor, without a copy where torch knows the type (unsigned integers: from 2.3 on)."""
    is_wide = array.dtype.kind == "u" and array.dtype.itemsize > 1
    if not is_wide:
        return torch.from_numpy(array)
    if array.dtype == np.uint16 and hasattr(torch, "uint16"):
        return torch.from_numpy(array.view(np.int16)).view(torch.uint16)
    return torch.from_numpy(array.astype(np.int64))
