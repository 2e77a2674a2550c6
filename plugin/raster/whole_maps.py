# SPDX-License-Identifier: GPL-2.0-or-later
"""Maps that are written in one go: under a temporary name, renamed when complete, gone when they are not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from .grid import Grid
from .writer import MapLayer, MapWriter


@contextmanager
def whole_maps(layers: Mapping[str, MapLayer], grid: Grid) -> Iterator[dict[str, MapWriter]]:
    """Give a writer per layer; at the end of the block all get their final names, after an error none is left.

    Raises:
        OutputError: a place cannot be written.
    """
    writers: dict[str, MapWriter] = {}
    is_complete = False
    try:
        for name, layer in layers.items():
            writers[name] = MapWriter(layer, grid, resume=False)
        yield writers
        for writer in writers.values():
            writer.finish(cloud_optimized=False)
        is_complete = True
    finally:
        if not is_complete:
            for name, writer in writers.items():
                writer.close()
                layers[name].partial.unlink(missing_ok=True)
