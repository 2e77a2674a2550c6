# SPDX-License-Identifier: GPL-2.0-or-later
"""Set up the worker's environment: a virtual environment with torch, whole or not at all."""

from __future__ import annotations

import shutil
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from .environment import (
    Environment,
    beat,
    begin_environment,
    complete,
    discard_unless_complete,
    environment_python,
    home,
    setup_log,
    size_mb,
)
from .errors import OutputError, WorkerError
from .interpreter import Probe, probe
from .monitor import Monitor
from .process import follow, run_briefly
from .wheels import Wheels, pip_commands, without_passwords

_VENV_SHARE, _PIP_SHARE = 0.03, 0.92  # of the progress bar; the rest is for trying the environment out
_MEASURE_S = 1.0
_BASE_TIMEOUT_S = 30.0
_BASE_PROBE = "import ensurepip, ssl, sys, venv; sys.exit(not (sys.version_info >= (3, 9) and sys.maxsize > 2**32))"
# What pip says when it fails, and what that means for the user.
_FAULTS = (
    (("No space left", "WinError 112", "Errno 28"), "The disk is full: free space and try again."),
    (
        ("CERTIFICATE_VERIFY_FAILED", "SSLError", "SSLCertVerificationError"),
        "The connection is inspected by a proxy whose certificate pip does not know: ask for the certificate and name "
        "it in PIP_CERT.",
    ),
    (
        ("ProxyError", "Tunnel connection failed", "407 Proxy"),
        "The proxy refuses the connection: set HTTPS_PROXY, with the name and password it wants, before QGIS starts.",
    ),
    (
        ("NewConnectionError", "Name or service not known", "getaddrinfo", "ConnectTimeout", "Network is unreachable"),
        "The package index cannot be reached: check the connection, or set it up by hand, offline.",
    ),
    (
        ("No matching distribution", "Could not find a version"),
        "There is no build of a package for this Python and system: use a Python of your own, 3.10 to 3.13.",
    ),
    (("Permission denied", "WinError 5"), "The folder cannot be written: check your rights, or a virus scanner."),
    (("WinError 1114", "WinError 126"), "A library of Windows is missing: install the 'Visual C++ Redistributable'."),
)


@dataclass
class _Log:
    """The log of a set-up: a file, and events for whoever watches."""

    monitor: Monitor
    text: str = ""

    def write(self, line: str) -> None:
        """Add a line."""
        line = without_passwords(line)
        self.text += line + "\n"
        with setup_log().open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        self.monitor.note(line)


def set_up(wheels: Wheels, monitor: Monitor) -> Environment:
    """Make a new environment and return it; when this fails or is canceled, nothing of it is left.

    Raises:
        Canceled: the user stopped it.
        OutputError: the disk is full or protected, or another set-up is under way.
        WorkerError: there is no Python to start from, pip failed, or the environment does not work.
    """
    check_space(wheels)
    base = find_base()
    folder = begin_environment()
    try:
        setup_log().unlink(missing_ok=True)
        environment = _build(folder, base, wheels, monitor)
        complete(environment)
    except OSError as error:
        raise OutputError(f"{folder} cannot be written ({error.strerror}): free disk space.") from error
    finally:
        discard_unless_complete(folder)
    probe.cache_clear()
    monitor.progress(1.0, "Ready")
    return environment


def check_space(wheels: Wheels) -> None:
    """Check the room for an environment.

    Raises:
        OutputError: there is too little.
    """
    needed, free = wheels.disk_mb + wheels.download_mb, free_mb()
    if free < needed:
        raise OutputError(f"{home()} has {free:.0f} MB free, and {needed} MB are needed: free disk space.")


def free_mb() -> float:
    """Return the free space where environments go, in MB."""
    place = home()
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free / 1e6


def find_base() -> str:
    """Return a Python that can make virtual environments.

    Raises:
        WorkerError: there is none; the message says what to install.
    """
    for python in _base_candidates():
        if run_briefly([python, "-c", _BASE_PROBE], _BASE_TIMEOUT_S)[0] == 0:
            return python
    advice = {
        "win32": "reinstall QGIS with its Python, or install Python from python.org and use that",
        "darwin": "install Python from python.org or with Homebrew",
    }.get(sys.platform, "install it: sudo apt install python3-venv (Debian, Ubuntu) or python3 with venv")
    raise WorkerError(f"No Python 3.9 or later that can make virtual environments was found: {advice}. Then try again.")


