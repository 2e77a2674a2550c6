# SPDX-License-Identifier: GPL-2.0-or-later
"""Importance of dates for any model: attention, occlusion, or integrated gradients; and what prefixes are taken for.

Importance is (n, rows, T): >= 0, sums to 1 over the valid dates, exactly 0 on others; a row per head of attention, one
row for the other methods. A series on whose decision no date has any effect is all 0.
"""

from __future__ import annotations

from typing import Optional

import numpy as np
import torch
from torch import Tensor

from ..core.errors import InputError
from ..core.importance import ATTENTION, OCCLUSION
from ..core.monitor import Monitor
from .predictor import Predictor

_BATCH = 1024  # series at once where nothing has to be the same bit for bit
_STEPS = 32  # of the integral along the way from the baseline
_TINY = 1e-6  # log odds: smaller effects are rounding


def importance(
    predictor: Predictor, values: Tensor, valid: Tensor, method: str, monitor: Monitor, reach_days: float = 0.0
) -> tuple[Tensor, Tensor]:
    """Return probability (n, K) and importance (n, rows, T) of stored series (n, T, C) with valid dates (n, T).

    What is explained is the class the model chooses. `reach_days`: occlusion hides dates so many days before and after
    with each date. The baseline of gradients is the mean of these series at each date.

    Raises:
        InputError: the model gives no attention, or has no gradients.
        Canceled: the user stopped the job.
    """
    valid = valid.bool()
    if method == ATTENTION and not predictor.gives_attention:
        raise InputError("The model gives no attention: choose occlusion.")
    baseline = mean_series(predictor, values, valid) if method not in (ATTENTION, OCCLUSION) else None
    found: list[tuple[Tensor, Tensor]] = []
    starts = range(0, max(len(values), 1), predictor.batch)
    for start in starts:
        monitor.check()
        rows = slice(start, start + predictor.batch)
        probability, attention = predictor.predict(values[rows], valid[rows], method == ATTENTION)
        if attention is None:
            effect = effects(predictor, values[rows], valid[rows], probability.argmax(1), baseline, reach_days)
            attention = shares(effect).unsqueeze(1)
        found.append((probability, attention))
        monitor.progress(min(1.0, (start + predictor.batch) / max(len(values), 1)))
    probabilities, weights = zip(*found)
    return torch.cat(probabilities), torch.cat(weights)


def effects(
    predictor: Predictor,
    values: Tensor,
    valid: Tensor,
    label: Tensor,
    baseline: Optional[Tensor] = None,
    reach_days: float = 0.0,
) -> Tensor:
    """Return how much each date speaks for class `label` (n,), in log odds: (n, T), 0 on invalid dates.

    By integrated gradients from the `baseline` (T, C; as stored) where one is given, else by occlusion.
    """
    if baseline is None:
        return occlusion(predictor, values, valid, label, reach_days)
    return integrated_gradients(predictor, values, valid, label, baseline)


@torch.inference_mode()
def occlusion(predictor: Predictor, values: Tensor, valid: Tensor, label: Tensor, reach_days: float = 0.0) -> Tensor:
    """Return by how much the log odds of class `label` (n,) fall when a date is hidden: (n, T), 0 on invalid dates.

    Dates within `reach_days` are hidden with it. All n * T series are answered in large batches.
    """
    days = predictor.days
    near = (days[:, None] - days[None, :]).abs() <= reach_days  # (T, T)
    series, date = valid.nonzero(as_tuple=True)
    effect = torch.zeros(valid.shape)
    everything = log_odds(predictor.log_probability(values, valid), label).cpu()
    for start in range(0, len(series), _BATCH):
        rows, dates = series[start : start + _BATCH], date[start : start + _BATCH]
        left = valid[rows] & ~near[dates]
        effect[rows, dates] = (
            everything[rows] - log_odds(predictor.log_probability(values[rows], left), label[rows]).cpu()
        )
    return effect


