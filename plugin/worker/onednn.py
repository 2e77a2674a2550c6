# SPDX-License-Identifier: GPL-2.0-or-later
"""oneDNN's matrix product on CPUs: on processors that are not Intel's, torch's own (MKL's) takes twice as long."""

from __future__ import annotations

from typing import Optional

import torch
from torch import Tensor

_LINEAR = getattr(torch.ops.mkldnn, "_linear_pointwise", None)  # absent where torch was built without oneDNN


def linear_product(x: Tensor, weight: Tensor, bias: Optional[Tensor] = None) -> Tensor:
    """Return x @ weight.T + bias; not for autograd."""
    if _LINEAR is None:
        return torch.nn.functional.linear(x, weight, bias)
    return _LINEAR(x, weight, bias, "none", [], "")
