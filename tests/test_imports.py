# SPDX-License-Identifier: GPL-2.0-or-later
"""Who may import whom: the table that keeps QGIS free of torch, and the rooms of the house apart."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from source_files import ROOT, name_of, parsed, shipped_files

# Room -> the rooms and the foreign packages it may import; itself and the standard library always.
ALLOWED = {
    "plugin.core": "",
    "plugin.raster": ".plugin.core numpy osgeo",
    "plugin.run": ".plugin.core .plugin.raster numpy osgeo",
    "plugin.worker": ".plugin.core .plugin.charts numpy torch safetensors sklearn optuna",
    "plugin.charts": ".plugin.core numpy matplotlib",
    "plugin.host": ".plugin.core .plugin.raster .plugin.run .plugin.charts qgis.core qgis.PyQt",
    "plugin.processing": ".plugin.core .plugin.run .plugin.host qgis.core qgis.PyQt",
    "plugin.main": ".plugin.processing .ui .plugin.host qgis.core qgis.gui qgis.PyQt"
    " processing.core processing.createAlgorithmDialog",
    "ui": ".plugin.core .plugin.run .plugin.charts .plugin.host qgis.core qgis.gui qgis.PyQt",
    "__init__": ".plugin.main",
    "plugin.__init__": "",
}
WIDGETS = ("qgis.PyQt.QtWidgets",)
WITHOUT_WIDGETS = ("plugin.host", "plugin.processing")
STANDARD = (sys.stdlib_module_names | {"__future__"}) - {"subprocess", "pickle", "random", "shelve", "marshal"}
# The one module that starts other programs, and those that know Dask and OpenVINO.
EXCEPTIONS = {
    "plugin/core/process.py": "subprocess",
    "plugin/run/distributed.py": "distributed",
    "plugin/worker/openvino_form.py": "openvino",
    "ui/model_designer.py": "processing",  # QGIS's own plugin: its toolbox and Model Designer
}


def imported_names(path: Path) -> Iterator[str]:
    """Yield what `path` imports; relative names start with a dot, counted from the root of the plugin."""
    package = path.relative_to(ROOT).parts[:-1]
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else ()
            parts = [*base, *([node.module] if node.module else [])]
            yield from ("." * bool(node.level) + ".".join([*parts, alias.name]) for alias in node.names)


def room_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:1] if parts[0] == "ui" else parts[:2])


def is_allowed(name: str, path: Path) -> bool:
    room = room_of(path)
    if room in WITHOUT_WIDGETS and name.startswith(WIDGETS):
        return False
    homes = [f".{room}", *ALLOWED[room].split(), EXCEPTIONS.get(name_of(path), "-")]
    return name.split(".", maxsplit=1)[0] in STANDARD or any(
        name == home or name.startswith(home + ".") for home in homes
    )


def test_every_room_imports_only_what_the_table_allows():
    names = [
        (name_of(path), name) for path in shipped_files() for name in imported_names(path) if not is_allowed(name, path)
    ]
    assert names == []


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("torch", "plugin/run/train.py"),
        ("chronomap.plugin.core", "plugin/run/train.py"),
        (".plugin.worker.session", "plugin/run/train.py"),
        ("numpy", "plugin/core/card.py"),
        ("subprocess", "plugin/core/worker.py"),
        ("qgis.core", "plugin/raster/grid.py"),
        ("qgis.PyQt.QtWidgets.QLabel", "plugin/host/layers.py"),
        ("osgeo.gdal", "plugin/worker/session.py"),
    ],
)
def test_the_table_forbids_what_it_should(name, file):
    assert not is_allowed(name, ROOT / file)
