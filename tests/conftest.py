# SPDX-License-Identifier: GPL-2.0-or-later
"""Register the checkout as package `chronomap`, whatever its folder is called; no QGIS, no torch here."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
os.environ.setdefault("CHRONOMAP_PYTHON", str(ROOT / ".venv/worker/bin/python"))

if "chronomap" not in sys.modules:
    spec = importlib.util.spec_from_file_location(
        "chronomap", ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
    )
    package = importlib.util.module_from_spec(spec)
    sys.modules["chronomap"] = package
    spec.loader.exec_module(package)
