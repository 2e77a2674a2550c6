# SPDX-License-Identifier: GPL-2.0-or-later
"""The worker's environments that the plugin made: where they are, which is complete, what was left by a crash.

Each stays where it was built, in a folder of its own (virtual environments cannot be moved), and counts from the
moment its marker is written, the last step. A newer one replaces an older one: a repair that fails breaks nothing.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

from .errors import InputError, OutputError
from .records import from_plain, read_json, write_json

MARKER = "chronomap.json"
_BEAT = "being-built"  # touched all the time by who builds
_SILENT_S = 120.0  # a folder whose builder was silent so long is a leftover
_NAME = re.compile(r"worker-(\d+)$")
_MB = 1024 * 1024


@dataclass(frozen=True)
class Environment:
    """A complete environment, as its marker tells."""

    folder: str
    wheels: str = ""  # id in core/wheels.py
    created: str = ""
    size_mb: int = 0
    seconds: float = 0.0
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """Its folder."""
        return Path(self.folder)

    @property
    def python(self) -> str:
        """Its interpreter."""
        return str(environment_python(self.path))


def home() -> Path:
    """Return where the plugin keeps environments: the user's local files, neither profile (synced) nor plugin."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local" / "share"))
    return base / "chronomap"


def setup_log() -> Path:
    """Return where the log of the last set-up is."""
    return home() / "setup.log"


def environment_python(environment: Path) -> Path:
    """Return the interpreter inside a virtual environment."""
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def managed_environment() -> Optional[Environment]:
    """Return the newest complete environment, or None."""
    for folder in reversed(_folders()):
        try:
            return from_plain(Environment, {**read_json(folder / MARKER), "folder": str(folder)})
        except InputError:  # no marker: being built, or a leftover
            continue
    return None


def begin_environment() -> Path:
    """Make the folder of a new environment, after leftovers are cleared away.

    Raises:
        OutputError: another set-up is under way, or the folder cannot be made.
    """
    clear_leftovers()
    unfinished = [folder for folder in _folders() if not (folder / MARKER).exists()]
    if unfinished:
        raise OutputError(f"Another set-up is under way in {unfinished[-1]}: wait for it, or close that QGIS.")
    folder = home() / f"worker-{_number(_folders()[-1]) + 1 if _folders() else 1}"
    try:
        folder.mkdir(parents=True)
        beat(folder)
    except OSError as error:
        raise OutputError(f"The folder {folder} cannot be made ({error.strerror}): check your rights to it.") from error
    return folder


def beat(folder: Path) -> None:
    """Show that `folder` is still being built."""
    (folder / _BEAT).touch()


def complete(environment: Environment) -> None:
    """Declare the environment complete, and remove those before it.

    Raises:
        OutputError: the marker cannot be written.
    """
    (environment.path / _BEAT).unlink(missing_ok=True)
    try:
        write_json(environment.path / MARKER, environment)
    except OSError as error:
        raise OutputError(f"{environment.path} cannot be written ({error.strerror}): free disk space.") from error
    for folder in _folders():
        if folder != environment.path:
            shutil.rmtree(folder, ignore_errors=True)  # what Windows holds open goes with the next set-up


def discard_unless_complete(folder: Path) -> None:
    """Remove a folder that did not become an environment."""
    if not (folder / MARKER).exists():
        shutil.rmtree(folder, ignore_errors=True)


def remove_environments() -> None:
    """Remove every environment the plugin made.

    Raises:
        OutputError: files are in use or protected.
    """
    for folder in _folders():
        try:
            (folder / MARKER).unlink(missing_ok=True)  # first: what is half removed is not complete
            shutil.rmtree(folder)
        except OSError as error:
            raise OutputError(
                f"{folder} cannot be removed whole ({error.strerror}): stop what runs, then remove it again."
            ) from error


def clear_leftovers() -> None:
    """Remove what a crash in the middle of a set-up left."""
    for folder in _folders():
        if not (folder / MARKER).exists() and _silent_s(folder) > _SILENT_S:
            shutil.rmtree(folder, ignore_errors=True)


def size_mb(folder: Path) -> float:
    """Return how much the files under `folder` take, in MB; those that vanish meanwhile do not count."""
    total, waiting = 0, [str(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_size
        except FileNotFoundError:
            continue
    return total / _MB


def _folders() -> list[Path]:
    """Return the folders of environments, complete or not, oldest first."""
    found = home().iterdir() if home().is_dir() else iter(())
    return sorted((path for path in found if _NAME.match(path.name) and path.is_dir()), key=_number)


def _number(folder: Path) -> int:
    match = _NAME.match(folder.name)
    return int(match.group(1)) if match else 0


def _silent_s(folder: Path) -> float:
    """Return how many seconds ago somebody built in `folder`."""
    try:
        return time.time() - (folder / _BEAT).stat().st_mtime
    except FileNotFoundError:
        return _SILENT_S + 1 if folder.exists() else 0.0
