# SPDX-License-Identifier: GPL-2.0-or-later
"""What the user is told: a line in the message bar, the rest behind a Details button; nothing modal."""

from __future__ import annotations

from typing import Any, Callable, Optional

from qgis.core import Qgis
from qgis.gui import QgsMessageBar
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QDialog, QDialogButtonBox, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from ..plugin.host.text import tr

_TITLE = "Chronomap"
_SECONDS = 8  # how long a message stays that asks for nothing
_LONG = 160  # letters of a message bar; what is longer is cut and stands whole in the details


class Messages:
    """Tells in the window's bar while the window is open, else in that of QGIS."""

    def __init__(self, iface: Any) -> None:
        self._iface = iface
        self._bar: Optional[QgsMessageBar] = None

    def set_bar(self, bar: Optional[QgsMessageBar]) -> None:
        """Tell in the bar of the window."""
        self._bar = bar

    def info(self, sentence: str, details: str = "") -> None:
        """Tell something that asks for nothing."""
        self._push(sentence, details, Qgis.MessageLevel.Info, _SECONDS)

    def success(self, sentence: str, details: str = "") -> None:
        """Tell that something was done."""
        self._push(sentence, details, Qgis.MessageLevel.Success, _SECONDS)

    def warning(self, sentence: str, details: str = "") -> None:
        """Tell what is doubtful; stays until it is closed."""
        self._push(sentence, details, Qgis.MessageLevel.Warning, 0)

    def failure(self, sentence: str, details: str = "") -> None:
        """Tell what went wrong; stays until it is closed."""
        self._push(sentence, details, Qgis.MessageLevel.Critical, 0)

    def ask(self, question: str, button: str, action: Callable[[], None]) -> None:
        """Ask in the bar: `action` runs when `button` is pressed, nothing when the question is closed."""
        bar = self._shown_bar()
        item = bar.createMessage(_TITLE, question)
        press = QPushButton(button)
        press.clicked.connect(lambda: (bar.popWidget(item), action()))
        item.layout().addWidget(press)
        bar.pushWidget(item, Qgis.MessageLevel.Warning, 0)

    def _shown_bar(self) -> QgsMessageBar:
        is_open = self._bar is not None and self._bar.window().isVisible()
        return self._bar if is_open else self._iface.messageBar()

    def _push(self, sentence: str, details: str, level: Qgis.MessageLevel, seconds: int) -> None:
        bar = self._shown_bar()
        first = sentence.splitlines()[0] if sentence else ""
        shown = first if len(first) <= _LONG else first[: _LONG - 1].rsplit(" ", 1)[0] + "…"
        whole = "\n\n".join(part for part in (sentence if shown != sentence else "", details) if part)
        item = bar.createMessage(_TITLE, shown)
        if whole:
            button = QPushButton(tr("&Details"))
            button.clicked.connect(lambda: show_text(bar.window(), sentence.splitlines()[0], whole))
            item.layout().addWidget(button)
        bar.pushWidget(item, level, seconds)


def show_text(parent: QWidget, title: str, text: str) -> QDialog:
    """Show `text` to read and copy in a window that blocks nothing."""
    dialog = QDialog(parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(title)
    layout = QVBoxLayout(dialog)
    view = QPlainTextEdit(text)
    view.setReadOnly(True)
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    buttons.rejected.connect(dialog.close)
    layout.addWidget(view)
    layout.addWidget(buttons)
    dialog.resize(640, 360)
    dialog.show()
    return dialog
