# SPDX-License-Identifier: GPL-2.0-or-later
"""What the user sets once for all jobs, kept in the QGIS profile."""

from __future__ import annotations

from qgis.core import QgsSettings

INTERPRETER = "CHRONOMAP_PYTHON"
_PROCESSING = "Processing/Configuration/"  # where Options > Processing > Providers keeps what it shows


def interpreter() -> str:
    """Return the Python that shall run the worker, or '' to look for one (see core/interpreter.py)."""
    return str(QgsSettings().value(_PROCESSING + INTERPRETER, "") or "").strip()


def set_interpreter(python: str) -> None:
    """Name the Python that shall run the worker; '' looks for one."""
    QgsSettings().setValue(_PROCESSING + INTERPRETER, python.strip())
