# SPDX-License-Identifier: GPL-2.0-or-later
"""Dealing groups of samples into parts whole, so that each class comes as near as it can to its shares.

After the iterative stratification of Sechidis et al. 2011 (10.1007/978-3-642-23808-6_10): the class with the fewest
groups is dealt first, each group to the part that misses the class most; the best of several seeded orders is taken.
"""

from __future__ import annotations

import numpy as np

_ORDERS = 20  # tried per class
_MANY = 500  # groups of a class from which one order is balanced enough
_DEALS = 5  # tried where groups hold several classes, so that the order of one class bears on others


def best_deal(
    counts: np.ndarray, shares: np.ndarray, first: tuple[int, ...], generator: np.random.Generator
) -> np.ndarray:
    """Deal groups into parts; return the part of each group, (U,) int64.

    `counts` (U, K) are the samples of each class in each group, `shares` (P,) add up to 1; `first`: the parts in the
    order in which a class with few groups gets into them.
    """
    is_mixed = bool(((counts > 0).sum(axis=1) > 1).any())
    deals = [_deal(counts, shares, first, generator) for _ in range(_DEALS if is_mixed else 1)]
    return min(deals, key=lambda part: _badness(part, counts, shares, first))


def deal_singles(
    label: np.ndarray, shares: np.ndarray, first: tuple[int, ...], generator: np.random.Generator
) -> np.ndarray:
    """Deal samples that are groups of their own; return the part of each, (N,) int64. Parameters as in best_deal."""
    part = np.zeros(len(label), np.int64)
    totals = np.zeros(len(shares))
    for k in np.unique(label):
        members = generator.permutation(np.flatnonzero(label == k))
        missing = shares * (totals.sum() + len(members)) - totals
        quotas = _quotas(len(members), shares, missing, first)
        part[members] = np.repeat(np.arange(len(shares)), quotas)
        totals += quotas
    return part


def _quotas(count: int, shares: np.ndarray, missing: np.ndarray, first: tuple[int, ...]) -> np.ndarray:
    """Return how many of `count` samples each part gets, (P,): its share, but at least one while there are enough."""
    quotas = np.floor(shares * count + 1e-9).astype(np.int64)
    neediest = sorted(range(len(shares)), key=lambda p: (-round(missing[p] - quotas[p], 9), first.index(p)))
    if count < len(shares):
        quotas[:] = 0
        quotas[list(neediest if _is_even(shares) else first)[:count]] = 1
        return quotas
    quotas[neediest[: count - int(quotas.sum())]] += 1
    for p in np.flatnonzero(quotas == 0):
        quotas[int(np.argmax(quotas))] -= 1
        quotas[p] = 1
    return quotas


def _deal(counts: np.ndarray, shares: np.ndarray, first: tuple[int, ...], generator: np.random.Generator) -> np.ndarray:
    """Deal all groups once, class by class."""
    part = np.full(len(counts), -1, np.int64)
    while (part < 0).any():
        waiting = (counts > 0) & (part < 0)[:, None]
        groups = waiting.sum(axis=0)
        k = int(np.argmin(np.where(groups > 0, groups, len(counts) + 1)))
        members = np.flatnonzero(waiting[:, k])
        orders = [generator.permutation(members) for _ in range(_ORDERS if len(members) < _MANY else 1)]
        tries = [_deal_class(k, order, part, counts, (shares, first)) for order in orders]
        part = min(tries, key=lambda tried: _badness(tried, counts[:, k : k + 1], shares, first))
    return part


def _deal_class(
    k: int, order: np.ndarray, part: np.ndarray, counts: np.ndarray, parts: tuple[np.ndarray, tuple[int, ...]]
) -> np.ndarray:
    """Return `part` with the groups of class `k` dealt in the given order; `parts` are shares and first."""
    shares, first = parts
    part = part.copy()
    wanted = counts.sum(axis=0)[None, :] * shares[:, None]  # (P, K)
    given = np.stack([counts[part == p].sum(axis=0) for p in range(len(shares))])
    rank = np.array([first.index(p) for p in range(len(shares))])
    for place, unit in enumerate(order):
        empty = np.flatnonzero(given[:, k] == 0)
        missing, total_missing = wanted[:, k] - given[:, k], (wanted - given).sum(axis=1)
        keys = [rank, -total_missing, -missing]  # the last counts first
        allowed = np.arange(len(shares))
        if len(order) - place <= len(empty):  # no more groups than parts that lack the class
            allowed, keys = empty, keys if _is_even(shares) else [rank]
        part[unit] = allowed[np.lexsort([key[allowed] for key in keys])[0]]
        given[part[unit]] += counts[unit]
    return part


def _is_even(shares: np.ndarray) -> bool:
    """Tell whether parts are alike (folds): then a class with few groups goes where room is, not to the first ones."""
    return bool(np.ptp(shares) < 1e-9)


def _badness(part: np.ndarray, counts: np.ndarray, shares: np.ndarray, first: tuple[int, ...]) -> tuple[float, ...]:
    """Return what is worst first: classes missing by part (in the order of `first`), then distance from the shares."""
    given = np.stack([counts[part == p].sum(axis=0) for p in range(len(shares))])  # (P, K)
    missing = [float((given[p] == 0).sum()) for p in first]
    share = given / np.maximum(given.sum(axis=0), 1)
    return (*missing, float(np.abs(share - shares[:, None]).mean()))
