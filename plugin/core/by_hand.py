# SPDX-License-Identifier: GPL-2.0-or-later
"""What to type where the plugin cannot set up the worker's environment itself: with a network, and without one."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from .environment import environment_python, home
from .wheels import REQUIREMENTS, TORCH_INDEX, Wheels, torch_requirement

_WINDOWS = "win32"


def own_environment() -> Path:
    """Return the folder that the commands propose."""
    return home() / "own"


def online_commands(wheels: Wheels) -> list[str]:
    """Return what to type in a terminal of a machine with a network."""
    python = _quoted(str(environment_python(own_environment())))
    torch = [f"{python} -m pip install {_index(wheels)}{_quoted(torch_requirement())}"] if wheels.build else []
    return [
        f"{_terminal_python()} -m venv {_quoted(str(own_environment()))}",
        *torch,
        f"{python} -m pip install -r {_quoted(str(REQUIREMENTS))}",
    ]


def offline_commands(wheels: Wheels) -> tuple[list[str], list[str]]:
    """Return what to type on a machine with a network of the same system and Python, then, with `wheels`, on this."""
    fetch = f"{_terminal_python()} -m pip download -d wheels"
    torch = [f"{fetch} {_index(wheels)}{_quoted(torch_requirement())}"] if wheels.build else []
    there = [*torch, f"{fetch} --find-links wheels {' '.join(map(_quoted, requirement_lines()))}"]
    python = _quoted(str(environment_python(own_environment())))
    here = [
        f"{_terminal_python()} -m venv {_quoted(str(own_environment()))}",
        f"{python} -m pip install --no-index --find-links wheels -r {_quoted(str(REQUIREMENTS))}",
    ]
    return there, here


def requirement_lines() -> list[str]:
    """Return the requirements without comments."""
    lines = (line.strip() for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _index(wheels: Wheels) -> str:
    return f"--index-url {TORCH_INDEX}{wheels.build} " if wheels.build else ""


def _terminal_python() -> str:
    return "py" if sys.platform == _WINDOWS else "python3"


def _quoted(text: str) -> str:
    return f'"{text}"' if sys.platform == _WINDOWS else shlex.quote(text)
