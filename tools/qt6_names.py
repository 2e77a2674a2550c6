# SPDX-License-Identifier: GPL-2.0-or-later
"""Find names that Qt 5 has and Qt 6 has not: every name taken from qgis.PyQt must exist in PyQt6.

Usage: qt6_names.py FOLDER...  (with a Python that has PyQt6; QGIS is not needed). Subclasses of Qt and QGIS classes are
not followed: `self.x` is not looked up.
"""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SHIM = "qgis.PyQt"
MOVED_TO_QTGUI = ("QAction", "QActionGroup", "QShortcut", "QUndoCommand", "QUndoStack")  # qgis.PyQt keeps the old home


def problems(source: str, name: str = "<source>") -> list[str]:
    """Return what Qt 6 lacks in Python `source`, one line each."""
    tree = ast.parse(source)
    known: dict[str, Any] = {}
    found = []
    for line, local, target in imports(tree):
        try:
            known[local] = resolve(target)
        except LookupError as error:
            found.append(f"{name}:{line}: {error}")
    chains = ((node, [node.id, *parents]) for node, parents in attribute_chains(tree) if node.id in known)
    for node, (first, *rest) in chains:
        missing = first_missing(known[first], rest)
        if missing:
            found.append(f"{name}:{node.lineno}: {'.'.join([first, *rest])}: Qt 6 has no {missing}")
    return found + [f"{name}:{line}: from PyQt5 or PyQt6 by name: use qgis.PyQt" for line in direct_imports(tree)]


def imports(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    """Yield (line, local name, dotted name under PyQt6) of what is imported from qgis.PyQt."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(SHIM):
            for alias in node.names:
                yield node.lineno, alias.asname or alias.name, f"PyQt6{node.module[len(SHIM) :]}.{alias.name}"


def direct_imports(tree: ast.Module) -> Iterator[int]:
    """Yield the lines that import PyQt5 or PyQt6 past QGIS's shim."""
    for node in ast.walk(tree):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else names
        if any(name.startswith(("PyQt5", "PyQt6")) for name in names):
            yield node.lineno


def resolve(target: str) -> Any:
    """Return the object that the dotted name means in PyQt6.

    Raises:
        LookupError: PyQt6 has no such module or name.
    """
    home, _, name = target.rpartition(".")
    if home == "PyQt6.QtWidgets" and name in MOVED_TO_QTGUI:
        home = "PyQt6.QtGui"
    try:
        return importlib.import_module(target) if home == "PyQt6" else getattr(importlib.import_module(home), name)
    except ModuleNotFoundError:
        raise LookupError(f"PyQt6 has no module {home if home != 'PyQt6' else target}") from None
    except AttributeError:
        raise LookupError(f"{home} has no {name}") from None


def attribute_chains(tree: ast.Module) -> Iterator[tuple[ast.Name, list[str]]]:
    """Yield each X of an X.Y.Z with [Y, Z]."""
    for node in ast.walk(tree):
        parts: list[str] = []
        inner: ast.expr | Any = node
        while isinstance(inner, ast.Attribute):
            parts.insert(0, inner.attr)
            inner = inner.value
        if parts and isinstance(inner, ast.Name):
            yield inner, parts


def first_missing(value: Any, names: list[str]) -> str:
    """Return the first of `names` that cannot be reached from `value`, or ''."""
    for name in names:
        if not hasattr(value, name):
            return name
        value = getattr(value, name)
    return ""


def main(folders: list[str]) -> int:
    """Print the problems of every Python file in `folders`; 1 when there are any."""
    files = [path for folder in folders for path in sorted(Path(folder).rglob("*.py"))]
    found = [line for path in files for line in problems(path.read_text(encoding="utf-8"), str(path))]
    print("\n".join(dict.fromkeys(found)) or f"{len(files)} files: no name that Qt 6 lacks")
    return int(bool(found) or not files)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
