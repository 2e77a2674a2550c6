# SPDX-License-Identifier: GPL-2.0-or-later
"""The lines that cross between host and worker: one JSON object each; unknown keys are ignored.

Host to worker: ``{"do": "train", ...}`` and the other commands of worker/commands.py, and at any moment
``{"do": "cancel"}`` (discard) or ``{"do": "finish"}`` (stop training, keep the best epoch).
Worker to host: the events of core/monitor.py, and ``hello{protocol, torch, device}``, ``ready{...}``,
``window{slot, ...}``, ``done{...}``, ``failed{message, expected}``, ``canceled``.
"""

from __future__ import annotations

import json
import math
from typing import Any

PROTOCOL = 1


def encode(message: dict[str, Any]) -> str:
    """Return the message as one line. NaN and infinity, which JSON lacks, become null."""
    return json.dumps(_finite(message), ensure_ascii=False, allow_nan=False) + "\n"


def decode(line: str) -> dict[str, Any]:
    """Return the message in `line`.

    Raises:
        ValueError: the line is no JSON object.
    """
    message = json.loads(line)
    if not isinstance(message, dict):
        raise ValueError(f"not a message: {line[:80]!r}")
    return message


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value
