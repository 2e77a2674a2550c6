# SPDX-License-Identifier: GPL-2.0-or-later
"""The plugin's version, as metadata.txt has it."""

from __future__ import annotations

import configparser
from functools import lru_cache

from .process import PLUGIN_ROOT


@lru_cache(maxsize=1)
def plugin_version() -> str:
    """Return the version, for example '0.1.0'."""
    metadata = configparser.ConfigParser(interpolation=None)
    metadata.read(PLUGIN_ROOT / "metadata.txt", encoding="utf-8")
    return metadata.get("general", "version", fallback="0")
