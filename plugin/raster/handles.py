# SPDX-License-Identifier: GPL-2.0-or-later
"""Open datasets and GDAL's block cache, both kept within bounds."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from osgeo import gdal

from .grid import Grid
from .source import Handle, Source, open_source

MAX_IDLE = 200  # open files a cube may keep: systems allow 512 to 1024 per process, and QGIS needs its own


class HandlePool:
    """Lends open datasets; each is used by one thread at a time, and the least recently used are closed."""

    def __init__(self, grid: Grid, max_idle: int = MAX_IDLE) -> None:
        self._grid = grid
        self._max_idle = max_idle
        self._idle: OrderedDict[int, tuple[Source, Handle]] = OrderedDict()  # oldest first
        self._tickets: dict[Source, list[int]] = {}
        self._next_ticket = 0
        self._lock = threading.Lock()

    @contextmanager
    def lend(self, source: Source) -> Iterator[Handle]:
        """Lend a handle of `source`; after an error it is closed instead of kept."""
        handle = self._take(source) or open_source(source, self._grid)
        yield handle
        self._keep(source, handle)

    def close(self) -> None:
        """Close every idle handle."""
        with self._lock:
            self._idle.clear()
            self._tickets.clear()

    def _take(self, source: Source) -> Handle | None:
        with self._lock:
            tickets = self._tickets.get(source)
            return self._idle.pop(tickets.pop())[1] if tickets else None

    def _keep(self, source: Source, handle: Handle) -> None:
        with self._lock:
            self._idle[self._next_ticket] = (source, handle)
            self._tickets.setdefault(source, []).append(self._next_ticket)
            self._next_ticket += 1
            if len(self._idle) > self._max_idle:
                oldest, (old_source, _) = self._idle.popitem(last=False)
                self._tickets[old_source].remove(oldest)


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
