# SPDX-License-Identifier: GPL-2.0-or-later
"""Open datasets and GDAL's block cache, both kept within bounds."""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Callable

from osgeo import gdal

from .grid import Grid
from .source import Handle, Source, open_source

_MAX_OPEN = 800
_ASSUMED_LIMIT = 512  # open files per process, where the system does not tell


class Lane:
    """One thread with open datasets of its own, the least recently used of which are closed.

    A dataset must stay with the thread that opened it: VRTs opened in one thread share the files behind them.
    """

    def __init__(self, grid: Grid, max_open: int) -> None:
        self._grid = grid
        self._max_open = max(1, max_open)
        self._open: OrderedDict[Source, Handle] = OrderedDict()  # oldest first
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="chronomap-read")

    def submit(self, task: Callable[[Lane, int], None], index: int) -> Future[None]:
        """Run `task` with this lane and `index` in the lane's thread."""
        return self._thread.submit(task, self, index)

    @contextmanager
    def handle(self, source: Source) -> Iterator[Handle]:
        """Give a handle of `source`, for use in the lane's thread; after an error it is closed."""
        handle = self._open.pop(source, None) or open_source(source, self._grid)
        yield handle
        self._open[source] = handle
        if len(self._open) > self._max_open:
            self._open.popitem(last=False)

    def close(self) -> None:
        """Close every dataset, in the lane's thread, and end the thread."""
        self._thread.submit(self._open.clear).result()
        self._thread.shutdown()


def open_file_budget() -> int:
    """Return how many datasets may be open at once: half of what the system allows the process."""
    if sys.platform == "win32":
        return _ASSUMED_LIMIT // 2
    import resource  # noqa: PLC0415 (not on Windows)

    return min(_MAX_OPEN, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)


class CacheLimit:
    """Lowers GDAL's block cache, which the whole process shares, while at least one holder lives."""

    _lock = threading.Lock()
    _limits: dict[int, int] = {}  # noqa: RUF012 (shared on purpose: the cache is one per process)
    _before = 0

    def __init__(self, limit_bytes: int) -> None:
        with CacheLimit._lock:
            if not CacheLimit._limits:
                CacheLimit._before = gdal.GetCacheMax()
            CacheLimit._limits[id(self)] = limit_bytes
            gdal.SetCacheMax(min(CacheLimit._before, *CacheLimit._limits.values()))

    def release(self) -> None:
        """Give the cache its former size back, once the last holder is gone."""
        with CacheLimit._lock:
            if CacheLimit._limits.pop(id(self), None) is None:
                return
            gdal.SetCacheMax(min([CacheLimit._before, *CacheLimit._limits.values()]))