def explain(output: str) -> str:
    """Return in words why pip failed, or ''."""
    return next((sentence for signs, sentence in _FAULTS if any(sign in output for sign in signs)), "")


def _base_candidates() -> list[str]:
    """Return interpreters to build upon; never QGIS itself, which sys.executable is on Windows and macOS."""
    if sys.platform == "win32":
        found = [Path(sys.base_prefix) / name for name in ("python.exe", "python3.exe")]
    elif sys.platform == "darwin":
        frameworks = Path("/Library/Frameworks/Python.framework/Versions/Current")
        found = [prefix / "bin" / "python3" for prefix in (Path("/opt/homebrew"), Path("/usr/local"), frameworks)]
    else:
        # The exact one first: sys.executable may be the first python3 of PATH that came along.
        own = [Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}"]
        own += [Path(sys.executable)] if Path(sys.executable).name.startswith("python") else []
        found = [*own, Path("/usr/bin/python3")]
    return [str(path) for path in dict.fromkeys(found) if path.exists()]


def _build(folder: Path, base: str, wheels: Wheels, monitor: Monitor) -> Environment:
    started, log = time.monotonic(), _Log(monitor)
    log.write(f"Chronomap sets up {folder} from {base}: {wheels.title}, {datetime.now():%Y-%m-%d %H:%M:%S}")
    step = _Steps(folder, wheels, log)
    monitor.progress(0.0, "Making the environment")
    step.run([base, "-m", "venv", str(folder)])
    python = str(environment_python(folder))
    for command in pip_commands(python, wheels):
        step.run(command)
    shutil.rmtree(step.scratch, ignore_errors=True)
    monitor.progress(_VENV_SHARE + _PIP_SHARE, "Trying it out")
    answer = _try_out(python)
    log.write("It works: " + ", ".join(f"{name} {version}" for name, version in answer.versions.items()))
    if wheels.id == "cuda" and not answer.versions["device"].startswith("cuda"):
        log.write("torch finds no NVIDIA card it can use: update the card's driver. Until then the processor is used.")
    seconds = round(time.monotonic() - started, 1)
    created = f"{datetime.now():%Y-%m-%d %H:%M:%S}"
    return Environment(str(folder), wheels.id, created, round(size_mb(folder)), seconds, dict(answer.versions))


def _try_out(python: str) -> Probe:
    probe.cache_clear()
    answer = probe(python)
    if answer.problem or answer.absent:
        reason = answer.problem or f"{' and '.join(answer.absent)} cannot be found"
        raise WorkerError(f"The new environment does not work ({reason}). {explain(reason)}".strip())
    return answer


class _Steps:
    """Runs the commands of one set-up; progress is what has reached the disk."""

    def __init__(self, folder: Path, wheels: Wheels, log: _Log) -> None:
        self.scratch = folder / "scratch"  # what pip unpacks: goes with the folder, and needs no room in /tmp
        self.scratch.mkdir()
        self._folder = folder
        self._whole_mb = wheels.disk_mb + wheels.download_mb
        self._log = log
        self._measured = self._share = 0.0

    def run(self, command: list[str]) -> None:
        """Run one command.

        Raises:
            Canceled: the user stopped it.
            WorkerError: the command failed.
        """
        self._log.write("> " + " ".join(command))
        places = {name: str(self.scratch) for name in ("TMPDIR", "TEMP", "TMP")}
        code = follow(command, self._log.write, self._poll, {**places, "PIP_USER": "0"})
        if code != 0:
            last = next((line for line in reversed(self._log.text.splitlines()) if line.strip()), "")
            reason = explain(self._log.text) or f"The last line was: {last}"
            raise WorkerError(f"The set-up failed. {reason} The log is in {setup_log()}.")

    def _poll(self) -> None:
        self._log.monitor.check()
        if time.monotonic() - self._measured < _MEASURE_S:
            return
        beat(self._folder)
        on_disk = size_mb(self._folder)
        self._share = min(1.0, max(self._share, on_disk / self._whole_mb))  # pip deletes what it has unpacked
        self._log.monitor.progress(_VENV_SHARE + _PIP_SHARE * self._share, f"{on_disk:.0f} MB so far")
        self._measured = time.monotonic()
