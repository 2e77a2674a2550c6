# SPDX-License-Identifier: GPL-2.0-or-later
"""A session whose host is the test: the worker's own, writing into a list."""

from __future__ import annotations

import io

from chronomap.plugin.core.messages import decode
from chronomap.plugin.worker.session import Session


class Host(Session):
    """A real session on a stream in memory; `events` lists what was sent."""

    def __init__(self) -> None:
        self._stream = io.StringIO()
        super().__init__(self._stream)

    @property
    def events(self) -> list[dict]:
        return [decode(line) for line in self._stream.getvalue().splitlines()]

    def cancel(self) -> None:
        """As if the host had sent cancel."""
        self._canceled.set()
