# SPDX-License-Identifier: GPL-2.0-or-later
"""Write the catalog of architectures from their declarations: ``python -m plugin.worker.catalog``."""

from __future__ import annotations

from typing import Any

from ..core.catalog import CATALOG_PATH
from ..core.records import to_plain, write_json
from .architectures import registry


def catalog() -> dict[str, Any]:
    """Return the catalog as it stands in ``resources/architectures.json``."""
    return {"architectures": [to_plain(entry.architecture) for entry in registry().values()]}


if __name__ == "__main__":
    write_json(CATALOG_PATH, catalog())
