# SPDX-License-Identifier: GPL-2.0-or-later
"""What the toolbox shows of an algorithm."""

from __future__ import annotations

from dataclasses import dataclass

PROVIDER_ID = "chronomap"
GROUPS = {
    "data": "1 Data",
    "train": "2 Train",
    "map": "3 Map",
    "explain": "4 Explain and evaluate",
    "models": "5 Models to start from",
}


@dataclass(frozen=True)
class About:
    """Identity of an algorithm: `id` never changes once published; `group` is a key of GROUPS."""

    id: str
    title: str
    group: str
    help: str
    tags: tuple[str, ...] = ()
