# SPDX-License-Identifier: GPL-2.0-or-later
"""The worker's tests share two cores with others: one thread each."""

from __future__ import annotations

import pytest
import torch


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def warm():
    """Nothing: these tests start no worker."""
