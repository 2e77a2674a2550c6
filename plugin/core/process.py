# SPDX-License-Identifier: GPL-2.0-or-later
"""The one module that starts other programs: the worker, probes of its interpreter, and pip."""

from __future__ import annotations

import os
import queue
import signal
import subprocess  # nosec B404 # (no shell; the command is an interpreter the user chose and our own module)
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Callable, Optional

from .machine import cores

PLUGIN_ROOT = Path(__file__).resolve().parents[2]
# What QGIS sets for itself and would mislead another Python.
_FOREIGN = ("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "VIRTUAL_ENV")
_POLL_S, _GRACE_S = 0.2, 10.0
_FOREIGN_PREFIXES = ("GDAL_", "PROJ_", "QT_", "QGIS_", "OSGEO4W")
# glibc gives what a batch frees back to the system, which clears it for the next one: a tenth to half of a map's time.
# Kept, it costs no more memory than the largest batch had; heaps are for threads that compute, not for every one.
_KEEP_MEMORY = {
    "MALLOC_TRIM_THRESHOLD_": str(2**29),  # bytes
    "MALLOC_MMAP_THRESHOLD_": str(2**25),
    "MALLOC_ARENA_MAX": str(cores()),
}


def clean_environment() -> dict[str, str]:
    """Return the environment for the worker: the user's, without what QGIS set for itself."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _FOREIGN and not name.startswith(_FOREIGN_PREFIXES)
    }
    # PASSIVE: threads that wait give the core back, else training starves beside a busy QGIS.
    return {**_KEEP_MEMORY, **kept, "OMP_WAIT_POLICY": "PASSIVE", "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"}


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


def follow(
    command: list[str], on_line: Callable[[str], None], poll: Callable[[], None], variables: Mapping[str, str]
) -> int:
    """Run `command` to its end with `variables` added to its environment, and return its exit code (-1: not started).

    Each line of both streams goes to `on_line`; `poll` is called several times a second, and what it raises ends the
    command and all that it started.
    """
    lines: queue.Queue[Optional[str]] = queue.Queue()
    try:
        process = _start_group(command, variables)
    except OSError as error:
        on_line(f"{command[0]}: {error.strerror or error}")
        return -1
    reader = threading.Thread(target=_queue_lines, args=(process, lines), daemon=True)
    reader.start()
    try:
        while True:
            poll()
            try:
                line = lines.get(timeout=_POLL_S)
            except queue.Empty:
                continue
            if line is None:
                return process.wait()
            on_line(line.rstrip())
    finally:
        _stop_group(process)
        reader.join(timeout=_GRACE_S)


def _start_group(command: list[str], variables: Mapping[str, str]) -> subprocess.Popen[str]:
    """Start a command whose children can be stopped with it."""
    return subprocess.Popen(  # noqa: S603  # nosec B603
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        cwd=PLUGIN_ROOT,
        env={**clean_environment(), **variables},
        creationflags=_no_window(),
        start_new_session=sys.platform != "win32",
    )


def _queue_lines(process: subprocess.Popen[str], lines: queue.Queue[Optional[str]]) -> None:
    with process.stdout:  # type: ignore[union-attr]
        for line in process.stdout:  # type: ignore[union-attr]
            lines.put(line)
    lines.put(None)


def _stop_group(process: subprocess.Popen[str]) -> None:
    """End a command and what it started; nothing happens where it has ended."""
    if process.poll() is not None:
        return
    if sys.platform == "win32":
        run_briefly(["taskkill", "/F", "/T", "/PID", str(process.pid)], _GRACE_S)
    else:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _no_window() -> int:
    """On Windows a console window would flash up."""
    return getattr(subprocess, "CREATE_NO_WINDOW", 0) if sys.platform == "win32" else 0
