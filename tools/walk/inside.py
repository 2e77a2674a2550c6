# SPDX-License-Identifier: GPL-2.0-or-later
"""The walk inside QGIS, started by its option --code: takes one step of the chapter at each turn of the event loop."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Optional

from qgis.PyQt.QtCore import QTimer
from qgis.PyQt.QtWidgets import QMessageBox
from qgis.utils import iface

from .chapters import CHAPTERS
from .person import Person, shown

_STEP_MS, _ANSWER_MS = 30, 3000
_SETTLE_MS = 1500


class Walk:
    """Runs one chapter and writes what it found to <chapter>.json, then closes QGIS."""

    def __init__(self, chapter: str, folder: Path) -> None:
        self.figures: dict[str, object] = {}
        self._path = folder / f"{chapter}.json"
        self._steps: Iterator[None] = CHAPTERS[chapter](Person(folder, chapter), self.figures)
        self._is_stepping = False
        self._timer = QTimer()
        self._timer.timeout.connect(self._step)
        QTimer.singleShot(_SETTLE_MS, lambda: self._timer.start(_STEP_MS))

    def _step(self) -> None:
        if self._is_stepping:
            return
        self._is_stepping = True
        try:
            next(self._steps)
        except StopIteration:
            self._end("")
        finally:
            self._is_stepping = False

    def fail(self, kind: type[BaseException], error: BaseException, trace: Optional[TracebackType]) -> None:
        """End with a fault, of the walk or of any slot of the plugin: Qt hands both to sys.excepthook."""
        self._end("".join(traceback.format_exception(kind, error, trace)))

    def _end(self, error: str) -> None:
        self._timer.stop()
        self._path.write_text(json.dumps({**self.figures, "error": error}, indent=1))
        if error:
            os._exit(1)  # a dialog may be open
        iface.mainWindow().activateWindow()
        # By key, not by Python: a question that QGIS asks would hold the lock of all Python threads.
        subprocess.Popen(["sh", "-c", "sleep 1; xdotool key ctrl+q"])
        self._timer = QTimer()
        self._timer.timeout.connect(_answer)
        self._timer.start(_ANSWER_MS)


def _answer() -> None:
    """Say yes where QGIS asks whether to stop what runs; it stays open then, so ask it once more."""
    subprocess.Popen(["xdotool", "key", "Return" if shown(QMessageBox) is not None else "ctrl+q"])


def start() -> Walk:
    """Start the chapter that the environment names."""
    iface.mainWindow().showMaximized()
    walk = Walk(os.environ["CHRONOMAP_WALK_CHAPTER"], Path(os.environ["CHRONOMAP_WALK_FOLDER"]))
    sys.excepthook = walk.fail
    return walk
