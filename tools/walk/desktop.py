# SPDX-License-Identifier: GPL-2.0-or-later
"""A screen that no one sees, with a window manager and a QGIS whose profile is fresh and has the plugin switched on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Optional

_PROGRAMS = ("Xvfb", "xdotool", "openbox", "qgis")
_SCREEN = "1366x768x24"
_MARK = "CHRONOMAP_WALK_MARK"  # in the environment of QGIS and of all that it starts
_PROFILE = """[PythonPlugins]
chronomap=true
processing=true

[app]
projections\\unknownCrsBehavior=NoAction

[qgis]
checkVersion=false
askToSaveProjectChanges=false
askToDeleteLayers=false
showTips=false
projOpenAtLaunch=1

[core]
NewsFeed\\httpsfeedqgisorg\\disabled=true

[locale]
overrideFlag=true
userLocale=en_US
globalLocale=en_US
"""
_CODE = """import sys
sys.path.insert(0, {tools!r})
from walk import inside
walk_of_chronomap = inside.start()
"""


def missing_programs() -> list[str]:
    """Return the programs that the walk needs and this machine lacks."""
    return [name for name in _PROGRAMS if shutil.which(name) is None]


def workers_of(place: Path) -> list[int]:
    """Return processes that QGIS started at `place` and that still run."""
    mark = f"{_MARK}={place}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            is_ours = mark in (process / "environ").read_bytes().split(b"\0")
        except OSError:  # it ended meanwhile, or is someone else's
            continue
        if is_ours:
            found.append(int(process.name))
    return found


class Desktop:
    """Starts and ends the screen; `place` is a folder of its own for profile, logs and results."""

    def __init__(self, place: Path, plugin: Path) -> None:
        self._place = place
        self._display = ""
        self._running: list[subprocess.Popen[bytes]] = []
        profile = place / "profile" / "profiles" / "default"
        (profile / "QGIS").mkdir(parents=True)
        place.chmod(0o700)
        (profile / "QGIS" / "QGIS3.ini").write_text(_PROFILE)
        (profile / "python" / "plugins").mkdir(parents=True)
        (profile / "python" / "plugins" / "chronomap").symlink_to(plugin)
        self._tools = plugin / "tools"

    def __enter__(self) -> Desktop:
        reading, writing = os.pipe()
        words = ["Xvfb", "-displayfd", str(writing), "-screen", "0", _SCREEN, "-nolisten", "tcp"]
        self._start(words, pass_fds=(writing,))
        os.close(writing)
        with os.fdopen(reading) as number:
            self._display = f":{number.readline().strip()}"
        self._start(["openbox"])
        return self

    def __exit__(self, kind: Optional[type], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        for process in reversed(self._running):
            process.terminate()
            process.wait()

    def run_qgis(self, settings: dict[str, str], longest_s: float) -> int:
        """Run QGIS until it ends by itself; return its exit code, -1 where it had to be ended."""
        code = self._place / "start.py"
        code.write_text(_CODE.format(tools=str(self._tools)))
        program = shutil.which("qgis.bin") or "qgis"
        words = [program, "--profiles-path", str(self._place / "profile"), "--nologo", "--noversioncheck"]
        qgis = self._start([*words, "--code", str(code)], settings=settings)
        self._running.remove(qgis)
        try:
            return qgis.wait(longest_s)
        except subprocess.TimeoutExpired:
            qgis.kill()
            qgis.wait()
            return -1

    def _start(
        self, words: list[str], settings: Optional[dict[str, str]] = None, pass_fds: tuple[int, ...] = ()
    ) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "DISPLAY": self._display, "QT_QPA_PLATFORM": "xcb", "LIBGL_ALWAYS_SOFTWARE": "1"}
        environment.update({_MARK: str(self._place), "HOME": str(self._place), "NO_AT_BRIDGE": "1", **(settings or {})})
        environment.update(PATH=f"/usr/bin:{os.environ['PATH']}", XDG_RUNTIME_DIR=str(self._place))  # QGIS's own Python
        for name in ("PYTHONPATH", "VIRTUAL_ENV"):
            environment.pop(name, None)
        with (self._place / f"{Path(words[0]).stem}.log").open("wb") as log:
            process = subprocess.Popen(words, env=environment, stdout=log, stderr=log, pass_fds=pass_fds)
        self._running.append(process)
        return process


if __name__ == "__main__":
    sys.exit("Run the folder: python3 tools/walk")
