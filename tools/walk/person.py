# SPDX-License-Identifier: GPL-2.0-or-later
"""Hands and eyes of the walk: real mouse and keyboard events by xdotool, pictures of the whole screen.

All that takes time is a generator: ``yield`` lets QGIS's event loop turn once, as it does for a person.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable, Optional

from qgis.PyQt.QtCore import QPoint, QRect, Qt
from qgis.PyQt.QtGui import QCursor, QGuiApplication
from qgis.PyQt.QtWidgets import QAbstractItemView, QApplication, QComboBox, QTabWidget, QWidget

Steps = Iterator[None]
_SETTLE_S = 0.35  # a person's pause; also what the window needs to check and draw
_TOLD_S, _TRIES = 30.0, 3


class LostError(Exception):
    """What was looked for did not come."""


def pause(seconds: float) -> Steps:
    """Do nothing for a while."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield


def until(condition: Callable[[], Any], seconds: float, what: str) -> Steps:
    """Wait until `condition` holds.

    Raises:
        LostError: it did not within `seconds`.
    """
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise LostError(f"{what}: not within {seconds:.0f} s")
        yield


class Person:
    """Clicks, types and looks; the pictures are numbered in the order of the walk."""

    def __init__(self, pictures: Path, chapter: str) -> None:
        self._pictures = pictures
        self._chapter = chapter
        self._count = 0

    def look(self, name: str) -> Steps:
        """Take a picture of the screen."""
        yield from pause(_SETTLE_S)
        self._count += 1
        path = self._pictures / f"{self._chapter}_{self._count:02d}_{name}.png"
        QGuiApplication.primaryScreen().grabWindow(0).save(str(path))

    def click(self, widget: QWidget, place: Optional[QPoint] = None, button: int = 1) -> Steps:
        """Click the middle of a widget, or `place` in it."""
        yield from until(lambda: widget.isVisible() and widget.isEnabled(), _TOLD_S, f"{_name(widget)} to click")
        point = widget.mapToGlobal(place or widget.rect().center())
        yield from self.click_at(point, button)

    def click_at(self, point: QPoint, button: int = 1, times: int = 1) -> Steps:
        """Click a point of the screen."""
        yield from self.point_at(point)
        yield from _command("xdotool", "click", "--repeat", str(times), "--delay", "60", str(button))
        yield from pause(_SETTLE_S)

    def point_at(self, point: QPoint) -> Steps:
        """Move the mouse there."""
        yield from _command("xdotool", "mousemove", str(point.x()), str(point.y()))
        yield from until(lambda: (QCursor.pos() - point).manhattanLength() < 3, 5.0, "the mouse")
        yield from pause(0.05)

    def key(self, *keys: str) -> Steps:
        """Press keys, such as ctrl+a."""
        yield from _command("xdotool", "key", *keys)
        yield from pause(_SETTLE_S)

    def type(self, widget: QWidget, text: str) -> Steps:
        """Replace the text of a field and leave it by Tab."""
        yield from self.click(widget)
        yield from _command("xdotool", "key", "ctrl+a")
        yield from _command("xdotool", "type", "--delay", "8", text)
        yield from _command("xdotool", "key", "Tab")
        yield from pause(_SETTLE_S)

    def tab(self, tabs: QTabWidget, words: str) -> Steps:
        """Choose the tab whose text has `words`."""
        bar = tabs.tabBar()
        index = next(i for i in range(bar.count()) if words in bar.tabText(i).replace("&", ""))
        for _ in range(_TRIES):  # a sign that comes or goes moves the tabs
            yield from self.click(bar, bar.tabRect(index).center())
            if bar.currentIndex() == index:
                return
        raise LostError(f"the tab {words} did not come to the front")

    def row(self, view: QAbstractItemView, row: int, column: int = 0, at_box: bool = False) -> Steps:
        """Click a row of a list or table; `at_box`: its box at the left."""
        model = view.model()
        index = model.index(row, column)
        view.scrollTo(index)
        yield from pause(0.1)
        area: QRect = view.visualRect(index)
        place = QPoint(area.left() + 10, area.center().y()) if at_box else area.center()
        yield from self.click(view.viewport(), place)

    def item(self, view: QAbstractItemView, words: str, at_box: bool = False) -> Steps:
        """Click the first row whose text has `words`."""
        yield from self.row(view, _row_of(view, words), at_box=at_box)

    def choose(self, combo: QComboBox, words: str) -> Steps:
        """Choose the entry of a drop-down list whose text has `words`."""
        yield from self.click(combo)
        yield from until(lambda: combo.view().isVisible(), 5.0, f"the list of {_name(combo)}")
        yield from self.item(combo.view(), words)


def shown(kind: type, title: str = "") -> Optional[QWidget]:
    """Return a visible top-level widget."""
    for widget in QApplication.topLevelWidgets():
        is_meant = isinstance(widget, kind) and title in widget.windowTitle()
        if is_meant and widget.isVisible():
            return widget
    return None


def _row_of(view: QAbstractItemView, words: str) -> int:
    model = view.model()
    for row in range(model.rowCount()):
        if words in str(model.index(row, 0).data(Qt.ItemDataRole.DisplayRole)):
            return row
    raise LostError(f"no row '{words}' in {_name(view)}")


def _name(widget: QWidget) -> str:
    return widget.objectName() or type(widget).__name__


def _command(*words: str) -> Steps:
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    while process.poll() is None:
        yield
    if process.returncode:
        raise LostError(f"{words[0]} ended with {process.returncode}")
