# SPDX-License-Identifier: GPL-2.0-or-later
"""The command "train": arrays and settings in, a model file out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.monitor import Event

if TYPE_CHECKING:
    from .session import Session


def train(session: Session, message: Event) -> Event:
    """Train a model as the request says; emits epochs, answers done."""
    raise NotImplementedError
