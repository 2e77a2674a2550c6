# SPDX-License-Identifier: GPL-2.0-or-later
"""The zip that users install: what is in it, what checks find in it, and whether it runs in a fresh profile."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest
from class_maps import LEGEND, class_map
from synthetic import CORNER, write_vectors

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ROOT / ".venv/tools/bin/python"
QGIS_PROCESS = "qgis_process.bin"  # Debian's wrapper qgis_process is broken by /etc/default/qgis

pytestmark = [
    pytest.mark.skipif(not (ROOT / ".git").exists(), reason="the package is built from a git clone"),
    pytest.mark.skipif(not TOOLS.exists(), reason="make setup makes .venv/tools"),
]


def run(*command, **options):
    command = [str(part) for part in command]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, **options)


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    made = run(TOOLS, ROOT / "tools/package.py", tmp_path_factory.mktemp("build"))
    assert made.returncode == 0, made.stderr
    return Path(made.stdout.strip().splitlines()[-1])


@pytest.fixture(scope="module")
def profile(package, tmp_path_factory):
    """A fresh QGIS profile with the zip unpacked as the plugin manager does."""
    folder = tmp_path_factory.mktemp("config")
    plugins = folder / "profiles/default/python/plugins"
    with zipfile.ZipFile(package) as archive:
        archive.extractall(plugins)
    return folder


@pytest.fixture(scope="module")
def shipped(profile):
    return profile / "profiles/default/python/plugins/chronomap"


@pytest.fixture(scope="module")
def qgis_process(profile):
    """Call qgis_process in the fresh profile, the plugin enabled."""
    environment = {**os.environ, "QGIS_CUSTOM_CONFIG_PATH": str(profile), "QT_QPA_PLATFORM": "offscreen"}

    def call(*arguments):
        return run(shutil.which(QGIS_PROCESS) or "qgis_process", *arguments, env=environment)

    enabled = call("plugins", "enable", "chronomap")
    assert enabled.returncode == 0, enabled.stdout + enabled.stderr
    return call


def test_the_zip_has_one_folder_with_all_that_is_needed_and_no_more(package):
    with zipfile.ZipFile(package) as archive:
        names = archive.namelist()
    tops = {name.split("/")[1] for name in names}
    assert {name.split("/")[0] for name in names} == {"chronomap"}
    assert {"LICENSE", "metadata.txt", "README.md", "CHANGELOG.md", "__init__.py", "plugin", "resources"} <= tops
    assert tops & {"tests", "tools", "docs", ".ci", "Makefile", "pyproject.toml", ".gitignore", "demo"} == set()
    assert [name for name in names if name.endswith((".pyc", ".so", ".dll", ".exe", "_rc.py"))] == []
    assert package.stat().st_size < 25e6


def test_the_newest_changes_stand_in_the_metadata(shipped):
    assert "changelog=\n Version 0.1.0" in (shipped / "metadata.txt").read_text(encoding="utf-8")


def test_bandit_finds_nothing(shipped):
    report = json.loads(run(TOOLS, "-m", "bandit", "-q", "-r", "-f", "json", shipped).stdout)
    assert report["metrics"]["_totals"]["loc"] > 1000
    assert report["errors"] == []
    assert [(item["filename"], item["line_number"], item["issue_text"]) for item in report["results"]] == []


def test_detect_secrets_finds_nothing(shipped):
    report = json.loads(run(TOOLS, "-m", "detect_secrets", "scan", "--all-files", ".", cwd=shipped).stdout)
    assert report["results"] == {}


def test_every_qt_name_exists_in_qt_6(shipped):
    answer = run(TOOLS, ROOT / "tools/qt6_names.py", shipped)
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("from qgis.PyQt.QtCore import QRegExp", "has no QRegExp"),
        ("from qgis.PyQt.QtWebKit import QWebView", "no module PyQt6.QtWebKit"),
        ("from qgis.PyQt.QtCore import Qt\nx = Qt.UserRole", "Qt 6 has no UserRole"),
        ("from qgis.PyQt import QtCore\nx = QtCore.Qt.Horizontal", "Qt 6 has no Horizontal"),
        ("from PyQt5.QtCore import Qt", "use qgis.PyQt"),
    ],
)
def test_the_check_knows_names_that_only_qt_5_has(source, sentence, tmp_path):
    (tmp_path / "old.py").write_text(source)
    answer = run(TOOLS, ROOT / "tools/qt6_names.py", tmp_path)
    assert answer.returncode == 1
    assert sentence in answer.stdout


@pytest.mark.qgis_process
def test_the_installed_zip_lists_its_algorithms(qgis_process):
    listed = json.loads(qgis_process("--json", "list").stdout)
    algorithms = listed["providers"]["chronomap"]["algorithms"]
    catalog = json.loads((ROOT / "resources/architectures.json").read_text(encoding="utf-8"))["architectures"]
    assert {f"chronomap:train_{entry['id']}" for entry in catalog} <= set(algorithms)


@pytest.mark.qgis_process
def test_the_installed_zip_runs_an_algorithm(qgis_process, tmp_path):
    scene = tmp_path / "scene"
    answer = qgis_process(
        "--json", "run", "chronomap:createdemoscene", "--", f"folder={scene}", "size_px=160", "dates=6"
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    outputs = json.loads(answer.stdout)["results"]
    assert Path(outputs["cube"]).is_file()
    assert Path(outputs["training"]).is_file()


@pytest.mark.qgis_process
def test_the_installed_zip_runs_a_model_of_the_model_designer(qgis_process, tmp_path):
    values = np.repeat([[1] * 10 + [2] * 10], 10, axis=0)
    raster = class_map(tmp_path / "map.tif", values, LEGEND[:2])
    places = [(column, row) for column in (1, 5, 12, 16) for row in range(5)]
    labels = [LEGEND[column // 10].name for column, _ in places]
    points = write_vectors(tmp_path / "points.gpkg", [
        (f"POINT ({CORNER[0] + column * 10 + 5} {CORNER[1] - row * 10 - 5})", {"reference": label})
        for (column, row), label in zip(places, labels)
    ])  # fmt: skip
    outputs = {"judged:accuracy_and_areas": "a.html", "judged:classes": "a.csv", "areas:counted_areas": "areas.csv"}
    given = [f"{name}={tmp_path / file}" for name, file in outputs.items()]
    answer = qgis_process("--json", "run", "chronomap:judgemap", "--", f"map={raster}", f"points={points}", *given)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "1.000 ± 0.000" in (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "Wheat,100,1.0000" in (tmp_path / "areas.csv").read_text(encoding="utf-8")
