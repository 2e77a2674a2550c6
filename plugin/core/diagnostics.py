# SPDX-License-Identifier: GPL-2.0-or-later
"""A page of text about the worker's environment, to be copied into a report of a fault; no passwords in it."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

from .environment import home, managed_environment, setup_log
from .interpreter import ENVIRONMENT_VARIABLE, candidates, probe
from .setup import free_mb
from .version import plugin_version
from .wheels import pip_settings

_LOG_LINES = 40


def diagnostics(setting: str, host_versions: dict[str, str]) -> str:
    """Return versions, paths, what each candidate answers, pip's settings and the end of the last set-up's log.

    `setting` is the user's Python ('' = none), `host_versions` what the host program adds (QGIS, Qt).
    """
    versions = {"Chronomap": plugin_version(), **host_versions, "System": platform.platform(), "Python": sys.version}
    lines = [f"{name}: {version}" for name, version in versions.items()]
    lines += [
        f"Python of the host: {sys.executable} in {sys.base_prefix}",
        f"Setting: {setting or '(empty)'}",
        f"{ENVIRONMENT_VARIABLE}: {os.environ.get(ENVIRONMENT_VARIABLE) or '(empty)'}",
        f"Environments: {home()} ({free_mb():.0f} MB free)",
    ]
    managed = managed_environment()
    if managed is not None:
        lines.append(f"Made by Chronomap: {managed}")
    settings = ""
    for python in candidates(setting):
        answer = probe(python)
        lines.append(f"Candidate {python}: {answer.problem or answer.versions}")
        settings = settings or (pip_settings(python) if answer.versions else "")
    lines += ["", "pip settings:", settings or "(none)", "", "Log of the last set-up:", log_tail(setup_log())]
    return "\n".join(lines)


def log_tail(log: Path) -> str:
    """Return the last lines of a log, or '(none)'."""
    if not log.exists():
        return "(none)"
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_LINES:])
