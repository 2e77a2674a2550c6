# SPDX-License-Identifier: GPL-2.0-or-later
"""Sizes and habits of the code: what keeps the house simple."""

from __future__ import annotations

import ast
import configparser

from source_files import ROOT, all_files, name_of, parsed, shipped_and_tools, shipped_files

LINES_PER_FILE, LINES_PER_FUNCTION = 360, 40
# Where the last broad except stands: a command of the worker, and the task that waits in QGIS.
EDGES = {"plugin/worker/session.py": 1, "plugin/host/task.py": 1}
BROAD = ("Exception", "BaseException")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def functions(path):
    return [node for node in ast.walk(parsed(path)) if isinstance(node, FUNCTIONS)]


def code_lines(node):
    """Return the lines of a function without its docstring."""
    docstring = ast.get_docstring(node, clean=False)
    return node.end_lineno - node.lineno + 1 - (docstring.count("\n") + 1 if docstring else 0)


def broad_excepts(path):
    handlers = [node for node in ast.walk(parsed(path)) if isinstance(node, ast.ExceptHandler)]
    return [node for node in handlers if node.type is None or getattr(node.type, "id", "") in BROAD]


def has_licence(path):
    return "SPDX-License-Identifier: GPL-2.0-or-later" in "".join(path.read_text(encoding="utf-8").splitlines()[:2])


def test_files_start_with_the_licence():
    assert [name_of(path) for path in all_files() if not has_licence(path)] == []


def test_files_stay_short():
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in all_files()}
    assert {name: length for name, length in lengths.items() if length > LINES_PER_FILE} == {}


def test_modules_say_what_they_are_for():
    assert [name_of(path) for path in shipped_files() if not ast.get_docstring(parsed(path))] == []


def test_functions_stay_short():
    lengths = {
        f"{name_of(path)}:{node.lineno} {node.name}": code_lines(node)  # the line: a file may have a name twice
        for path in shipped_and_tools()
        for node in functions(path)
    }
    assert {name: length for name, length in lengths.items() if length > LINES_PER_FUNCTION} == {}


def test_errors_are_caught_broadly_only_at_the_edges():
    counts = {name_of(path): len(broad_excepts(path)) for path in shipped_and_tools()}
    assert {name: count for name, count in counts.items() if count > EDGES.get(name, 0)} == {}


def test_metadata_is_what_qgis_and_the_plugin_site_read():
    text = (ROOT / "metadata.txt").read_text(encoding="utf-8")
    metadata = configparser.ConfigParser()  # as QGIS reads it: a % would be an interpolation
    metadata.read_string(text)
    general = metadata["general"]
    for key in ("name", "description", "about", "author", "email", "tracker", "repository", "homepage"):
        assert general[key]
    assert general["qgisMinimumVersion"] == "3.22"
    assert general["qgisMaximumVersion"] == "4.99"
    assert general["hasProcessingProvider"] == "yes"
    assert (ROOT / general["icon"]).is_file()


def test_the_changelog_knows_the_version_and_can_be_read_by_qgis():
    metadata = configparser.ConfigParser()
    metadata.read(ROOT / "metadata.txt", encoding="utf-8")
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## {metadata['general']['version']} - " in changelog
    assert "%" not in changelog
    assert "###" not in changelog