def integrated_gradients(
    predictor: Predictor, values: Tensor, valid: Tensor, label: Tensor, baseline: Tensor
) -> Tensor:
    """Return how much the values of each date move the log odds of class `label` (n,): (n, T), 0 on invalid dates.

    Sundararajan et al. 2017 (arXiv 1703.01365), along a straight line from `baseline` (T, C), summed over bands. Gap
    filling and normalisation are part of the function, so networks on a regular grid are explained by the
    acquisitions, not by grid days. (A library would have to be wrapped around exactly that; this is all it would do.)

    Raises:
        InputError: the model is no network.
    """
    if not predictor.is_differentiable:
        raise InputError("The model has no gradients: choose occlusion.")
    way = torch.where(valid.unsqueeze(2), values.float() - baseline, 0.0)  # (n, T, C)
    shares_of_way = (torch.arange(_STEPS) + 0.5) / _STEPS
    effect = torch.zeros(valid.shape)
    per_pass = max(1, _BATCH // _STEPS)
    for start in range(0, len(values), per_pass):
        rows = slice(start, start + per_pass)
        points = baseline + shares_of_way[:, None, None, None] * way[rows]  # (steps, n, T, C)
        points = points.flatten(0, 1).requires_grad_()
        seen, wanted = valid[rows].repeat(_STEPS, 1), label[rows].repeat(_STEPS)
        with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):  # cuDNN's RNNs have no gradient in eval
            total = log_odds(predictor.log_probability(points, seen), wanted).sum()
            (gradient,) = torch.autograd.grad(total, points)
        effect[rows] = (gradient.unflatten(0, (_STEPS, -1)).mean(0) * way[rows]).sum(2)
    return effect


def log_odds(log_probability: Tensor, label: Tensor) -> Tensor:
    """Return log(p / (1 - p)) of class `label` (n,) from log probabilities (n, K), exact where p is close to 1."""
    chosen = label.to(log_probability.device)[:, None]
    own = log_probability.gather(1, chosen)[:, 0]
    others = log_probability.scatter(1, chosen, float("-inf")).logsumexp(1)
    return own - others


def shares(effect: Tensor) -> Tensor:
    """Return the share of each date (n, T) in all effects of its series, whatever their sign; all 0 without effect."""
    size = torch.where(effect.abs() > _TINY, effect.abs(), 0.0)
    return size / size.sum(1, keepdim=True).clamp(min=_TINY)


def mean_series(predictor: Predictor, values: Tensor, valid: Tensor) -> Tensor:
    """Return the mean of stored series over the samples that saw each date, (T, C) float32; middle_series elsewhere."""
    seen = valid.unsqueeze(2) & values.float().isfinite().all(2, keepdim=True)
    count = seen.sum(0)  # (T, 1)
    mean = torch.where(seen, values.float(), 0.0).sum(0) / count.clamp(min=1)
    return torch.where(count > 0, mean, middle_series(predictor))


def middle_series(predictor: Predictor) -> Tensor:
    """Return the middle of each band's range in training at every date, as stored: (T, C) float32."""
    middle = (np.asarray(predictor.card.lower) + np.asarray(predictor.card.upper)) / 2
    return torch.from_numpy(((middle - predictor.offset) / predictor.scale).astype(np.float32))


def growth(predictor: Predictor, values: Tensor, valid: Tensor, monitor: Monitor) -> np.ndarray:
    """Return the probabilities (T, n, K) after each date, of series that end there; dates in the order of the cube.

    A series no date of which has been seen yet has no answer: NaN.

    Raises:
        Canceled: the user stopped the job.
    """
    count, dates = valid.shape
    grown = np.full((dates, count, len(predictor.card.classes)), np.nan, np.float32)
    rank = torch.empty(dates, dtype=torch.long)
    rank[predictor.order] = torch.arange(dates)
    reached = rank[None, :] <= rank[:, None]  # (T, T): row t sees the dates up to date t
    for start in range(0, count, max(1, _BATCH // dates)):
        monitor.check()
        rows = slice(start, start + max(1, _BATCH // dates))
        known = valid[rows].bool()[:, None] & reached  # (n, T, T)
        repeated = values[rows].repeat_interleave(dates, 0)  # (n * T, T, C)
        found = predictor.predict(repeated, known.flatten(0, 1))[0]
        found[~known.any(2).flatten()] = torch.nan
        grown[:, rows] = found.unflatten(0, (-1, dates)).transpose(0, 1).numpy()
        monitor.progress(min(1.0, (start + len(known)) / max(count, 1)))
    return grown


def without_dates(importances: Tensor, valid: Tensor, count: int) -> Tensor:
    """Return `valid` (n, T) without the `count` valid dates of largest importance (n, T); each series keeps one."""
    ranked = torch.where(valid, importances, float("-inf")).argsort(dim=1, descending=True, stable=True)
    place = torch.empty_like(ranked).scatter_(1, ranked, torch.arange(valid.shape[1]).expand_as(ranked))
    deleted = torch.minimum(torch.tensor(count), valid.sum(1, keepdim=True) - 1)
    return valid & (place >= deleted)
