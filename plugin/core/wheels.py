# SPDX-License-Identifier: GPL-2.0-or-later
"""Which builds of torch there are for this machine, how large they are, and what pip is told to get one."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass

from .process import PLUGIN_ROOT, run_briefly

# PyTorch's public index of wheels, a folder per build; used only where pip's own settings do not give the build.
TORCH_INDEX = "https://download.pytorch.org/whl/"
REQUIREMENTS = PLUGIN_ROOT / "resources" / "requirements.txt"

_PIP_TIMEOUT_S = 60.0
_PLACE = re.compile(r"(index-url|find-links|no-index)=")
# Nothing is compiled, nothing asked; TMPDIR of the call holds what pip unpacks.
_INSTALL = ("install", "--only-binary=:all:", "--no-input", "--disable-pip-version-check", "--progress-bar=off")


@dataclass(frozen=True)
class Wheels:
    """One build of torch: `build` is its folder of TORCH_INDEX and local version; '' the one pip takes by itself."""

    id: str
    platform: str  # sys.platform
    title: str
    build: str
    download_mb: int  # torch and all it needs
    disk_mb: int


WHEELS = (
    Wheels("cpu", "linux", "Processor only", "cpu", 320, 1300),
    Wheels("cuda", "linux", "NVIDIA graphics card (CUDA)", "", 3200, 7000),
    Wheels("cpu", "win32", "Processor only", "", 300, 1300),
    Wheels("cuda", "win32", "NVIDIA graphics card (CUDA)", "cu126", 2800, 5500),
    Wheels("mps", "darwin", "Processor, and Apple's graphics (MPS) where there is one", "", 200, 1000),
)


def wheels_here(platform: str = sys.platform) -> list[Wheels]:
    """Return the builds for this kind of machine, the usual one first; other systems get what Linux gets."""
    known = [wheels for wheels in WHEELS if wheels.platform == platform]
    return known or [wheels for wheels in WHEELS if wheels.platform == "linux"]


def pip_commands(python: str, wheels: Wheels) -> list[list[str]]:
    """Return the commands that install the worker's packages into the environment of `python`, one after the other.

    Where pip's settings (PIP_* variables, pip.conf) name an index or a folder and that offers the build, everything
    comes from there; else torch comes from TORCH_INDEX and the rest from where pip looks by itself.
    """
    install = [python, "-m", "pip", *_INSTALL]
    everything = [*install, "--requirement", str(REQUIREMENTS)]
    if not wheels.build:
        return [everything]
    offered = offered_build(python, wheels.build) if names_a_place(python) else ""
    if offered:
        return [[*everything, f"torch=={offered}"]]
    return [[*install, "--index-url", TORCH_INDEX + wheels.build, torch_requirement()], everything]


def torch_requirement() -> str:
    """Return torch's line of the requirements."""
    lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    return next(line for line in lines if line.startswith("torch"))


def names_a_place(python: str) -> bool:
    """Tell whether the user's pip settings name an index or a folder of wheels."""
    return _PLACE.search(pip_settings(python)) is not None


def pip_settings(python: str) -> str:
    """Return the user's settings of pip, a line each, without the passwords that may stand in addresses."""
    code, output = run_briefly([python, "-m", "pip", "config", "list"], _PIP_TIMEOUT_S)
    return without_passwords(output) if code == 0 else ""


def without_passwords(text: str) -> str:
    """Return `text` with ``//user:password@`` of addresses left out."""
    return re.sub(r"//[^/@\s]+@", "//***@", text)


def offered_build(python: str, build: str) -> str:
    """Return the newest version of torch of this build that pip finds where its settings point, or ''."""
    code, output = run_briefly([python, "-m", "pip", "index", "versions", "torch"], _PIP_TIMEOUT_S)
    versions = re.findall(rf"[\w.]+\+{re.escape(build)}\b", output) if code == 0 else []
    return str(versions[0]) if versions else ""
