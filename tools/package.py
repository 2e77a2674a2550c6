# SPDX-License-Identifier: GPL-2.0-or-later
"""Build the plugin's zip from the last commit: build/chronomap.VERSION.zip. Run by `make package`.

qgis-plugin-ci cannot package a repository whose root is the plugin, so the plugin is staged in a folder `chronomap` of
a throw-away repository (without what .gitattributes marks export-ignore) and packaged from there.
"""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLUGIN = "chronomap"
BESIDE_THE_PLUGIN = ("CHANGELOG.md", "pyproject.toml")  # where qgis-plugin-ci looks for them
RUN_PLUGIN_CI = "from qgispluginci.cli import cli; cli()"  # its script would break when the checkout is moved
AUTHOR = ("-c", "user.name=stage", "-c", "user.email=stage@localhost")


def main(build: Path) -> int:
    """Build the zip in `build` and print its path."""
    if git(ROOT, "rev-parse", "--is-inside-work-tree", check=False).returncode:
        print("The package is built from a git commit: run this in a clone.", file=sys.stderr)
        return 1
    if git(ROOT, "status", "--porcelain").stdout:
        print("Note: the package holds the last commit; what is not committed stays out.", file=sys.stderr)
    stage = make_stage(build / "stage")
    print(package(stage, build))
    return 0


def make_stage(stage: Path) -> Path:
    """Lay the last commit's plugin into a new git repository at `stage`."""
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir(parents=True)
    archive = stage.with_suffix(".zip")
    git(ROOT, "archive", "--format=zip", f"--prefix={PLUGIN}/", f"--output={archive}", "HEAD")
    with zipfile.ZipFile(archive) as staged:
        staged.extractall(stage)
    archive.unlink()
    for name in BESIDE_THE_PLUGIN:
        (stage / name).write_text(git(ROOT, "show", f"HEAD:{name}").stdout, encoding="utf-8")
    git(stage, "init", "--quiet")
    git(stage, "add", "--all")
    git(stage, *AUTHOR, "commit", "--quiet", "--message", "Stage")
    return stage


def package(stage: Path, build: Path) -> Path:
    """Run qgis-plugin-ci in `stage` and return the zip, moved to `build`."""
    metadata = configparser.ConfigParser(interpolation=None)
    metadata.read(stage / PLUGIN / "metadata.txt", encoding="utf-8")
    version = metadata["general"]["version"]
    command = [sys.executable, "-c", RUN_PLUGIN_CI, "package", version, "--disable-submodule-update"]
    subprocess.run(command, cwd=stage, check=True, stdout=sys.stderr, env=without_outer_git())
    made = stage / f"{PLUGIN}.{version}.zip"
    return Path(shutil.move(str(made), build / made.name))


def git(folder: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run git in `folder`."""
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, check=check, capture_output=True, text=True, env=without_outer_git())


def without_outer_git() -> dict[str, str]:
    """Return the environment without GIT_DIR and its like, which a git hook sets for the outer repository."""
    return {
        name: value for name, value in os.environ.items() if name not in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE")
    }


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build"))
