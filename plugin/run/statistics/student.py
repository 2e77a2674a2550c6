# SPDX-License-Identifier: GPL-2.0-or-later
"""Student's t, chi-square and binomial tails with the standard library alone: QGIS need not have scipy."""

from __future__ import annotations

import math
from functools import lru_cache

_TINY = 1e-300
_STEPS = 300


def t_tail(t: float, freedom: float) -> float:
    """Return the two-sided p-value of Student's `t` with `freedom` degrees of freedom."""
    return incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t)) if math.isfinite(t) else 0.0


@lru_cache(maxsize=256)
def t_quantile(level: float, freedom: float) -> float:
    """Return the t whose central interval holds `level` (0 to 1) of the distribution."""
    low, high = 0.0, 1.0
    while t_tail(high, freedom) > 1 - level:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if t_tail(middle, freedom) > 1 - level else (low, middle)
    return (low + high) / 2


def chi_square_tail(x: float) -> float:
    """Return the p-value of `x` under chi-square with one degree of freedom."""
    return math.erfc(math.sqrt(x / 2))


def fair_coin_tail(heads: int, tosses: int) -> float:
    """Return the exact two-sided p-value of `heads` in `tosses` of a fair coin."""
    few = min(heads, tosses - heads)
    below = sum(math.comb(tosses, count) for count in range(few + 1))
    return min(1.0, 2.0 * below / 2**tosses)


def incomplete_beta(a: float, b: float, x: float) -> float:
    """Return the regularised incomplete beta function, by its continued fraction (Lentz; Numerical Recipes 6.4)."""
    if x <= 0.0 or x >= 1.0:
        return 0.0 if x <= 0.0 else 1.0
    if x > (a + 1) / (a + b + 2):
        return 1.0 - incomplete_beta(b, a, 1.0 - x)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    fraction, c, d = 1.0, 1.0, 0.0
    for step in range(_STEPS):
        m = step // 2
        if step == 0:
            numerator = 1.0
        elif step % 2 == 0:
            numerator = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        else:
            numerator = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1.0 / _apart(1.0 + numerator * d)
        c = _apart(1.0 + numerator / c)
        fraction *= c * d
        if abs(1.0 - c * d) < 1e-14:
            break
    return math.exp(log_front) * (fraction - 1.0) / a


def _apart(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
