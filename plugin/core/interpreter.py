# SPDX-License-Identifier: GPL-2.0-or-later
"""Which Python runs the worker: candidates are probed in a child process with a time-out, never trusted."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from .errors import WorkerError
from .process import run_briefly

ENVIRONMENT_VARIABLE = "CHRONOMAP_PYTHON"
_PROBE_TIMEOUT_S = 120.0
_PROBE = (
    "import json, sys, numpy, safetensors, torch; "
    "print(json.dumps({'python': sys.version.split()[0], 'torch': torch.__version__, 'numpy': numpy.__version__, "
    "'cuda': torch.cuda.is_available()}))"
)


@dataclass(frozen=True)
class Probe:
    """What a candidate answered: versions, or why it cannot run the worker."""

    python: str
    versions: dict[str, str]
    problem: str = ""


def managed_environment() -> Path:
    """Return where the plugin keeps its own worker environment: the user's local data, not profile or plugin."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local" / "share"))
    return base / "chronomap" / "worker"


def environment_python(environment: Path) -> Path:
    """Return the interpreter inside a virtual environment."""
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def candidates(setting: str = "") -> list[str]:
    """Return the interpreters to try, best first.

    What the user chose (the setting, else CHRONOMAP_PYTHON) stands alone: nothing else is taken in its place in
    silence. Without a choice: the managed environment, then QGIS's own Python.
    """
    chosen = setting or os.environ.get(ENVIRONMENT_VARIABLE, "")
    if chosen:
        return [chosen]
    own = sys.executable if Path(sys.executable).stem.lower().startswith("python") else ""
    if os.name == "nt":  # sys.executable is QGIS itself there
        own = str(Path(sys.prefix) / "python.exe")
    managed = environment_python(managed_environment())
    found = [str(managed) if managed.exists() else "", own]
    if not own and sys.platform.startswith("linux"):
        found.append("/usr/bin/python3")
    return list(dict.fromkeys(path for path in found if path))


@lru_cache(maxsize=16)
def probe(python: str) -> Probe:
    """Ask `python` for torch, numpy and safetensors."""
    code, output = run_briefly([python, "-c", _PROBE], _PROBE_TIMEOUT_S)
    lines = output.strip().splitlines() or ["no answer"]
    if code != 0:
        return Probe(python, {}, lines[-1])
    try:
        return Probe(python, json.loads(lines[-1]))
    except ValueError:
        return Probe(python, {}, f"not a Python: it answered '{lines[-1][:80]}'")


def find_interpreter(setting: str = "") -> str:
    """Return the first candidate that can run the worker.

    Raises:
        WorkerError: none can; the message lists what was tried and why each failed.
    """
    tried = []
    for python in candidates(setting):
        answer = probe(python)
        if not answer.problem:
            return python
        tried.append(f"{python} ({answer.problem})")
    probe.cache_clear()  # the user may mend it and try again
    raise WorkerError(
        "No Python with torch was found to run the worker. Tried: " + ("; ".join(tried) or "nothing") + ". "
        f"Make an environment with 'pip install torch numpy safetensors scikit-learn matplotlib' and name its python "
        f"in Settings > Options > Processing > Providers > Chronomap or in {ENVIRONMENT_VARIABLE}."
    )
