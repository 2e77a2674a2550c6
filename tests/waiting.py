# SPDX-License-Identifier: GPL-2.0-or-later
"""Waiting with a live event loop, as a user does: ``from waiting import wait_until``."""

from __future__ import annotations

import time
from typing import Callable


def wait_until(is_so: Callable[[], bool], seconds: float = 60.0) -> None:
    """Run the event loop until `is_so()`; fail after `seconds`."""
    from qgis.PyQt.QtCore import QCoreApplication, QEventLoop  # noqa: PLC0415 (worker tests have no Qt)

    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not so after {seconds:g} s"
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)
        time.sleep(0.005)


def wait(seconds: float) -> None:
    """Run the event loop for `seconds`."""
    end = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() >= end, seconds + 60.0)
