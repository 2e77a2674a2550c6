# SPDX-License-Identifier: GPL-2.0-or-later
"""The project's own Python files, for the tests that read code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = ("plugin", "ui")


def shipped_files() -> list[Path]:
    """Return the files of the plugin itself."""
    return [ROOT / "__init__.py", *_python_files(SHIPPED)]


def shipped_and_tools() -> list[Path]:
    """Return the files of the plugin and of its tools: all but the tests."""
    return [*shipped_files(), *_python_files(("tools",))]


def all_files() -> list[Path]:
    """Return every Python file of the project."""
    return [*shipped_files(), *_python_files(("tests", "tools"))]


def _python_files(folders: tuple[str, ...]) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))
