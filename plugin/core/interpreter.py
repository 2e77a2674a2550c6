# SPDX-License-Identifier: GPL-2.0-or-later
"""Which Python runs the worker: candidates are probed in a child process with a time-out, never trusted."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from .environment import managed_environment
from .errors import WorkerError
from .process import run_briefly

ENVIRONMENT_VARIABLE = "CHRONOMAP_PYTHON"
LEAST = {"python": (3, 9), "torch": (2, 4)}  # torch: from then on its optimisers are fused on CPUs
NEEDED = {"torch": "torch", "numpy": "numpy", "safetensors": "safetensors"}  # module -> package
WANTED = {"sklearn": "scikit-learn", "matplotlib": "matplotlib", "optuna": "optuna"}  # forests, charts, searches
_PROBE_TIMEOUT_S = 120.0
# Runs in the candidate: imports what is needed, looks for what is wanted, answers with one line of JSON.
_PROBE = f"""
import json, sys
from importlib.util import find_spec
needed, wanted = {NEEDED!r}, {WANTED!r}
versions, problems = {{"python": sys.version.split()[0]}}, {{}}
for module, package in needed.items():
    try:
        versions[package] = __import__(module).__version__
    except Exception as error:
        problems[package] = "" if find_spec(module) is None else str(error).splitlines()[0]
absent = [package for module, package in wanted.items() if find_spec(module) is None]
if "torch" in versions:
    import torch
    mps = getattr(torch.backends, "mps", None)
    device = "cuda" if torch.cuda.is_available() else "mps" if mps is not None and mps.is_available() else "cpu"
    versions["device"] = device
    if device == "cuda":
        versions["device"] += " (" + torch.cuda.get_device_name() + ")"
print(json.dumps({{"versions": versions, "problems": problems, "absent": absent}}))
"""


@dataclass(frozen=True)
class Probe:
    """What a candidate answered: versions (of "python" and packages; "device"), or why it cannot run the worker.

    `absent`: packages without which some of the plugin does not work.
    """

    python: str
    versions: dict[str, str]
    problem: str = ""
    absent: tuple[str, ...] = ()


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
    managed = managed_environment()
    found = [managed.python if managed else "", own]
    if not own and sys.platform.startswith("linux"):
        found.append("/usr/bin/python3")
    return list(dict.fromkeys(path for path in found if path))


@lru_cache(maxsize=16)
def probe(python: str) -> Probe:
    """Ask `python` for its version and for what the worker needs."""
    code, output = run_briefly([python, "-c", _PROBE], _PROBE_TIMEOUT_S)
    lines = output.strip().splitlines() or ["no answer"]
    if code != 0:
        return Probe(python, {}, lines[-1])
    try:
        answer = json.loads(lines[-1])
        versions = answer["versions"]
        return Probe(python, versions, _problem(versions, answer["problems"]), tuple(answer["absent"]))
    except (ValueError, TypeError, KeyError):
        return Probe(python, {}, f"not a Python: it answered '{lines[-1][:80]}'")


def _problem(versions: dict[str, str], problems: dict[str, str]) -> str:
    """Return in words why a Python with these versions cannot run the worker, or ''."""
    for name, (major, minor) in LEAST.items():
        if name in versions and tuple(int(part) for part in versions[name].split(".")[:2]) < (major, minor):
            return f"{name.capitalize()} {versions[name]} is too old: {major}.{minor} or later is needed"
    missing = [package for package, reason in problems.items() if not reason]
    broken = [f"{package} cannot be loaded: {reason}" for package, reason in problems.items() if reason]
    if missing:
        broken.insert(0, f"Python {versions['python']} lacks {', '.join(missing)}")
    return "; ".join(broken)


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
        "Open Settings > Options > Chronomap, which sets one up; or name the python of an environment with torch, "
        "numpy, safetensors, scikit-learn, matplotlib and optuna there, in Options > Processing > Providers > "
        f"Chronomap, or in {ENVIRONMENT_VARIABLE}."
    )
