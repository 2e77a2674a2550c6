# SPDX-License-Identifier: GPL-2.0-or-later
"""A folder of tiny wheels that stand in for torch and its company, so that set-ups are tried without a network."""

from __future__ import annotations

import zipfile
from pathlib import Path

_TORCH = """
__version__ = "{version}"
class cuda:
    is_available = staticmethod(lambda: False)
class backends:
    mps = None
"""
_PLAIN = '__version__ = "{version}"\n'
STAND_INS = {
    "torch": ("torch", "2.13.0+cpu", _TORCH),
    "numpy": ("numpy", "2.4.6", _PLAIN),
    "safetensors": ("safetensors", "0.8.0", _PLAIN),
    "scikit_learn": ("sklearn", "1.9.1", _PLAIN),
    "matplotlib": ("matplotlib", "3.11.2", _PLAIN),
    "optuna": ("optuna", "5.0.0", _PLAIN),
}


def make_wheelhouse(folder: Path, without: tuple[str, ...] = (), torch: str = _TORCH) -> Path:
    """Write the wheels into `folder`; `torch` is the source of the stand-in for torch."""
    folder.mkdir(parents=True)
    for name, (module, version, source) in STAND_INS.items():
        if name not in without:
            _write_wheel(folder, name, module, version, (torch if name == "torch" else source).format(version=version))
    return folder


def _write_wheel(folder: Path, name: str, module: str, version: str, source: str) -> None:
    information = f"{name}-{version}.dist-info"
    files = {
        f"{module}/__init__.py": source,
        f"{information}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{information}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in [*files, f"{information}/RECORD"])
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        for path, content in {**files, f"{information}/RECORD": record}.items():
            wheel.writestr(path, content)
