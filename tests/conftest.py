# SPDX-License-Identifier: GPL-2.0-or-later
"""Register the checkout as package `chronomap`, whatever its folder is called; no QGIS, no torch here."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
COLD = os.environ.setdefault("CHRONOMAP_PYTHON", str(ROOT / ".venv/worker/bin/python"))

if "chronomap" not in sys.modules:
    spec = importlib.util.spec_from_file_location(
        "chronomap", ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
    )
    package = importlib.util.module_from_spec(spec)
    sys.modules["chronomap"] = package
    spec.loader.exec_module(package)

WORTH_IT = 30  # tests; fewer are done before the process is warm


@pytest.fixture(scope="session", autouse=True)
def warm(request):
    """Start the workers of a longer run from a process that has imported torch."""
    if len(request.session.items) < WORTH_IT:
        yield
        return
    from warm import warm_workers  # noqa: PLC0415 (the package is registered by now)

    with warm_workers(COLD):
        yield


@pytest.fixture
def cold_workers(monkeypatch):
    """Start each worker anew, as users do."""
    monkeypatch.setenv("CHRONOMAP_PYTHON", COLD)
