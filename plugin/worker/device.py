# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the networks compute: the device of a job, its name, and how many CPU threads are worth their waiting."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from ..core.errors import InputError
from ..core.machine import cores

_CUDA_LANES = 3  # while one is copied to the card another is computed, a third copied back
_SMALL_BATCH = 4096  # series times dates per step, below which one thread is quicker


def choose_device(name: str) -> torch.device:
    """Return the device called `name`: "auto" (the best there is), "cpu", "cuda" or "mps".

    Raises:
        InputError: this machine has no such device.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "mps" if _has_mps() else "cpu")
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": _has_mps()}
    if name not in available:
        raise InputError(f"There is no device '{name}': choose auto, cpu, cuda or mps.")
    if not available[name]:
        raise InputError(f"The device '{name}' was asked for, but torch finds none here: choose auto or cpu.")
    return torch.device(name)


def describe_device(device: torch.device) -> str:
    """Return the device in words, with the model of a GPU."""
    if device.type == "cuda":
        return f"cuda ({torch.cuda.get_device_name(device)})"
    return device.type


def kernels_on(device: torch.device) -> str:
    """Return what arithmetic runs on there, with torch's version, to tell when it changes."""
    if device.type != "cpu":
        return f"torch {torch.__version__}, {describe_device(device)}"
    told = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}  # older torch: nothing
    tiles = " with AMX" if told.get("amx_bf16") else ""
    return f"torch {torch.__version__}, {torch.backends.cpu.get_cpu_capability()}{tiles}"


def lanes_of(device: torch.device) -> int:
    """Return how many batches a map has in work at once on the device: a core computes one, a card several."""
    return {"cpu": cores(), "cuda": _CUDA_LANES}.get(device.type, 1)


def set_threads(count: int = 0) -> int:
    """Let torch use `count` CPU threads (0: all cores this process may use) and return the number."""
    chosen = min(count, cores()) if count else cores()
    torch.set_num_threads(chosen)
    return chosen


def training_threads(positions: int, most: int = 0) -> int:
    """Choose the CPU threads, at `most` so many, for batches of `positions` series times dates.

    Small batches lose more by a second thread than they gain.
    """
    return set_threads(1 if positions < _SMALL_BATCH else most)


def make_repeatable() -> None:
    """Choose the algorithms that give the same figures every time."""
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False


@contextmanager
def tensor_cores() -> Iterator[None]:
    """Let a card multiply matrices as it convolves: factors rounded to TF32 (10 bits of mantissa), sums in float32.

    For training, whose own noise is larger; maps choose their precision by what it does to their pixels.
    """
    former = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = True
    try:
        yield
    finally:
        torch.backends.cuda.matmul.allow_tf32 = former


def give_back_memory() -> None:
    """Return to the system what was freed and is not soon wanted again: glibc keeps it (see core/process.py)."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim:
        trim(0)


def _has_mps() -> bool:
    return torch.backends.mps.is_available()
