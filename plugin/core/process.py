# SPDX-License-Identifier: GPL-2.0-or-later
"""The one module that starts other programs: the worker, and probes of its interpreter."""

from __future__ import annotations

import os
import subprocess  # nosec B404 # (no shell; the command is an interpreter the user chose and our own module)
import sys
from pathlib import Path

PLUGIN_ROOT = Path(__file__).resolve().parents[2]
# What QGIS sets for itself and would mislead another Python.
_FOREIGN = ("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "VIRTUAL_ENV")
_FOREIGN_PREFIXES = ("GDAL_", "PROJ_", "QT_", "QGIS_", "OSGEO4W")


def clean_environment() -> dict[str, str]:
    """Return the environment for the worker: the user's, without what QGIS set for itself."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _FOREIGN and not name.startswith(_FOREIGN_PREFIXES)
    }
    # PASSIVE: threads that wait give the core back, else training starves beside a busy QGIS.
    return {**kept, "OMP_WAIT_POLICY": "PASSIVE", "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def start(command: list[str]) -> subprocess.Popen[str]:
    """Start `command` beside the plugin with pipes for its three streams, line by line as text."""
    return subprocess.Popen(  # noqa: S603  # nosec B603
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        bufsize=1,
        cwd=PLUGIN_ROOT,
        env=clean_environment(),
        creationflags=_no_window(),
    )


def run_briefly(command: list[str], timeout_s: float) -> tuple[int, str]:
    """Run `command` and return (exit code, both streams as text); -1 when it cannot be started or takes too long."""
    try:
        finished = subprocess.run(  # noqa: S603  # nosec B603
            command,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout_s,
            check=False,
            cwd=PLUGIN_ROOT,
            env=clean_environment(),
            creationflags=_no_window(),
        )
    except subprocess.TimeoutExpired:
        return -1, f"no answer within {timeout_s:g} s"
    except OSError as error:
        return -1, str(error.strerror or error)
    return finished.returncode, finished.stdout + finished.stderr


def _no_window() -> int:
    """On Windows a console window would flash up."""
    return getattr(subprocess, "CREATE_NO_WINDOW", 0) if sys.platform == "win32" else 0
